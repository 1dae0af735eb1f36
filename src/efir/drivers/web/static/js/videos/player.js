/* The player: hls.js where Media Source exists, the browser's own HLS otherwise, MP4 otherwise. */
import { wireControls } from "./player-controls.js";
import { wireKeys } from "./player-keys.js";
import { Menu } from "./player-menu.js";
import { wireResume } from "./player-resume.js";
import { t } from "../kernel/texts.js";

const box = document.querySelector("[data-player]");
const video = box.querySelector("video");
const part = (name) => box.querySelector(`[data-${name}]`);

box.append(box.querySelector("[data-player-template]").content.cloneNode(true));
video.controls = false;

const menu = new Menu(box, video);
const mp4 = [...video.querySelectorAll("source")].map((source) => ({ url: source.src, height: Number(source.dataset.height) }));
const hasMediaSource = "MediaSource" in window || "ManagedMediaSource" in window;

function trouble(text) {
  part("trouble-text").textContent = text;
  part("trouble").hidden = false;
  part("wait").hidden = true;
}
part("trouble-retry").addEventListener("click", () => location.reload());

function loadScript(url) {
  return new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement("script"), { src: url, onload: resolve, onerror: reject }));
  });
}

async function start() {
  const { hls, hlsScript } = box.dataset;
  if (hls && hasMediaSource) {
    const loaded = await loadScript(hlsScript).then(() => true, () => false);
    if (loaded && globalThis.Hls?.isSupported()) return playHls(globalThis.Hls, hls);
  }
  if (hls && !hasMediaSource && video.canPlayType("application/vnd.apple.mpegurl")) {
    for (const source of video.querySelectorAll("source")) source.remove();
    video.src = hls;
    return null;
  }
  if (mp4.length) return playFiles();
  return trouble(t("cannot"));
}

function playHls(Hls, url) {
  const playing = !video.paused; // Play may have been pressed while the script was on its way
  for (const source of video.querySelectorAll("source")) source.remove();
  // A list that still grows counts as live; people want its beginning, not its edge.
  const startPosition = Number(new URL(location.href).searchParams.get("t")) || 0;
  const hls = new Hls({ maxBufferLength: 20, backBufferLength: 60, capLevelToPlayerSize: true, startPosition });
  hls.on(Hls.Events.MEDIA_ATTACHED, () => playing && video.play().catch(() => {}));
  let [mediaErrors, networkErrors] = [0, 0];
  hls.on(Hls.Events.ERROR, (_, data) => {
    if (!data.fatal) return;
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && mediaErrors++ < 2) return hls.recoverMediaError();
    if (data.type === Hls.ErrorTypes.NETWORK_ERROR && networkErrors++ < 5) return setTimeout(() => hls.startLoad(), 1000 * 2 ** networkErrors);
    hls.destroy();
    trouble(data.type === Hls.ErrorTypes.NETWORK_ERROR ? t("network_video") : t("cannot"));
  });
  hls.on(Hls.Events.FRAG_LOADED, () => { networkErrors = 0; });
  hls.on(Hls.Events.MANIFEST_PARSED, () => {
    const levels = hls.levels.map((level, index) => ({ label: `${level.height}p`, index, height: level.height }));
    menu.qualities(levels.sort((one, other) => other.height - one.height), true, (index) => { hls.nextLevel = index; });
  });
  hls.on(Hls.Events.LEVEL_SWITCHED, (_, { level }) => menu.playing(hls.levels[level]?.height));
  hls.loadSource(url);
  hls.attachMedia(video);
}

function playFiles() {
  const sorted = [...mp4].sort((one, other) => other.height - one.height);
  menu.qualities(sorted.map(({ height }, index) => ({ label: `${height}p`, index })), false, (index) => {
    const { currentTime, paused, playbackRate } = video;
    video.src = sorted[index].url;
    video.currentTime = currentTime;
    video.playbackRate = playbackRate;
    if (!paused) video.play();
  });
}

video.addEventListener("error", () => video.error && !globalThis.Hls && trouble(t("cannot")));

const acts = wireControls(box, video, menu);
wireKeys(acts);
wireResume(box, video);
start();
