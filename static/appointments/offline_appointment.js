// @ts-check
// The appointment page while offline: the content stays, links and buttons that need the network are blocked.

import { blockActionsOffline } from "../core/network/offline_guard.js";

/** @param {HTMLElement} page */
export default function start(page) {
  const markUnavailable = blockActionsOffline("main a:not([href^='tel:']), main .button", () => !navigator.onLine);
  const update = () => {
    page.toggleAttribute("data-away", !navigator.onLine);
    markUnavailable(!navigator.onLine);
  };
  addEventListener("online", update);
  addEventListener("offline", update);
  update();
}
