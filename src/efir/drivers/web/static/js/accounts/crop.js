/* Cutting the picture: a square that is dragged, moved by arrow keys, or set by numbers; the form sends the numbers. */
const frame = document.querySelector("[data-crop]");
const image = frame.querySelector("[data-crop-image]");
const square = frame.querySelector("[data-crop-box]");
const fields = Object.fromEntries(["x", "y", "size"].map((name) => [name, document.getElementById(name)]));
const LEAST = 10;
const STEP = 2;

const number = (field) => Number(String(field.value).replace(",", ".")) || 0;
const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

/** Sides of the picture as it is shown, and of the square on it. */
function geometry() {
  const [width, height] = [image.clientWidth, image.clientHeight];
  return { width, height, side: (clamp(number(fields.size), LEAST, 100) / 100) * Math.min(width, height) };
}

function set(x, y, size) {
  fields.size.value = Math.round(clamp(size, LEAST, 100) * 10) / 10;
  const { width, height, side } = geometry();
  fields.x.value = Math.round(clamp(x, 0, 100 - (side / width) * 100) * 10) / 10;
  fields.y.value = Math.round(clamp(y, 0, 100 - (side / height) * 100) * 10) / 10;
  draw();
}

function draw() {
  const { width, height, side } = geometry();
  if (!width) return;
  square.hidden = false;
  Object.assign(square.style, {
    width: `${side}px`, height: `${side}px`,
    left: `${clamp((number(fields.x) / 100) * width, 0, width - side)}px`,
    top: `${clamp((number(fields.y) / 100) * height, 0, height - side)}px`,
  });
}

const move = (x, y, size = 0) => set(number(fields.x) + x, number(fields.y) + y, number(fields.size) + size);

square.addEventListener("pointerdown", (start) => {
  square.setPointerCapture(start.pointerId);
  const [x, y] = [number(fields.x), number(fields.y)];
  const follow = (event) => {
    const { width, height } = geometry();
    set(x + ((event.clientX - start.clientX) / width) * 100, y + ((event.clientY - start.clientY) / height) * 100, number(fields.size));
  };
  square.addEventListener("pointermove", follow);
  square.addEventListener("pointerup", () => square.removeEventListener("pointermove", follow), { once: true });
});
square.addEventListener("keydown", (event) => {
  const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP], "+": [0, 0, STEP], "=": [0, 0, STEP], "-": [0, 0, -STEP] };
  if (!moves[event.key]) return;
  event.preventDefault();
  move(...moves[event.key]);
});
for (const field of Object.values(fields)) field.addEventListener("input", draw);
addEventListener("resize", draw);
if (image.complete) draw();
else image.addEventListener("load", draw);
