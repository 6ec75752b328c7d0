// @ts-check
// All offices now: the part is read again every ten seconds. The badge says how old it is when that fails.

import { makeFreshnessBadge } from "../core/network/freshness_badge.js";

const INTERVAL_MS = 10_000;

/** @param {HTMLElement} part */
export default function start(part) {
  let shown = part;
  let badge = makeFreshnessBadge(badgeOf(shown));
  let isLoading = false;

  async function refresh() {
    if (document.hidden || isLoading) return;
    isLoading = true;
    const fresh = await load(shown.id).finally(() => (isLoading = false));
    if (!fresh) return; // offline, or the session has ended: the badge grows old
    const focused = focusedPlace(shown);
    badge.stop();
    shown.replaceWith(fresh);
    shown = fresh;
    badge = makeFreshnessBadge(badgeOf(shown));
    focused?.(shown);
  }

  setInterval(refresh, INTERVAL_MS);
  addEventListener("focus", refresh);
  addEventListener("online", refresh);
}

/** @param {string} id @returns {Promise<HTMLElement | null>} */
async function load(id) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return null;
  const text = await answer.text().catch(() => "");
  return new DOMParser().parseFromString(text, "text/html").getElementById(id);
}

/** @param {HTMLElement} part @returns {HTMLElement} */
const badgeOf = (part) => /** @type {HTMLElement} */ (part.querySelector("[data-age]"));

/**
 * Return a function that focuses the same link of another part, also if its row has moved.
 * @param {HTMLElement} part
 * @returns {((part: HTMLElement) => void) | null}
 */
function focusedPlace(part) {
  const link = document.activeElement;
  if (!(link instanceof HTMLAnchorElement) || !part.contains(link)) return null;
  const href = link.getAttribute("href") ?? "";
  const selector = `a[href="${CSS.escape(href)}"]`;
  const place = [...part.querySelectorAll(selector)].indexOf(link);
  return (other) => {
    const links = /** @type {NodeListOf<HTMLElement>} */ (other.querySelectorAll(selector));
    (links[place] ?? links[0])?.focus({ preventScroll: true });
  };
}
