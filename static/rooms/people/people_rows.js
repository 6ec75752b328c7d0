// @ts-check
// Rows of the People tab: made from templates, kept in order without losing the focus, with presses that need a second.

import { isConfirmed } from "../../core/second_press.js";

/** Make the list have exactly these rows, and move none that is in its place. @param {HTMLElement} list @param {HTMLElement[]} rows */
export function syncRows(list, rows) {
  for (const old of [...list.children]) if (!rows.includes(/** @type {HTMLElement} */ (old))) old.remove();
  rows.forEach((row, place) => {
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
}

/** Whether the press counts: a button with `data-sure` needs a second press, before a press elsewhere. @param {HTMLElement} button */
export const isSure = (button) => isConfirmed(button, button.dataset.sure, (forget) => onPressElsewhere(button, forget));

/** @param {HTMLElement} button @param {() => void} pressed called once */
function onPressElsewhere(button, pressed) {
  const stop = new AbortController();
  const look = (/** @type {Event} */ { target }) => {
    if (button.contains(/** @type {Node} */ (target))) return;
    stop.abort();
    pressed();
  };
  for (const kind of ["pointerdown", "focusin"]) document.addEventListener(kind, look, { signal: stop.signal });
}

/** @param {HTMLTemplateElement} template */
export const copyOf = (template) =>
  /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
