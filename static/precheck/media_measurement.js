// @ts-check
// Measures the media that return from the test room: loss of each direction, jitter, picture, and the device itself.

import { makeStatsReader } from "../core/webrtc_stats.js";
import { detailsFrom, returnedFrames, returnedPackets } from "./connection_details.js";
import { countsSince, droppedFrames, lossFigures, summarizeFigures } from "./connection_figures.js";
import { watchPageLag } from "./page_lag.js";
import { sleep } from "./wizard.js";

const FIRST_PINGS = 5;
const FIRST_PING_MS = 100;
const PONG_TIMEOUT_MS = 2_000; // slower makes a conversation impossible
const LOSS_MS = 1_000;
const LAST_PACKETS_MS = 300; // of jitter, beside the round-trip time
const LAST_COUNTS = { tries: 3, timeout_ms: 1_500 }; // the channel repeats what was lost, which takes time
const FRAME_POLL_MS = 25;

/**
 * @typedef {import("./types.js").Measured} Measured
 * @typedef {import("./test_connection.js").TestConnection} TestConnection
 * @typedef {import("../core/webrtc_stats.js").Figures} Figures
 * @typedef {Figures & Pick<Measured, "loss_up_pct" | "loss_down_pct">} LiveFigures
 * @typedef {object} MeasurementPlan
 * @property {number} warmUpMs until the browser has adapted bit rate and picture size
 * @property {number} windowMs of the measurement
 * @property {number} sampleMs
 * @property {(figures: LiveFigures, share: number) => void} onFigures each sample, with the share that is done
 */

/**
 * Measure path and delay with the first pings, so that they are known even if the connection is lost later.
 * @param {TestConnection} link
 * @returns {Promise<Measured>}
 */
export async function measurePings(link) {
  const startedAt = performance.now();
  while (link.pings.calm.length < FIRST_PINGS && performance.now() - startedAt < PONG_TIMEOUT_MS) {
    link.sendPing();
    await sleep(FIRST_PING_MS);
  }
  const { path } = await makeStatsReader()(link.pc);
  return { ...(path ? { path } : {}), ...link.pings.figures };
}

/**
 * Wait for the returned picture; return whether it came in time.
 * @param {TestConnection} link
 * @param {HTMLVideoElement} video
 * @param {number} timeoutMs
 */
export async function firstFrame(link, video, timeoutMs) {
  video.srcObject = link.returned;
  void video.play().catch(() => undefined);
  for (let waited = 0; waited < timeoutMs && video.videoWidth === 0; waited += FRAME_POLL_MS) await sleep(FRAME_POLL_MS);
  if (video.videoWidth > 0) link.phases.mark("first_media");
  return video.videoWidth > 0;
}

/**
 * Measure the media that are being sent, and stop sending them.
 * @param {TestConnection} link
 * @param {MeasurementPlan} plan
 * @returns {Promise<Measured>}
 */
export async function measureMedia(link, plan) {
  const losses = new LossRecord(link);
  const timer = setInterval(() => void losses.record(), LOSS_MS);
  try {
    const seen = await measureReturned(link, plan, losses);
    clearInterval(timer);
    return { ...seen, ...(await losses.total()) };
  } finally {
    clearInterval(timer);
  }
}

/** @param {TestConnection} link @param {MeasurementPlan} plan @param {LossRecord} losses @returns {Promise<Measured>} */
async function measureReturned(link, plan, losses) {
  await pageVisible();
  await sleep(plan.warmUpMs);
  const [lag, tick] = [watchPageLag(), makeStatsReader()];
  try {
    const before = returnedFrames(await link.reports());
    await tick(link.pc);
    /** @type {Figures[]} */
    const samples = [];
    for (let passed = 0; passed < plan.windowMs; passed += plan.sampleMs) {
      await sleep(plan.sampleMs);
      if (document.hidden) return await measureReturned(link, plan, losses); // phones send no video while the page is hidden: measure again
      samples.push(await tick(link.pc));
      plan.onFigures({ ...samples.at(-1), ...losses.soFar }, passed / plan.windowMs);
    }
    const reports = await link.reports();
    return { ...summarizeFigures(samples), ...droppedFrames(before, returnedFrames(reports)), ...lag.stop(), details: detailsFrom(reports) };
  } finally {
    lag.stop();
  }
}

/** Compares the packets that the server counted with those that arrived here. */
class LossRecord {
  /** @param {TestConnection} link */
  constructor(link) {
    this.link = link;
    /** Since the media began. @type {Pick<Measured, "loss_up_pct" | "loss_down_pct">} */
    this.soFar = {};
    /** @type {{ media: { [kind: string]: import("./connection_figures.js").Counts }, arrived: number }} */
    this.last = { media: {}, arrived: 0 };
  }

  /** Read both counts. The server's answer takes the same way as the packets, so the counts belong together. @param {number} timeoutMs */
  async read(timeoutMs) {
    const media = await this.link.requestCounts(timeoutMs);
    return media && { media, arrived: returnedPackets(await this.link.reports()) };
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

/** Resolve when the page is visible. @returns {Promise<void>} */
function pageVisible() {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    look();
  });
}
