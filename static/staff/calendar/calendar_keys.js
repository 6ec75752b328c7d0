// @ts-check
// Keys of the calendar: the shortcuts of its buttons, left and right for the days, up and down for the rows.

import { bindKeyboardShortcuts } from "../desk/keyboard_shortcuts.js";

const ROWS = "a[data-row], a.free";

/** @param {HTMLElement} page */
export default function start(page) {
  bindKeyboardShortcuts(document.body);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || isTaken(event.target)) return;
    if (document.documentElement.hasAttribute("data-keys-off") || document.querySelector("dialog[open]")) return;
    const way = page.querySelector(`[data-arrow="${CSS.escape(event.key)}"]`);
    if (way instanceof HTMLElement) {
      event.preventDefault();
      way.click();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (focusRow(page, event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    }
  });
}

/** @param {EventTarget | null} target @returns {boolean} whether arrows already mean something there */
function isTaken(target) {
  return target instanceof HTMLElement && target.matches("input, select, textarea, summary, [tabindex='0']");
}

/**
 * Focus the next or previous row; the first one if none has the focus.
 * @param {HTMLElement} page @param {number} by @returns {boolean} false without rows
 */
function focusRow(page, by) {
  const rows = /** @type {HTMLElement[]} */ ([...page.querySelectorAll(ROWS)]);
  const at = rows.findIndex((row) => row === document.activeElement);
  const goal = at < 0 ? rows[0] : rows[at + by];
  goal?.focus();
  return rows.length > 0;
}
