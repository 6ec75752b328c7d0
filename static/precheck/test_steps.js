// @ts-check
// Runs steps of the test in turn, and again where the person asks for it.

import { releaseTest, openTest, resumeTest, sendReportOnLeave, TestRequestError } from "./api.js";
import { RepeatRequests } from "./repeat_requests.js";
import { retryUntilDone } from "./retry.js";
import { stepsAfter } from "./step_queue.js";
import { checkCamera } from "./steps/camera.js";
import { checkMedia } from "./steps/media.js";
import { checkMicrophone } from "./steps/microphone.js";
import { checkPaths, showPathFromMedia } from "./steps/network_paths.js";
import { askPermissions } from "./steps/permissions.js";
import { checkSpeaker } from "./steps/speaker.js";
import { checkSocket } from "./steps/websocket.js";
import { ConnectionLost } from "./connection/test_connection.js";
import { reportOf } from "./record/test_record.js";
import { saveTest } from "./record/test_storage.js";

/**
 * @typedef {import("./test_run.js").TestContext} TestContext
 * @typedef {import("./step_queue.js").RepeatableRow} RepeatableRow
 */

/** @type {Record<RepeatableRow, (context: TestContext) => Promise<void>>} */
const STEPS = {
  permissions: askPermissions,
  camera: checkCamera,
  async microphone(context) {
    context.words = await checkMicrophone(context);
  },
  speaker: (context) => checkSpeaker(context, context.words ?? null),
  socket: checkSocket,
  async paths(context) {
    await checkPaths(context, await testPlace(context));
  },
  media: measureMedia,
};

/** @param {TestContext} context @param {readonly RepeatableRow[]} rows */
export async function runSteps(context, rows) {
  const repeats = new RepeatRequests(context.wizard);
  /** @type {RepeatableRow[]} */
  let asked = [];
  let queue = [...rows];
  for (let row = queue[0]; row; row = queue[0]) {
    if (asked.includes(row) || !reusesEarlierOutcome(context, row)) await STEPS[row](context);
    asked = [...asked.filter((other) => other !== row), ...repeats.take()];
    queue = stepsAfter(queue, asked, repeats.hasOutcome(row));
  }
}

/**
 * Whether a step that needs the person has a saved outcome of a continued test. Shows it with its time.
 * @param {TestContext} context
 * @param {RepeatableRow} row
 */
function reusesEarlierOutcome({ wizard, devices, record }, row) {
  const outcome = record.repeats ? undefined : record.pieces.voice?.rows[row];
  if (!outcome || !["good", "warn"].includes(outcome.state)) return false;
  if (row === "microphone" && devices.own.microphone?.getSettings().deviceId !== record.microphone) return false;
  wizard.showEarlierOutcome(row, outcome);
  return true;
}

/** Measure the network. If the connection breaks, the figures so far are kept for the report. @param {TestContext} context */
async function measureMedia(context) {
  const test = await testPlace(context);
  try {
    await checkMedia(context, test);
  } catch (problem) {
    if (!(problem instanceof TestRequestError) && !(problem instanceof ConnectionLost)) throw problem;
  } finally {
    showPathFromMedia(context);
  }
}

/** Return the place of this test in the test room; take a place first if there is none yet. @param {TestContext} context */
async function testPlace(context) {
  if (context.test) return context.test;
  const { wizard, measured, record } = context;
  wizard.showStep("paths", { calm: true });
  const test = await retryUntilDone(wizard, () => openOrResume(record));
  context.test = test;
  if (!record.repeats || !record.token) Object.assign(record, { token: test.token, code: test.code });
  if (!record.repeats) saveTest(record);
  addEventListener("pagehide", () => leaveTest(record, test.token));
  if (!measured.websocket_ok) await checkSocket(context); // the network may have been missing at that step
  return test;
}

/**
 * Resume the test on the server, or open a new test if it no longer takes media.
 * @param {import("./record/test_record.js").TestRecord} record
 */
async function openOrResume({ token, appointment }) {
  try {
    if (token) return await resumeTest(token);
  } catch (problem) {
    if (!(problem instanceof TestRequestError) || problem.reason !== "gone") throw problem;
  }
  return openTest(appointment);
}

/** @param {import("./record/test_record.js").TestRecord} record @param {string} place the token of the test that has the place */
function leaveTest(record, place) {
  if (!record.sent && !record.repeats && record.token) sendReportOnLeave(record.token, reportOf(record));
  releaseTest(place);
}
