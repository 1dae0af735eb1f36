/* Small pictures along the time line: a WebVTT file whose cues name a rectangle of a sheet (`sheet.jpg#xywh=0,0,160,90`). */
const boards = new Map();
const seconds = (text) => text.trim().split(":").reduce((sum, part) => sum * 60 + Number(part), 0);

export function board(url) {
  if (!boards.has(url)) boards.set(url, fetch(url).then((answer) => (answer.ok ? answer.text() : "")).then((text) => parse(text, url)).catch(() => []));
  return boards.get(url);
}

function parse(text, url) {
  const shots = [];
  for (const block of text.split(/\r?\n\s*\r?\n/)) {
    const found = /([\d:.]+)\s+-->\s+([\d:.]+)[^\n]*\n([^\n]+)#xywh=(?:pixel:)?(\d+),(\d+),(\d+),(\d+)/.exec(block);
    if (!found) continue;
    const [from, to] = [seconds(found[1]), seconds(found[2])];
    const [x, y, w, h] = found.slice(4).map(Number);
    shots.push({ from, to, sheet: new URL(found[3].trim(), new URL(url, location.href)).href, x, y, w, h });
  }
  return shots;
}

export const shotAt = (shots, time) => shots.find(({ from, to }) => from <= time && time < to) ?? shots.at(-1);

/** Paint a shot into a box, `scale` times its size. */
export function paint(box, shot, scale) {
  box.style.backgroundImage = `url("${shot.sheet}")`;
  const loaded = new Image();
  loaded.onload = () => { box.style.backgroundSize = `${loaded.naturalWidth * scale}px ${loaded.naturalHeight * scale}px`; };
  loaded.src = shot.sheet;
  box.style.backgroundPosition = `${-shot.x * scale}px ${-shot.y * scale}px`;
}
