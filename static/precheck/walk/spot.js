// @ts-check
// How good a spot is: a reading of the last seconds, the grade that is shown, and the best spot so far. No clock, no DOM.

import { summarizePackets } from "../connection/paced_packets.js";

const LATE_MS = 1_000; // a packet that takes longer is lost for a conversation
const DELAY_WINDOW_MS = 3_000;
const LOSS_WINDOW_MS = 6_000; // 60 packets: a single loss is within the green bound, two are not
const MIN_PACKETS = 10; // a second
const MIN_PACKETS_OF_SPOT = 40; // a person stands still for a few seconds
const READINGS_TO_WORSE = 2; // a reading is taken each half second
const READINGS_TO_BETTER = 4;
const ORDER = ["green", "amber", "red"];

/**
 * @typedef {import("../connection/paced_packets.js").PacedPacket} PacedPacket
 * @typedef {"green" | "amber" | "red" | "unknown"} Grade
 * @typedef {{ green: number, amber: number }} Bounds
 * @typedef {"rtt_ms" | "jitter_ms" | "loss_pct"} Figure
 * @typedef {{ grade: Grade, packets: number } & { [name in Figure]?: number }} Reading
 * @typedef {{ grade: Grade, others: number }} Shown `others`: readings in a row on the same side of the shown grade
 * @typedef {Reading & { at: number }} Spot
 */

/**
 * Read the last seconds. Packets that are still on their way do not count.
 * @param {PacedPacket[]} packets @param {number} now @param {{ [name in Figure]: Bounds }} bounds those of the verdict
 * @returns {Reading}
 */
export function readSpot(packets, now, bounds) {
  const isLate = (/** @type {PacedPacket} */ { sentAt, arrivedAt }) => (arrivedAt ?? now) - sentAt > LATE_MS;
  const settled = packets
    .filter((packet) => packet.arrivedAt !== undefined || isLate(packet))
    .map((packet) => (isLate(packet) ? { sentAt: packet.sentAt } : packet));
  const since = (/** @type {number} */ span_ms) => summarizePackets(settled.filter(({ sentAt }) => now - sentAt <= span_ms));
  const { rtt_ms, jitter_ms } = since(DELAY_WINDOW_MS);
  const { loss_pct, packets: count } = since(LOSS_WINDOW_MS);
  const figures = { packets: count, ...(rtt_ms === undefined ? {} : { rtt_ms, jitter_ms: jitter_ms ?? 0 }), ...(loss_pct === undefined ? {} : { loss_pct }) };
  if (count < MIN_PACKETS) return { ...figures, grade: "unknown" };
  if (rtt_ms === undefined) return { ...figures, grade: "red" }; // nothing comes back
  const grades = /** @type {Figure[]} */ (["rtt_ms", "jitter_ms", "loss_pct"]).map((name) => gradeFigure(figures[name] ?? 0, bounds[name]));
  return { ...figures, grade: worst(grades) };
}

/** @param {number} value @param {Bounds} bounds @returns {Grade} */
const gradeFigure = (value, { green, amber }) => (value <= green ? "green" : value <= amber ? "amber" : "red");

/** @param {Grade[]} grades */
const worst = (grades) => grades.reduce((a, b) => (ORDER.indexOf(b) > ORDER.indexOf(a) ? b : a), "green");

/**
 * Return the grade to show. It follows the readings with a delay, so that it does not flicker: sooner to a worse grade.
 * @param {Shown} shown @param {Grade} grade of the new reading @returns {Shown}
 */
export function nextShown(shown, grade) {
  if (grade === shown.grade) return { grade, others: 0 };
  if (shown.grade === "unknown" || grade === "unknown") return { grade, others: 0 };
  const side = ORDER.indexOf(grade) > ORDER.indexOf(shown.grade) ? 1 : -1;
  const others = Math.sign(shown.others) === side ? shown.others + side : side;
  const enough = side > 0 ? READINGS_TO_WORSE : READINGS_TO_BETTER;
  return Math.abs(others) >= enough ? { grade, others: 0 } : { grade: shown.grade, others };
}

/**
 * Return how much a reading impairs a voice: what the mean opinion score subtracts (docs/video.md). 0 is perfect.
 * @param {Reading} reading
 */
export function impairment({ rtt_ms, jitter_ms = 0, loss_pct = 0 }) {
  if (rtt_ms === undefined) return 100;
  const latency = rtt_ms / 2 + 2 * jitter_ms + 10;
  return Math.min(100, (latency < 160 ? latency / 40 : (latency - 120) / 10) + 2.5 * loss_pct);
}

/**
 * Return the better of the best spot so far and a new reading. A tie goes to the newer spot, where the person is.
 * @param {Spot | null} best @param {Reading} reading @param {number} at
 * @returns {Spot | null}
 */
export function bestSpot(best, reading, at) {
  if (reading.rtt_ms === undefined || reading.packets < MIN_PACKETS_OF_SPOT) return best;
  return !best || impairment(reading) <= impairment(best) ? { ...reading, at } : best;
}
