/* The upload page: a list of cards, fed by the file field and by dropping anywhere. */
import { Card } from "./upload-card.js";
import { recall } from "../kernel/memory.js";
import { size } from "../kernel/formats.js";
import { t } from "../kernel/texts.js";
import { toast } from "../kernel/toasts.js";

const MAX_RUNNING = 2;
const root = document.querySelector("[data-uploader]");
const list = root.querySelector("[data-list]");
const picker = root.querySelector("[data-files]");
const veil = document.querySelector("[data-veil]");
const said = root.querySelector("[data-said]");
const options = { endpoint: root.dataset.endpoint, videos: root.dataset.videos, owner: root.dataset.owner };
const most = Number(root.dataset.most);
const cards = new Map();

const VIDEO_NAME = /\.(mp4|m4v|mov|mkv|webm|avi|mpe?g|m2?ts|mts|flv|wmv|asf|3gp|ogv)$/i;

function refusal(file) {
  if (!file.size) return t("empty");
  if (file.size > most) return t("too_big", { size: size(most) });
  if (!file.type.startsWith("video/") && !VIDEO_NAME.test(file.name)) return t("not_video");
  return "";
}

/** Start what is waiting while fewer than two files are on their way. */
function schedule() {
  const all = [...cards.values()];
  let running = all.filter((card) => card.running).length;
  for (const card of all.filter((each) => each.waiting)) {
    if (running >= MAX_RUNNING) break;
    card.begin();
    running += 1;
  }
  root.querySelector("[data-drop]").classList.toggle("is-small", cards.size > 0);
  root.querySelector("[data-steps]").hidden = cards.size > 0;
}

function add(key, memory, file = null) {
  const card = new Card(key, memory, file, options, {
    changed: schedule,
    say: (text) => { said.textContent = text; },
    gone: () => {
      cards.delete(key);
      schedule();
    },
  });
  cards.set(key, card);
  list.prepend(card.element);
  return card;
}

function take(files) {
  for (const file of files) {
    const why = refusal(file);
    if (why) {
      toast(`${file.name}: ${why}`);
      continue;
    }
    const key = `upload.${options.owner}.${file.name}.${file.size}.${file.lastModified}`;
    const known = cards.get(key);
    if (known) known.give(file);
    else add(key, { name: file.name, size: file.size, at: Date.now() }, file);
  }
  schedule();
}

function remembered() {
  const start = `efir.upload.${options.owner}.`;
  return Object.keys(localStorage).filter((key) => key.startsWith(start)).map((key) => key.slice("efir.".length));
}

root.querySelector("[data-choose]").addEventListener("click", () => picker.click());
picker.addEventListener("change", () => {
  take(picker.files);
  picker.value = "";
});

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
let depth = 0;
addEventListener("dragenter", (event) => {
  if (!carriesFiles(event)) return;
  depth += 1;
  veil.hidden = false;
});
addEventListener("dragleave", (event) => {
  if (!carriesFiles(event)) return;
  depth = Math.max(0, depth - 1);
  veil.hidden = depth > 0 ? veil.hidden : true;
});
addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  depth = 0;
  veil.hidden = true;
  take(event.dataTransfer.files);
});
addEventListener("beforeunload", (event) => {
  if ([...cards.values()].some((card) => card.running)) event.preventDefault();
});

try {
  const old = remembered().map((key) => [key, recall(key)]).filter(([, memory]) => memory?.name);
  for (const [key, memory] of old.sort((one, other) => one[1].at - other[1].at)) add(key, memory);
} catch {
  /* no memory in this browser: nothing to continue */
}
schedule();
