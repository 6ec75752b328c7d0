// @ts-check
// The notice of an evacuation on pages of agents, and their buttons that call: they are off until it is over.

import { fillSlots } from "../slots.js";

/** @param {HTMLElement} page with `[data-evacuating]` @param {string} [words] empty without an evacuation; none from an older server */
export function showEvacuation(page, words = "") {
  const notice = /** @type {HTMLElement} */ (page.querySelector("[data-evacuating]"));
  notice.hidden = !words;
  fillSlots(notice, { evacuation_text: words });
  for (const button of page.querySelectorAll("[data-calls]")) {
    button.toggleAttribute("data-off", Boolean(words));
    button.ariaDisabled = words ? "true" : null;
    if (words) button.setAttribute("aria-describedby", "evacuating");
    else button.removeAttribute("aria-describedby");
  }
}

/** Keep forms from being sent by buttons that are off. @param {HTMLElement} page */
export function blockCallsThatAreOff(page) {
  page.addEventListener("click", (event) => {
    if (/** @type {Element} */ (event.target).closest("[data-calls][data-off]")) event.preventDefault();
  });
}
