/* The form that edits a recording: a part chosen on its waveform, and heard before it is saved. */
import { exactClock } from "../kernel/formats.js";
import { lang } from "../kernel/texts.js";
import { drawPeaks, takeTurn } from "./waveform.js";

const GAP = 0.05; // seconds between the edges of a part
const LEAD = 3; // seconds that are played before what is removed
const MARGIN = 0.1; // seconds of silence that stay at either end
const SMOOTH = 0.01; // seconds in which a level changes
const FIELDS = { start: "start", end: "end", gain: "gain", coming: "fade_in", going: "fade_out" };
const exact = new Intl.NumberFormat(lang, { style: "unit", unit: "second", unitDisplay: "long", maximumFractionDigits: 2 });

export class Editor {
  constructor(form) {
    this.form = form;
    this.length = Number(form.dataset.duration);
    this.wave = form.querySelector("[data-edit-wave]");
    this.canvas = form.querySelector("canvas");
    this.at = form.querySelector("[data-at]");
    this.edges = { start: form.querySelector("[data-edge=start]"), end: form.querySelector("[data-edge=end]") };
    this.button = form.querySelector("[data-preview]");
    this.audio = new Audio();
    this.audio.preload = "none";
    this.ranges = [];
    this.wire();
    this.load();
  }

  wire() {
    for (const [name, edge] of Object.entries(this.edges)) {
      edge.addEventListener("input", () => this.move(name, Number(edge.value)));
      edge.addEventListener("keydown", (event) => this.steps(event, name));
    }
    this.wave.addEventListener("pointerdown", (event) => this.grab(event));
    this.form.addEventListener("input", () => this.changed());
    this.button.addEventListener("click", () => (this.ranges.length ? this.stop() : this.play()));
    this.audio.addEventListener("pause", () => this.audio.seeking || this.audio.ended || this.stop());
    this.audio.addEventListener("ended", () => this.stop());
    this.audio.addEventListener("error", () => this.stop());
    this.form.addEventListener("submit", (event) => this.send(event));
    addEventListener("pageshow", () => this.free());
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    this.changed();
  }

  async load() {
    const answer = await fetch(this.form.dataset.waveform).catch(() => null);
    if (answer?.ok) this.peaks = (await answer.json()).data;
    this.draw();
  }

  /** What the fields say; a field that is empty or no number counts as untouched. */
  get chosen() {
    const found = {};
    for (const [name, field] of Object.entries(FIELDS)) found[name] = this.form.elements[field].valueAsNumber || 0;
    const end = this.form.elements.end.valueAsNumber;
    found.end = Math.min(this.length, Number.isFinite(end) ? end : this.length);
    found.start = Math.max(0, Math.min(found.start, this.length));
    found.keep = this.form.elements.part.value !== "remove";
    found.joined = Boolean(this.form.elements.join.value);
    return found;
  }

  /** The stretches that stay. */
  stretches({ start, end, keep }) {
    const all = keep ? [[start, end]] : [[0, start], [end, this.length]];
    return all.filter(([from, to]) => to > from);
  }

  /** How loud the sound is at a moment, from 0 to 1; `left` are the stretches that stay. */
  level(moment, left, { coming, going, joined }) {
    if (!left.some(([from, to]) => moment >= from && moment <= to)) return 0;
    const [first, last] = [left[0][0], left.at(-1)[1]];
    const rise = coming > 0 ? (moment - first) / coming : 1;
    const fall = going > 0 && !joined ? (last - moment) / going : 1;
    return Math.max(0, Math.min(1, rise, fall));
  }

  changed() {
    const chosen = this.chosen;
    for (const name of ["start", "end"]) {
      this.edges[name].value = chosen[name];
      this.edges[name].setAttribute("aria-valuetext", exact.format(chosen[name]));
    }
    const left = this.stretches(chosen).reduce((sum, [from, to]) => sum + to - from, 0);
    const line = this.form.querySelector("[data-length]");
    line.textContent = line.dataset.pattern.replace("{length}", exactClock(left)).replace("{whole}", exactClock(this.length));
    this.button.disabled = !left && !this.ranges.length;
    this.form.querySelector("[data-unheard]").hidden = !chosen.joined;
    this.draw();
  }

  move(name, seconds) {
    const { start, end } = this.chosen;
    const [low, high] = name === "start" ? [0, Math.max(0, end - GAP)] : [Math.min(this.length, start + GAP), this.length];
    this.form.elements[name].value = Math.max(low, Math.min(high, seconds)).toFixed(2);
    this.changed();
  }

  /** The arrows move by a hundredth of the sound, the page keys by a tenth. */
  steps(event, name) {
    const ways = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
    if (!(event.key in ways)) return;
    event.preventDefault();
    this.move(name, this.chosen[name] + ways[event.key] * Math.max(GAP, this.length / 100));
  }

