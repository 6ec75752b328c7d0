// @ts-check
// Step: the person sees themselves, and we look whether there is light and movement.

import { must } from "../../core/dom.js";
import { text } from "../../core/i18n.js";
import { Picture } from "../picture_analysis.js";
import { pause } from "../wizard.js";

const LOOK_MS = 100;
const LOOKS = 15; // a second and a half: a lamp has settled, and the person has seen the picture
const SEEN_MS = 900; // long enough to read what came out
const GRADES = /** @type {const} */ ({ good: "green", dark: "amber", flat: "amber", frozen: "amber", none: "red" });
const STATES = /** @type {const} */ ({ green: "good", amber: "warn", red: "bad" });

/** @param {import("../test_page.js").Parts} parts */
export async function checkCamera({ wizard, devices, measured }) {
  if (!devices.own.camera) return wizard.row("camera", "bad", devices.state.camera === "denied" ? "row_denied" : "row_camera_none");
  wizard.go("camera", { calm: true });
  const video = /** @type {HTMLVideoElement} */ (must(wizard.root, "[data-mirror]"));
  let left = false;
  void wizard.pressed("go-on").then(() => (left = true));
  const picture = await watch(wizard, devices, video, () => left);
  measured.camera_luma = Math.round(picture.luma * 10) / 10;
  measured.camera_std = Math.round(picture.std * 10) / 10;
  measured.camera_moving = picture.moving;
  const grade = GRADES[picture.sight];
  wizard.chip("camera", grade, `row_camera_${picture.sight}`);
  wizard.row("camera", STATES[grade], `row_camera_${picture.sight}`);
  if (!left) await pause(SEEN_MS);
}

/**
 * Look until all is well, or until the person goes on as it is.
 * @param {import("../wizard.js").Wizard} wizard
 * @param {import("../../core/media_devices.js").Devices} devices
 * @param {HTMLVideoElement} video
 * @param {() => boolean} hasLeft
 */
async function watch(wizard, devices, video, hasLeft) {
  let picture = new Picture(video);
  let track = devices.own.camera;
  for (let turn = 1; !hasLeft(); turn += 1) {
    if (track !== devices.own.camera) [picture, track] = [new Picture(video), devices.own.camera];
    await pause(LOOK_MS);
    picture.look();
    if (turn < LOOKS) continue;
    if (picture.sight === "good") break;
    wizard.chip("camera", GRADES[picture.sight], `row_camera_${picture.sight}`);
    wizard.help(text(`camera_${picture.sight}`), text(`camera_${picture.sight}_help`));
  }
  return picture;
}
