// @ts-check
// The short test on entering a lobby: network, camera and returned media in less than eight seconds, without questions.

import { openTest, releaseTest, sendReport } from "./api.js";
import { mediaRates, NO_PICTURE, oneDecimal } from "./measurement/connection_figures.js";
import { measureMedia, measurePings, nextFrame } from "./measurement/media_measurement.js";
import { BRIEF } from "./throughput/probe_run.js";
import { BudgetSpent, startBudget, whenAborted } from "./quick_budget.js";
import { PictureAnalysis } from "./picture_analysis.js";
import { devicePresence, permissionState } from "./steps/permissions.js";
import { NoPathFound, TestConnection } from "./connection/test_connection.js";
import { completeTracks } from "./measurement/test_media.js";
import { measureDownload, measureUpload } from "./throughput/throughput.js";
import { sleep } from "./wizard.js";

export { TestRequestError } from "./api.js"; // this module loads as a bundle of its own, with its own class

const FIRST_FRAME_MS = 1_500;
const PLAN = { warmUpMs: 600, windowMs: 2_000, sampleMs: 250 };
const PICTURE_SAMPLES = 15;
const PICTURE_SAMPLE_MS = 100;

/**
 * @typedef {import("./types.js").Measured} Measured
 * @typedef {object} QuickTest
 * @property {string} appointment its token
 * @property {import("../core/media/media_devices.js").Devices} devices
 * @property {HTMLVideoElement} picture the preview
 * @property {() => Measured} voice figures of the voice, empty until it was heard
 * @property {(share: number) => void} onProgress
 * @property {AbortSignal} signal ends the test, for example when the call begins
 */

/**
 * Run the test within its budget. Throws TestRequestError if there is no place or no server. Returns null if it was
 * aborted, or no place was found in time.
 * @param {QuickTest} quick
 * @returns {Promise<{ token: string, measured: Measured, report: any } | null>}
 */
export async function runQuickTest(quick) {
  const { devices, signal } = quick;
  const budget = startBudget();
  const test = await openInTime(quick, budget);
  if (!test) return null;
  /** @type {Measured} */
  const measured = { websocket_ok: true, ...deviceFigures(devices.state) };
  const link = new TestConnection(test);
  const media = completeTracks(devices.tracks);
  try {
    const work = Promise.all([measurePicture(quick, measured), measureNetwork(link, quick, media, measured, test.limits)]);
    await Promise.race([work, link.lost, budget.spent(), whenAborted(signal)]);
  } catch (problem) {
    if (problem instanceof NoPathFound) measured.path = "none";
  } finally {
    link.close();
    media.stop();
    releaseTest(test.token);
  }
  measured.details = { ...measured.details, phases_ms: link.phases.phases_ms, synthetic_picture: media.isTestPicture };
  if (signal.aborted) return null;
  return { token: test.token, measured, report: await reportQuickTest(test.token, { ...measured, ...quick.voice() }) };
}

/** @param {QuickTest} quick @param {ReturnType<typeof startBudget>} budget @returns {Promise<import("./types.js").Test | null>} */
async function openInTime({ appointment, signal }, budget) {
  const opening = openTest(appointment, { quick: true });
  try {
    const test = await budget.within(Promise.race([opening, whenAborted(signal)]));
    if (test) return test;
  } catch (problem) {
    if (!(problem instanceof BudgetSpent)) throw problem;
  }
  void opening.then(({ token }) => releaseTest(token), () => undefined); // its place is not needed any more
  return null;
}

/** @param {string} token @param {Measured} measurements */
export const reportQuickTest = (token, measurements) => sendReport(token, { measurements, finished: true });

/** Return what is known about the devices; a camera that the person turned off is unknown. @param {import("../core/media/media_sources.js").State} state */
function deviceFigures(state) {
  if (state.camera === "off" || state.microphone === "off" || state.camera === "starting") return {};
  return { permissions: permissionState(state), devices: { ...devicePresence("camera", state), ...devicePresence("microphone", state) } };
}

/** @param {QuickTest} quick @param {Measured} measured */
async function measurePicture({ devices, picture }, measured) {
  if (!devices.own.camera) return;
  const analysis = new PictureAnalysis(picture);
  for (let sample = 0; sample < PICTURE_SAMPLES; sample += 1) {
    await sleep(PICTURE_SAMPLE_MS);
    analysis.sample();
  }
  if (!analysis.sampleCount) return;
  measured.camera_luma = oneDecimal(analysis.luma);
  measured.camera_std = oneDecimal(analysis.std);
  measured.camera_moving = analysis.moving;
}

/**
 * @param {TestConnection} link
 * @param {QuickTest} quick
 * @param {import("./measurement/test_media.js").TestMedia} media
 * @param {Measured} measured
 * @param {import("./types.js").Limits} limits
 */
async function measureNetwork(link, { onProgress }, { tracks }, measured, limits) {
  onProgress(0.05);
  await link.open();
  onProgress(0.2);
  Object.assign(measured, await measurePings(link));
  Object.assign(measured, await link.flood(() => measureUpload(link, limits, measured.rtt_min_ms, BRIEF)));
  onProgress(0.35);
  Object.assign(measured, await link.flood(() => measureDownload(link, limits, measured.rtt_min_ms, BRIEF)));
  onProgress(0.5);
  if (!tracks.audio && !tracks.video) return;
  const isPictureSent = await link.sendMedia(tracks, mediaRates(measured));
  const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true, autoplay: true });
  video.srcObject = link.returned; // a browser may not decode a picture that is not shown
  if (isPictureSent) await nextFrame(link, FIRST_FRAME_MS);
  const seen = await measureMedia(link, { ...PLAN, onFigures: (_, share) => onProgress(0.6 + 0.4 * share) });
  Object.assign(measured, seen, tracks.video && !isPictureSent ? NO_PICTURE : {});
  video.srcObject = null;
}
