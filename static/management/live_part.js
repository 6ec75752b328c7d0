// @ts-check
// A part of a page that shows the present: it is read again while the page is seen, and when one comes back to it.

import { logInAgain } from "../core/session/session_login.js";

const INTERVAL_MS = 20_000;

/**
 * `data-every`: milliseconds between two reads. `data-finished`: nothing changes any more.
 * @param {HTMLElement} part an element with an id that the page has each time
 */
export default function start(part) {
  let shown = part;

  async function refresh() {
    if ("finished" in shown.dataset) return;
    if (document.hidden || !navigator.onLine || shown.contains(document.activeElement)) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer?.redirected && new URL(answer.url).pathname === "/staff/") void logInAgain({ isPressed: false });
    if (!answer?.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(part.id);
    if (!fresh || fresh.outerHTML === shown.outerHTML || shown.contains(document.activeElement)) return;
    shown.replaceWith(fresh);
    shown = fresh;
  }

  setInterval(refresh, Number(part.dataset.every) || INTERVAL_MS);
  addEventListener("focus", refresh);
}
