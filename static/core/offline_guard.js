// @ts-check
// Guard for actions that need the network: while offline they look disabled, and a press does not leave the page.

/**
 * Block presses on the actions while offline. Returns a function that shows or hides the offline state.
 * @param {string} actions selector of the links and buttons that need the network
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

  /** Cancel the press: the browser would replace this page by its own error page. @param {Event} event */
  function blockClick(event) {
    const isAction = /** @type {Element} */ (event.target).closest(actions);
    if (!isAction || (navigator.onLine && !isConnectionLost())) return;
    event.preventDefault();
    event.stopPropagation();
  }

  document.addEventListener("click", blockClick, true);
  return markUnavailable;
}
