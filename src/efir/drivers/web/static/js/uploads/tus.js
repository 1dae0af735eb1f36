/* A tus 1.0 client: creation, PATCH in pieces, the offset asked from the server after every break. */
import { csrf, Refused, renewToken } from "../kernel/calls.js";
import { Patience } from "../kernel/patience.js";
import { t } from "../kernel/texts.js";

const PIECE = 16 << 20;
const STALL = 60000;
const VERSION = { "tus-resumable": "1.0.0" };

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** One file on its way. `on` hears: url, progress(offset, speed), pausing(seconds|null), restarted, done(id), problem(error). */
export class Tus {
  constructor(file, endpoint, url, on) {
    Object.assign(this, { file, endpoint, url, on, offset: 0, speed: 0, running: false, request: null, renewed: false });
    this.patience = new Patience((seconds) => this.running && on.pausing(seconds));
  }

  async start() {
    if (this.running) return;
    this.running = true;
    while (this.running && !(await this.attempt()));
  }

  pause() {
    this.running = false;
    this.request?.abort();
    this.patience.wake();
  }

  /** Stop and have the server delete what it holds. */
  async cancel() {
    this.pause();
    if (this.url) await fetch(this.url, { method: "DELETE", headers: { ...VERSION, "x-csrf-token": csrf() } }).catch(() => {});
  }

  /** Go on as far as the line holds; true when there is nothing left to do. */
  async attempt() {
    try {
      if (this.url) this.offset = await this.ask();
      else await this.create();
      this.on.progress(this.offset, 0);
      while (this.running && this.offset < this.file.size) {
        this.offset = await this.send(this.file.slice(this.offset, this.offset + PIECE));
        this.patience.reset();
        this.renewed = false;
      }
      if (this.running) this.finish();
      return true;
    } catch (error) {
      return this.recover(error);
    }
  }

  finish() {
    this.running = false;
    this.on.done(new URL(this.url, location.href).pathname.split("/").at(-1));
  }

  async recover(error) {
    if (!this.running) return true;
    if ([404, 410].includes(error.status) && this.url) {
      this.url = "";
      this.offset = 0;
      this.on.restarted();
      return false;
    }
    if (error.status === 403 && !this.renewed) {
      this.renewed = true;
      await renewToken().catch(() => {});
      return false;
    }
    if (!Patience.worth(error)) {
      this.running = false;
      this.on.problem(error);
      return true;
    }
    await this.patience.rest();
    return !this.running;
  }

  async create() {
    const metadata = [["filename", this.file.name], ["filetype", this.file.type]].filter(([, value]) => value);
    const answer = await this.exchange(this.endpoint, "POST", {
      "upload-length": String(this.file.size),
      "upload-metadata": metadata.map(([key, value]) => `${key} ${base64(value)}`).join(","),
    });
    this.url = new URL(answer.headers.get("location"), location.href).pathname;
    this.offset = 0;
    this.on.url(this.url);
  }

  async ask() {
    const answer = await this.exchange(this.url, "HEAD");
    return Number(answer.headers.get("upload-offset"));
  }

  async exchange(url, method, headers = {}) {
    let answer;
    try {
      answer = await fetch(url, { method, headers: { ...VERSION, "x-csrf-token": csrf(), ...headers }, cache: "no-store" });
    } catch {
      throw new Refused(0, { detail: t("network") });
    }
    if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => ({})));
    return answer;
  }

  /** PATCH one piece by XMLHttpRequest: fetch tells nothing about sent bytes. Resolves to the new offset. */
  send(piece) {
    const request = new XMLHttpRequest();
    this.request = request;
    const from = this.offset;
    let [seen, at] = [0, performance.now()];
    let stalled = setTimeout(() => request.abort(), STALL);
    request.upload.onprogress = ({ loaded }) => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALL);
      const now = performance.now();
      if (now - at < 250) return;
      const rate = ((loaded - seen) * 1000) / (now - at);
      this.speed = this.speed ? this.speed * 0.8 + rate * 0.2 : rate;
      [seen, at] = [loaded, now];
      this.on.progress(from + loaded, this.speed);
    };
    return new Promise((resolve, reject) => {
      const broken = () => reject(new Refused(0, { detail: t("network") }));
      request.onload = () => {
        if (request.status === 204) resolve(Number(request.getResponseHeader("upload-offset")));
        else reject(new Refused(request.status, problemOf(request)));
      };
      request.onerror = broken;
      request.onabort = broken;
      request.onloadend = () => clearTimeout(stalled);
      request.open("PATCH", this.url);
      const headers = { ...VERSION, "content-type": "application/offset+octet-stream", "upload-offset": String(from), "x-csrf-token": csrf() };
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.send(piece);
    });
  }
}

function problemOf(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}
