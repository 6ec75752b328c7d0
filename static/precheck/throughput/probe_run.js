// @ts-check
// A throughput probe: its pace, what is noted while it runs, and its figures.

import { median } from "../measurement/connection_figures.js";
import { afterWindow, startControl } from "./probe_control.js";
import { recentKbps, resultOf } from "./probe_figures.js";

/**
 * @typedef {import("../connection/test_connection.js").TestConnection} TestConnection
 * @typedef {import("../types.js").Limits} Limits
 * @typedef {import("../types.js").Measured} Measured
 * @typedef {{ start_kbps: number, most_kbps: number, most_ms: number, rounds: number, plateau_ms: [number, number] }} Pace
 */

/** `rounds`: round trips beside `most_ms`, as each step of the ramp takes a round trip. @type {Pace} */
export const THOROUGH = { start_kbps: 100, most_kbps: Infinity, most_ms: Infinity, rounds: 8, plateau_ms: [1_000, 1_500] };
/** For the short test: up to more than a call needs. @type {Pace} */
export const BRIEF = { start_kbps: 200, most_kbps: 2_500, most_ms: 1_000, rounds: 2, plateau_ms: [250, 375] };
const LONGEST_MS = 8_000; // on a line whose round trip takes seconds, since others fill it
const ANSWER_MS = 3_000; // after the longest probe, for its last arrivals

/**
 * Start to control a probe and to note its figures.
 * @param {TestConnection} connection
 * @param {"up" | "down"} way
 * @param {Limits} limits
 * @param {number} rtt_ms
 * @param {Pace} pace
 */
export function startRun(connection, way, { probe_kbps, probe_seconds }, rtt_ms, pace) {
  const max_ms = Math.min(LONGEST_MS, Math.min(pace.most_ms, probe_seconds * 1000) + pace.rounds * rtt_ms);
  const cap_kbps = Math.min(probe_kbps, pace.most_kbps);
  let control = startControl({ start_kbps: pace.start_kbps, cap_kbps, rtt_ms, max_ms, plateau_ms: pace.plateau_ms });
  /** @type {number[]} */
  const loaded = [];
  const listen = (/** @type {number} */ rtt) => control.phase === "plateau" && loaded.push(rtt);
  connection.rttListeners.add(listen);
  const endsAt = performance.now() + max_ms + ANSWER_MS;
  return {
    most_ms: max_ms + ANSWER_MS,
    get control() { return control; },
    goesOn: () => control.phase !== "done" && performance.now() < endsAt && connection.probe.readyState === "open",
    /** @param {import("./probe_arrivals.js").Arrival} arrival */
    step(arrival) {
      if (control.phase === "done") return;
      control = afterWindow(control, arrival);
      if (control.windows.length % 2 === 0 && control.windows.length) connection.series.record(`${way}_kbps`, recentKbps(control.windows));
    },
    /** Return the figures. @returns {Measured} */
    end() {
      connection.rttListeners.delete(listen);
      const { kbps, limited_by } = resultOf(control);
      return { [`${way}_kbps`]: kbps, [`${way}_limited_by`]: limited_by, ...(loaded.length ? { [`rtt_loaded_${way}_ms`]: Math.round(median(loaded)) } : {}) };
    },
  };
}
