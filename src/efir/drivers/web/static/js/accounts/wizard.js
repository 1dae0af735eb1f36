/* Signing up: names are checked while one types, addresses when one leaves the field; the server has the last word. */
import { call } from "../kernel/calls.js";
import { t } from "../kernel/texts.js";
import { toast } from "../kernel/toasts.js";
import { solve } from "./work.js";

const QUIET = 400;
const LEAST = 3;
const WARNED = 5 * 60_000;
const PATH = "/api/v1/registrations";
const root = document.querySelector("[data-wizard]");
let leaving = new AbortController();
let starting = null;

/**
 * The registration of this browser; opened when a check first needs one. A form that is sent meanwhile opens its own,
 * so ours must not arrive after it and take its cookie's place.
 */
function registration() {
  const { registration: id } = root.dataset;
  starting ??= begin(id ? "GET" : "POST", id ? `${PATH}/${id}` : PATH).then((view) => {
    root.dataset.registration = view.id;
    expect(view.expires_at);
    return view;
  });
  return starting.catch((error) => {
    starting = null;
    throw error;
  });
}

async function begin(method, url) {
  const answer = await fetch(url, { method, signal: leaving.signal, cache: "no-store", headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}
addEventListener("submit", (event) => event.defaultPrevented || leaving.abort());
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return; // back from the history: what was given up may be begun again
  leaving = new AbortController();
  starting = null;
});

function tell(line, text, kind = "") {
  line.textContent = text;
  line.classList.toggle("is-good", kind === "good");
  line.classList.toggle("is-bad", kind === "bad");
}

async function ask(kind, value, signal) {
  const query = new URLSearchParams({ [kind]: value });
  const answer = await fetch(`${PATH}/availability?${query}`, { signal, cache: "no-store", headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

/** Say what a check has found; a stale one is cancelled and says nothing. */
function checker(input, prepared) {
  const kind = input.dataset.check;
  const line = document.querySelector(`[data-live="${kind}"]`);
  let running = null;
  let last = "";
  return async () => {
    const value = input.value.trim();
    if (value === last) return;
    last = value;
    running?.abort();
    tell(line, "");
    if (value.length < LEAST || !input.checkValidity()) return;
    running = new AbortController();
    const { signal } = running;
    try {
      tell(line, t("checking"));
      await prepared();
      if (signal.aborted) return;
      const { available, reason } = await ask(kind, value, signal);
      if (!available) tell(line, t("reasons")[kind][reason] ?? t("reasons")[kind].taken, "bad");
      else if (kind === "nickname") tell(line, t("free", { name: value.toLowerCase() }), "good");
      else tell(line, t(reason === "by-mail" ? "by_mail" : "address_free"), "good");
    } catch {
      if (signal.aborted) return;
      tell(line, ""); // the server says it when the form is sent
      last = "";
    }
  };
}

let working = null;
/** Do the work that opens checks of addresses, once. */
function worked() {
  working ??= registration().then(async ({ id, work }) => {
    if (work.done) return;
    const nonce = await solve(work.challenge, work.bits);
    if (nonce !== null) await call("PATCH", `${PATH}/${id}`, { work: nonce });
  });
  return working;
}

const nickname = document.querySelector('[data-check="nickname"]');
if (nickname) {
  const check = checker(nickname, registration);
  let pause;
  nickname.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(check, QUIET);
  });
}

const address = document.querySelector('[data-check="email"]');
if (address) {
  const check = checker(address, worked);
  address.addEventListener("focus", () => worked().catch(() => {}), { once: true });
  address.addEventListener("change", check);
}

/* What was typed is kept for an hour: say so before it ends. */
const warning = document.querySelector("[data-expiring]");
let warn;

function expect(moment) {
  clearTimeout(warn);
  const end = new Date(moment);
  warning.hidden = true;
  const show = () => {
    const text = warning.querySelector("[data-pattern]");
    text.textContent = text.dataset.pattern.replace("{time}", end.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }));
    warning.hidden = false;
  };
  warn = setTimeout(show, Math.max(0, end - Date.now() - WARNED));
}

warning.querySelector("[data-keep]").addEventListener("click", async () => {
  const { id } = await registration();
  const view = await call("PATCH", `${PATH}/${id}`, {});
  expect(view.expires_at);
  toast(t("kept"));
});
if (root.dataset.expires) expect(root.dataset.expires);

