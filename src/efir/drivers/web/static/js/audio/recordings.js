/* The page of recordings: dropped files and the microphone feed one line of sendings; the list shows the results. */
import { openEditor } from "./editing.js";
import { Sending } from "./sending.js";
import { Recorder } from "./recorder.js";
import { size } from "../kernel/formats.js";
import { t } from "../kernel/texts.js";
import { toast } from "../kernel/toasts.js";
import { players, quiet } from "./waveform.js";

const root = document.querySelector("[data-audio]");
const most = Number(root.dataset.most);
const sendings = document.querySelector("[data-sendings]");
const said = document.querySelector("[data-said]");
const veil = document.querySelector("[data-veil]");
const picker = root.querySelector("[data-files]");
const waiting = [];
let running = false;
let stale = false;

const refusal = (blob) => (blob.size ? (blob.size > most ? t("too_big", { size: size(most) }) : "") : t("empty"));

function add(blob, name, title = "") {
  const why = refusal(blob);
  if (why) return toast(`${title || name}: ${why}`);
  const sending = new Sending(blob, name, title, (text) => {
    said.textContent = text;
    refresh();
  });
  sendings.append(sending.element);
  waiting.push(sending);
  return work();
}

/** One after the other: the server gives each person few turns at once. */
async function work() {
  if (running) return;
  running = true;
  while (waiting.length) {
    const next = waiting.shift();
    if (!next.over) await next.send();
  }
  running = false;
}

/** Put the server's new list in place of the old one; an open editor is not taken away. */
async function refresh() {
  stale = true;
  const answer = await fetch("/audio", { headers: { accept: "text/html" }, cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-records]");
  if (!fresh || document.querySelector("[data-edit-form]")) return;
  stale = false;
  quiet();
  document.querySelector("[data-records]").replaceWith(fresh);
  window.htmx?.process(fresh);
  show(fresh);
}

let look = 0;
function show(list) {
  players(list);
  clearTimeout(look);
  if (list.querySelector("[data-state=queued]") && !document.querySelector("[data-playing=true]")) look = setTimeout(refresh, 3000);
}

const recorder = new Recorder(root.querySelector(".recorder"), {
  worklet: root.dataset.worklet,
  most,
  keep: (blob, title) => add(blob, "recording.wav", title),
});

root.querySelector("[data-choose]").addEventListener("click", () => picker.click());
picker.addEventListener("change", () => {
  for (const file of picker.files) add(file, file.name);
  picker.value = "";
});

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  veil.hidden = false;
});
addEventListener("dragleave", (event) => event.relatedTarget || (veil.hidden = true));
addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  veil.hidden = true;
  for (const file of event.dataTransfer.files) add(file, file.name);
});
addEventListener("beforeunload", (event) => {
  if (running || recorder.busy) event.preventDefault();
});

const dialog = document.getElementById("delete-record");
let form = null;
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-copy]")?.dataset.copy;
  if (link) {
    const copied = await navigator.clipboard?.writeText(link).then(() => true, () => false);
    toast(copied ? t("copied") : t("copy_by_hand", { url: link }));
  }
  const edit = event.target.closest?.("[data-edit]");
  if (edit && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    return openEditor(edit, () => stale && refresh());
  }
  const button = event.target.closest?.("[data-delete]");
  if (!button) return;
  event.preventDefault();
  form = button.form;
  const text = dialog.querySelector("[data-delete-text]");
  text.textContent = text.dataset.pattern.replace("{title}", button.dataset.title);
  dialog.showModal();
});
dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
dialog.querySelector("[data-confirm]").addEventListener("click", () => form.submit());
document.addEventListener("htmx:after:swap", () => players(document));
show(document);
