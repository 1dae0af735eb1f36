/* Buttons, the time line with its preview, fading out, and the keys of the keyboard of the phone or headset. */
import { clock } from "../kernel/formats.js";
import { recall, remember } from "../kernel/memory.js";
import { board, paint, shotAt } from "./storyboard.js";
import { t } from "../kernel/texts.js";

const IDLE = 2800;
const PREVIEW_WIDE = 176;

export function wireControls(box, video, menu) {
  const part = (name) => box.querySelector(`[data-${name}]`);
  const button = (name) => box.querySelector(`[data-do="${name}"]`);
  const [seek, volume, time, flash] = ["seek", "volume", "time", "flash"].map(part);
  const length = () => (Number.isFinite(video.duration) && video.duration) || Number(box.dataset.duration) || 0;

  const say = (text) => {
    flash.replaceChildren(Object.assign(document.createElement("span"), { textContent: text }));
    clearTimeout(say.timer);
    say.timer = setTimeout(() => flash.replaceChildren(), 900);
  };
  const name = (target, label) => {
    target.setAttribute("aria-label", label);
    const key = /\([^)]*\)$/.exec(target.title)?.[0] ?? "";
    target.title = `${label} ${key}`.trim();
  };
  const face = (target, shown) => {
    for (const icon of target.querySelectorAll("[data-icon]")) icon.hidden = icon.dataset.icon !== shown;
  };

  const acts = {
    toggle: () => (video.paused ? video.play().catch(() => {}) : video.pause()),
    jump: (by) => {
      video.currentTime = Math.min(length(), Math.max(0, video.currentTime + by));
      say(`${by > 0 ? "+" : "−"}${Math.abs(by)}`);
    },
    share: (part10) => { video.currentTime = length() * part10; },
    mute: () => { video.muted = !video.muted; },
    louder: (by) => {
      video.muted = false;
      video.volume = Math.min(1, Math.max(0, Math.round((video.volume + by) * 20) / 20));
      say(`${Math.round(video.volume * 100)} %`);
    },
    faster: (by) => say(menu.stepSpeed(by)),
    captions: () => menu.toggleCaptions(),
    menu: () => menu.toggle(),
    pip: () => (document.pictureInPictureElement ? document.exitPictureInPicture() : video.requestPictureInPicture()).catch(() => {}),
    theatre: () => theatre(!document.querySelector(".watch").classList.contains("is-theatre")),
    fullscreen: () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else if (box.requestFullscreen) box.requestFullscreen().catch(() => {});
      else video.webkitEnterFullscreen?.();
    },
    help: () => document.getElementById("player-keys").showModal(),
  };

  const theatre = (on) => {
    document.querySelector(".watch").classList.toggle("is-theatre", on);
    button("theatre").setAttribute("aria-pressed", String(on));
    remember("theatre", on);
  };
  if (recall("theatre")) theatre(true);

  for (const each of box.querySelectorAll("[data-do]")) each.addEventListener("click", () => acts[each.dataset.do]());
  part("big").addEventListener("click", acts.toggle);
  video.addEventListener("click", acts.toggle);
  video.addEventListener("dblclick", acts.fullscreen);
  button("pip").hidden = !document.pictureInPictureEnabled;

  /* State of the picture */
  let started = false;
  const showState = () => {
    const label = video.ended ? "replay" : video.paused ? "play" : "pause";
    face(button("toggle"), label);
    name(button("toggle"), t(label));
    started ||= !video.paused;
    part("big").hidden = started;
    wake();
  };
  for (const event of ["play", "pause", "ended", "seeked"]) video.addEventListener(event, showState);
  const waiting = (on) => () => { part("wait").hidden = !on; };
  video.addEventListener("waiting", waiting(true));
  for (const event of ["playing", "canplay", "error"]) video.addEventListener(event, waiting(false));

  const showTime = () => {
    const all = length();
    seek.max = all || 1;
    if (!seek.matches(":active")) seek.value = video.currentTime;
    const text = [clock(video.currentTime), clock(all)];
    time.textContent = text.join(" / ");
    seek.setAttribute("aria-valuetext", t("of", { at: text[0], all: text[1] }));
    const got = video.buffered.length ? video.buffered.end(video.buffered.length - 1) : 0;
    seek.style.setProperty("--at", `${all ? (100 * Number(seek.value)) / all : 0}%`);
    seek.style.setProperty("--got", `${all ? (100 * got) / all : 0}%`);
  };
  for (const event of ["timeupdate", "durationchange", "progress", "seeking"]) video.addEventListener(event, showTime);
  seek.addEventListener("input", () => {
    video.currentTime = Number(seek.value);
    showTime();
  });

  const showVolume = () => {
    const silent = video.muted || !video.volume;
    volume.value = silent ? 0 : video.volume;
    volume.style.setProperty("--at", `${volume.value * 100}%`);
    face(button("mute"), silent ? "silent" : "loud");
    name(button("mute"), t(silent ? "unmute" : "mute"));
    button("mute").setAttribute("aria-pressed", String(silent));
    remember("volume", { volume: video.volume, muted: video.muted });
  };
  const kept = recall("volume");
  if (kept) Object.assign(video, { volume: Math.min(1, Math.max(0, kept.volume)), muted: kept.muted });
  video.addEventListener("volumechange", showVolume);
  volume.addEventListener("input", () => {
    video.muted = false;
    video.volume = Number(volume.value);
  });

  document.addEventListener("fullscreenchange", () => {
    const on = document.fullscreenElement === box;
    face(button("fullscreen"), on ? "shrink" : "grow");
    name(button("fullscreen"), t(on ? "leave_fullscreen" : "fullscreen"));
  });

  /* Fading out */
  let idle = 0;
  const wake = () => {
    box.classList.remove("is-idle");
    clearTimeout(idle);
    if (!video.paused) idle = setTimeout(() => !menu.open && box.classList.add("is-idle"), IDLE);
  };
  for (const event of ["pointermove", "pointerdown", "keydown", "focusin"]) box.addEventListener(event, wake);

  wirePreview(box, seek, length);
  wireMediaSession(box, video, acts);
  showState();
  showTime();
  showVolume();
  return acts;
}

