// @ts-check
// The page of the connection test: runs the steps in order, saves each result, uploads the report.

import { canCall } from "../core/browser_support.js";
import { keepScreenOn } from "../core/wake_lock.js";
import { bindDevicePicker } from "../core/device_picker.js";
import { Devices } from "../core/media_devices.js";
import { queryAll, readJson, requireElement, setShown, onPress } from "../core/dom.js";
import { showDeviceErrors } from "../core/device_errors.js";
import { acquireTabLock } from "./tab_lock.js";
import { checkCamera } from "./steps/camera.js";
import { uploadReport } from "./report_upload.js";
import { showHistory } from "./result_history.js";
import { saveTest, savedTests } from "./test_storage.js";
import { handleUnfinishedTests } from "./unfinished_tests.js";
import { ConnectionLost } from "./test_connection.js";
import { checkMedia } from "./steps/media.js";
import { checkMicrophone } from "./steps/microphone.js";
import { checkPaths, showPathFromMedia } from "./steps/network_paths.js";
import { retryUntilDone } from "./retry.js";
import { askPermissions } from "./steps/permissions.js";
import { newRecord, removeRecord, continueRecord, recordOutcome, reportOf } from "./test_record.js";
import { TestRequestError, openTest, releaseTest, sendReportOnLeave, resumeTest } from "./api.js";
import { checkSocket } from "./steps/websocket.js";
import { checkSpeaker } from "./steps/speaker.js";
import { Wizard } from "./wizard.js";

/**
 * @typedef {object} TestContext
 * @property {Wizard} wizard
 * @property {Devices} devices
 * @property {import("./types.js").Measured} measured
 * @property {import("./types.js").PageFacts} page
 * @property {import("./test_record.js").TestRecord} record
 */

/** @param {HTMLElement} root */
export default function start(root) {
  const page = readJson("test");
  const context = { wizard: new Wizard(root), devices: new Devices(), measured: {}, page, record: newRecord(page) };
  showDeviceErrors(root, context.devices);
  showHistory(root);
  const audio = /** @type {any} */ (requireElement(root, "[data-voice]"));
  bindDevicePicker(root, context.devices, (speaker) => void audio.setSinkId?.(speaker).catch(() => undefined));
  showOwnVideo(root, context.devices);
  setShown(root, "[data-begin]", canCall());
  onPress(root, "begin", () => void runTest(context).catch((problem) => showUnexpectedError(context, problem)));
  const continueTest = (/** @type {import("./test_record.js").TestRecord} */ record) => {
    const unfinished = { ...context, record, measured: continueRecord(record) };
    void (record.done ? finishTest(unfinished) : runTest(unfinished)).catch((problem) => showUnexpectedError(unfinished, problem));
  };
  void handleUnfinishedTests(context.wizard, page, continueTest);
  addEventListener("pageshow", (event) => event.persisted && location.reload()); // restored from the back/forward cache: start anew
}

/** Show an unexpected error; the person can start again. @param {TestContext} context @param {unknown} problem */
async function showUnexpectedError({ wizard }, problem) {
  console.error(problem);
  wizard.showStep("wait", { words: "down" });
  await wizard.nextPress("try-now");
  location.reload();
}

/** @param {TestContext} context */
async function runTest(context) {
  const { wizard, devices, measured, record } = context;
  keepScreenOn();
  wizard.clearRows();
  void acquireTabLock(record.id);
  wizard.onOutcome = (row, state, key) => recordOutcome(record, measured, row, state, key);
  measured.link = /** @type {any} */ (navigator).connection?.type;
  wizard.setRow("browser", "good", "row_browser_good", false);
  await askPermissions(context);
  await checkCamera(context);
  const words = reusesEarlierOutcome(context, "microphone") ? null : await checkMicrophone(context);
  if (!reusesEarlierOutcome(context, "speaker")) await checkSpeaker(context, words);
  await checkSocket(context);
  wizard.showStep("paths", { calm: true });
  const test = await retryUntilDone(wizard, () => openOrResume(record));
  Object.assign(record, { token: test.token, code: test.code });
  saveTest(record);
  addEventListener("pagehide", () => leaveTest(record));
  if (!measured.websocket_ok) await checkSocket(context); // the network may have been missing at that step
  await measure(context, test);
  devices.stop();
  record.done = true;
  await finishTest(context);
}

/**
 * Whether a step that needs the person has a saved outcome. Shows it with its time.
 * @param {TestContext} context
 * @param {"microphone" | "speaker"} row
 */
function reusesEarlierOutcome({ wizard, devices, record }, row) {
  const outcome = record.pieces.voice?.rows[row];
  if (!outcome || !["good", "warn"].includes(outcome.state)) return false;
  if (row === "microphone" && devices.own.microphone?.getSettings().deviceId !== record.microphone) return false;
  wizard.showEarlierOutcome(row, outcome);
  return true;
}

/**
 * Resume the unfinished test on the server, or open a new one if that is over.
 * @param {import("./test_record.js").TestRecord} record
 */
async function openOrResume({ token, appointment }) {
  try {
    if (token) return await resumeTest(token);
  } catch (problem) {
    if (!(problem instanceof TestRequestError) || problem.reason !== "gone") throw problem;
  }
  return openTest(appointment);
}

/** @param {import("./test_record.js").TestRecord} record */
function leaveTest(record) {
  if (!record.token) return;
  if (!record.sent) sendReportOnLeave(record.token, reportOf(record));
  releaseTest(record.token);
}

/**
 * Measure the network. If the connection breaks, the figures so far are kept for the report.
 * @param {TestContext} context
 * @param {import("./types.js").Test} test
 */
async function measure(context, test) {
  try {
    await checkPaths(context, test);
    await checkMedia(context, test);
  } catch (problem) {
    if (!(problem instanceof TestRequestError) && !(problem instanceof ConnectionLost)) throw problem;
  } finally {
    showPathFromMedia(context);
  }
}

/** @param {TestContext} context */
async function finishTest({ wizard, page, record }) {
  saveTest(record);
  wizard.showStep("send", { calm: true });
  try {
    await retryUntilDone(wizard, () => uploadReport(record));
  } catch (problem) {
    if (!(problem instanceof TestRequestError)) throw problem;
    saveTest({ ...record, refused: true });
    return location.reload(); // the reloaded page explains it and offers a new test
  }
  removeRecord(record);
  for (const test of savedTests()) if (test.results === record.results) saveTest({ ...test, over: true });
  const key = record.appointment ? encodeURIComponent(record.code ?? "") : record.token;
  const query = page.previous ? `?with=${encodeURIComponent(page.previous)}` : "";
  location.replace(`${record.results}${key}${query}`);
}

/** @param {HTMLElement} root @param {Devices} devices */
function showOwnVideo(root, devices) {
  const videos = /** @type {HTMLVideoElement[]} */ (queryAll(root, "[data-mirror]"));
  devices.on("tracks", ({ video }) => {
    for (const element of videos) element.srcObject = video ? new MediaStream([video]) : null;
  });
}
