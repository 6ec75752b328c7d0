// @ts-check
// The badge that shows how old the displayed data is: <span class="live">. Texts: age_seconds, age_minutes.

import { text } from "../i18n.js";

const LATE_S = 10; // the dot is filled under 10 s, amber under 60 s, hollow after that
const OLD_S = 60;

/**
 * Show the time since the last `markFresh()` in `element`, updated every second.
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
    /** Record that data arrived. @param {number} [at] this device's clock, in ms */
    markFresh(at = Date.now()) {
      seenAt = at;
      render();
    },
    ageSeconds: () => Math.round((Date.now() - seenAt) / 1000),
    stop: () => clearInterval(timer),
  };
}
