/* The page of one edit. */
import { Editor } from "./editing.js";

new Editor(document.querySelector("[data-edit-form]"));
