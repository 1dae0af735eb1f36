/* One WAV file on its way: sent, converted, then a row of the list. */
import { csrf, renewToken } from "../kernel/calls.js";
import { percent } from "../kernel/formats.js";
import { turnDial } from "../kernel/stages.js";
import { t } from "../kernel/texts.js";

const LOOK = 1000; // milliseconds between two looks at a job
const template = document.querySelector("[data-sending-template]");

export class Sending {
  constructor(blob, name, title, done) {
    Object.assign(this, { blob, name, title, done, request: null, over: false });
    this.element = template.content.firstElementChild.cloneNode(true);
    this.part("name").textContent = title || name;
    this.part("cancel").addEventListener("click", () => this.leave());
    this.part("dismiss").addEventListener("click", () => this.leave());
    this.part("again").addEventListener("click", () => this.send());
    this.dial(0, t("waiting"));
  }

  part(name) {
    return this.element.querySelector(`[data-${name}]`);
  }

  dial(value, left, right = "") {
    turnDial(this.part("dial"), value, left, right);
  }

  /** Send and wait for the end, whatever it is. */
  async send(again = true) {
    this.buttons("cancel");
    this.part("problem").hidden = true;
    const [status, answer] = await this.exchange();
    if (this.over) return;
    if (status === 403 && answer.code === "csrf-failed" && again) {
      await renewToken().catch(() => {});
      return this.send(false);
    }
    if (status === 202) return this.follow(answer.job.id);
    if (status === 200 || status === 201) return this.finish();
    return this.refuse(answer.code, status ? answer.detail : t("network"));
  }

  exchange() {
    const form = new FormData();
    if (this.title) form.append("title", this.title);
    form.append("audio", this.blob, this.name);
    const request = new XMLHttpRequest();
    this.request = request;
    this.dial(0, t("sending"));
    request.upload.onprogress = ({ loaded, total }) => this.dial(loaded / total, t("sending"), percent(loaded / total));
    request.upload.onload = () => this.dial(null, t("converting"));
    return new Promise((resolve) => {
      request.onloadend = () => resolve([request.status, read(request.responseText)]);
      request.open("POST", "/api/v1/audio-records");
      request.setRequestHeader("x-csrf-token", csrf());
      request.send(form);
    });
  }

  async follow(job) {
    this.buttons("");
    while (!this.over) {
      await new Promise((resolve) => setTimeout(resolve, LOOK));
      const answer = await fetch(`/api/v1/jobs/${job}`, { cache: "no-store" }).catch(() => null);
      if (!answer?.ok) continue;
      const { state, progress, error } = await answer.json();
      if (state === "done") return this.finish();
      if (state === "failed" || state === "cancelled") return this.refuse(error?.code, error?.detail);
      this.dial(progress || null, t("converting"), progress ? percent(progress) : "");
    }
  }

  finish() {
    this.element.remove();
    this.over = true;
    this.done(t("done", { name: this.title || this.name }));
  }

  refuse(code, detail) {
    this.part("dial").classList.add("is-bad");
    this.dial(0, "");
    this.part("problem").hidden = false;
    this.part("problem-text").textContent = t("failures")[code] ?? detail ?? t("other_failure");
    this.buttons("again", "dismiss");
    this.done(`${this.title || this.name}: ${this.part("problem-text").textContent}`);
  }

  buttons(...shown) {
    this.part("dial").classList.remove("is-bad");
    for (const name of ["cancel", "again", "dismiss"]) this.part(name).hidden = !shown.includes(name);
  }

  leave() {
    this.over = true;
    this.request?.abort();
    this.element.remove();
  }
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
