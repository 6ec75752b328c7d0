// @ts-check
// Round-trip times of numbered pings. No clock, no DOM.

import { median } from "../measurement/connection_figures.js";

const SETTLE_MS = 500; // after a flood, until the queues on the way are empty

export class PingTimes {
  constructor() {
    this.lastNumber = 0;
    /** @type {Map<number, { at: number, isCalm: boolean }>} sent and not answered */
    this.sent = new Map();
    /** @type {number[]} the times in milliseconds while nothing flooded the connection */
    this.calm = [];
    this.calmFrom = 0; // time; Infinity during a flood
  }

  /** Return the number of the ping that is sent now. @param {number} now in milliseconds */
  send(now) {
    this.lastNumber += 1;
    this.sent.set(this.lastNumber, { at: now, isCalm: now >= this.calmFrom });
    return this.lastNumber;
  }

  /** Return the round-trip time of an answered ping, undefined for an unknown ping. @param {number} number @param {number} now */
  answer(number, now) {
    const ping = this.sent.get(number);
    if (!ping) return undefined;
    this.sent.delete(number);
    if (ping.isCalm) this.calm.push(now - ping.at);
    return now - ping.at;
  }

  /** Leave out the pings of a flood, whose time is that of its queue. */
  beginFlood() {
    this.calmFrom = Infinity;
    for (const ping of this.sent.values()) ping.isCalm = false;
  }

  /** @param {number} now */
  endFlood(now) {
    this.calmFrom = now + SETTLE_MS;
  }

  /** Return the median and the shortest time. @returns {{ rtt_ms?: number, rtt_min_ms?: number }} */
  get figures() {
    if (!this.calm.length) return {};
    return { rtt_ms: Math.round(median(this.calm)), rtt_min_ms: Math.round(Math.min(...this.calm)) };
  }
}
