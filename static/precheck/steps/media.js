// @ts-check
// Step: sends video and audio to the server and back, and measures the connection.

import { fillSlot, requireElement, setShown } from "../../core/dom.js";
import { makeStatsReader } from "../../core/webrtc_stats.js";
import { text } from "../../core/i18n.js";
import { median, summarizeFigures } from "../connection_figures.js";
import { TestConnection, NoPathFound } from "../test_connection.js";
import { recordFigures } from "../test_record.js";
import { measureDownload, measureUpload } from "../throughput.js";
import { sleep } from "../wizard.js";

const PINGS = 8;
const PONG_TIMEOUT_MS = 2_000; // slower makes a conversation impossible
const FIRST_FRAME_MS = 8_000;
const WARM_UP_MS = 2_000; // until the browser has adapted bit rate and picture size
const WINDOW_MS = 6_000;
const SAMPLE_MS = 500;
const START_SHARE = 0.7; // of the measured upload: starting above the capacity collapses the picture
const NO_PICTURE = { video_width: 0, video_height: 0, video_fps: 0 }; // measured as zero, not unknown
const START_KBPS = { least: 150, most: 1_500 }; // VGA at 30 frames/s needs no more

/**
 * @typedef {import("../types.js").Measured} Measured
 * @typedef {import("../types.js").Test} Test
 * @typedef {import("../test_page.js").TestContext} TestContext
 */

/**
 * Run the step. Throws ConnectionLost and TestRequestError; figures measured so far stay in the context.
 * @param {TestContext} context
 * @param {Test} test
 */
export async function checkMedia(context, test) {
  const { wizard, measured } = context;
  const { audio, video } = context.devices.tracks;
  wizard.showStep("media", { calm: true, words: video ? "media" : audio ? "media_voice" : "media_network" });
  setShown(wizard.root, "[data-pictures]", Boolean(video));
  const link = new TestConnection(test);
  Object.defineProperty(wizard.root, "peerConnection", { configurable: true, get: () => link.pc });
  const stop = () => link.close();
  addEventListener("pagehide", stop);
  try {
    await link.open();
    await Promise.race([measure(context, link, test), link.lost]);
    wizard.setRow("media", "good", "row_media_done");
  } catch (problem) {
    if (problem instanceof NoPathFound) measured.path = "none";
    wizard.setRow("media", "bad", problem instanceof NoPathFound ? "row_media_none" : "row_media_lost");
    if (!(problem instanceof NoPathFound)) throw problem;
  } finally {
    removeEventListener("pagehide", stop);
    stop();
  }
}

/** @param {TestContext} context @param {TestConnection} link @param {Test} test */
async function measure({ wizard, devices, measured, record }, link, { limits }) {
  showProgress(wizard.root, "media_way", 0.05);
  Object.assign(measured, await measurePing(link));
  recordFigures(record, measured);
  showProgress(wizard.root, "media_down", 0.15);
  measured.down_kbps = await measureDownload(link, limits);
  recordFigures(record, measured);
  showProgress(wizard.root, "media_up", 0.35);
  measured.up_kbps = await measureUpload(link, limits);
  recordFigures(record, measured);
  showProgress(wizard.root, "media_picture", 0.55);
  const { audio, video } = devices.tracks;
  await link.sendMedia({ audio, video }, startKbps(measured.up_kbps));
  if (video && !(await waitForFirstFrame(wizard.root, link))) Object.assign(measured, NO_PICTURE);
  if (audio || video) await measurePicture(wizard.root, link, measured);
}

/** Return the bit rate at which the video starts. @param {number} [up_kbps] measured */
export const startKbps = (up_kbps = 0) => Math.min(START_KBPS.most, Math.max(START_KBPS.least, START_SHARE * up_kbps));

/**
 * Measure the delay over the data channel, so that it is known even without video.
 * @param {TestConnection} link
 * @returns {Promise<Measured>}
 */
export async function measurePing(link) {
  /** @type {number[]} */
  const times = [];
  for (let n = 1; n <= PINGS; n += 1) {
    const sentAt = performance.now();
    const pong = await link.request({ type: "ping", n }, (answer) => answer.type === "pong" && answer.n === n, PONG_TIMEOUT_MS);
    if (pong) times.push(performance.now() - sentAt);
  }
  const { path } = await makeStatsReader()(link.pc);
  const found = path ? { path } : {};
  if (!times.length) return found;
  return { ...found, rtt_ms: Math.round(median(times)), rtt_min_ms: Math.round(Math.min(...times)) };
}

/** Wait for the returned picture; return whether it came in time. @param {HTMLElement} root @param {TestConnection} link */
async function waitForFirstFrame(root, link) {
  const video = /** @type {HTMLVideoElement} */ (requireElement(root, "[data-returned]"));
  video.srcObject = link.returned;
  void video.play().catch(() => undefined);
  for (let waited = 0; waited < FIRST_FRAME_MS && video.videoWidth === 0; waited += SAMPLE_MS / 5) await sleep(SAMPLE_MS / 5);
  return video.videoWidth > 0;
}

/** @param {HTMLElement} root @param {TestConnection} link @param {Measured} measured */
async function measurePicture(root, link, measured) {
  await pageVisible();
  await sleep(WARM_UP_MS);
  const [tick, whole] = [makeStatsReader(), makeStatsReader({ sinceFirst: true })];
  await whole(link.pc);
  await tick(link.pc);
  /** @type {import("../../core/webrtc_stats.js").Figures[]} */
  const looks = [];
  for (let passed = 0; passed < WINDOW_MS; passed += SAMPLE_MS) {
    await sleep(SAMPLE_MS);
    if (document.hidden) return measurePicture(root, link, measured); // phones send no video while the page is hidden: measure again
    const look = await tick(link.pc);
    looks.push(look);
    renderFigures(root, look);
    showProgress(root, "media_picture", 0.65 + (0.35 * passed) / WINDOW_MS);
  }
  // Assigned only at the end: half a measurement of a lost connection would look complete.
  Object.assign(measured, summarizeFigures(looks, await whole(link.pc)));
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

/** @param {HTMLElement} root @param {string} key of the current phase @param {number} share done, 0 to 1 */
function showProgress(root, key, share) {
  fillSlot(root, "phase", text(key));
  /** @type {HTMLProgressElement} */ (requireElement(root, "progress")).value = share;
}

/** @param {HTMLElement} root @param {import("../../core/webrtc_stats.js").Figures} look */
function renderFigures(root, look) {
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
  const shown = (/** @type {number | undefined} */ value) => (value === undefined ? "–" : number.format(value));
  fillSlot(root, "live_rtt", text("figure_ms", { value: shown(look.rtt_ms) }));
  fillSlot(root, "live_loss", text("figure_pct", { value: shown(look.loss_down_pct) }));
  fillSlot(root, "live_picture", text("figure_fps", { value: shown(look.video_fps) }));
}
