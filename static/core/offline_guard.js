// @ts-check
// Without a connection nothing can be asked of the office: what would be sent shows it, and the page stays.

/**
 * @param {string} actions selector of what needs the network
 * @param {() => boolean} isConnectionLost whether the page knows that the connection is lost
 */
export function blockActionsOffline(actions, isConnectionLost) {
  const marked = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(actions));
  const notes = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-needs-network]"));

  /** @param {boolean} isOffline */
  function markUnavailable(isOffline) {
    for (const action of marked) action.ariaDisabled = isOffline ? "true" : null;
    for (const note of notes) note.hidden = !isOffline;
  }

  /** The browser would leave the page for one that says it is offline. @param {Event} event */
  function blockClick(event) {
    const isAction = /** @type {Element} */ (event.target).closest(actions);
    if (!isAction || (navigator.onLine && !isConnectionLost())) return;
    event.preventDefault();
    event.stopPropagation();
  }

  document.addEventListener("click", blockClick, true);
  return markUnavailable;
}
