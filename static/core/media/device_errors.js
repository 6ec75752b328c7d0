// @ts-check
// Notices about camera, microphone and browser: opened inside another app, too old, device denied, busy or missing.

import { permissionHelpKey, canCall } from "../browser_support.js";
import { fillSlot, setShown, onPress } from "../dom.js";
import { text } from "../i18n.js";
import { showInAppWarning } from "../in_app_browser.js";

/**
 * Show a notice while a device or the browser has a problem.
 * @param {HTMLElement} root
 * @param {import("./media_devices.js").Devices} devices
 */
export function showDeviceErrors(root, devices) {
  showInAppWarning(root);
  setShown(root, '[data-notice="old"]', !canCall());
  onPress(root, "try-devices", () => void devices.retry());
  devices.on("change", (state) => {
    const [title, help] = deviceError(state);
    setShown(root, '[data-notice="devices"]', Boolean(title) && canCall());
    fillSlot(root, "devices_title", title);
    fillSlot(root, "devices_help", help);
  });
}

/**
 * Return the problem and the advice, both empty without a problem.
 * @param {import("./media_devices.js").State} state
 * @returns {[string, string]}
 */
export function deviceError({ camera, microphone }) {
  if (camera === "denied" && microphone === "denied") return [text("both_denied"), deniedHelp()];
  for (const [kind, source] of /** @type {const} */ ([["microphone", microphone], ["camera", camera]])) {
    if (source === "denied") return [text(`${kind}_denied`), deniedHelp()];
    if (source === "busy") return [text(`${kind}_busy`), text("busy_help")];
    if (source === "missing") return [text(`${kind}_missing`), text("missing_help")];
  }
  return ["", ""];
}

const deniedHelp = () => `${text(permissionHelpKey())} ${text("denied_go_on")}`;
