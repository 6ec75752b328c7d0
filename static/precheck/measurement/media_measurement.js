// @ts-check
// Measures the media that return from the test room: loss of each direction, jitter, picture, and the device itself.

import { makeStatsReader } from "../../core/media/webrtc_stats.js";
import { detailsFrom, returnedFrames } from "./connection_details.js";
import { PREVIEW_RATES, droppedFrames, isLossDecided, summarizeFigures } from "./connection_figures.js";
import { jitterFigure, roundTrip } from "./delay_figures.js";
import { LOSS_MS, LossRecord } from "./loss_record.js";
import { watchPageLag } from "./page_lag.js";
import { sleep } from "../wizard.js";

const FIRST_PINGS = 5;
const FIRST_PING_MS = 100;
const PONG_TIMEOUT_MS = 2_000; // slower makes a conversation impossible
const FRAME_POLL_MS = 25;
const PREVIEW_MS = 1_500; // a line that is slower shows the picture later
const SLOW_SIGNALING_MS = 1_000; // the offer of 4 KB takes longer on a line of less than 100 kbps
const SIGNALING_TRIPS = 3;

/**
 * @typedef {import("../types.js").Measured} Measured
 * @typedef {import("../connection/test_connection.js").TestConnection} TestConnection
 * @typedef {import("../../core/media/webrtc_stats.js").Figures} Figures
 * @typedef {Figures & Pick<Measured, "loss_up_pct" | "loss_down_pct">} LiveFigures
 * @typedef {object} MeasurementPlan
 * @property {number} warmUpMs until the browser has adapted bit rate and picture size
 * @property {number} windowMs of the measurement
 * @property {number} [moreMs] at most, if the losses are near a bound and more packets would decide
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
 * Wait for the next returned picture; return whether it came in time.
 * @param {TestConnection} link
 * @param {number} timeoutMs
 */
export async function nextFrame(link, timeoutMs) {
  const startedAt = performance.now();
  const decoded = async () => returnedFrames(await link.reports()).decoded;
  for (const before = await decoded(); (await decoded()) === before; ) {
    if (performance.now() - startedAt > timeoutMs) return false;
    await sleep(FRAME_POLL_MS);
  }
  link.phases.mark("first_media");
  return true;
}

/**
 * Show that the picture comes back, before the speed is measured: its last frame stays.
 * @param {TestConnection} link
 * @param {import("../../core/media/media_sources.js").Tracks} tracks
 */
export async function previewPicture(link, tracks) {
  const { signaling = 0 } = link.phases.phases_ms;
  if (!tracks.video || signaling > SLOW_SIGNALING_MS + SIGNALING_TRIPS * (link.pings.figures.rtt_ms ?? 0)) return;
  await link.sendMedia(tracks, PREVIEW_RATES);
  await nextFrame(link, PREVIEW_MS);
  await link.stopMedia();
}

/**
 * Measure the media that are being sent, and stop sending them.
 * @param {TestConnection} link
 * @param {MeasurementPlan} plan
 * @param {LossRecord} [losses] begun before the media
 * @returns {Promise<Measured>}
 */
export async function measureMedia(link, plan, losses = new LossRecord(link)) {
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
    const firstPing = link.pings.calm.length;
    await tick(link.pc);
    /** @type {Figures[]} */
    const samples = [];
    const isNeeded = (/** @type {number} */ passed) => passed < plan.windowMs || (passed < plan.windowMs + (plan.moreMs ?? 0) && !isLossDecided(losses.soFar));
    for (let passed = 0; isNeeded(passed); passed += plan.sampleMs) {
      await sleep(plan.sampleMs);
      if (document.hidden) return await measureReturned(link, plan, losses); // phones send no video while the page is hidden: measure again
      samples.push(await tick(link.pc));
      plan.onFigures({ ...samples.at(-1), ...losses.soFar }, Math.min(1, passed / plan.windowMs));
    }
    const reports = await link.reports();
    const page = { ...droppedFrames(before, returnedFrames(reports)), ...lag.stop() };
    const seen = summarizeFigures(samples);
    const jitter = jitterFigure(seen, link.pings.calm.slice(firstPing), page);
    return { ...seen, ...jitter, ...roundTrip(link.pings.figures, samples, page), ...page, details: detailsFrom(reports) };
  } finally {
    lag.stop();
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
