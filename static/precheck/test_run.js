// @ts-check
// Runs the steps of the connection test in order, saves each result, uploads the report. Loaded when a test starts.

import { keepScreenOn } from "../core/wake_lock.js";
import { acquireTabLock } from "./record/tab_lock.js";
import { uploadReport } from "./record/report_upload.js";
import { keepFinishedTest, saveTest, savedTests } from "./record/test_storage.js";
import { STEP_ORDER, STEPS_OF_PART } from "./step_queue.js";
import { retryUntilDone } from "./retry.js";
import { continueRecord, endRepeat, recordOutcome } from "./record/record_drafts.js";
import { TestRequestError } from "./api.js";
import { runSteps } from "./test_steps.js";

/**
 * @typedef {object} TestStart what the start page hands over
 * @property {import("./wizard.js").Wizard} wizard
 * @property {import("../core/media/media_devices.js").Devices} devices
 * @property {import("./types.js").PageFacts} page
 * @property {import("./record/test_record.js").TestRecord} record new, or of a test that is continued or repeated in part
 *
 * @typedef {object} TestProgress
 * @property {import("./types.js").Measured} measured
 * @property {import("./types.js").Test} [test] the place in the test room, once the test has a place
 * @property {Blob | null} [words] the recorded voice
 *
 * @typedef {TestStart & TestProgress} TestContext
 */

/** Run the test, or what is left of it. @param {TestStart} start */
export async function runTest(start) {
  const { record } = start;
  const context = { ...start, measured: record.repeats ? {} : continueRecord(record) };
  try {
    if (record.repeats) await repeatPart(context, record.repeats);
    else if (record.done) await finishTest(context);
    else await runWholeTest(context);
  } catch (problem) {
    await showUnexpectedError(context, problem);
  }
}

/** Show an unexpected error; the person can start again. @param {TestContext} context @param {unknown} problem */
async function showUnexpectedError({ wizard }, problem) {
  console.error(problem);
  wizard.showStep("wait", { words: "down" });
  await wizard.nextPress("try-now");
  location.reload();
}

/** @param {TestContext} context */
async function runWholeTest(context) {
  void acquireTabLock(context.record.id);
  context.wizard.clearRows();
  await measure(context, STEP_ORDER);
  context.record.done = true;
  await finishTest(context);
}

/** Repeat a part of a finished test; its other parts stay as they are. @param {TestContext} context @param {import("./record/test_record.js").Part} part */
async function repeatPart(context, part) {
  await measure(context, STEPS_OF_PART[part]);
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
