// @ts-check
// Packets sent at an even pace, like those of a voice: their delay, jitter and loss. No clock, no DOM.

import { median } from "../measurement/connection_figures.js";

/** @typedef {{ sentAt: number, arrivedAt?: number }} PacedPacket times in ms of one clock; without `arrivedAt` it was lost */

/** Return how many packets are due by now. @param {number} elapsed_ms @param {number} interval_ms */
export const packetsDue = (elapsed_ms, interval_ms) => Math.floor(elapsed_ms / interval_ms) + 1;

/**
 * Summarize packets in the order in which they were sent. Jitter is the mean difference of the delays of neighbours
 * that arrived: the quantity that RFC 3550 section 6.4.1 smooths.
 * @param {PacedPacket[]} packets
 * @returns {{ packets: number, rtt_ms?: number, jitter_ms?: number, loss_pct?: number }}
 */
export function summarizePackets(packets) {
  const delays = packets.flatMap(({ sentAt, arrivedAt }) => (arrivedAt === undefined ? [] : [arrivedAt - sentAt]));
  const steps = delays.slice(1).map((delay, at) => Math.abs(delay - (delays[at] ?? 0)));
  return {
    packets: packets.length,
    ...(delays.length ? { rtt_ms: Math.round(median(delays)) } : {}),
    ...(steps.length ? { jitter_ms: tenths(steps.reduce((sum, step) => sum + step, 0) / steps.length) } : {}),
    ...(packets.length ? { loss_pct: tenths((100 * (packets.length - delays.length)) / packets.length) } : {}),
  };
}

/** @param {number} value */
const tenths = (value) => Math.round(10 * value) / 10;
