// @ts-check
// Buttons that act on their second press; the first press asks.

const CONFIRM_WITHIN_MS = 5_000; // a later press counts as a first press

/**
 * Whether the press counts. The first press shows the question in the button's label.
 * @param {HTMLElement} button
 * @param {string | undefined} question without a question the first press counts
 * @param {(forget: () => void) => void} whenOver called after the first press, calls `forget` when it counts no more
 */
export function isConfirmed(button, question, whenOver) {
  const label = button.querySelector("span");
  if (!question || !label) return true;
  if (button.dataset.armed) {
    disarm(button, label);
    return true;
  }
  button.dataset.armed = label.textContent ?? "";
  label.textContent = question;
  whenOver(() => disarm(button, label));
  return false;
}

/** Whether the press counts: a button with a question needs a second press soon. @param {HTMLElement} button */
export const isSure = (button) => isConfirmed(button, questionOf(button), (forget) => setTimeout(forget, CONFIRM_WITHIN_MS));

/**
 * Return the question that a button asks first: its own (`data-twice`), or the question that an element around it holds, under
 * the name in `data-asks`.
 * @param {HTMLElement} button
 */
function questionOf({ dataset, parentElement }) {
  if (dataset.twice || !dataset.asks) return dataset.twice;
  const attribute = dataset.asks.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const holder = parentElement?.closest(`[data-${attribute}]`);
  return holder instanceof HTMLElement ? holder.dataset[dataset.asks] : undefined;
}

/** @param {HTMLElement} button @param {HTMLElement} label */
function disarm(button, label) {
  if (button.dataset.armed) label.textContent = button.dataset.armed;
  delete button.dataset.armed;
}
