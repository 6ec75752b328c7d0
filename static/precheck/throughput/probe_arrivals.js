// @ts-check
// Packets of a throughput probe, and what arrives of them. No clock, no DOM. Server: precheck/realtime/probe_packets.py.

export const WINDOW_MS = 125; // of a count of arrivals
const HEADER_BYTES = 10;
const SMALL_BYTES = 300; // at a low rate, so that each window has some packets
const LARGE_BYTES = 1_100; // a single SCTP chunk on both sides, which 1,200 is not
const SMALL_BELOW_KBPS = 400;
const OVERHEAD_BYTES = 93; // IPv4 20, UDP 8, DTLS 37, SCTP 28: the link carries them too

/**
 * @typedef {object} Arrival what arrived in a window
 * @property {number} ms
 * @property {number} bytes with those of the protocols
 * @property {number} received packets, each number once
 * @property {number} lost packets; negative when late packets arrive
 * @property {number | null} queue_ms how much longer the fastest packet took than the fastest of all; null: unknown
 * @property {number} jitter_ms mean difference between neighbouring packets; a queue that grows or shrinks is none
 * @property {number | null} paced_kbps the lowest rate at which a packet was sent
 */

/** Return the bytes of a packet's message. @param {number} kbps */
export const messageBytes = (kbps) => (kbps < SMALL_BELOW_KBPS ? SMALL_BYTES : LARGE_BYTES);

/** Return the bytes that the link carries for a message. @param {number} bytes */
export const carriedBytes = (bytes) => bytes + OVERHEAD_BYTES;

/** Return a packet. @param {number} number @param {number} sent_ms by the sender's clock @param {number} kbps its rate now */
export function writePacket(number, sent_ms, kbps) {
  const packet = new DataView(new ArrayBuffer(messageBytes(kbps)));
  packet.setUint32(0, number);
  packet.setUint32(4, Math.round(sent_ms));
  packet.setUint16(8, Math.round(kbps));
  return packet;
}

/** Count arrivals. @param {number} now_ms */
export function makeArrivals(now_ms) {
  /** @type {Set<number>} */
  const seen = new Set();
  const open = () => ({ bytes: 0, received: 0, fastest: Infinity, paced: Infinity, first: NaN, differences: 0 });
  let [began, window, highest, highestBefore, fastest, last] = [now_ms, open(), -1, -1, Infinity, NaN];
  return {
    /** Count a packet. @param {ArrayBuffer} data @param {number} at_ms */
    count(data, at_ms) {
      if (data.byteLength < HEADER_BYTES) return;
      const packet = new DataView(data);
      const number = packet.getUint32(0);
      if (seen.has(number)) return;
      seen.add(number);
      highest = Math.max(highest, number);
      const way = at_ms - packet.getUint32(4);
      if (window.received) window.differences += Math.abs(way - last);
      else window.first = way;
      last = way;
      window.received += 1;
      window.bytes += carriedBytes(data.byteLength);
      window.fastest = Math.min(window.fastest, way);
      window.paced = Math.min(window.paced, packet.getUint16(8));
    },
    /** End the window. @param {number} at_ms @returns {Arrival} */
    endWindow(at_ms) {
      const { bytes, received, differences, paced, first } = window;
      fastest = Math.min(fastest, window.fastest);
      const ended = {
        ms: at_ms - began, bytes, received, lost: highest - highestBefore - received,
        queue_ms: received ? window.fastest - fastest : null,
        jitter_ms: received > 1 ? (differences - Math.abs(last - first)) / (received - 1) : 0,
        paced_kbps: received ? paced : null,
      };
      [began, window, highestBefore] = [at_ms, open(), highest];
      return ended;
    },
  };
}

/**
 * Read the server's count of an upload (`up_windows`).
 * @param {number[]} told
 * @param {Set<number>} waited numbers of packets that waited in the browser, so that their way tells nothing
 * @returns {Arrival & { number: number }}
 */
export function readArrival([number = 0, ms = 0, bytes = 0, received = 0, lost = 0, queue_ms = 0, jitter_ms = 0, paced = 0, fastest = 0], waited) {
  const queue = received && !waited.has(fastest) ? queue_ms : null;
  return { number, ms, bytes: bytes + received * OVERHEAD_BYTES, received, lost, queue_ms: queue, jitter_ms, paced_kbps: received ? paced : null };
}
