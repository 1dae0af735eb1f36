/* One file: its upload, its title and description, then what the server makes of it. */
import { call, Refused } from "../kernel/calls.js";
import { percent, size, span, speed } from "../kernel/formats.js";
import { remember } from "../kernel/memory.js";
import { Patience } from "../kernel/patience.js";
import { follow } from "../videos/processing.js";
import { showReport, stageName, turnDial } from "../kernel/stages.js";
import { t } from "../kernel/texts.js";
import { pictureOf } from "./thumbnails.js";
import { Tus } from "./tus.js";

const BUTTONS = ["pause", "resume", "again", "retry", "process", "other", "watch", "edit", "cancel", "dismiss"];
const SHOWN = {
  waiting: ["cancel"],
  uploading: ["pause", "cancel"],
  paused: ["resume", "cancel"],
  unfinished: ["again", "cancel"],
  refused: ["retry", "cancel"],
  received: [],
  processing: ["edit"],
  playable: ["watch", "edit"],
  ready: ["watch", "edit", "dismiss"],
  stopped: ["watch", "edit", "dismiss"],
  failed: ["edit", "dismiss"],
};
const TROUBLED = new Set(["refused", "stopped", "failed"]);

export class Card {
  constructor(key, memory, file, options, page) {
    Object.assign(this, { key, memory, file, options, page, tus: null, state: "" });
    this.element = document.querySelector("[data-card-template]").content.firstElementChild.cloneNode(true);
    this.form = this.part("form");
    this.label();
    this.wire();
    if (memory.video) this.watchProcessing();
    else if (file) this.show("waiting");
    else this.askForFile();
    if (file) this.draw();
  }

  part(name) {
    return this.element.querySelector(`[data-${name}]`);
  }

  get running() {
    return this.state === "uploading" || this.state === "received";
  }

  get waiting() {
    return this.state === "waiting";
  }

  label() {
    const { name, size: bytes, title, description, visibility } = this.memory;
    this.element.setAttribute("aria-label", name);
    this.part("name").textContent = name;
    this.part("size").textContent = size(bytes);
    this.form.elements.title.value = title ?? titleFrom(name);
    this.form.elements.description.value = description ?? "";
    if (visibility) this.form.elements.visibility.value = visibility;
    if (this.memory.wanted) this.memory.saved ? this.note(t("save"), t("saved")) : this.note(t("publish"), t("will_publish"));
    for (const field of this.form.querySelectorAll("[data-field]")) {
      const [label, input] = [field.querySelector("label"), field.querySelector("input, textarea")];
      input.id = `f${crypto.getRandomValues(new Uint32Array(1))[0]}-${input.name}`;
      label.htmlFor = input.id;
    }
  }

