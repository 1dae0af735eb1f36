/* The dial of a processing video: how far, how long still, which steps. */
import { percent, span } from "./formats.js";
import { t } from "./texts.js";

export const stageName = (name) => t("stages")[name] ?? name;

/** Show progress 0..1 (null: unknown) with a line of words on each side. */
export function turnDial(dial, value, left = "", right = "") {
  const bar = dial.querySelector("progress");
  if (value === null) bar.removeAttribute("value");
  else bar.value = value;
  dial.querySelector("[data-dial-left]").textContent = left;
  dial.querySelector("[data-dial-right]").textContent = right;
}

export function showReport(dial, report) {
  const running = report.stages?.find((stage) => stage.state === "running");
  const started = report.progress > 0 || running;
  const left = running ? stageName(running.name) : t("preparing");
  const eta = report.eta ? t("left", { time: span(report.eta) }) : "";
  const share = started ? percent(report.progress ?? 0) : "";
  turnDial(dial, started ? (report.progress ?? 0) : null, left, [share, eta].filter(Boolean).join(" · "));
}
