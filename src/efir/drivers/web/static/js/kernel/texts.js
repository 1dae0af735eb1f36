/* Words of this page, translated by the server and handed over as JSON blocks. */
const words = {};
for (const block of document.querySelectorAll("script[data-texts]")) Object.assign(words, JSON.parse(block.textContent));

export const lang = document.documentElement.lang || "en";

export function t(key, values = {}) {
  const text = words[key] ?? key;
  return typeof text === "string" ? text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole) : text;
}
