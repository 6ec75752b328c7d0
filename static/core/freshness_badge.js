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
export function keepAge(element, prefix = "age") {
  let seenAt = Date.now();
  let shown = "";
  const paint = () => {
    const seconds = Math.max(0, Math.round((Date.now() - seenAt) / 1000));
    element.dataset.live = seconds < LATE_S ? "on" : seconds < OLD_S ? "late" : "off";
    const words =
      seconds < 100
        ? text(`${prefix}_seconds`, { seconds })
        : text(`${prefix}_minutes`, { minutes: Math.round(seconds / 60) });
    if (words !== shown) element.textContent = shown = words;
  };
  paint();
  const timer = setInterval(paint, 1000);
  return {
    /** @param {number} [at] this device's clock, in ms */
    seen(at = Date.now()) {
      seenAt = at;
      paint();
    },
    seconds: () => Math.round((Date.now() - seenAt) / 1000),
    stop: () => clearInterval(timer),
  };
}
