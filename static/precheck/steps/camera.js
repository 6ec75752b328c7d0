// @ts-check
// Step: shows the camera picture and checks brightness and motion.

import { requireElement } from "../../core/dom.js";
import { text } from "../../core/i18n.js";
import { oneDecimal } from "../measurement/connection_figures.js";
import { PictureAnalysis } from "../picture_analysis.js";
import { sleep } from "../wizard.js";

const SAMPLE_MS = 100;
const MIN_SAMPLES = 15; // 1.5 s: the exposure has settled and the person has seen the picture
const SHOW_RESULT_MS = 900; // time to read the outcome
const GRADES = /** @type {const} */ ({ good: "green", black: "amber", dark: "amber", flat: "amber", frozen: "amber", none: "red" });
const STATES = /** @type {const} */ ({ green: "good", amber: "warn", red: "bad" });

/** @param {import("../test_run.js").TestContext} context */
export async function checkCamera({ wizard, devices, measured }) {
  if (!devices.own.camera) return wizard.setRow("camera", "bad", devices.state.camera === "denied" ? "row_denied" : "row_camera_none");
  wizard.showStep("camera", { calm: true });
  const video = /** @type {HTMLVideoElement} */ (requireElement(wizard.root, "[data-mirror]"));
  let choice = "";
  void wizard.nextPress("go-on", "repeat").then((name) => (choice = name));
  const picture = await analyzePicture(wizard, devices, video, () => choice !== "");
  if (choice === "repeat") return;
  measured.camera_luma = oneDecimal(picture.luma);
  measured.camera_std = oneDecimal(picture.std);
  measured.camera_moving = picture.moving;
  const grade = GRADES[picture.state];
  wizard.showChip("camera", grade, `row_camera_${picture.state}`);
  wizard.setRow("camera", STATES[grade], `row_camera_${picture.state}`);
  if (!choice) await sleep(SHOW_RESULT_MS);
}

/**
 * Analyse the picture until it is good or the person goes on.
 * @param {import("../wizard.js").Wizard} wizard
 * @param {import("../../core/media/media_devices.js").Devices} devices
 * @param {HTMLVideoElement} video
 * @param {() => boolean} hasLeft
 */
async function analyzePicture(wizard, devices, video, hasLeft) {
  let picture = new PictureAnalysis(video);
  let track = devices.own.camera;
  for (let turn = 1; !hasLeft(); turn += 1) {
    if (track !== devices.own.camera) [picture, track] = [new PictureAnalysis(video), devices.own.camera];
    await sleep(SAMPLE_MS);
    picture.sample();
    if (turn < MIN_SAMPLES) continue;
    if (picture.state === "good") break;
    wizard.showChip("camera", GRADES[picture.state], `row_camera_${picture.state}`);
    wizard.showHelp(text(`camera_${picture.state}`), text(`camera_${picture.state}_help`));
  }
  return picture;
}
