// @ts-check
// Step: the browser asks for camera and microphone. Shows advice if a device is denied, missing or busy.

import { deviceError } from "../../core/media/device_errors.js";

/** @typedef {import("../../core/media/media_sources.js").State} State */

/** @param {import("../test_run.js").TestContext} context */
export async function askPermissions({ wizard, devices, measured }) {
  wizard.showStep("permissions");
  await devices.start();
  while (deviceError(devices.state)[0]) {
    wizard.showStep("permissions", { words: "permissions_trouble" }); // the browser's prompt is closed
    wizard.showHelp(...deviceError(devices.state));
    if ((await wizard.nextPress("retry", "go-on", "repeat")) !== "retry") break;
    await devices.retry();
  }
  wizard.hideHelp();
  const { state } = devices;
  measured.permissions = permissionState(state);
  measured.devices = { ...measured.devices, ...devicePresence("camera", state), ...devicePresence("microphone", state) };
  const outcome = outcomeOf(state);
  wizard.setRow("permissions", outcome === "both" ? "good" : "bad", `row_permissions_${outcome}`);
}

/** @param {State} state @returns {"granted" | "denied" | "unavailable"} */
export function permissionState({ camera, microphone }) {
  if (camera === "denied" || microphone === "denied") return "denied";
  return camera === "on" && microphone === "on" ? "granted" : "unavailable";
}

/**
 * Return whether a device exists; undefined for a denied device, since its existence is unknown.
 * @param {"camera" | "microphone"} kind
 * @param {State} state
 */
export function devicePresence(kind, state) {
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
