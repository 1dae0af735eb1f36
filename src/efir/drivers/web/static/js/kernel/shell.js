/* What every page has: colours, language, menus, ages of things. */
import { age, exact } from "./formats.js";

const keep = (name, value) => {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax${secure}`;
};

document.querySelector("[data-theme-form]")?.addEventListener("change", (event) => {
  const theme = event.target.value;
  keep("theme", theme);
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
});

document.querySelector("[data-lang-form]")?.addEventListener("change", (event) => {
  keep("lang", event.target.value);
  location.reload();
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

function refreshAges(root) {
  for (const time of root.querySelectorAll("time[data-age]")) {
    const moment = new Date(time.dateTime);
    time.textContent = age(moment);
    time.title = exact(moment);
  }
}
refreshAges(document);
setInterval(() => document.hidden || refreshAges(document), 60000);
document.addEventListener("htmx:after:swap", () => refreshAges(document));
document.addEventListener("visibilitychange", () => document.hidden || refreshAges(document));
