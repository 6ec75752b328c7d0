// @ts-check
// Guard for actions that need the network: while offline they look disabled, and a press does not leave the page.

/**
 * Block presses on the actions while offline. Returns a function that shows or hides the offline state; notes with
 * `data-needs-network` say it in words. An action with `data-off` is off for a reason of its own. The elements are looked up each time: rows and dialogs come later.
 * @param {string} actions selector of the links and buttons that need the network
 * @param {() => boolean} isConnectionLost whether the page knows that the connection is lost
 * @param {(action: HTMLElement) => void} [onBlocked] called with the action whose press was blocked
 */
export function blockActionsOffline(actions, isConnectionLost, onBlocked = () => {}) {
  /** @param {boolean} isOffline */
  function markUnavailable(isOffline) {
    const marked = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(actions));
    const notes = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-needs-network]"));
    for (const action of marked) action.ariaDisabled = isOffline || action.hasAttribute("data-off") ? "true" : null;
    for (const note of notes) note.hidden = !isOffline;
  }

  /** Cancel the press: the browser would replace this page by its own error page. @param {Event} event */
  function blockClick(event) {
    const action = /** @type {Element} */ (event.target).closest(actions);
    if (!(action instanceof HTMLElement) || (navigator.onLine && !isConnectionLost())) return;
    event.preventDefault();
    event.stopPropagation();
    onBlocked(action);
  }

  document.addEventListener("click", blockClick, true);
  return markUnavailable;
}
