// @ts-check
// Finding, filling, showing and hiding marked elements of a page. No state.

/**
 * Return the first matching element. Throws if there is none.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function requireElement(root, selector) {
  const found = root.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`missing ${selector}`);
  return found;
}

/** Return all matching elements as an array. @param {ParentNode} root @param {string} selector @returns {HTMLElement[]} */
export const queryAll = (root, selector) => /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);

/** Set the text of every `data-slot` with this name. @param {ParentNode} root @param {string} name @param {string} words */
export function fillSlot(root, name, words) {
  for (const slot of queryAll(root, `[data-slot="${name}"]`)) if (slot.textContent !== words) slot.textContent = words;
}

/** Show or hide all matching elements. @param {ParentNode} root @param {string} selector @param {boolean} shown */
export function setShown(root, selector, shown) {
  for (const element of queryAll(root, selector)) element.hidden = !shown;
}

/**
 * Set the state of toggles. Their names stay: a name that changed too would contradict "pressed" for the ear.
 * @param {ParentNode} root
 * @param {string} selector
 * @param {boolean} isOn
 */
export function setPressed(root, selector, isOn) {
  for (const toggle of queryAll(root, selector)) toggle.ariaPressed = String(isOn);
}

/**
 * Call `act` when an element with `data-do="name"` is pressed.
 * @param {HTMLElement} root
 * @param {string} name
 * @param {(button: HTMLElement) => void} act
 */
export function onPress(root, name, act) {
  root.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest(`[data-do="${name}"]`);
    if (button instanceof HTMLElement) act(button);
  });
}

/** Read the JSON that the server wrote into the page. @param {string} id @returns {any} */
export const readJson = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "{}");

/** @param {string} id */
export function closeDialog(id) {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement) dialog.close();
}
