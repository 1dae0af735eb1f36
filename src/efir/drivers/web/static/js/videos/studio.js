/* The studio: states of videos live, and one question before a video is deleted. */
import { follow } from "./processing.js";
import { showReport } from "../kernel/stages.js";
import { t } from "../kernel/texts.js";

const followed = new Set();

function watch(root) {
  for (const row of root.querySelectorAll("[data-video][data-live]")) {
    const { video } = row.dataset;
    if (followed.has(video)) continue;
    followed.add(video);
    follow(video, (report) => {
      const dial = row.querySelector("[data-dial]");
      if (!report) row.classList.contains("video-row") && row.remove();
      else if (report.ended || report.state !== row.dataset.state) refresh(row, video, report.state);
      else if (dial) showReport(dial, report);
    });
  }
}

/** Put the server's new look of a video in place of the old one. */
async function refresh(row, video, state) {
  row.dataset.state = state;
  const page = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
  if (!page?.ok) return;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector(`[data-video="${video}"]`);
  if (!fresh) return;
  row.replaceChildren(...fresh.childNodes);
  row.dataset.state = fresh.dataset.state;
}

watch(document);
document.addEventListener("htmx:after:swap", () => watch(document));

const dialog = document.getElementById("delete-video");
if (dialog) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-delete]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const text = dialog.querySelector("[data-delete-text]");
    text.textContent = text.dataset.pattern.replace("{title}", link.dataset.title);
    dialog.querySelector("[data-delete-form]").action = link.getAttribute("href");
    dialog.showModal();
  });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
}