  /** A press beside the handles moves the nearer one, and goes on moving it. */
  grab(event) {
    if (event.target.matches("input") || event.button) return;
    const box = this.canvas.getBoundingClientRect();
    const moment = ({ clientX }) => ((clientX - box.left) / box.width) * this.length;
    const { start, end } = this.chosen;
    const name = Math.abs(moment(event) - start) <= Math.abs(moment(event) - end) ? "start" : "end";
    const follow = (moved) => this.move(name, moment(moved));
    this.wave.setPointerCapture(event.pointerId);
    this.wave.addEventListener("pointermove", follow);
    this.wave.addEventListener("lostpointercapture", () => this.wave.removeEventListener("pointermove", follow), { once: true });
    follow(event);
    this.edges[name].focus({ preventScroll: true });
    event.preventDefault();
  }

  draw() {
    const chosen = this.chosen;
    const left = this.stretches(chosen);
    const louder = 10 ** (chosen.gain / 20);
    drawPeaks(this.canvas, this.peaks, (place) => {
      const level = this.level(place * this.length, left, chosen);
      return level ? [1, level * louder] : [0.25, 1];
    });
  }

  async play() {
    const chosen = this.chosen;
    this.left = this.trimmed(this.stretches(chosen));
    if (!this.left.length) return;
    this.ranges = [...this.left];
    if (!chosen.keep && this.ranges.length > 1) this.ranges[0] = [Math.max(this.ranges[0][0], this.ranges[0][1] - LEAD), this.ranges[0][1]];
    this.shown("stop");
    takeTurn(this);
    if (!this.context) {
      this.context = new AudioContext();
      this.volume = this.context.createGain();
      this.context.createMediaElementSource(this.audio).connect(this.volume).connect(this.context.destination);
      this.audio.src = this.form.dataset.content;
    }
    this.volume.gain.value = 0;
    this.audio.currentTime = this.ranges[0][0];
    await this.context.resume();
    await this.audio.play().catch(() => this.stop());
    this.follow();
  }

  /** Leave out what the waveform shows as silence at both ends, when that is asked for. */
  trimmed(left) {
    if (!this.form.elements.trim.checked || !this.peaks || !left.length) return left;
    const pair = this.length / (this.peaks.length / 2);
    const loud = (moment) => Math.max(-this.peaks[2 * Math.floor(moment / pair)], this.peaks[2 * Math.floor(moment / pair) + 1]) > 0;
    let [first, last] = [left[0][0], left.at(-1)[1]];
    while (first < last && !loud(first)) first += pair;
    while (last > first && !loud(last - pair)) last -= pair;
    const [from, to] = [first - MARGIN, last + MARGIN];
    return left.map(([low, high]) => [Math.max(low, from), Math.min(high, to)]).filter(([low, high]) => high > low);
  }

  /** Keep the level and the place right while it sounds. */
  follow() {
    if (!this.ranges.length) return;
    const now = this.audio.currentTime;
    const chosen = this.chosen;
    const level = this.level(now, this.left, chosen) * 10 ** (chosen.gain / 20);
    this.volume.gain.setTargetAtTime(level, this.context.currentTime, SMOOTH);
    this.at.hidden = false;
    this.at.style.insetInlineStart = `${(100 * now) / this.length}%`;
    if (now >= this.ranges[0][1] - SMOOTH && !this.audio.seeking) {
      this.ranges.shift();
      if (!this.ranges.length) return this.stop();
      this.audio.currentTime = this.ranges[0][0];
    }
    requestAnimationFrame(() => this.follow());
  }

  stop() {
    this.ranges = [];
    this.audio.pause();
    this.at.hidden = true;
    this.shown("play");
  }

  shown(what) {
    const text = this.form.querySelector("[data-preview-text]");
    text.textContent = text.dataset[what];
    this.form.dataset.sounding = what === "stop";
  }

  send(event) {
    if (this.form.dataset.sent) return event.preventDefault(); // pressed twice
    this.stop();
    this.form.dataset.sent = "yes";
    const button = this.form.querySelector(".primary");
    button.setAttribute("aria-disabled", "true");
    button.classList.add("is-working");
  }

  /** The page may come back from the history with its form still locked. */
  free() {
    delete this.form.dataset.sent;
    const button = this.form.querySelector(".primary");
    button.removeAttribute("aria-disabled");
    button.classList.remove("is-working");
  }
}

let open = null;

/** Show the form of a recording below it, or take it away again; `closed` is told of the latter. */
export async function openEditor(link, closed) {
  const again = open?.link === link;
  close();
  if (again) return closed();
  const answer = await fetch(link.href, { headers: { accept: "text/html" }, cache: "no-store" }).catch(() => null);
  const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const form = page?.querySelector("[data-edit-form]");
  if (!form) return void (location.href = link.href); // the page tells what is the matter
  link.closest("[data-record]").append(form);
  link.setAttribute("aria-expanded", "true");
  open = { link, form, editor: new Editor(form) };
  form.querySelector("[data-leave]").addEventListener("click", (event) => {
    event.preventDefault();
    close();
    link.focus();
    closed();
  });
  form.elements.start.focus();
  return undefined;
}

function close() {
  if (!open) return;
  open.editor.stop();
  open.form.remove();
  open.link.setAttribute("aria-expanded", "false");
  open = null;
}
