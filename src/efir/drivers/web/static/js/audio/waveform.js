/* Players of the list: a waveform that is drawn when it comes into view, and one sound at a time. */
import { clock } from "../kernel/formats.js";

const BAR = 3; // pixels of a stroke with its gap
const pause = document.querySelector("[data-pause-template]");
let sounding = null;

/** One sound at a time: what has an `audio` stops when another one begins. */
export function takeTurn(player) {
  if (sounding && sounding !== player) sounding.audio.pause();
  sounding = player;
}

/** Draw peaks as strokes; `look` gives the opacity and the height of the stroke at a place from 0 to 1. */
export function drawPeaks(canvas, peaks, look) {
  const [wide, tall] = [canvas.clientWidth, canvas.clientHeight];
  const scale = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [wide * scale, tall * scale];
  if (!peaks || !wide) return;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  pen.fillStyle = getComputedStyle(canvas).color;
  const [bars, pairs] = [Math.floor(wide / BAR), peaks.length / 2];
  for (let bar = 0; bar < bars; bar += 1) {
    const from = Math.floor((bar * pairs) / bars);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * pairs) / bars));
    let [low, high] = [0, 0];
    for (let n = from; n < to; n += 1) [low, high] = [Math.min(low, peaks[2 * n]), Math.max(high, peaks[2 * n + 1])];
    const [opacity, share] = look(bar / bars);
    const height = Math.max(2, Math.min(1, ((high - low) / 256) * share) * (tall - 8));
    pen.globalAlpha = opacity;
    pen.fillRect(bar * BAR, tall / 2 - (high / Math.max(1, high - low)) * height, BAR - 1, height);
  }
}

class Player {
  constructor(record) {
    this.record = record;
    this.canvas = record.querySelector("canvas");
    this.seek = record.querySelector("[data-seek]");
    this.clock = record.querySelector("[data-clock]");
    this.button = record.querySelector("[data-play]");
    this.icon = this.button.innerHTML;
    this.audio = new Audio();
    this.audio.preload = "none";
    this.peaks = null;
    this.wire();
  }

  wire() {
    this.button.addEventListener("click", () => (this.audio.paused ? this.play() : this.audio.pause()));
    this.seek.addEventListener("input", () => this.moveTo(Number(this.seek.value)));
    this.seek.addEventListener("keydown", (event) => this.steps(event));
    this.audio.addEventListener("timeupdate", () => this.moved());
    this.audio.addEventListener("play", () => this.shown(pause.innerHTML, true));
    for (const name of ["pause", "ended"]) this.audio.addEventListener(name, () => this.shown(this.icon, false));
    new ResizeObserver(() => this.draw()).observe(this.canvas);
    this.moved();
  }

  get length() {
    return Number(this.record.dataset.duration);
  }

  async play() {
    takeTurn(this);
    if (!this.audio.src) {
      this.audio.src = this.record.dataset.content;
      this.audio.currentTime = Number(this.seek.value);
    }
    await this.audio.play();
  }

  /** The arrows move by a fiftieth, at least a second; a range of any step has no steps of its own. */
  steps(event) {
    const ways = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
    if (!(event.key in ways)) return;
    event.preventDefault();
    const to = Number(this.seek.value) + ways[event.key] * Math.max(1, this.length / 50);
    this.moveTo(Math.max(0, Math.min(this.length, to)));
  }

  moveTo(seconds) {
    this.seek.value = seconds;
    if (this.audio.src) this.audio.currentTime = seconds;
    this.moved(seconds);
  }

  moved(seconds = this.audio.src ? this.audio.currentTime : Number(this.seek.value)) {
    this.seek.value = seconds;
    this.seek.setAttribute("aria-valuetext", clock(seconds));
    this.clock.textContent = `${clock(seconds)} / ${clock(this.length)}`;
    this.draw();
  }

  shown(icon, playing) {
    this.button.innerHTML = icon;
    this.record.dataset.playing = playing;
  }

  async load() {
    const answer = await fetch(this.record.dataset.waveform).catch(() => null);
    if (answer?.ok) this.peaks = (await answer.json()).data;
    this.draw();
  }

  draw() {
    const played = Number(this.seek.value) / this.length;
    drawPeaks(this.canvas, this.peaks, (place) => [place < played ? 1 : 0.45, 1]);
  }
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries.filter((each) => each.isIntersecting)) {
    seen.unobserve(entry.target);
    entry.target.player.load();
  }
});

/** Make players of the recordings below an element that have none yet. */
export function players(root) {
  for (const record of root.querySelectorAll("[data-record][data-state=ready]")) {
    if (record.player) continue;
    record.player = new Player(record);
    seen.observe(record);
  }
}

/** Stop what sounds: its recording is about to leave the page. */
export const quiet = () => sounding?.audio.pause();
