// @ts-check
// Step: picture and voice go to the office and come back, and the way itself is measured.

import { fill, must, show } from "../../core/dom.js";
import { differences } from "../../core/webrtc_stats.js";
import { text } from "../../core/i18n.js";
import { median, summary } from "../connection_figures.js";
import { Link, NoWay } from "../test_connection.js";
import { noteFigures } from "../test_record.js";
import { measureDown, measureUp } from "../throughput.js";
import { pause } from "../wizard.js";

const PINGS = 8;
const PONG_MS = 2_000; // slower is no conversation
const FIRST_FRAME_MS = 8_000;
const WARM_UP_MS = 2_000; // until the browser has found its rate and its size
const WINDOW_MS = 6_000;
const LOOK_MS = 500;
const SHARE = 0.7; // of what was measured: a start above what the link carries collapses
const NOTHING_CAME = { video_width: 0, video_height: 0, video_fps: 0 }; // that is measured, and not unknown
const START_KBPS = { least: 150, most: 1_500 }; // VGA at 30 needs no more

/**
 * @typedef {import("../types.js").Measured} Measured
 * @typedef {import("../types.js").Test} Test
 * @typedef {import("../test_page.js").Parts} Parts
 */

/** Raises LinkLost and Problem; what was measured until then is kept. @param {Parts} parts @param {Test} test */
export async function checkMedia(parts, test) {
  const { wizard, measured } = parts;
  const { audio, video } = parts.devices.tracks;
  wizard.go("media", { calm: true, words: video ? "media" : audio ? "media_voice" : "media_network" });
  show(wizard.root, "[data-pictures]", Boolean(video));
  const link = new Link(test);
  Object.defineProperty(wizard.root, "peerConnection", { configurable: true, get: () => link.pc });
  const stop = () => link.close();
  addEventListener("pagehide", stop);
  try {
    await link.open();
    await Promise.race([measure(parts, link, test), link.lost]);
    wizard.row("media", "good", "row_media_done");
  } catch (problem) {
    if (problem instanceof NoWay) measured.path = "none";
    wizard.row("media", "bad", problem instanceof NoWay ? "row_media_none" : "row_media_lost");
    if (!(problem instanceof NoWay)) throw problem;
  } finally {
    removeEventListener("pagehide", stop);
    stop();
  }
}

/** @param {Parts} parts @param {Link} link @param {Test} test */
async function measure({ wizard, devices, measured, kept }, link, { limits }) {
  progress(wizard.root, "media_way", 0.05);
  Object.assign(measured, await ping(link));
  noteFigures(kept, measured);
  progress(wizard.root, "media_down", 0.15);
  measured.down_kbps = await measureDown(link, limits);
  noteFigures(kept, measured);
  progress(wizard.root, "media_up", 0.35);
  measured.up_kbps = await measureUp(link, limits);
  noteFigures(kept, measured);
  progress(wizard.root, "media_picture", 0.55);
  const { audio, video } = devices.tracks;
  const kbps = Math.min(START_KBPS.most, Math.max(START_KBPS.least, SHARE * (measured.up_kbps ?? 0)));
  await link.sendMedia({ audio, video }, kbps);
  if (video && !(await firstFrame(wizard.root, link))) Object.assign(measured, NOTHING_CAME);
  if (audio || video) await watch(wizard.root, link, measured);
}

/** Over the channel, so that delay and way are known even without picture. @param {Link} link @returns {Promise<Measured>} */
async function ping(link) {
  /** @type {number[]} */
  const times = [];
  for (let n = 1; n <= PINGS; n += 1) {
    const begun = performance.now();
    const pong = await link.ask({ type: "ping", n }, (one) => one.type === "pong" && one.n === n, PONG_MS);
    if (pong) times.push(performance.now() - begun);
  }
  const { path } = await differences()(link.pc);
  const found = path ? { path } : {};
  if (!times.length) return found;
  return { ...found, rtt_ms: Math.round(median(times)), rtt_min_ms: Math.round(Math.min(...times)) };
}

/** Whether the returned picture is on the page before it is too late. @param {HTMLElement} root @param {Link} link */
async function firstFrame(root, link) {
  const video = /** @type {HTMLVideoElement} */ (must(root, "[data-returned]"));
  video.srcObject = link.returned;
  void video.play().catch(() => undefined);
  for (let waited = 0; waited < FIRST_FRAME_MS && video.videoWidth === 0; waited += LOOK_MS / 5) await pause(LOOK_MS / 5);
  return video.videoWidth > 0;
}

/** @param {HTMLElement} root @param {Link} link @param {Measured} measured */
async function watch(root, link, measured) {
  await seen();
  await pause(WARM_UP_MS);
  const [tick, whole] = [differences(), differences({ sinceFirst: true })];
  await whole(link.pc);
  await tick(link.pc);
  /** @type {import("../../core/webrtc_stats.js").Figures[]} */
  const looks = [];
  for (let passed = 0; passed < WINDOW_MS; passed += LOOK_MS) {
    await pause(LOOK_MS);
    if (document.hidden) return watch(root, link, measured); // a phone sends no picture of a page in the back
    const look = await tick(link.pc);
    looks.push(look);
    paint(root, look);
    progress(root, "media_picture", 0.65 + (0.35 * passed) / WINDOW_MS);
  }
  // Only now: of a way that was lost in between, half a measurement would pass for a whole one.
  Object.assign(measured, summary(looks, await whole(link.pc)));
}

/** The page is in front. @returns {Promise<void>} */
function seen() {
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

/** @param {HTMLElement} root @param {string} key what is being measured @param {number} share done */
function progress(root, key, share) {
  fill(root, "phase", text(key));
  /** @type {HTMLProgressElement} */ (must(root, "progress")).value = share;
}

/** @param {HTMLElement} root @param {import("../../core/webrtc_stats.js").Figures} look */
function paint(root, look) {
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
  const shown = (/** @type {number | undefined} */ value) => (value === undefined ? "–" : number.format(value));
  fill(root, "live_rtt", text("figure_ms", { value: shown(look.rtt_ms) }));
  fill(root, "live_loss", text("figure_pct", { value: shown(look.loss_down_pct) }));
  fill(root, "live_picture", text("figure_fps", { value: shown(look.video_fps) }));
}
