// @ts-check
// Step: sends video and audio to the server and back, and measures the connection.

import { fillSlot, queryAll, requireElement, setShown } from "../../core/dom.js";
import { pageLocale, text } from "../../core/i18n.js";
import { mediaRates, NO_PICTURE } from "../measurement/connection_figures.js";
import { LossRecord } from "../measurement/loss_record.js";
import { measureMedia, measurePings, nextFrame, previewPicture } from "../measurement/media_measurement.js";
import { TestConnection, NoPathFound } from "../connection/test_connection.js";
import { completeTracks } from "../measurement/test_media.js";
import { recordFigures } from "../record/record_drafts.js";
import { measureDownload, measureUpload } from "../throughput/throughput.js";

const FIRST_FRAME_MS = 8_000;
const PLAN = { warmUpMs: 1_500, windowMs: 6_500, moreMs: 6_500, sampleMs: 500 }; // 1,500 to 4,000 packets each way

/**
 * @typedef {import("../types.js").Measured} Measured
 * @typedef {import("../types.js").Test} Test
 * @typedef {import("../test_run.js").TestContext} TestContext
 */

/**
 * Run the step. Throws ConnectionLost and TestRequestError; figures measured so far stay in the context.
 * @param {TestContext} context
 * @param {Test} test
 */
export async function checkMedia(context, test) {
  const { wizard, measured } = context;
  const media = completeTracks(context.devices.tracks);
  const link = new TestConnection(test);
  showStep(context, link, media);
  const stop = () => link.close();
  addEventListener("pagehide", stop);
  try {
    await link.open();
    await Promise.race([measure(context, link, test, media), link.lost]);
    keepDetails(measured, link, media);
    wizard.setRow("media", "good", "row_media_done");
  } catch (problem) {
    Object.assign(measured, link.pings.figures);
    keepDetails(measured, link, media);
    if (problem instanceof NoPathFound) measured.path = "none";
    wizard.setRow("media", "bad", problem instanceof NoPathFound ? "row_media_none" : "row_media_lost");
    if (!(problem instanceof NoPathFound)) throw problem;
  } finally {
    removeEventListener("pagehide", stop);
    stop();
    media.stop();
  }
}

/**
 * Show both pictures and the figures, which appear as soon as they are known.
 * @param {TestContext} context
 * @param {TestConnection} link
 * @param {import("../measurement/test_media.js").TestMedia} media
 */
function showStep({ wizard }, link, { tracks, isTestPicture }) {
  const { root } = wizard;
  wizard.showStep("media", { calm: true, words: isTestPicture ? "media_test" : "media" });
  const caption = text(isTestPicture ? "sent_test_picture" : "sent_picture");
  fillSlot(root, "sent_picture", caption);
  setShown(root, "[data-pictures]", Boolean(tracks.video));
  requireElement(root, "[data-pictures]").dataset.pictures = isTestPicture ? "test" : "own";
  const returned = /** @type {HTMLVideoElement} */ (requireElement(root, "[data-returned]"));
  returned.srcObject = link.returned;
  void returned.play().catch(() => undefined); // of the page's attribute, which an iPhone saving power ignores
  const own = /** @type {HTMLVideoElement[]} */ (queryAll(root, "[data-pictures] [data-mirror]"));
  for (const video of own) {
    video.ariaLabel = caption;
    if (isTestPicture && tracks.video) video.srcObject = new MediaStream([tracks.video]);
  }
  Object.defineProperty(root, "peerConnection", { configurable: true, get: () => link.pc });
  link.rttListeners.add((rtt_ms) => showFigure(root, "live_rtt", "figure_ms", rtt_ms));
}

/**
 * @param {TestContext} context
 * @param {TestConnection} link
 * @param {Test} test
 * @param {import("../measurement/test_media.js").TestMedia} media
 */
async function measure({ wizard: { root }, measured, record }, link, { limits }, { tracks }) {
  showProgress(root, "media_way", 0.05);
  Object.assign(measured, await measurePings(link));
  recordFigures(record, measured);
  await previewPicture(link, tracks);
  // The upload first: a queue of the download would close the browser's SCTP window, which then opens slowly.
  showProgress(root, "media_up", 0.1);
  Object.assign(measured, await link.flood(() => measureUpload(link, limits, measured.rtt_min_ms)));
  showSpeed(root, measured);
  recordFigures(record, measured);
  showProgress(root, "media_down", 0.3);
  Object.assign(measured, await link.flood(() => measureDownload(link, limits, measured.rtt_min_ms)));
  showSpeed(root, measured);
  recordFigures(record, measured);
  showProgress(root, "media_picture", 0.5);
  const losses = new LossRecord(link);
  await losses.restart(); // without the preview, which may have been too much for the line
  const isPictureSent = await link.sendMedia(tracks, mediaRates(measured));
  if (tracks.video && !(isPictureSent && (await nextFrame(link, FIRST_FRAME_MS)))) Object.assign(measured, NO_PICTURE);
  if (!tracks.audio && !tracks.video) return;
  const onFigures = (/** @type {import("../measurement/media_measurement.js").LiveFigures} */ figures, /** @type {number} */ share) => {
    showFigure(root, "live_loss", "figure_pct", worst(figures.loss_up_pct, figures.loss_down_pct));
    showFigure(root, "live_picture", "figure_fps", figures.video_fps);
    showProgress(root, "media_picture", 0.55 + 0.45 * share);
  };
  // Assigned only at the end: half a measurement of a lost connection would look complete.
  Object.assign(measured, await measureMedia(link, { ...PLAN, onFigures }, losses), tracks.video && !isPictureSent ? NO_PICTURE : {});
}

/**
 * Keep what the connection recorded, also if it was lost.
 * @param {Measured} measured
 * @param {TestConnection} link
 * @param {import("../measurement/test_media.js").TestMedia} media
 */
function keepDetails(measured, link, { isTestPicture }) {
  const recorded = { phases_ms: link.phases.phases_ms, series: link.series.points, synthetic_picture: isTestPicture };
  measured.details = { ...measured.details, ...recorded };
}

/** @param {HTMLElement} root @param {string} key of the current phase @param {number} share done, 0 to 1 */
function showProgress(root, key, share) {
  fillSlot(root, "phase", text(key));
  /** @type {HTMLProgressElement} */ (requireElement(root, "progress")).value = share;
}

/** Show the speed of the slower direction. @param {HTMLElement} root @param {Measured} measured */
function showSpeed(root, { up_kbps = Infinity, down_kbps = Infinity }) {
  const kbps = Math.min(up_kbps, down_kbps);
  if (kbps === Infinity) return;
  showFigure(root, "live_speed", kbps < 1000 ? "figure_kbps" : "figure_mbps", kbps < 1000 ? Math.round(kbps) : kbps / 1000);
}

/** @param {HTMLElement} root @param {string} slot @param {string} key @param {number | undefined} value */
function showFigure(root, slot, key, value) {
  const number = new Intl.NumberFormat(pageLocale(), { maximumFractionDigits: key === "figure_ms" ? 0 : 1 });
  fillSlot(root, slot, text(key, { value: value === undefined ? "–" : number.format(value) }));
}

/** @param {(number | undefined)[]} losses @returns {number | undefined} */
const worst = (...losses) => losses.reduce((most, loss) => (most === undefined || (loss ?? 0) > most ? loss : most));
