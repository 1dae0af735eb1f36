/* Forms say what is wrong before they are sent, in the words and the places the server uses. */
import { t } from "./texts.js";

const summaryTemplate = document.querySelector("[data-summary-template]");

function complaint(input) {
  const { validity, dataset } = input;
  if (validity.valueMissing || (input.required && !input.value.trim())) return dataset.missing;
  if (validity.tooShort || (input.minLength > 0 && input.value.trim() && input.value.trim().length < input.minLength)) return dataset.short;
  if (validity.valid) return "";
  return dataset.wrong ?? input.validationMessage;
}

function mark(input, text) {
  const line = document.getElementById(`${input.id}-error`);
  if (!line) return;
  line.hidden = !text;
  line.querySelector("span").textContent = text;
  const others = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== line.id);
  const ids = text ? [...others, line.id] : others;
  if (ids.length) input.setAttribute("aria-describedby", ids.join(" "));
  else input.removeAttribute("aria-describedby");
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

function summarise(form, wrong) {
  document.querySelector("[data-summary]")?.remove();
  document.title = document.title.replace(t("error"), "");
  if (!wrong.length) return;
  const box = summaryTemplate.content.firstElementChild.cloneNode(true);
  const heading = box.querySelector("h2 span");
  heading.textContent = wrong.length > 1 ? heading.dataset.many : heading.dataset.one;
  box.querySelector("ul").append(...wrong.map(([input, text]) => {
    const link = Object.assign(document.createElement("a"), { href: `#${input.id}`, textContent: text });
    const item = document.createElement("li");
    item.append(link);
    return item;
  }));
  form.before(box);
  document.title = t("error") + document.title;
  box.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-summary] a");
  const input = link && document.querySelector(link.hash);
  if (!input) return;
  event.preventDefault();
  const focused = input.matches("fieldset") ? input.querySelector("input:checked, input") : input;
  focused.focus();
  input.closest("[data-field], fieldset")?.scrollIntoView({ block: "center" });
});

for (const form of document.querySelectorAll("form[data-enhance]")) {
  const inputs = [...form.querySelectorAll(".input")];
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault(); // pressed twice
    const wrong = inputs.map((input) => [input, complaint(input)]).filter(([input, text]) => mark(input, text) || text);
    summarise(form, wrong);
    if (wrong.length) return event.preventDefault();
    form.dataset.sent = "yes";
    const button = form.querySelector("button:not([type=button])");
    button.setAttribute("aria-disabled", "true");
    button.classList.add("is-working");
  });
  form.addEventListener("input", ({ target }) => target.getAttribute("aria-invalid") && !complaint(target) && mark(target, ""));
}
// The page may come back from the history with its form still locked.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    const button = form.querySelector("button:not([type=button])");
    button.removeAttribute("aria-disabled");
    button.classList.remove("is-working");
  }
});

for (const button of document.querySelectorAll("[data-reveal]")) {
  const input = document.getElementById(button.dataset.reveal);
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    const use = button.querySelector("use");
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, shown ? "#eye-off" : "#eye"));
    input.focus();
  });
}

for (const input of document.querySelectorAll("[data-count]")) {
  const line = Object.assign(document.createElement("div"), { className: "count number" });
  const show = () => {
    const left = input.maxLength - input.value.length;
    line.textContent = left < Math.max(30, input.maxLength / 10) ? `${input.value.length} / ${input.maxLength}` : "";
  };
  input.after(line);
  input.addEventListener("input", show);
  show();
}

document.querySelector(".summary[data-summary]")?.focus();

/* On phones the sections of the settings are one line: show where one is. */
document.querySelector('.settings-nav [aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "center" });
