// @ts-check
// The page of the connection test: runs the steps in order, saves each result, uploads the report.

import { canCall } from "../core/browser_support.js";
import { keepScreenOn } from "../core/wake_lock.js";
import { bindDevicePicker } from "../core/device_picker.js";
import { Devices } from "../core/media_devices.js";
import { fillSlot, queryAll, readJson, requireElement, setShown, onPress } from "../core/dom.js";
import { text } from "../core/i18n.js";
import { showDeviceErrors } from "../core/device_errors.js";
import { acquireTabLock } from "./tab_lock.js";
import { uploadReport } from "./report_upload.js";
import { showHistory } from "./result_history.js";
import { keepFinishedTest, saveTest, savedTests } from "./test_storage.js";
import { handleUnfinishedTests } from "./unfinished_tests.js";
import { STEP_ORDER, STEPS_OF_PART } from "./step_queue.js";
import { retryUntilDone } from "./retry.js";
import { newRecord, continueRecord, endRepeat, recordOutcome, repeatableTest, repeatRecord } from "./test_record.js";
import { TestRequestError } from "./api.js";
import { runSteps } from "./test_steps.js";
import { Wizard } from "./wizard.js";

/**
 * @typedef {import("./test_record.js").TestRecord} TestRecord
 *
 * @typedef {object} TestContext
 * @property {Wizard} wizard
 * @property {Devices} devices
 * @property {import("./types.js").Measured} measured
 * @property {import("./types.js").PageFacts} page
 * @property {TestRecord} record
 * @property {import("./types.js").Test} [test] the place in the test room, once there is one
 * @property {Blob | null} [words] the recorded voice
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
  const run = (/** @type {TestContext} */ test, /** @type {(test: TestContext) => Promise<void>} */ work) =>
    void work(test).catch((problem) => showUnexpectedError(test, problem));
  const earlier = page.repeat ? repeatableTest(savedTests(), page) : undefined;
  if (earlier) {
    const repeated = { ...context, record: repeatRecord(earlier, page.repeat) };
    showOutcomes(repeated);
    onPress(root, "begin", () => run(repeated, repeatPart));
  } else {
    if (page.repeat) showWholeTest(root);
    onPress(root, "begin", () => run(context, runTest));
    const continueTest = (/** @type {TestRecord} */ record) => {
      const unfinished = { ...context, record, measured: continueRecord(record) };
      run(unfinished, record.done ? finishTest : runTest);
    };
    void handleUnfinishedTests(context.wizard, page, continueTest);
  }
  addEventListener("pageshow", (event) => event.persisted && location.reload()); // restored from the back/forward cache: start anew
}

/** Say that the whole test is made, as this device does not have the other parts. @param {HTMLElement} root */
function showWholeTest(root) {
  setShown(root, "[data-notice=elsewhere]", true);
  fillSlot(root, "title", text("title_whole"));
  fillSlot(root, "lead", text("lead_whole"));
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
  void acquireTabLock(context.record.id);
  context.wizard.clearRows();
  await measure(context, STEP_ORDER);
  context.record.done = true;
  await finishTest(context);
}

/** Repeat a part of a finished test; its other parts stay as they are. @param {TestContext} context */
async function repeatPart(context) {
  await measure(context, STEPS_OF_PART[/** @type {import("./test_record.js").Part} */ (context.page.repeat)]);
  endRepeat(context.record);
  await finishTest(context);
}

/** @param {TestContext} context @param {readonly import("./step_queue.js").RepeatableRow[]} rows */
async function measure(context, rows) {
  const { wizard, devices, measured, record } = context;
  keepScreenOn();
  wizard.onOutcome = (row, state, key) => recordOutcome(record, measured, row, state, key);
  measured.link = /** @type {any} */ (navigator).connection?.type;
  wizard.setRow("browser", "good", "row_browser_good", false);
  await runSteps(context, rows);
  devices.stop();
}

/** Show the outcomes of the parts that stay as they are. @param {TestContext} context */
function showOutcomes({ wizard, page, record }) {
  for (const [part, { rows }] of Object.entries(record.pieces)) {
    if (part === page.repeat) continue;
    for (const [row, outcome] of Object.entries(rows)) wizard.showEarlierOutcome(/** @type {import("./types.js").Row} */ (row), outcome);
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
  for (const test of savedTests()) if (test.results === record.results && !test.done) saveTest({ ...test, over: true });
  keepFinishedTest(record);
  const key = record.appointment ? encodeURIComponent(record.code ?? "") : record.token;
  const query = page.previous && !page.repeat ? `?with=${encodeURIComponent(page.previous)}` : "";
  location.replace(`${record.results}${key}${query}`);
}

/** @param {HTMLElement} root @param {Devices} devices */
function showOwnVideo(root, devices) {
  const videos = /** @type {HTMLVideoElement[]} */ (queryAll(root, "[data-mirror]"));
  devices.on("tracks", ({ video }) => {
    for (const element of videos) element.srcObject = video ? new MediaStream([video]) : null;
  });
}
