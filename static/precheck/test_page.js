// @ts-check
// The start page of the connection test. What measures, two thirds of all its scripts, loads at the press that starts.

import { canCall } from "../core/browser_support.js";
import { bindDevicePicker } from "../core/media/device_picker.js";
import { loadLazyPart } from "../core/lazy_part.js";
import { Devices } from "../core/media/media_devices.js";
import { fillSlot, queryAll, readJson, requireElement, setShown, onPress } from "../core/dom.js";
import { text } from "../core/i18n.js";
import { showDeviceErrors } from "../core/media/device_errors.js";
import { showHistory } from "./record/result_history.js";
import { savedTests } from "./record/test_storage.js";
import { handleUnfinishedTests } from "./record/unfinished_tests.js";
import { newRecord, repeatableTest, repeatRecord } from "./record/test_record.js";
import { Wizard } from "./wizard.js";

/** @typedef {import("./record/test_record.js").TestRecord} TestRecord */

/** @param {HTMLElement} root */
export default function start(root) {
  const page = readJson("test");
  const wizard = new Wizard(root);
  const devices = new Devices();
  showDeviceErrors(root, devices);
  showHistory(root);
  const audio = /** @type {any} */ (requireElement(root, "[data-voice]"));
  bindDevicePicker(root, devices, (speaker) => void audio.setSinkId?.(speaker).catch(() => undefined));
  showOwnVideo(root, devices);
  setShown(root, "[data-begin]", canCall());

  /** Run a test. Returns whether its scripts loaded. @param {TestRecord} record @param {HTMLElement} control */
  async function run(record, control) {
    const part = await loadLazyPart(() => import("./test_run.js"), control);
    void part?.runTest({ wizard, devices, page, record });
    return Boolean(part);
  }

  const earlier = page.repeat ? repeatableTest(savedTests(), page) : undefined;
  const record = earlier ? repeatRecord(earlier, page.repeat) : newRecord(page);
  onPress(root, "begin", (button) => void run(record, button));
  if (earlier) showOutcomes(wizard, record);
  else {
    if (page.repeat) showWholeTest(root);
    void handleUnfinishedTests(wizard, page, run);
  }
  addEventListener("pageshow", (event) => event.persisted && location.reload()); // restored from the back/forward cache: start anew
}

/** Say that the whole test is made, as this device does not have the other parts. @param {HTMLElement} root */
function showWholeTest(root) {
  setShown(root, "[data-notice=elsewhere]", true);
  fillSlot(root, "title", text("title_whole"));
  fillSlot(root, "lead", text("lead_whole"));
}

/** Show the outcomes of the parts that stay as they are. @param {Wizard} wizard @param {TestRecord} record */
function showOutcomes(wizard, record) {
  for (const [part, { rows }] of Object.entries(record.pieces)) {
    if (part === record.repeats) continue;
    for (const [row, outcome] of Object.entries(rows)) wizard.showEarlierOutcome(/** @type {import("./types.js").Row} */ (row), outcome);
  }
}

/** @param {HTMLElement} root @param {Devices} devices */
function showOwnVideo(root, devices) {
  const videos = /** @type {HTMLVideoElement[]} */ (queryAll(root, "[data-mirror]"));
  devices.on("tracks", ({ video }) => {
    for (const element of videos) element.srcObject = video ? new MediaStream([video]) : null;
  });
}
