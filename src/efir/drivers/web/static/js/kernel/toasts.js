/* Short messages at the foot of the page; screen readers hear them politely. */
export function toast(text, action) {
  const box = document.querySelector("[data-toasts]");
  const line = document.createElement("div");
  line.className = "toast";
  line.append(Object.assign(document.createElement("span"), { textContent: text }));
  const gone = setTimeout(() => line.remove(), action ? 10000 : 5000);
  if (action) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: action.label });
    button.addEventListener("click", () => {
      clearTimeout(gone);
      line.remove();
      action.run();
    });
    line.append(button);
  }
  box.append(line);
}
