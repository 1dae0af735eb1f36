/* Goes on where this browser stopped; not for the first and last moments of a video. */
import { clock } from "../kernel/formats.js";
import { recall, remember } from "../kernel/memory.js";
import { t } from "../kernel/texts.js";

const FROM = 0.03;
const TO = 0.95;
const EVERY = 5;
const MAX_KEPT = 200;

export function wireResume(box, video) {
  const { video: id, duration } = box.dataset;
  const length = () => (Number.isFinite(video.duration) && video.duration) || Number(duration);
  let last = 0;

  const save = () => {
    const share = video.currentTime / (length() || 1);
    const all = recall("positions", {});
    delete all[id];
    if (share > FROM && share < TO) all[id] = Math.floor(video.currentTime);
    const entries = Object.entries(all);
    remember("positions", Object.fromEntries(entries.slice(-MAX_KEPT)));
  };
  video.addEventListener("timeupdate", () => {
    if (video.paused || Math.abs(video.currentTime - last) < EVERY) return;
    last = video.currentTime;
    save();
  });
  for (const event of ["pause", "ended"]) video.addEventListener(event, save);
  addEventListener("pagehide", () => video.currentTime > 0 && save());

  const asked = Number(new URL(location.href).searchParams.get("t"));
  const at = asked || recall("positions", {})[id];
  if (!at) return;
  const bubble = box.querySelector("[data-resume]");
  const go = () => {
    if (at >= length()) return;
    video.currentTime = at;
    if (asked) return;
    bubble.querySelector("[data-resume-text]").textContent = t("resumed", { time: clock(at) });
    bubble.hidden = false;
    setTimeout(() => { bubble.hidden = true; }, 8000);
  };
  if (video.readyState >= 1) go();
  else video.addEventListener("loadedmetadata", go, { once: true });
  bubble.querySelector("[data-resume-zero]").addEventListener("click", () => {
    bubble.hidden = true;
    video.currentTime = 0;
    video.play().catch(() => {});
  });
}
