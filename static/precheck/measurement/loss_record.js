// @ts-check
// Losses of both directions: compares the packets that the server counted with those that came back.

import { returnedPackets } from "./connection_details.js";
import { countsSince, lossFigures } from "./connection_figures.js";
import { sleep } from "../wizard.js";

export const LOSS_MS = 1_000; // between two records
const LAST_PACKETS_MS = 300; // of jitter, beside the round-trip time
const LAST_COUNTS = { tries: 3, timeout_ms: 1_500 }; // the channel repeats what was lost, which takes time

const RESTART_MS = 2_000;

/**
 * @typedef {import("../types.js").Measured} Measured
 * @typedef {import("../connection/test_connection.js").TestConnection} TestConnection
 */

/** Compares the packets that the server counted with those that arrived here. */
export class LossRecord {
  /** @param {TestConnection} link */
  constructor(link) {
    this.link = link;
    /** Since the media began. @type {Pick<Measured, "loss_up_pct" | "loss_up_packets" | "loss_down_pct" | "loss_down_packets">} */
    this.soFar = {};
    /** @type {{ media: { [kind: string]: import("./connection_figures.js").Counts }, arrived: number }} */
    this.last = { media: {}, arrived: 0 };
    this.arrivedBefore = 0;
  }

  /** Count from now on. Called while no media are sent, so that both ends leave out the same packets. */
  async restart() {
    this.arrivedBefore = returnedPackets(await this.link.reports());
    await this.link.requestCounts(RESTART_MS, { restart: true });
  }

  /** Read both counts. The server's answer takes the same way as the packets, so the counts belong together. @param {number} timeoutMs */
  async read(timeoutMs) {
    const media = await this.link.requestCounts(timeoutMs);
    return media && { media, arrived: returnedPackets(await this.link.reports()) - this.arrivedBefore };
  }

  /** Record the losses of the last second. */
  async record() {
    const now = await this.read(LOSS_MS);
    if (!now) return;
    const { loss_up_pct: up, loss_down_pct: down } = lossFigures(countsSince(this.last.media, now.media), now.arrived - this.last.arrived);
    if (up !== undefined) this.link.series.record("loss_up_pct", up);
    if (down !== undefined) this.link.series.record("loss_down_pct", down);
    this.soFar = lossFigures(now.media, now.arrived);
    this.last = now;
  }

  /** Stop the media, wait for the last packets, and return the losses of the whole time. @returns {Promise<Measured>} */
  async total() {
    await this.link.stopMedia();
    await sleep((this.link.pings.figures.rtt_ms ?? 0) + LAST_PACKETS_MS);
    for (let turn = 0; turn < LAST_COUNTS.tries; turn += 1) {
      const now = await this.read(LAST_COUNTS.timeout_ms);
      if (now) return lossFigures(now.media, now.arrived);
    }
    return {};
  }
}
