/* The page of one edit. */
import { Editor } from "./audio-editing.js";

new Editor(document.querySelector("[data-edit-form]"));
