// @ts-check
// Messages to the test room and back: requests with their answers, and pings that go on during the whole test.

import { PingTimes } from "./ping_times.js";
import { makeSeries } from "../measurement/series.js";

export class ControlLink {
  /** @param {RTCPeerConnection} pc */
  constructor(pc) {
    this.control = pc.createDataChannel("control");
    this.pingChannel = pc.createDataChannel("pings", { ordered: false, maxRetransmits: 0 }); // a lost ping delays no other
    for (const channel of [this.control, this.pingChannel]) channel.onmessage = ({ data }) => this.receive(JSON.parse(data));
    /** @type {Set<(message: any) => void>} */
    this.listeners = new Set();
    /** Called with the round-trip time of each ping. @type {Set<(rtt_ms: number) => void>} */
    this.rttListeners = new Set();
    this.pings = new PingTimes();
    this.series = makeSeries(() => performance.now());
    this.heardAt = 0;
    this.countRequests = 0;
  }

  sendPing() {
    if (this.pingChannel.readyState === "open") this.pingChannel.send(JSON.stringify({ type: "ping", n: this.pings.send(performance.now()) }));
  }

  /** @param {any} message */
  receive(message) {
    this.heardAt = performance.now();
    const rtt = message.type === "pong" ? this.pings.answer(message.n, this.heardAt) : undefined;
    if (rtt !== undefined) {
      this.series.record("rtt_ms", rtt);
      this.rttListeners.forEach((listen) => listen(rtt));
    }
    this.listeners.forEach((listen) => listen(message));
  }

  /** Do work that floods the connection. Its pings count towards no figure but reach the listeners. @template T @param {() => Promise<T>} work */
  async flood(work) {
    this.pings.beginFlood();
    try {
      return await work();
    } finally {
      this.pings.endFlood(performance.now());
    }
  }

  /** @param {object} message */
  send(message) {
    if (this.control.readyState === "open") this.control.send(JSON.stringify(message));
  }

  /**
   * Send a message and wait for its answer.
   * @param {object} message
   * @param {(answer: any) => boolean} isAnswer
   * @param {number} timeoutMs
   * @returns {Promise<any>} null after the timeout
   */
  request(message, isAnswer, timeoutMs) {
    return new Promise((resolve) => {
      const end = (/** @type {any} */ answer) => {
        this.listeners.delete(listen);
        resolve(answer);
      };
      const listen = (/** @type {any} */ answer) => isAnswer(answer) && end(answer);
      this.listeners.add(listen);
      setTimeout(() => end(null), timeoutMs);
      this.send(message);
    });
  }

  /**
   * Return the packets of each kind of media that the server counted, null after the timeout.
   * @param {number} timeoutMs
   * @param {{ restart?: boolean }} [how] `restart`: the server counts from now on
   */
  async requestCounts(timeoutMs, { restart = false } = {}) {
    const id = (this.countRequests += 1);
    return (await this.request({ type: "stats", id, restart }, (answer) => answer.type === "stats" && answer.id === id, timeoutMs))?.media ?? null;
  }
}
