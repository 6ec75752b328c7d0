// @ts-check
// Without a connection nothing can be asked of the office: what would be sent shows it, and keeps the page.

const ACTIONS = "form[method='post'] .button, [data-opens='leave']";

/** @param {HTMLElement} page with `data-away` while the connection is lost */
export function guardActions(page) {
  const actions = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(ACTIONS));
  const notes = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-needs-network]"));

  /** @param {boolean} away */
  function mark(away) {
    for (const action of actions) action.ariaDisabled = away ? "true" : null;
    for (const note of notes) note.hidden = !away;
  }

  /** The browser would leave the page for one that says it is offline. @param {Event} event */
  function hold(event) {
    const isAction = /** @type {Element} */ (event.target).closest(ACTIONS);
    if (!isAction || (navigator.onLine && !page.hasAttribute("data-away"))) return;
    event.preventDefault();
    event.stopPropagation();
  }

  document.addEventListener("click", hold, true);
  return mark;
}
