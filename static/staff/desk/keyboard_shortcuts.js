// @ts-check
// Keyboard shortcuts: one key for each visible button. Ignored while typing and with modifiers, and the person can
// switch them off (WCAG 2.1.4).

const STORAGE_KEY = "office360-keys";

/** Whether the person has not switched the keys off. */
export const areKeysOn = () => localStorage.getItem(STORAGE_KEY) !== "off";

/** @param {EventTarget | null} target @returns {boolean} */
export function isTypingIn(target) {
  // A field of a dialog that Esc has just closed keeps the focus until the page is drawn again.
  if (!(target instanceof HTMLElement) || !target.checkVisibility()) return false;
  return target.isContentEditable || target.matches("input, select, textarea");
}

/** @param {HTMLElement} root where the buttons with `data-key` are */
export function bindKeyboardShortcuts(root) {
  const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("keys"));
  const on = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-keys-on]"));
  if (!dialog || !on) return;
  on.checked = areKeysOn();
  document.documentElement.toggleAttribute("data-keys-off", !on.checked);
  on.addEventListener("change", () => {
    localStorage.setItem(STORAGE_KEY, on.checked ? "on" : "off");
    document.documentElement.toggleAttribute("data-keys-off", !on.checked);
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing) return;
    if (event.key === "Escape" && dialog.open) {
      event.preventDefault();
      closeAndBlur(dialog);
      return;
    }
    if (!on.checked || isTypingIn(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "?") {
      dialog.showModal();
      return;
    }
    const key = event.key.toLowerCase();
    const goal = root.querySelector(`[data-focus-key="${CSS.escape(key)}"]`);
    const button = visibleButton(root, key);
    if (!button && !(goal instanceof HTMLElement)) return;
    event.preventDefault();
    if (button) button.click();
    else if (goal instanceof HTMLElement) goal.focus();
  });
}

/**
 * Close the dialog and drop its focus at once: the next key must not reach an element in the dialog.
 * @param {HTMLDialogElement} dialog
 */
function closeAndBlur(dialog) {
  dialog.close();
  const focused = document.activeElement;
  if (focused instanceof HTMLElement && dialog.contains(focused)) focused.blur();
}

/** @param {HTMLElement} root @param {string} key @returns {HTMLElement | undefined} the first visible button */
function visibleButton(root, key) {
  if (!/^[a-z0-9]$/.test(key)) return undefined;
  const all = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(`[data-key="${key}"]`));
  return [...all].find((button) => button.checkVisibility());
}
