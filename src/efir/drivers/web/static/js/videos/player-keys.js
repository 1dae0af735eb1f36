/* Single keys, as people know them from other players; they can be switched off (WCAG 2.1.4). */
import { recall, remember } from "../kernel/memory.js";

export function wireKeys(acts) {
  const switched = document.querySelector("[data-keys-on]");
  switched.checked = recall("keys", true);
  switched.addEventListener("change", () => remember("keys", switched.checked));
  const box = document.querySelector("[data-player]");

  const keys = {
    k: acts.toggle, " ": acts.toggle,
    j: () => acts.jump(-10), l: () => acts.jump(10),
    ArrowLeft: () => acts.jump(-5), ArrowRight: () => acts.jump(5),
    ArrowUp: () => acts.louder(0.05), ArrowDown: () => acts.louder(-0.05),
    "<": () => acts.faster(-1), ">": () => acts.faster(1),
    m: acts.mute, c: acts.captions, f: acts.fullscreen, t: acts.theatre, i: acts.pip, "?": acts.help,
  };
  for (let digit = 0; digit < 10; digit += 1) keys[digit] = () => acts.share(digit / 10);
  // The same places on a Russian keyboard
  const places = { KeyK: "k", KeyJ: "j", KeyL: "l", KeyM: "m", KeyC: "c", KeyF: "f", KeyT: "t", KeyI: "i" };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const { target } = event;
    const inside = box.contains(target);
    if (!switched.checked && !inside) return;
    if (target.matches("input:not([type=range]), textarea, select, [contenteditable]")) return;
    if (target.matches("button, a, summary") && (event.key === " " || event.key === "Enter")) return;
    const arrow = event.key.startsWith("Arrow");
    if (arrow && (target.matches("input[type=range]") || (!inside && target !== document.body))) return;
    const run = keys[event.key] ?? keys[places[event.code]];
    if (!run || (event.repeat && !arrow && !"jl".includes(event.key))) return;
    event.preventDefault();
    run();
  });
}
