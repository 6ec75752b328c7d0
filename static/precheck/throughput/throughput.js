// @ts-check
// Throughput in both directions, measured with packets that are not retransmitted, like those of a video call.
// The page controls the rate of both. What it tells the server, and is told, goes beside the packets on `probe`, where
// nothing waits for a lost message (docs/protocol.md).

import { makeArrivals, messageBytes, readArrival, carriedBytes, WINDOW_MS, writePacket } from "./probe_arrivals.js";
import { flightBytes } from "./probe_control.js";
import { startRun, THOROUGH } from "./probe_run.js";
import { sleep } from "../wizard.js";

/**
 * @typedef {import("../connection/test_connection.js").TestConnection} TestConnection
 * @typedef {import("../types.js").Limits} Limits
 * @typedef {import("../types.js").Measured} Measured
 * @typedef {import("./probe_run.js").Pace} Pace
 */

const TICK_MS = 10;
const CATCH_UP_MS = 50; // of a late timer
const BLOCKED_MS = 20; // of packets that wait in the browser; more would look like a queue of the link
const MOST_UNTOLD_MS = 300; // since the server told what arrived, while more has
const USUAL_RTT_MS = 100;
const RATE_MS = 240; // between equal rates: the server stops when it hears none, and its losses show nothing

let probes = 0; // numbers them, so that late messages of the last probe are known

/** Measure the upload. @param {TestConnection} connection @param {Limits} limits @param {number} [rtt_ms] of the idle link @param {Pace} [pace] @returns {Promise<Measured>} */
export async function measureUpload(connection, limits, rtt_ms = USUAL_RTT_MS, pace = THOROUGH) {
  const id = (probes += 1);
  const run = startRun(connection, "up", limits, rtt_ms, pace);
  const waited = new Set();
  const heard = { seen: -1, at: 0 };
  let told = 0;
  const listen = (/** @type {MessageEvent} */ { data }) => {
    connection.heardAt = performance.now();
    const message = typeof data === "string" ? JSON.parse(data) : {};
    if (message.type !== "up_windows" || message.id !== id) return;
    for (const arrival of message.windows.map((/** @type {number[]} */ window) => readArrival(window, waited))) {
      if (arrival.number > told) run.step(arrival);
      told = Math.max(told, arrival.number);
    }
    Object.assign(heard, { seen: Math.max(heard.seen, message.seen), at: performance.now() });
  };
  connection.probe.addEventListener("message", listen);
  connection.send({ type: "up", id });
  const sent = await sendPackets(connection.probe, run, heard, waited);
  connection.probe.removeEventListener("message", listen);
  connection.send({ type: "up_done", id, sent });
  return run.end();
}

/**
 * Send at the rate of the control until it is done.
 * @param {RTCDataChannel} probe
 * @param {ReturnType<typeof startRun>} run
 * @param {{ seen: number, at: number }} heard the last packet that is known to have arrived, and when that was told
 * @param {Set<number>} waited gets the numbers of packets that waited in the browser
 * @returns {Promise<number>} packets
 */
async function sendPackets(probe, run, heard, waited) {
  const startedAt = performance.now();
  /** @type {number[]} */
  const total = [0]; // bytes up to each packet
  let [before, credit, first] = [startedAt, 0, 0];
  for (let now = startedAt; run.goesOn(); now = performance.now()) {
    const { kbps, best_kbps } = run.control;
    const size = carriedBytes(messageBytes(kbps));
    const arrived = (total[heard.seen + 1] ?? 0) + (heard.at && (best_kbps * Math.min(MOST_UNTOLD_MS, now - heard.at)) / 8);
    const mayFly = () => (total.at(-1) ?? 0) - arrived + size <= flightBytes(run.control);
    const waits = probe.bufferedAmount > 0;
    for (let number = first; waits && number < total.length - 1; number += 1) waited.add(number);
    const isBlocked = waits || !mayFly();
    const most = Math.max(2 * size, (kbps * (isBlocked ? BLOCKED_MS : CATCH_UP_MS)) / 8);
    credit = Math.min(most, credit + (kbps * (now - before)) / 8);
    before = now;
    if (!waits) first = total.length - 1;
    for (; !isBlocked && credit >= size && mayFly() && probe.readyState === "open"; credit -= size) {
      probe.send(writePacket(total.length - 1, now - startedAt, kbps));
      total.push((total.at(-1) ?? 0) + size);
    }
    await sleep(TICK_MS);
  }
  return total.length - 1;
}

/** Measure the download. @param {TestConnection} connection @param {Limits} limits @param {number} [rtt_ms] of the idle link @param {Pace} [pace] @returns {Promise<Measured>} */
export async function measureDownload(connection, limits, rtt_ms = USUAL_RTT_MS, pace = THOROUGH) {
  const id = (probes += 1);
  const run = startRun(connection, "down", limits, rtt_ms, pace);
  const arrivals = makeArrivals(performance.now());
  const count = (/** @type {MessageEvent} */ { data }) => {
    connection.heardAt = performance.now();
    if (data instanceof ArrayBuffer) arrivals.count(data, connection.heardAt);
  };
  const rate = () => ({ id, kbps: Math.round(run.control.kbps), window: flightBytes(run.control) });
  connection.probe.addEventListener("message", count);
  connection.send({ type: "down", seconds: run.most_ms / 1000, ...rate() });
  for (let told = { kbps: 0, at: 0 }; run.goesOn(); ) {
    await sleep(WINDOW_MS);
    run.step(arrivals.endWindow(performance.now()));
    const { kbps } = run.control;
    if (connection.probe.readyState !== "open" || (kbps === told.kbps && performance.now() - told.at < RATE_MS)) continue;
    connection.probe.send(JSON.stringify({ type: "down_rate", ...rate() }));
    told = { kbps, at: performance.now() };
  }
  connection.probe.removeEventListener("message", count);
  connection.send({ type: "down_rate", id, kbps: 0 });
  return run.end();
}
