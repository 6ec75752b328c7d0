// @ts-check
// Delay and jitter from pings and from the browser's own readings. No clock, no DOM.

import { meanStep, median, oneDecimal } from "./connection_figures.js";

/** @typedef {import("../../core/media/webrtc_stats.js").Figures} Figures @typedef {import("../types.js").Measured} Measured */

const MIN_PINGS = 10;
const BUSY_PAGE_MS = 20; // percentile 95 of the lag of its timers; 2 to 6 on a calm device

/**
 * Return the round-trip time of the pings. A busy page reads them late; then the browser's own checks of the path count,
 * which the page does not handle (RFC 7675).
 * @param {{ rtt_ms?: number, rtt_min_ms?: number }} pings
 * @param {Figures[]} samples
 * @param {Measured} page
 */
export function roundTrip(pings, samples, { page_lag_ms = 0 }) {
  const checks = samples.map((look) => look.rtt_ms).filter((value) => value !== undefined);
  if (page_lag_ms < BUSY_PAGE_MS || !checks.length || pings.rtt_ms === undefined) return pings;
  return { ...pings, rtt_ms: Math.min(pings.rtt_ms, Math.max(pings.rtt_min_ms ?? 0, Math.round(median(checks)))) };
}

/**
 * Return the jitter, which the browser's own figure may miss: it leaves out packets that overtook others. Pings show the
 * mean difference of neighbours there and back (RFC 3550); a single way has 1/√2 of it. A busy page reads pings late.
 * @param {Measured} figures
 * @param {number[]} times of the pings
 * @param {Measured} page
 * @returns {Measured}
 */
export function jitterFigure({ jitter_ms }, times, { page_lag_ms = 0 }) {
  if (jitter_ms === undefined || page_lag_ms >= BUSY_PAGE_MS || times.length < MIN_PINGS) return {};
  return { jitter_ms: Math.max(jitter_ms, oneDecimal(meanStep(times) / Math.SQRT2)) };
}
