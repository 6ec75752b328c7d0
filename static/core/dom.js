// @ts-check
// Finds and fills the marked places of a page.

/**
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function requireElement(root, selector) {
  const found = root.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`missing ${selector}`);
  return found;
}

/** @param {ParentNode} root @param {string} selector @returns {HTMLElement[]} */
export const queryAll = (root, selector) => /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);

/** Write into every place of this name. @param {ParentNode} root @param {string} name @param {string} words */
export function fillSlot(root, name, words) {
  for (const place of queryAll(root, `[data-slot="${name}"]`)) if (place.textContent !== words) place.textContent = words;
}

/** @param {ParentNode} root @param {string} selector @param {boolean} shown */
export function setShown(root, selector, shown) {
  for (const element of queryAll(root, selector)) element.hidden = !shown;
}

/** Press on anything marked with `data-do="name"`. @param {HTMLElement} root @param {string} name @param {(button: HTMLElement) => void} act */
export function onPress(root, name, act) {
  root.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest(`[data-do="${name}"]`);
    if (button instanceof HTMLElement) act(button);
  });
}

/** The JSON that the server wrote into the page. @param {string} id @returns {any} */
export const readJson = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "{}");

/** @param {string} id */
export function closeDialog(id) {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement) dialog.close();
}
