// @ts-check
// Control of a throughput probe: the rate doubles until the link is full, then stays. No clock, no DOM.

import { kbpsOf, lostShare, pairKbps, recentKbps, sum } from "./probe_figures.js";

/**
 * @typedef {import("./probe_arrivals.js").Arrival} Arrival
 * @typedef {"link" | "cap" | "window"} Limit
 *
 * @typedef {object} Plan
 * @property {number} start_kbps
 * @property {number} cap_kbps
 * @property {number} rtt_ms of the idle link
 * @property {number} max_ms of the whole probe
 * @property {[number, number]} plateau_ms shortest and longest
 *
 * @typedef {object} Control
 * @property {Plan} plan
 * @property {"ramp" | "plateau" | "done"} phase
 * @property {number} kbps to send now
 * @property {number} best_kbps that ever arrived, over two windows
 * @property {number} waited_ms for arrivals to follow the rate
 * @property {number} silent_ms without any arrival
 * @property {number} passed_ms since the first arrival
 * @property {number | null} full_at index of the window that showed a full link
 * @property {number} full_kbps that arrived when the link was full, also if the ramp goes on; 0 if it never was
 * @property {number} plateau_at index of the first window of the plateau
 * @property {Limit | null} limit
 * @property {Arrival[]} windows
 */

const FOLLOWS_SHARE = 0.55; // of the rate, as few packets are in a window and the sender's window may still open
const FOLLOWS_WITH_QUEUE = 0.85;
const SOME_QUEUE_MS = 20; // above the jitter
const QUEUE_MS = 50; // above the jitter, twice; less is scheduling
const LONG_QUEUE_MS = 120; // above the jitter, once
// The plateau fills the queue up to this, so that a deep queue is told from a line's usual 200 ms; a queue that drops is left
// room, as losses close the sender's window.
const DEEP_QUEUE_MS = { least: 250, most: 300 };
const DROPPING_QUEUE_MS = { least: 80, most: 150 };
const DROPPED_SHARE = 0.05; // beyond what was lost before the link was full
const MOST_QUEUE_MS = 320; // more would starve the control channel
const JITTERS = 2; // how much of the fastest packet's delay jitter explains
const LOST_SHARE = 0.25; // beyond what was lost before: the link drops instead of queueing
const SOME_PACKETS = 3; // a single packet may have waited elsewhere
const LEAST_PACKETS = 20; // to judge a loss
const GROWTH = 1.1; // of arrivals: the sender's window still opens
const STUCK_MS = 500;
const SILENT_MS = 1_500;
const IDLE_WINDOWS = 4; // without a queue
const STEADY_SHARE = 0.1; // difference between the largest and the smallest of the last windows
const CARRIED_WINDOWS = 6; // whose best pair is what the link carries: a single pair is too few packets
const LEAST_KBPS = 20;
const FIRST_WINDOWS = 4; // before it is known what the link carries
const LEAST_FLIGHT_BYTES = 2_500; // some packets may always be under way

/** Start a probe. @param {Plan} plan @returns {Control} */
export function startControl(plan) {
  const kbps = Math.min(plan.start_kbps, plan.cap_kbps);
  return { plan, phase: "ramp", kbps, best_kbps: 0, waited_ms: 0, silent_ms: 0, passed_ms: 0, full_at: null, full_kbps: 0, plateau_at: 0, limit: null, windows: [] };
}

/** Return the state after a window. @param {Control} before @param {Arrival} arrival @returns {Control} */
export function afterWindow(before, arrival) {
  const silent_ms = arrival.received ? 0 : before.silent_ms + arrival.ms;
  const { plan } = before;
  if (!arrival.received && !before.windows.length) return { ...before, silent_ms, ...(silent_ms > 2 * SILENT_MS + plan.rtt_ms ? { phase: "done", limit: "link" } : {}) };
  const windows = [...before.windows, arrival];
  const best_kbps = Math.max(before.best_kbps, recentKbps(windows));
  const now = { ...before, windows, silent_ms, best_kbps, passed_ms: before.passed_ms + arrival.ms };
  if (isFull(now)) now.full_at ??= windows.length - 1;
  if (silent_ms > SILENT_MS + plan.rtt_ms) return { ...now, phase: "done", limit: "link" };
  if (now.passed_ms >= plan.max_ms) return { ...now, phase: "done", limit: now.limit ?? (now.full_at === null ? "window" : "link") };
  return now.phase === "ramp" ? climb(now, before.best_kbps) : stay(now);
}

/** Return how many bytes may be under way: what the link holds, and a queue that is not too long. @param {Control} control */
export function flightBytes({ plan, windows, best_kbps }) {
  const carried = windows.length < FIRST_WINDOWS ? Math.max(best_kbps, plan.start_kbps) : best_kbps;
  return Math.round(Math.max(LEAST_FLIGHT_BYTES, (carried * (plan.rtt_ms + MOST_QUEUE_MS)) / 8));
}

