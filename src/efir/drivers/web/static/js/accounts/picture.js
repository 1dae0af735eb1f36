/* A picture of oneself: sent as soon as it is dropped, chosen or pasted; the server's result takes its place. */
import { csrf, renewToken } from "../kernel/calls.js";
import { percent } from "../kernel/formats.js";
import { t } from "../kernel/texts.js";

const WAITS = [1, 2, 4];
const TOLD = [25, 50, 75];
const box = document.querySelector("[data-picture]");
const find = (name) => box.querySelector(`[data-${name}]`);
const { url, done: end } = box.dataset; // signing up has two faces and an end; the settings stay as they are
const input = document.getElementById("image");
const [progress, complaint, preview, dial] = ["progress", "complaint", "preview", "dial"].map(find);
const types = box.dataset.types.split(",");
let running = null;

const say = (text) => { find("said").textContent = text; };

/** Show one of the two faces of the page: sending a picture, or what became of it. */
function face(name) {
  const done = name === "check";
  box.dataset.state = name;
  find("upload-part").hidden = done;
  find("result").hidden = !done;
  find("skip").hidden = done;
  const heading = document.querySelector("[data-heading]");
  const before = heading.textContent;
  heading.textContent = heading.dataset[done ? "check" : "upload"];
  document.title = document.title.replace(/^.*: (?=\S)/, (whole) => (whole === t("error") ? "" : whole)).replace(before, heading.textContent);
}

function complain(code, detail) {
  const text = t("complaints")[code] ?? detail ?? t("not_taken", { why: "" });
  complaint.querySelector("[data-complaint-text]").textContent = text;
  complaint.hidden = false;
  if (!document.title.startsWith(t("error"))) document.title = t("error") + document.title;
  say(t("not_taken", { why: text }));
  complaint.focus();
}

function quiet() {
  complaint.hidden = true;
  if (document.title.startsWith(t("error"))) document.title = document.title.slice(t("error").length);
}

/** The same words as the server's, before anything is sent. */
function refusal(file) {
  if (!file.size) return "image-missing";
  if (file.size > Number(box.dataset.most)) return "image-too-large";
  if (file.type && !types.includes(file.type)) return "image-type";
  return "";
}

function show(part, left, right = "") {
  const bar = dial.querySelector("progress");
  if (part === null) bar.removeAttribute("value");
  else bar.value = part;
  dial.querySelector("[data-dial-left]").textContent = left;
  dial.querySelector("[data-dial-right]").textContent = right;
}

function put(file, job) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    job.request = request;
    request.open("PUT", url);
    request.setRequestHeader("content-type", file.type || "application/octet-stream");
    request.setRequestHeader("accept", "application/json");
    request.setRequestHeader("x-csrf-token", csrf());
    let told = 0;
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      show(loaded / total, percent(loaded / total));
      const reached = TOLD.filter((step) => (loaded / total) * 100 >= step).at(-1) ?? 0;
      if (reached > told) say(t("sent", { percent: percent((told = reached) / 100) }));
    });
    request.upload.addEventListener("load", () => {
      show(null, t("processing"));
      say(t("processing"));
    });
    request.addEventListener("load", () => resolve(request));
    request.addEventListener("error", () => reject(new Error("network")));
    request.addEventListener("abort", () => resolve(null));
    request.send(file);
  });
}

const rest = (seconds, job) => new Promise((resolve) => {
  job.wake = resolve;
  setTimeout(resolve, seconds * 1000);
});

/** Send, and send again after 1, 2 and 4 seconds when the network fails; then wait for a press. */
async function delivered(file, job) {
  for (let tries = 0; ; tries += 1) {
    try {
      const request = await put(file, job);
      if (!request || job.cancelled) return null;
      if (request.status === 403 && !job.renewed) {
        job.renewed = true;
        await renewToken();
        tries -= 1;
        continue;
      }
      if (request.status < 500 && request.status !== 0) return request;
    } catch {
      if (job.cancelled) return null;
    }
    if (tries < WAITS.length) {
      show(0, t("again", { seconds: WAITS[tries] }));
      await rest(WAITS[tries], job);
    } else {
      show(0, t("lost"));
      say(t("lost"));
      find("retry").hidden = false;
      await new Promise((resolve) => { job.wake = resolve; });
      find("retry").hidden = true;
      tries = -1;
    }
    if (job.cancelled) return null;
  }
}

async function take(file) {
  if (!file) return;
  quiet();
  const why = refusal(file);
  if (why) {
    input.value = "";
    return complain(why);
  }
  cancel();
  const job = { cancelled: false, wake: () => {} };
  running = job;
  const local = URL.createObjectURL(file);
  find("local").src = local;
  progress.hidden = false;
  show(0, t("chosen", { name: file.name }));
  say(t("chosen", { name: file.name }));
  const request = await delivered(file, job);
  URL.revokeObjectURL(local);
  if (running !== job) return; // a later picture is on its way
  running = null;
  progress.hidden = true;
  input.value = "";
  if (!request) return;
  const answer = JSON.parse(request.responseText || "{}");
  if (request.status !== 200) return complain(answer.code, answer.detail);
  await placed(answer.sizes);
}

async function placed(sizes) {
  const pictures = [...preview.querySelectorAll("[data-side]")];
  for (const picture of pictures) picture.src = sizes[picture.dataset.side];
  await Promise.all(pictures.map((picture) => picture.decode().catch(() => {})));
  preview.hidden = false;
  if (end) toEnd();
  else worn(sizes);
  preview.focus();
  say(t("done"));
}

function toEnd() {
  const another = find("another").querySelector("button");
  another.textContent = another.dataset.with;
  if (box.dataset.state === "check") return;
  face("check");
  history.pushState(null, "", end);
}

/** In the settings: the bar above shows it too, and it can be taken away again. */
function worn(sizes) {
  const image = new Image(64, 64);
  image.alt = "";
  image.src = sizes[128];
  document.querySelector("[data-menu] .avatar")?.replaceChildren(image);
  find("remove").hidden = false;
  find("crop-link").hidden = false;
}

function cancel() {
  if (!running) return;
  running.cancelled = true;
  running.request?.abort();
  running.wake();
}

find("cancel").addEventListener("click", () => {
  cancel();
  progress.hidden = true;
  input.value = "";
  say(t("cancelled"));
});
find("retry").addEventListener("click", () => running?.wake());
find("another")?.addEventListener("submit", (event) => {
  event.preventDefault();
  input.click();
});
input.addEventListener("change", () => take(input.files[0]));

const carries = (event) => event.dataTransfer?.types.includes("Files");
const over = (on) => find("drop").classList.toggle("is-over", on);
addEventListener("dragover", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  over(true);
});
addEventListener("dragleave", (event) => event.relatedTarget || over(false));
addEventListener("drop", (event) => {
  if (!carries(event)) return;
  event.preventDefault(); // wherever it falls, the page stays
  over(false);
  take(event.dataTransfer.files[0]);
});
addEventListener("paste", (event) => {
  const [file] = event.clipboardData?.files ?? [];
  if (!file) return;
  event.preventDefault();
  take(file);
});
if (end) addEventListener("popstate", () => location.reload());
if (box.dataset.state !== "check" && input.files.length) take(input.files[0]); // chosen before this script was here
