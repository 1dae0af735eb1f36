/* Hovering or focusing a card leafs through its video. */
import { board, paint } from "./storyboard.js";

const STEP = 550;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let playing = null;

function stop() {
  if (!playing) return;
  clearInterval(playing.timer);
  playing.strip.remove();
  playing = null;
}

async function play(card) {
  const thumb = card.querySelector("[data-storyboard]");
  if (!thumb || calm.matches || playing?.card === card) return;
  stop();
  const strip = Object.assign(document.createElement("div"), { className: "strip" });
  const mine = { card, strip, timer: 0 };
  playing = mine;
  const shots = await board(thumb.dataset.storyboard);
  if (playing !== mine || !shots.length) return;
  thumb.querySelector("img, .icon").after(strip);
  const jump = Math.max(1, Math.floor(shots.length / 12));
  let at = 0;
  const next = () => {
    paint(strip, shots[at % shots.length], thumb.clientWidth / shots[0].w);
    strip.classList.add("is-on");
    at += jump;
  };
  next();
  mine.timer = setInterval(next, STEP);
}

export function enliven(root) {
  const cardOf = (event) => event.target.closest?.("[data-card]");
  root.addEventListener("pointerover", (event) => event.pointerType === "mouse" && (cardOf(event) ? play(cardOf(event)) : stop()));
  root.addEventListener("pointerleave", stop);
  root.addEventListener("focusin", (event) => cardOf(event)?.querySelector(":focus-visible") && play(cardOf(event)));
  root.addEventListener("focusout", stop);
}

for (const root of document.querySelectorAll("[data-grid], [data-aside]")) enliven(root);
