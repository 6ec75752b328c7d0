// @ts-check
// Figures of a throughput probe, from its windows of arrivals. No clock, no DOM.

import { WINDOW_MS } from "./probe_arrivals.js";
import { percentile } from "../measurement/connection_figures.js";

/** @typedef {import("./probe_arrivals.js").Arrival} Arrival @typedef {import("./probe_control.js").Control} Control */

const CAP_SHARE = 0.95; // of the cap: it is reached
const HELD_CAP_SHARE = 0.8; // on a plateau at the cap, where losses take a part
const FULL_AGAIN = 1.2; // times the rate of a full link: the ramp that went on did not reach more

/** Return the figures of a probe. @param {Control} control @returns {{ kbps: number, limited_by: import("./probe_control.js").Limit }} */
export function resultOf({ plan, windows, plateau_at, limit, full_at, full_kbps }) {
  const from = full_at === null ? plateau_at : Math.min(plateau_at, Math.max(0, full_at - 1)); // the link was busy already
  const spans = spanKbps(windows.slice(from), Math.max(2, Math.ceil(plan.rtt_ms / WINDOW_MS))); // a window sends in bursts
  const kbps = Math.min(plan.cap_kbps, Math.round(percentile(spans.length ? spans : windows.map(kbpsOf), 0.9)));
  const isCapped = kbps >= (limit === "cap" ? HELD_CAP_SHARE : CAP_SHARE) * plan.cap_kbps;
  const isLink = limit === "link" || full_at !== null || kbps <= FULL_AGAIN * full_kbps;
  return { kbps, limited_by: isCapped ? "cap" : isLink ? "link" : "window" };
}

/** Return the share of packets that were lost, and the number of packets. @param {Arrival[]} windows @returns {[number, number]} */
export function lostShare(windows) {
  const lost = Math.max(0, sum(windows.map((window) => window.lost)));
  const packets = lost + sum(windows.map((window) => window.received));
  return [packets ? lost / packets : 0, packets];
}

/** Return the rate of a window; bytes × 8 / ms are kbps. @param {{ bytes: number, ms: number }} window */
export const kbpsOf = ({ bytes, ms }) => (ms > 0 ? (bytes * 8) / ms : 0);
/** Return the sum. @param {number[]} values */
export const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Return what arrived in the last two windows. @param {Arrival[]} windows */
export const recentKbps = (windows) => totalKbps(windows.slice(-2));

/** Return what arrived in each two windows that follow each other. @param {Arrival[]} windows */
export const pairKbps = (windows) => spanKbps(windows, 2);

/** @param {Arrival[]} windows @param {number} length */
const spanKbps = (windows, length) => windows.slice(length - 1).map((_, index) => totalKbps(windows.slice(index, index + length)));

/** @param {Arrival[]} windows */
const totalKbps = (windows) => kbpsOf({ bytes: sum(windows.map(({ bytes }) => bytes)), ms: sum(windows.map(({ ms }) => ms)) });
