/* Passkeys: logging in with one, adding one; and copying recovery codes. */
import { call, Refused } from "../kernel/calls.js";
import { t } from "../kernel/texts.js";
import { toast } from "../kernel/toasts.js";

const API = "/api/v1/auth/passkeys";
const known = "PublicKeyCredential" in window && "credentials" in navigator;

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const here = (site) => location.hostname === site || location.hostname.endsWith(`.${site}`);

/** Options as JSON become what the browser takes. */
function read(options) {
  const credentials = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));
  const read = { ...options, challenge: bytes(options.challenge) };
  if (options.user) read.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) read.excludeCredentials = credentials(options.excludeCredentials);
  if (options.allowCredentials) read.allowCredentials = credentials(options.allowCredentials);
  return read;
}

/** And what the browser gives becomes JSON. */
function written(credential) {
  const { response } = credential;
  const told = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) told[name] = text(response[name]);
  }
  if (response.getTransports) told.transports = response.getTransports();
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response: told, clientExtensionResults: {} };
}

function complain(box, words) {
  const line = box.querySelector("[data-passkey-error]");
  line.textContent = words;
  line.hidden = !words;
}

/** Words for a failure; nothing for one that only means that the other way of asking was taken. */
function reason(error) {
  if (error instanceof Refused) return error.status === 401 || error.status === 422 ? t("passkey_refused") : error.message;
  if (error.name === "AbortError") return "";
  return error.name === "InvalidStateError" ? t("passkey_known") : t("passkey_none");
}

let waiting = new AbortController();

async function shown(mediation) {
  waiting.abort();
  waiting = new AbortController();
  const { signal } = waiting;
  const { public_key: options } = await call("POST", `${API}/authentication/options`);
  return navigator.credentials.get({ publicKey: read(options), mediation, signal });
}

async function enter(box, mediation) {
  const credential = await shown(mediation);
  await call("POST", `${API}/authentication/verify`, { credential: written(credential) });
  location.assign(box.dataset.back);
}

const login = document.querySelector("[data-passkey-login]");
if (login && known && here(login.dataset.site)) {
  login.hidden = false;
  const button = login.querySelector("[data-passkey]");
  button.addEventListener("click", async () => {
    complain(login, "");
    button.setAttribute("aria-disabled", "true");
    try {
      await enter(login, "optional");
    } catch (error) {
      complain(login, reason(error));
      button.removeAttribute("aria-disabled");
    }
  });
  // Browsers that can offer passkeys in the field of the nickname do so.
  if (await PublicKeyCredential.isConditionalMediationAvailable?.()) enter(login, "conditional").catch(() => {});
}

const adding = document.querySelector("[data-passkey-new]");
if (adding) {
  const usable = known && here(adding.dataset.site);
  adding.hidden = !usable;
  document.querySelector("[data-passkey-unknown]").hidden = known;
  document.querySelector("[data-passkey-elsewhere]").hidden = usable || !known;
  adding.addEventListener("submit", async (event) => {
    event.preventDefault();
    complain(adding, "");
    const button = adding.querySelector("button");
    button.setAttribute("aria-disabled", "true");
    try {
      const { public_key: options } = await call("POST", `${API}/registration/options`);
      const credential = await navigator.credentials.create({ publicKey: read(options) });
      await call("POST", `${API}/registration/verify`, { credential: written(credential), label: adding.elements.label.value });
      location.assign("/settings/passkeys?notice=saved");
    } catch (error) {
      if (error.code === "step-up-needed") return location.assign("/login?again=true&back=/settings/passkeys");
      complain(adding, reason(error));
    }
    button.removeAttribute("aria-disabled");
  });
}

document.querySelector("[data-copy-codes]")?.addEventListener("click", async () => {
  const codes = [...document.querySelectorAll("[data-codes] code")].map((code) => code.textContent);
  await navigator.clipboard.writeText(`${codes.join("\n")}\n`);
  toast(t("copied"));
});