/** @param {Control} now @param {number} bestBefore @returns {Control} */
function climb(now, bestBefore) {
  const { plan, kbps, windows, best_kbps } = now;
  const last = /** @type {Arrival} */ (windows.at(-1));
  if (now.full_at !== null) return plateau({ ...now, full_kbps: Math.max(now.full_kbps, recentKbps(windows)) }, "link", recentKbps(windows.slice(-1)));
  if (last.paced_kbps === null || last.paced_kbps < Math.round(kbps)) return now; // sent before the last change
  if (kbpsOf(last) >= kbps * (queueAbove(windows) > SOME_QUEUE_MS ? FOLLOWS_WITH_QUEUE : FOLLOWS_SHARE)) {
    return kbps >= plan.cap_kbps ? plateau(now, "cap", kbps) : { ...now, kbps: Math.min(plan.cap_kbps, 2 * kbps), waited_ms: 0 };
  }
  const waited_ms = best_kbps > GROWTH * bestBefore ? 0 : now.waited_ms + last.ms;
  return waited_ms < Math.max(STUCK_MS, 2.5 * plan.rtt_ms) ? { ...now, waited_ms } : plateau(now, "window", kbps);
}

/** @param {Control} now @param {Limit} limit @param {number} kbps @returns {Control} */
const plateau = (now, limit, kbps) => ({ ...now, phase: "plateau", limit, kbps: Math.max(LEAST_KBPS, Math.min(kbps, now.plan.cap_kbps)), plateau_at: now.windows.length });

/** @param {Control} now @returns {Control} */
function stay(now) {
  const { plan, windows } = now;
  const limit = now.full_at === null ? now.limit : "link";
  const held = windows.slice(now.plateau_at);
  const held_ms = sum(held.map(({ ms }) => ms));
  const [shortest, longest] = plan.plateau_ms;
  if (held_ms >= longest || (held_ms >= shortest && isSteady(held))) return { ...now, limit, phase: "done" };
  if (limit !== "link" || !windows.at(-1)?.received) return { ...now, limit };
  const drops = lostShare(windows.slice(now.full_at ?? 0))[0] > lostShare(windows.slice(0, now.full_at ?? 0))[0] + DROPPED_SHARE;
  if (!drops && held.length >= IDLE_WINDOWS && isIdle(windows)) {
    return { ...now, phase: "ramp", full_at: null, limit: null, waited_ms: 0 }; // what looked like a queue was none
  }
  const queue = windows.at(-1)?.queue_ms ?? 0;
  const { least, most } = drops ? DROPPING_QUEUE_MS : DEEP_QUEUE_MS;
  const factor = queue > MOST_QUEUE_MS ? 0.5 : queue > most ? 0.85 : queue > least ? 1 : drops ? 1.15 : 1.3;
  return { ...now, limit, kbps: Math.max(LEAST_KBPS, Math.min(plan.cap_kbps, carriedKbps(windows) * factor)) };
}

/** Whether the last windows show no queue. @param {Arrival[]} windows */
const isIdle = (windows) => Array.from({ length: IDLE_WINDOWS }, (_, index) => windows.slice(0, windows.length - index)).every((until) => queueAbove(until) < SOME_QUEUE_MS);

/** Return what the link carried lately. @param {Arrival[]} windows */
const carriedKbps = (windows) => Math.max(...pairKbps(windows.slice(-CARRIED_WINDOWS)));

/** Return the queue of the last window above the jitter. @param {Arrival[]} windows */
function queueAbove(windows) {
  const jitter = Math.min(...windows.slice(-2).map((window) => window.jitter_ms));
  return (windows.at(-1)?.queue_ms ?? 0) - JITTERS * jitter;
}

/** Whether the last windows show a queue or losses of a full link. @param {Control} control */
function isFull({ windows }) {
  const [queue, queueBefore] = [queueAbove(windows), queueAbove(windows.slice(0, -1))];
  if (queue > QUEUE_MS && queueBefore > QUEUE_MS) return true;
  if (queue > LONG_QUEUE_MS && Number(windows.at(-1)?.received) >= SOME_PACKETS) return true;
  const [share, packets] = lostShare(windows.slice(-2));
  return packets >= LEAST_PACKETS && share > lostShare(windows.slice(0, -2))[0] + LOST_SHARE;
}

/** @param {Arrival[]} held */
function isSteady(held) {
  const pairs = pairKbps(held).slice(-4);
  return Math.max(...pairs) - Math.min(...pairs) <= STEADY_SHARE * Math.max(...pairs);
}
