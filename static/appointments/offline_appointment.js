// @ts-check
// An appointment's page without a network: what it says stays, and what needs the office waits.

import { guardActions } from "../core/offline_guard.js";

/** @param {HTMLElement} page */
export default function start(page) {
  const mark = guardActions("main a:not([href^='tel:']), main .button", () => !navigator.onLine);
  const look = () => {
    page.toggleAttribute("data-away", !navigator.onLine);
    mark(!navigator.onLine);
  };
  addEventListener("online", look);
  addEventListener("offline", look);
  look();
}
