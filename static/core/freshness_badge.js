// @ts-check
// How old is what I see: <span class="live" data-module="core/freshness_badge">. Texts: age_seconds, age_minutes, age_live.

import { text } from "./i18n.js";

const LATE_S = 10; // look.md: filled under 10 s, amber under 60 s, hollow beyond
const OLD_S = 60;

/**
 * Keeps the age of `element` true. Call `seen()` at each sign of life.
 * @param {HTMLElement} element
 * @param {string} [prefix] key prefix of the texts
 */
export function makeFreshnessBadge(element, prefix = "age") {
  let seenAt = Date.now();
  let shown = "";
  const render = () => {
    const ageSeconds = Math.max(0, Math.round((Date.now() - seenAt) / 1000));
    element.dataset.live = ageSeconds < LATE_S ? "on" : ageSeconds < OLD_S ? "late" : "off";
    const label =
      ageSeconds < 100
        ? text(`${prefix}_seconds`, { seconds: ageSeconds })
        : text(`${prefix}_minutes`, { minutes: Math.round(ageSeconds / 60) });
    if (label !== shown) element.textContent = shown = label;
  };
  render();
  const timer = setInterval(render, 1000);
  return {
    /** @param {number} [at] this device's clock, in ms */
    markFresh(at = Date.now()) {
      seenAt = at;
      render();
    },
    ageSeconds: () => Math.round((Date.now() - seenAt) / 1000),
    stop: () => clearInterval(timer),
  };
}
