/* Quality, speed and captions: groups of radio buttons in one panel. */
import { recall, remember } from "../kernel/memory.js";
import { t } from "../kernel/texts.js";

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
const AUTO = -1;

export class Menu {
  constructor(box, video) {
    this.video = video;
    this.box = box;
    this.panel = box.querySelector("[data-menu-panel]");
    this.button = box.querySelector('[data-do="menu"]');
    this.speeds();
    this.captions();
    this.part("quality").hidden = true;
    document.addEventListener("pointerdown", (event) => {
      if (this.open && !this.panel.contains(event.target) && !this.button.contains(event.target)) this.toggle();
    });
    this.panel.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.toggle();
    });
  }

  part(name) {
    return this.box.querySelector(`[data-${name}]`);
  }

  get open() {
    return !this.panel.hidden;
  }

  toggle() {
    this.panel.hidden = this.open;
    this.button.setAttribute("aria-expanded", String(this.open));
    if (this.open) this.panel.querySelector("input:checked")?.focus();
    else this.button.focus();
  }

  group(name, options, checked, chosen) {
    const set = this.part(name);
    for (const old of set.querySelectorAll("label")) old.remove();
    for (const { value, label } of options) {
      const input = Object.assign(document.createElement("input"), { type: "radio", name: `player-${name}`, value, checked: value === checked });
      input.addEventListener("change", () => chosen(value));
      const line = document.createElement("label");
      line.append(input, Object.assign(document.createElement("span"), { textContent: label }));
      set.append(line);
    }
    set.hidden = options.length < 2;
  }

  qualities(levels, automatic, choose) {
    const options = levels.map(({ label, index }) => ({ value: index, label }));
    if (automatic) options.unshift({ value: AUTO, label: t("auto") });
    this.group("quality", options, automatic ? AUTO : 0, choose);
  }

  /** Show beside "Auto" what plays now. */
  playing(height) {
    const label = this.part("quality").querySelector(`input[value="${AUTO}"] + span`);
    if (label && height) label.textContent = `${t("auto")} (${height}p)`;
  }

  speeds() {
    const kept = recall("speed", 1);
    const name = (value) => (value === 1 ? t("normal") : `${value}×`);
    const set = (value) => {
      this.video.playbackRate = value;
      this.video.defaultPlaybackRate = value;
      remember("speed", value);
    };
    this.setSpeed = (value) => {
      set(value);
      this.group("speed", SPEEDS.map((each) => ({ value: each, label: name(each) })), value, set);
    };
    this.setSpeed(SPEEDS.includes(kept) ? kept : 1);
  }

  stepSpeed(by) {
    const at = SPEEDS.indexOf(this.video.playbackRate);
    const value = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at + by))];
    this.setSpeed(value);
    return `${value}×`;
  }

  captions() {
    const tracks = [...this.video.textTracks].filter(({ kind }) => kind === "captions" || kind === "subtitles");
    const button = this.box.querySelector('[data-do="captions"]');
    button.hidden = !tracks.length;
    this.showCaptions = (chosen) => {
      tracks.forEach((track, index) => { track.mode = index === chosen ? "showing" : "disabled"; });
      button.setAttribute("aria-pressed", String(chosen >= 0));
      remember("captions", tracks[chosen]?.language ?? null);
      this.shown = chosen;
      if (tracks.length) this.group("captions", [{ value: -1, label: t("off") }, ...tracks.map((track, value) => ({ value, label: track.label }))], chosen, this.showCaptions);
    };
    this.shown = -1;
    if (tracks.length) this.showCaptions(tracks.findIndex(({ language }) => language === recall("captions")));
  }

  toggleCaptions() {
    this.showCaptions(this.shown >= 0 ? -1 : 0);
  }
}
