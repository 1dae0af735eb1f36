/* The quiz: an answer is fetched when it is wanted, and appears in the place of its button. */
import { call } from "../kernel/calls.js";
import { t } from "../kernel/texts.js";
import { toast } from "../kernel/toasts.js";

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("[data-answer]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.getAttribute("aria-disabled")) return;
  link.setAttribute("aria-disabled", "true");
  link.classList.add("is-working");
  try {
    const question = await call("GET", `/api/v1/quiz/questions/${link.dataset.answer}`);
    const text = Object.assign(document.createElement("p"), { className: "quiz-answer-text is-fresh", tabIndex: -1 });
    text.textContent = question.answer;
    link.closest("[data-answer-box]").replaceChildren(text);
    text.focus();
  } catch (error) {
    link.removeAttribute("aria-disabled");
    link.classList.remove("is-working");
    toast(error.message || t("failed"));
  }
});
