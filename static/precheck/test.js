// @ts-check
// The test from its start to its report: one step after another, each of which keeps what it measured.

import { canCall } from "../core/browser.js";
import { stayAwake } from "../core/awake.js";
import { offerChoices } from "../core/choices.js";
import { Devices } from "../core/devices.js";
import { all, facts, must, show, whenPressed } from "../core/page.js";
import { showTrouble } from "../core/trouble.js";
import { checkCamera } from "./camera.js";
import { showHistory } from "./history.js";
import { forgetPending, keepPending, pending } from "./keep.js";
import { LinkLost } from "./link.js";
import { checkMedia } from "./media.js";
import { checkMicrophone } from "./microphone.js";
import { checkPaths, tellPath } from "./paths.js";
import { patiently } from "./patience.js";
import { askPermissions } from "./permissions.js";
import { Problem, openTest, release, report } from "./server.js";
import { checkSocket } from "./socket.js";
import { checkSpeaker } from "./speaker.js";
import { Wizard } from "./wizard.js";

/**
 * @typedef {object} Parts
 * @property {Wizard} wizard
 * @property {Devices} devices
 * @property {import("./types.js").Measured} measured
 * @property {import("./types.js").PageFacts} page
 */

/** @param {HTMLElement} root */
export default function start(root) {
  const parts = { wizard: new Wizard(root), devices: new Devices(), measured: {}, page: facts("test") };
  showTrouble(root, parts.devices);
  showHistory(root);
  const audio = /** @type {any} */ (must(root, "[data-voice]"));
  offerChoices(root, parts.devices, (speaker) => void audio.setSinkId?.(speaker).catch(() => undefined));
  showMirror(root, parts.devices);
  show(root, "[data-begin]", canCall());
  const left = pending();
  if (left) void send(parts, left);
  else whenPressed(root, "begin", () => void run(parts).catch((problem) => apologize(parts, problem)));
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
  const { wizard, devices, measured, page } = parts;
  stayAwake();
  measured.link = /** @type {any} */ (navigator).connection?.type;
  wizard.row("browser", "good", "row_browser_good", false);
  await askPermissions(parts);
  await checkCamera(parts);
  await checkSpeaker(parts, await checkMicrophone(parts));
  await checkSocket(parts);
  wizard.go("paths", { calm: true });
  const test = await patiently(wizard, () => openTest(page.appointment));
  addEventListener("pagehide", () => release(test.token));
  const key = page.appointment ? encodeURIComponent(test.code) : test.token;
  const query = page.previous ? `?with=${encodeURIComponent(page.previous)}` : "";
  await measure(parts, test);
  devices.stop();
  await send(parts, { token: test.token, code: test.code, measured, page: `${page.results}${key}${query}` });
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

/** @param {Parts} parts @param {import("./keep.js").Pending} left */
async function send({ wizard }, left) {
  keepPending(left);
  wizard.go("send", { calm: true });
  try {
    await patiently(wizard, () => report(left.token, left.measured));
  } catch (problem) {
    forgetPending();
    if (!(problem instanceof Problem)) throw problem;
    return location.reload(); // too late for this one: from the beginning
  }
  forgetPending();
  location.replace(left.page);
}

/** @param {HTMLElement} root @param {Devices} devices */
function showMirror(root, devices) {
  const videos = /** @type {HTMLVideoElement[]} */ (all(root, "[data-mirror]"));
  devices.on("tracks", ({ video }) => {
    for (const one of videos) one.srcObject = video ? new MediaStream([video]) : null;
  });
}
