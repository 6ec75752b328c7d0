// @ts-check
// The last results of this browser, each with its day and time, and the way back to it.

import { fill, must, show } from "../core/dom.js";
import { history } from "./test_storage.js";
import { officeClock } from "./wizard.js";

/** @param {HTMLElement} root */
export function showHistory(root) {
  const list = root.querySelector("[data-history]");
  if (!(list instanceof HTMLElement)) return; // an appointment has its own, from the office
  const pattern = /** @type {HTMLTemplateElement} */ (must(list, "template"));
  const at = new Intl.DateTimeFormat(document.documentElement.lang, { ...officeClock(), dateStyle: "medium", timeStyle: "short" });
  for (const past of history()) {
    const item = /** @type {DocumentFragment} */ (pattern.content.cloneNode(true));
    const link = must(item, "a");
    link.setAttribute("href", past.page);
    fill(item, "past_at", at.format(new Date(past.at)));
    const chip = must(item, "[data-verdict]");
    chip.dataset.verdict = past.verdict;
    fill(item, "past_word", past.word);
    pattern.before(item);
  }
  show(root, "[data-past]", history().length > 0);
}