  wire() {
    const press = (name, run) => this.part(name).addEventListener("click", run);
    press("pause", () => {
      this.tus.pause();
      this.show("paused");
    });
    press("resume", () => this.show("waiting"));
    press("retry", () => (this.file ? this.show("waiting") : this.askForFile()));
    press("again", () => this.chooseAgain());
    press("process", () => this.processAgain());
    press("other", () => document.querySelector("[data-choose]").click());
    press("cancel", () => this.cancel());
    press("dismiss", () => this.leave());
    this.form.addEventListener("input", () => this.typed());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.publish();
    });
  }

  keep(changes = {}) {
    Object.assign(this.memory, changes);
    remember(this.key, this.memory);
  }

  show(state, left = "", right = "") {
    this.state = state;
    this.element.dataset.state = state;
    for (const name of BUTTONS) this.part(name).hidden = !(SHOWN[state] ?? []).includes(name);
    this.part("problem").hidden = !TROUBLED.has(state);
    const dial = this.part("dial");
    dial.classList.toggle("is-done", state === "ready");
    dial.classList.toggle("is-bad", TROUBLED.has(state));
    if (state === "waiting") turnDial(dial, this.share, t("waiting"), "");
    else if (state === "paused") turnDial(dial, this.share, t("paused"), percent(this.share));
    else if (left) turnDial(dial, this.share, left, right);
    this.page.changed();
  }

  get share() {
    return this.memory.video ? 1 : (this.memory.sent ?? 0) / this.memory.size;
  }

  async draw() {
    const picture = await pictureOf(this.file);
    if (!picture) return;
    const box = this.part("thumb");
    box.querySelector("img")?.remove();
    box.append(Object.assign(new Image(), { src: picture.url, alt: "" }));
  }

  /* Sending */

  begin() {
    this.keep();
    this.show("uploading", t("preparing"));
    this.tus = new Tus(this.file, this.options.endpoint, this.memory.url ?? "", {
      url: (url) => this.keep({ url }),
      progress: (offset, rate) => this.moved(offset, rate),
      pausing: (seconds) => this.pausing(seconds),
      restarted: () => {
        this.keep({ url: "", sent: 0 });
        this.page.say(t("lost"));
      },
      done: (id) => this.received(id),
      problem: (error) => this.refused(error),
    });
    this.tus.start();
  }

  pausing(seconds) {
    this.dialText(seconds === null ? t("offline") : t("retrying", { seconds: span(seconds) }));
  }

  dialText(left, right = "") {
    turnDial(this.part("dial"), this.share, left, right);
  }

  moved(offset, rate) {
    this.memory.sent = offset;
    if (this.state !== "uploading") return;
    const left = rate ? t("left", { time: span((this.memory.size - offset) / rate) }) : "";
    this.dialText([t("uploading"), rate ? speed(rate) : ""].filter(Boolean).join(" · "), [percent(this.share), left].filter(Boolean).join(" · "));
  }

  refused(error) {
    this.part("problem-text").textContent = error.message;
    this.page.say(`${this.memory.name}: ${error.message}`);
    this.show("refused", t("paused"));
  }

  async askForFile() {
    this.show("unfinished", t("needs_file", { percent: percent(this.share) }));
    if (!this.memory.url) return;
    const tus = new Tus(null, "", this.memory.url, {});
    const sent = await tus.ask().catch((error) => ([404, 410].includes(error.status) ? 0 : this.memory.sent ?? 0));
    this.keep({ sent, url: sent ? this.memory.url : "" });
    if (this.state === "unfinished") this.show("unfinished", t("needs_file", { percent: percent(this.share) }));
  }

  chooseAgain() {
    const picker = Object.assign(document.createElement("input"), { type: "file", accept: "video/*,.mkv,.ts,.avi,.flv" });
    picker.addEventListener("change", () => {
      const [file] = picker.files;
      if (file.name === this.memory.name && file.size === this.memory.size) this.give(file);
      else this.dialText(t("wrong_file", { name: this.memory.name }));
    });
    picker.click();
  }

  /** The file of an upload begun earlier: go on where the server stopped. */
  give(file) {
    if (this.state !== "unfinished") return;
    this.file = file;
    this.draw();
    this.show("waiting");
  }

  async cancel() {
    if (this.memory.url && !(await confirmed())) return;
    const tus = this.tus ?? new Tus(this.file, this.options.endpoint, this.memory.url ?? "", {});
    await tus.cancel();
    this.page.say(t("cancelled", { name: this.memory.name }));
    this.leave();
  }

  leave() {
    this.unfollow?.();
    remember(this.key, null);
    this.element.remove();
    this.page.gone();
  }

  /* After the last byte */

  async received(upload) {
    this.show("received", t("checking"), percent(1));
    const patience = new Patience((seconds) => this.pausing(seconds));
    for (;;) {
      try {
        return await this.make(upload);
      } catch (error) {
        if (!Patience.worth(error)) return this.refused(error);
        await patience.rest();
      }
    }
  }

  async make(upload) {
    const facts = this.facts();
    if (!facts.title) facts.title = titleFrom(this.memory.name);
    if (!this.memory.wanted) facts.visibility = "private";
    const video = await call("POST", this.options.videos, { upload_id: upload, ...facts }, { "idempotency-key": upload });
    this.keep({ video: video.id, saved: facts.visibility });
    this.page.say(t("finished", { name: this.memory.name }));
    this.watchProcessing();
    if (!this.memory.wanted) return;
    // What was typed, or Publish itself, may have come while the request was on its way.
    if (Object.entries(this.facts()).every(([name, value]) => facts[name] === value)) this.saved(facts);
    else await this.publish();
  }

  watchProcessing() {
    for (const [name, path] of [["watch", "/watch/"], ["edit", "/studio/"]]) this.part(name).href = path + this.memory.video;
    this.show("processing", t("checking"));
    this.unfollow = follow(this.memory.video, (report) => (report ? this.reported(report) : this.leave()));
  }

  reported(report) {
    const stopped = report.ended && report.failure && report.state !== "failed";
    const state = stopped ? "stopped" : ["ready", "failed", "playable"].includes(report.state) ? report.state : "processing";
    if (state !== this.state) this.show(state);
    this.stages(report.stages ?? []);
    const dial = this.part("dial");
    if (state === "ready") turnDial(dial, 1, this.memory.saved === "private" ? t("ready_private") : t("ready"));
    else if (TROUBLED.has(state)) this.failed(report.failure, t(stopped ? "stopped" : "unprocessed"));
    else showReport(dial, report);
    if (state === "playable") this.dialText(t("playable"), percent(report.progress ?? 0));
  }

  /** Say why, and offer what may help: the same file once more, or another one. */
  failed(failure, title) {
    turnDial(this.part("dial"), 1, title);
    this.part("problem-text").textContent = t("failures")[failure?.code] ?? t("other_failure");
    const retryable = failure?.retryable ?? true;
    this.part("process").hidden = !retryable;
    this.part("other").hidden = retryable;
  }

  async processAgain() {
    this.part("process").hidden = true;
    try {
      await call("POST", `${this.options.videos}/${this.memory.video}/retry`);
    } catch (error) {
      if (error.status !== 409) { // else it is being processed, or ready: what is followed says which
        this.part("problem-text").textContent = error instanceof Refused ? error.message : t("other_failure");
        this.part("process").hidden = false;
        return;
      }
    }
    this.watchProcessing();
  }

  stages(stages) {
    const box = this.part("stages");
    box.hidden = !stages.length || this.state === "ready";
    box.replaceChildren(...stages.map(({ name, state }) => {
      const item = document.querySelector("[data-stage-template]").content.firstElementChild.cloneNode(true);
      item.dataset.state = state;
      item.querySelector("span").textContent = stageName(name);
      const mark = document.querySelector(`[data-stage-${state}]`);
      if (mark) item.querySelector("svg").replaceWith(mark.content.cloneNode(true));
      return item;
    }));
  }

  /* Title, description, who can watch */

  facts() {
    const { title, description, visibility } = this.form.elements;
    return { title: title.value.trim(), description: description.value.trim(), visibility: visibility.value };
  }

  typed() {
    this.keep(this.facts());
    this.complain("");
    if (this.memory.saved && this.memory.wanted) this.note(t("save"), "");
  }

  note(button, text) {
    this.part("publish").textContent = button;
    this.part("publish-note").textContent = text;
  }

  complain(text) {
    const input = this.form.elements.title;
    const line = input.closest("[data-field]").querySelector(".error");
    line.id = `${input.id}-error`;
    line.hidden = !text;
    line.querySelector("span").textContent = text;
    input.toggleAttribute("aria-invalid", Boolean(text));
    if (text) {
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", line.id);
      input.focus();
    }
  }

  async publish() {
    const facts = this.facts();
    if (!facts.title) return this.complain(this.form.elements.title.dataset.missing);
    this.keep({ ...facts, wanted: true });
    if (!this.memory.video) return this.note(t("publish"), t("will_publish"));
    const button = this.part("publish");
    button.disabled = true;
    try {
      await call("PATCH", `${this.options.videos}/${this.memory.video}`, facts);
      this.saved(facts);
    } catch (error) {
      this.note(button.textContent, error instanceof Refused ? error.message : t("failed"));
    } finally {
      button.disabled = false;
    }
  }

  saved(facts) {
    this.keep({ saved: facts.visibility });
    this.note(t("save"), t("saved"));
    if (this.state === "ready") turnDial(this.part("dial"), 1, facts.visibility === "private" ? t("ready_private") : t("ready"));
  }
}

/** `my_holiday-2026.mp4` becomes `my holiday 2026`. */
function titleFrom(name) {
  return name.replace(/\.[^.]{1,5}$/, "").replace(/[_\s]+/g, " ").trim().slice(0, 120) || name.slice(0, 120);
}

function confirmed() {
  const dialog = document.getElementById("cancel-upload");
  return new Promise((resolve) => {
    dialog.returnValue = "no";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.showModal();
  });
}
