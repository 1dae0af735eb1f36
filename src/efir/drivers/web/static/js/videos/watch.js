/* Around the player: folding description, copied link, waiting for a video that is being prepared. */
import "./cards.js";
import { follow } from "./processing.js";
import { showReport } from "../kernel/stages.js";
import { t } from "../kernel/texts.js";
import { toast } from "../kernel/toasts.js";

const box = document.querySelector("[data-fold]");
const text = box?.querySelector(".description-text");
if (text) {
  const button = box.querySelector("[data-fold-button]");
  const fold = (folded) => {
    box.classList.toggle("is-folded", folded);
    button.setAttribute("aria-expanded", String(!folded));
    button.textContent = t(folded ? "more" : "less");
  };
  fold(true);
  if (text.scrollHeight > text.clientHeight + 2) button.hidden = false;
  else fold(false);
  button.addEventListener("click", () => fold(!box.classList.contains("is-folded")));
}

document.querySelector("[data-copy]")?.addEventListener("click", async (event) => {
  const button = event.currentTarget;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast(t("copied"));
  } catch {
    prompt(t("copied"), button.dataset.copy); // no clipboard without a secure origin: let people copy by hand
  }
});

const working = document.querySelector("[data-working]");
if (working) {
  const watchable = ["playable", "ready", "failed"];
  if (working.hasAttribute("data-owned")) {
    follow(working.dataset.working, (report) => {
      if (!report || watchable.includes(report.state)) location.reload();
      else showReport(working.querySelector("[data-dial]"), report);
    });
  } else {
    setInterval(async () => {
      const answer = await fetch(`/api/v1/videos/${working.dataset.working}`, { cache: "no-store" }).catch(() => null);
      if (answer?.ok && watchable.includes((await answer.json()).state)) location.reload();
    }, 8000);
  }
}
