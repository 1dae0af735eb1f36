/* localStorage that may be full, forbidden or damaged: then things are simply not remembered. */
export function recall(key, otherwise = null) {
  try {
    return JSON.parse(localStorage.getItem(`efir.${key}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(`efir.${key}`);
    else localStorage.setItem(`efir.${key}`, JSON.stringify(value));
  } catch {
    /* nothing to do: the page works without memory */
  }
}