function wirePreview(box, seek, length) {
  const part = (name) => box.querySelector(`[data-${name}]`);
  const [preview, shot] = [part("preview"), part("shot")];
  const url = box.dataset.storyboard;
  const show = async (event) => {
    const frame = seek.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - frame.left) / frame.width));
    const at = share * length();
    part("preview-time").textContent = clock(at);
    preview.hidden = false;
    const shots = url ? await board(url) : [];
    if (shots.length) {
      const found = shotAt(shots, at);
      const scale = PREVIEW_WIDE / found.w;
      shot.hidden = false;
      Object.assign(shot.style, { width: `${PREVIEW_WIDE}px`, height: `${found.h * scale}px` });
      paint(shot, found, scale);
    }
    const half = preview.offsetWidth / 2;
    preview.style.left = `${Math.min(frame.width - half, Math.max(half, share * frame.width)) - half}px`;
  };
  seek.addEventListener("pointermove", show);
  for (const event of ["pointerleave", "pointercancel", "blur"]) seek.addEventListener(event, () => { preview.hidden = true; });
}

function wireMediaSession(box, video, acts) {
  if (!("mediaSession" in navigator)) return;
  const { title, channel } = box.dataset;
  const artwork = video.poster ? [{ src: video.poster }] : [];
  navigator.mediaSession.metadata = new MediaMetadata({ title, artist: channel, artwork });
  const handlers = {
    play: () => video.play(),
    pause: () => video.pause(),
    seekbackward: ({ seekOffset }) => acts.jump(-(seekOffset || 10)),
    seekforward: ({ seekOffset }) => acts.jump(seekOffset || 10),
    seekto: ({ seekTime }) => { video.currentTime = seekTime; },
  };
  for (const [name, run] of Object.entries(handlers)) navigator.mediaSession.setActionHandler(name, run);
}
