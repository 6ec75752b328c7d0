// @ts-check
// Throughput in both directions, measured with packets that are not retransmitted, like those of a video call.

import { sleep } from "./wizard.js";

/** @typedef {import("./test_connection.js").TestConnection} TestConnection @typedef {import("./types.js").Limits} Limits */

const PACKET_BYTES = 1200; // fits every path without fragmentation
const TICK_MS = 10;
const MAX_BUFFERED_BYTES = 64 * 1024; // with more in the browser's queue, the queue would be measured
const ANSWER_TIMEOUT_MS = 4_000; // for the server's answer

/** Measure the upload. @param {TestConnection} connection @param {Limits} limits @returns {Promise<number | undefined>} kbps */
export async function measureUpload(connection, limits) {
  const id = 1;
  connection.send({ type: "up", id });
  const sent = await sendPackets(connection.probe, limits);
  const result = await connection.request({ type: "up_done", id, sent }, (answer) => answer.type === "up_result" && answer.id === id, ANSWER_TIMEOUT_MS);
  return result ? Math.round(result.kbps) : undefined;
}

/**
 * Send as fast as the limits and the channel allow.
 * @param {RTCDataChannel} probe
 * @param {Limits} limits
 * @returns {Promise<number>} packets
 */
async function sendPackets(probe, { probe_kbps, probe_seconds }) {
  const startedAt = performance.now();
  const packet = new DataView(new ArrayBuffer(PACKET_BYTES));
  let sent = 0;
  for (let now = startedAt; now < startedAt + probe_seconds * 1000; now = performance.now()) {
    const due = ((now - startedAt) * probe_kbps) / 8 / PACKET_BYTES; // kbps are bits per ms
    while (sent < due && probe.readyState === "open" && probe.bufferedAmount < MAX_BUFFERED_BYTES) {
      packet.setUint32(0, sent);
      probe.send(packet);
      sent += 1;
    }
    await sleep(TICK_MS);
  }
  return sent;
}

/** Measure the download. @param {TestConnection} connection @param {Limits} limits @returns {Promise<number | undefined>} kbps */
export async function measureDownload(connection, { probe_seconds, probe_kbps }) {
  const id = 2;
  const arrived = { bytes: 0, first: 0, last: 0 };
  connection.probe.onmessage = ({ data }) => {
    arrived.last = performance.now();
    if (arrived.first) arrived.bytes += data.byteLength; // the first packet only starts the time
    else arrived.first = arrived.last;
  };
  const request = { type: "down", id, seconds: probe_seconds, kbps: probe_kbps };
  const answer = await connection.request(request, (answer) => answer.type === "down_done" && answer.id === id, probe_seconds * 1000 + ANSWER_TIMEOUT_MS);
  connection.probe.onmessage = null;
  const ms = arrived.last - arrived.first;
  if (!answer || ms <= 0) return arrived.bytes ? undefined : answer ? 0 : undefined;
  return Math.round((arrived.bytes * 8) / ms);
}
