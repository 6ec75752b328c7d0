// @ts-check
// Rows of the People tab: made from templates, kept in order without losing the focus, with presses that need a second.

/** Make the list have exactly these rows, and move none that is in its place. @param {HTMLElement} list @param {HTMLElement[]} rows */
export function syncRows(list, rows) {
  for (const old of [...list.children]) if (!rows.includes(/** @type {HTMLElement} */ (old))) old.remove();
  rows.forEach((row, place) => {
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
  });
}

/** Whether the press counts: a button with `data-sure` needs a second one, before a press elsewhere. @param {HTMLElement} button */
export function isSure(button) {
  const label = button.querySelector("span");
  if (!button.dataset.sure || !label) return true;
  if (button.dataset.armed) {
    disarm(button, label);
    return true;
  }
  button.dataset.armed = label.textContent ?? "";
  label.textContent = button.dataset.sure;
  const stop = new AbortController();
  const leave = (/** @type {Event} */ { target }) => {
    if (button.contains(/** @type {Node} */ (target))) return;
    disarm(button, label);
    stop.abort();
  };
  for (const kind of ["pointerdown", "focusin"]) document.addEventListener(kind, leave, { signal: stop.signal });
  return false;
}

/** @param {HTMLElement} button @param {Element} label */
function disarm(button, label) {
  if (button.dataset.armed) label.textContent = button.dataset.armed;
  delete button.dataset.armed;
}

/** @param {HTMLTemplateElement} template */
export const copyOf = (template) =>
  /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
