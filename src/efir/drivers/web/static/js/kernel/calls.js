/* Calls of the JSON API with the login session of this browser. */
import { t } from "./texts.js";

let token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

export const csrf = () => token;

/** Ask for a fresh token: the login session may have been renewed in another tab. */
export async function renewToken() {
  const answer = await fetch("/api/v1/auth/csrf", { cache: "no-store" });
  if (answer.ok) token = (await answer.json()).csrf_token ?? token;
}

/** An answer that is not a success, with the code and words of its problem document. */
export class Refused extends Error {
  constructor(status, problem = {}) {
    super(status === 401 ? t("signed_out") : problem.detail || problem.title || t("failed"));
    this.status = status;
    this.code = problem.code ?? "";
    this.errors = problem.errors ?? [];
  }
}

export async function call(method, url, body, headers = {}, again = true) {
  const sent = { accept: "application/json", ...headers };
  if (method !== "GET") sent["x-csrf-token"] = token;
  if (body !== undefined) sent["content-type"] = "application/json";
  let answer;
  try {
    answer = await fetch(url, { method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store" });
  } catch {
    throw new Refused(0, { detail: t("network") });
  }
  const data = await answer.json().catch(() => ({}));
  if (answer.ok) return data;
  if (again && answer.status === 403 && data.code === "csrf-failed") {
    await renewToken();
    return call(method, url, body, headers, false);
  }
  throw new Refused(answer.status, data);
}
