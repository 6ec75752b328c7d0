// @ts-check
// The timeline in the agent's panel, read again while it is shown.

import { queryAll, requireElement } from "../../core/dom.js";

const REFRESH_MS = 15_000; // reports come every 30 s, other events at any time

/** @param {HTMLElement} root @param {string} appointment */
export function refreshTimeline(root, appointment) {
  const isShown = () => requireElement(root, "[data-timeline]").offsetParent !== null;

  async function refresh() {
    if (!isShown() || document.visibilityState === "hidden") return;
    const answer = await fetch(`/staff/rooms/${appointment}/timeline`).catch(() => null);
    if (!answer?.ok || answer.redirected) return; // the login has ended, which the page itself will say
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const lines = "[data-timeline] > :last-child"; // the list, or the sentence in its place
    const [before, after] = [requireElement(root, lines), page.querySelector(lines)];
    if (after && before.textContent !== after.textContent) before.replaceWith(document.importNode(after, true));
  }

  setInterval(() => void refresh(), REFRESH_MS);
  for (const tab of queryAll(root, '[data-tab="person"], [data-do="panel"]')) tab.addEventListener("click", () => setTimeout(() => void refresh()));
}
