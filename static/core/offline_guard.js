// @ts-check
// Without a connection nothing can be asked of the office: what would be sent shows it, and the page stays.

/**
 * @param {string} actions selector of what needs the network
 * @param {() => boolean} isAway whether the page knows that the connection is lost
 */
export function guardActions(actions, isAway) {
  const marked = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(actions));
  const notes = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-needs-network]"));

  /** @param {boolean} away */
  function mark(away) {
    for (const action of marked) action.ariaDisabled = away ? "true" : null;
    for (const note of notes) note.hidden = !away;
  }

  /** The browser would leave the page for one that says it is offline. @param {Event} event */
  function hold(event) {
    const isAction = /** @type {Element} */ (event.target).closest(actions);
    if (!isAction || (navigator.onLine && !isAway())) return;
    event.preventDefault();
    event.stopPropagation();
  }

  document.addEventListener("click", hold, true);
  return mark;
}
