// @ts-check
// The person's own message in the log, and the focus after its answer.

import { requireElement } from "../core/dom.js";

/**
 * Show a message before the server has it.
 * @param {HTMLElement} log @param {HTMLTemplateElement} template @param {string} words
 * @returns {HTMLElement}
 */
export function showPending(log, template, words) {
  const place = /** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild;
  if (!(place instanceof HTMLElement)) throw new Error("the template of a message is empty");
  requireElement(place, "[data-words]").textContent = words;
  log.append(place);
  return place;
}

/**
 * Make a pending message a sent one. The element stays: the log would announce a new one again.
 * @param {HTMLElement} place @param {HTMLElement} rendered the message as the server renders it
 */
export function confirmSent(place, rendered) {
  requireElement(place, "[data-failed]").remove();
  const shown = requireElement(place, ".me");
  if (shown.textContent !== rendered.textContent) shown.replaceChildren(...rendered.childNodes);
  if (rendered.lang) shown.lang = rendered.lang;
}

/**
 * Return where the focus goes when the pressed button disappears: to the new choices, or to the field if words are
 * the only answer. A touch screen would open its keyboard over the answer.
 * @param {HTMLElement} answer @param {HTMLElement} field
 * @returns {HTMLElement}
 */
export function focusTarget(answer, field) {
  const choices = answer.querySelector(".picks");
  if (choices instanceof HTMLElement) return choices;
  const isTyped = !answer.querySelector("a.button") && !matchMedia("(pointer: coarse)").matches;
  return isTyped ? field : requireElement(answer, ".bot");
}
