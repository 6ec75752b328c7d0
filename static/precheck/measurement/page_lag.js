// @ts-check
// How late the timers of this page run: a device that is busy decodes and shows pictures late too.

import { percentile } from "./connection_figures.js";

const TICK_MS = 50;
const MIN_TICKS = 20; // a second

/**
 * Return the lateness of every timer that was due. A long pause makes all timers late that were due in it.
 * @param {number} late_ms of the first of them
 * @returns {number[]} milliseconds
 */
export const missedTicks = (late_ms) => Array.from({ length: Math.floor(late_ms / TICK_MS) + 1 }, (_, at) => late_ms - at * TICK_MS);

/** Start measuring. Time in which the page is hidden does not count, because browsers slow its timers down. */
export function watchPageLag() {
  /** @type {number[]} */
  const lags = [];
  let due = 0;
  let wasHidden = true; // until the first timer is set
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const tick = () => {
    const now = performance.now();
    if (!document.hidden && !wasHidden) lags.push(...missedTicks(Math.max(0, now - due)));
    [due, wasHidden] = [now + TICK_MS, document.hidden];
    timer = setTimeout(tick, TICK_MS);
  };
  tick();
  return {
    /** Stop, and return the percentile 95 in milliseconds. @returns {{ page_lag_ms?: number }} */
    stop() {
      clearTimeout(timer);
      return lags.length < MIN_TICKS ? {} : { page_lag_ms: Math.round(percentile(lags, 0.95)) };
    },
  };
}
