// @ts-check
// Step: the browser asks for camera and microphone. A refusal, a missing or a busy device says what to do.

import { trouble } from "../../core/device_errors.js";

/** @typedef {import("../../core/media_sources.js").State} State */

/** @param {import("../test_page.js").Parts} parts */
export async function askPermissions({ wizard, devices, measured }) {
  wizard.go("permissions");
  await devices.start();
  while (trouble(devices.state)[0]) {
    wizard.go("permissions", { words: "permissions_trouble" }); // the browser asks no more
    wizard.help(...trouble(devices.state));
    if ((await wizard.pressed("retry", "go-on")) === "go-on") break;
    await devices.retry();
  }
  wizard.hideHelp();
  const { state } = devices;
  measured.permissions = granted(state);
  measured.devices = { ...measured.devices, ...present("camera", state), ...present("microphone", state) };
  const outcome = outcomeOf(state);
  wizard.row("permissions", outcome === "both" ? "good" : "bad", `row_permissions_${outcome}`);
}

/** @param {State} state @returns {"granted" | "denied" | "unavailable"} */
function granted({ camera, microphone }) {
  if (camera === "denied" || microphone === "denied") return "denied";
  return camera === "on" && microphone === "on" ? "granted" : "unavailable";
}

/** A device that was refused is neither there nor missing: nobody looked. @param {"camera" | "microphone"} kind @param {State} state */
function present(kind, state) {
  if (state[kind] === "denied") return {};
  return { [kind]: state[kind] !== "missing" };
}

/** @param {State} state */
function outcomeOf({ camera, microphone }) {
  if (camera === "on" && microphone === "on") return "both";
  if (camera === "on") return "camera";
  if (microphone === "on") return "microphone";
  return camera === "denied" || microphone === "denied" ? "denied" : "none";
}
