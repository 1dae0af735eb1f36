/* Numbers, sizes and times in the language of the page. */
import { lang } from "./texts.js";

const unit = (value, name, digits = 0) =>
  new Intl.NumberFormat(lang, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: digits }).format(value);

const SIZES = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

export function size(bytes) {
  let step = 0;
  let value = bytes;
  while (value >= 1024 && step < SIZES.length - 1) [value, step] = [value / 1024, step + 1];
  return unit(value, SIZES[step], step && value < 100 ? 1 : 0);
}

export const speed = (bytesPerSecond) => `${size(bytesPerSecond)}/${unit(1, "second").replace(/[\d\s\u00a0]+/g, "")}`;

export function span(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return unit(whole, "second");
  if (whole < 3600) return unit(Math.round(whole / 60), "minute");
  return `${unit(Math.floor(whole / 3600), "hour")} ${unit(Math.round((whole % 3600) / 60), "minute")}`;
}

export const percent = (part) => new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 0 }).format(part);

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(Number.isFinite(seconds) ? seconds : 0));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A clock with tenths of a second, for what is cut. */
export function exactClock(seconds) {
  const tenths = Math.round(10 * Math.max(0, seconds));
  const point = new Intl.NumberFormat(lang).formatToParts(0.1).find(({ type }) => type === "decimal").value;
  return `${clock(tenths / 10)}${point}${tenths % 10}`;
}

const STEPS = [["year", 31557600], ["month", 2629800], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const relative = new Intl.RelativeTimeFormat(lang, { numeric: "always" });

export function age(moment) {
  const passed = Math.max(0, (Date.now() - moment) / 1000);
  const [name, length] = STEPS.find(([, seconds]) => passed >= seconds * 0.95) ?? STEPS.at(-1);
  return relative.format(-Math.round(passed / length), name);
}

export const exact = (moment) => new Intl.DateTimeFormat(lang, { dateStyle: "long", timeStyle: "short" }).format(moment);
