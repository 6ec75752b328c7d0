// @ts-check
// Packets sent at an even pace, like those of a voice: their delay, jitter and loss. No clock, no DOM.

import { meanStep, median, oneDecimal } from "../measurement/connection_figures.js";

/** @typedef {{ sentAt: number, arrivedAt?: number }} PacedPacket times in ms of the same clock; without `arrivedAt` it was lost */

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
  return {
    packets: packets.length,
    ...(delays.length ? { rtt_ms: Math.round(median(delays)) } : {}),
    ...(delays.length > 1 ? { jitter_ms: oneDecimal(meanStep(delays)) } : {}),
    ...(packets.length ? { loss_pct: oneDecimal((100 * (packets.length - delays.length)) / packets.length) } : {}),
  };
}
