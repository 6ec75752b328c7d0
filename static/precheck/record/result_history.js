// @ts-check
// The list of this browser's last results, with date, time and a link to each.

import { pageLocale } from "../../core/i18n.js";
import { fillSlot, requireElement, setShown } from "../../core/dom.js";
import { clockOptions } from "../../core/time_format.js";
import { pastResults } from "./test_storage.js";
import { officeZone } from "../wizard.js";

/** @param {HTMLElement} root */
export function showHistory(root) {
  const list = root.querySelector("[data-history]");
  if (!(list instanceof HTMLElement)) return; // an appointment's page lists the results that the server has
  const pattern = /** @type {HTMLTemplateElement} */ (requireElement(list, "template"));
  const at = new Intl.DateTimeFormat(pageLocale(), { ...clockOptions(officeZone()), dateStyle: "medium", timeStyle: "short" });
  for (const past of pastResults()) {
    const item = /** @type {DocumentFragment} */ (pattern.content.cloneNode(true));
    const link = requireElement(item, "a");
    link.setAttribute("href", past.page);
    fillSlot(item, "past_at", at.format(new Date(past.at)));
    const chip = requireElement(item, "[data-verdict]");
    chip.dataset.verdict = past.verdict;
    fillSlot(item, "past_word", past.word);
    pattern.before(item);
  }
  setShown(root, "[data-past]", pastResults().length > 0);
}
