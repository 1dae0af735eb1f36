// A certified OpenID provider for the tests: whoever comes is the person that the tests have named, without forms.
// Arguments: port, redirect address, back-channel address, address after logging out. PUT /person and PUT /keys are
// for the tests only.
import http from "node:http";
import { generateKeyPairSync } from "node:crypto";
import { Provider } from "oidc-provider";

const [port, redirect, backchannel, home] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
let person = "ada-there";
let number = 0;

const key = () => ({ ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }), kid: `key-${++number}`, use: "sig", alg: "RS256" });

function made(keys) {
  const provider = new Provider(issuer, {
    clients: [{
      client_id: "efir", client_secret: "a secret of the provider & us", redirect_uris: [redirect], post_logout_redirect_uris: [home],
      backchannel_logout_uri: backchannel, backchannel_logout_session_required: true,
    }],
    jwks: { keys },
    cookies: { keys: ["for tests only"] },
    claims: { openid: ["sub", "sid"], email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@example.org`, email_verified: true, name: "Ada Lovelace", preferred_username: id }) }),
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    pkce: { required: () => true },
    fetch: (url, { dispatcher: _, ...options }) => fetch(url, options), // the one given refuses this machine
  });
  provider.on("server_error", (_, error) => console.error(error));
  provider.on("backchannel.error", (_, error) => console.error(error));
  return provider;
}

let keys = [key()];
let provider = made(keys);

async function interaction(request, response) {
  const { params, prompt, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === "login") {
    return provider.interactionFinished(request, response, { login: { accountId: person } });
  }
  const { session } = await provider.interactionDetails(request, response);
  const grant = (grantId && await provider.Grant.find(grantId)) || new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope("openid email profile");
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

http.createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, issuer);
  if (request.method === "PUT" && pathname === "/person") {
    person = searchParams.get("name");
    return response.end();
  }
  if (request.method === "PUT" && pathname === "/keys") {
    keys = [key(), ...keys.slice(0, 1)]; // the newest signs, the one before may still be asked for
    provider = made(keys);
    return response.end();
  }
  if (pathname.startsWith("/interaction/")) return interaction(request, response).catch((error) => response.writeHead(500).end(String(error)));
  return provider.callback()(request, response);
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
