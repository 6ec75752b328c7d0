// @ts-check
// The test from its start to its report: one step after another, each of which keeps what it measured.

import { canCall } from "../core/browser_support.js";
import { stayAwake } from "../core/wake_lock.js";
import { offerChoices } from "../core/device_picker.js";
import { Devices } from "../core/media_devices.js";
import { all, facts, must, show, whenPressed } from "../core/dom.js";
import { showTrouble } from "../core/device_errors.js";
import { haveAlone } from "./tab_lock.js";
import { checkCamera } from "./steps/camera.js";
import { deliver } from "./report_upload.js";
import { showHistory } from "./result_history.js";
import { keepTest, keptTests } from "./test_storage.js";
import { takeUp } from "./unfinished_tests.js";
import { LinkLost } from "./test_connection.js";
import { checkMedia } from "./steps/media.js";
import { checkMicrophone } from "./steps/microphone.js";
import { checkPaths, tellPath } from "./steps/network_paths.js";
import { patiently } from "./retry.js";
import { askPermissions } from "./steps/permissions.js";
import { begin, forget, goOn, note, reportOf } from "./test_record.js";
import { Problem, openTest, release, reportLeaving, resume } from "./api.js";
import { checkSocket } from "./steps/websocket.js";
import { checkSpeaker } from "./steps/speaker.js";
import { Wizard } from "./wizard.js";

/**
 * @typedef {object} Parts
 * @property {Wizard} wizard
 * @property {Devices} devices
 * @property {import("./types.js").Measured} measured
 * @property {import("./types.js").PageFacts} page
 * @property {import("./test_record.js").Kept} kept
 */

/** @param {HTMLElement} root */
export default function start(root) {
  const page = facts("test");
  const parts = { wizard: new Wizard(root), devices: new Devices(), measured: {}, page, kept: begin(page) };
  showTrouble(root, parts.devices);
  showHistory(root);
  const audio = /** @type {any} */ (must(root, "[data-voice]"));
  offerChoices(root, parts.devices, (speaker) => void audio.setSinkId?.(speaker).catch(() => undefined));
  showMirror(root, parts.devices);
  show(root, "[data-begin]", canCall());
  whenPressed(root, "begin", () => void run(parts).catch((problem) => apologize(parts, problem)));
  const again = (/** @type {import("./test_record.js").Kept} */ kept) => {
    const left = { ...parts, kept, measured: goOn(kept) };
    void (kept.done ? send(left) : run(left)).catch((problem) => apologize(left, problem));
  };
  void takeUp(parts.wizard, page, again);
  addEventListener("pageshow", (event) => event.persisted && location.reload()); // back from elsewhere: a new test
}

/** What no step foresaw: the person may begin again. @param {Parts} parts @param {unknown} problem */
async function apologize({ wizard }, problem) {
  console.error(problem);
  wizard.go("wait", { words: "down" });
  await wizard.pressed("try-now");
  location.reload();
}

/** @param {Parts} parts */
async function run(parts) {
  const { wizard, devices, measured, kept } = parts;
  stayAwake();
  wizard.blank();
  void haveAlone(kept.id);
  wizard.noted = (row, state, key) => note(kept, measured, row, state, key);
  measured.link = /** @type {any} */ (navigator).connection?.type;
  wizard.row("browser", "good", "row_browser_good", false);
  await askPermissions(parts);
  await checkCamera(parts);
  const words = carries(parts, "microphone") ? null : await checkMicrophone(parts);
  if (!carries(parts, "speaker")) await checkSpeaker(parts, words);
  await checkSocket(parts);
  wizard.go("paths", { calm: true });
  const test = await patiently(wizard, () => opened(kept));
  Object.assign(kept, { token: test.token, code: test.code });
  keepTest(kept);
  addEventListener("pagehide", () => leave(kept));
  if (!measured.websocket_ok) await checkSocket(parts); // the network may have been away, and is here now
  await measure(parts, test);
  devices.stop();
  kept.done = true;
  await send(parts);
}

/** Whether a step that asks the person is as it was when they went away. It stays, with its time. @param {Parts} parts @param {"microphone" | "speaker"} row */
function carries({ wizard, devices, kept }, row) {
  const outcome = kept.pieces.voice?.rows[row];
  if (!outcome || !["good", "warn"].includes(outcome.state)) return false;
  if (row === "microphone" && devices.own.microphone?.getSettings().deviceId !== kept.microphone) return false;
  wizard.earlier(row, outcome);
  return true;
}

/** The office's side of the test: the one that was left, while it takes media; else a new one. @param {import("./test_record.js").Kept} kept */
async function opened({ token, appointment }) {
  try {
    if (token) return await resume(token);
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.why !== "gone") throw problem;
  }
  return openTest(appointment);
}

/** @param {import("./test_record.js").Kept} kept */
function leave(kept) {
  if (!kept.token) return;
  if (!kept.sent) reportLeaving(kept.token, reportOf(kept));
  release(kept.token);
}

/** Whatever happens to the network, what was measured until then is reported. @param {Parts} parts @param {import("./types.js").Test} test */
async function measure(parts, test) {
  try {
    await checkPaths(parts, test);
    await checkMedia(parts, test);
  } catch (problem) {
    if (!(problem instanceof Problem) && !(problem instanceof LinkLost)) throw problem;
  } finally {
    tellPath(parts);
  }
}

/** @param {Parts} parts */
async function send({ wizard, page, kept }) {
  keepTest(kept);
  wizard.go("send", { calm: true });
  try {
    await patiently(wizard, () => deliver(kept));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    keepTest({ ...kept, refused: true });
    return location.reload(); // the page says so, and offers another test
  }
  forget(kept);
  for (const one of keptTests()) if (one.results === kept.results) keepTest({ ...one, over: true });
  const key = kept.appointment ? encodeURIComponent(kept.code ?? "") : kept.token;
  const query = page.previous ? `?with=${encodeURIComponent(page.previous)}` : "";
  location.replace(`${kept.results}${key}${query}`);
}

/** @param {HTMLElement} root @param {Devices} devices */
function showMirror(root, devices) {
  const videos = /** @type {HTMLVideoElement[]} */ (all(root, "[data-mirror]"));
  devices.on("tracks", ({ video }) => {
    for (const one of videos) one.srcObject = video ? new MediaStream([video]) : null;
  });
}
