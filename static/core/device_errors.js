// @ts-check
// What keeps one from being seen or heard, in words: another app's window, an old browser, a refused or busy device.

import { allowAdvice, canCall, isInApp } from "./browser_support.js";
import { fill, show, whenPressed } from "./dom.js";
import { text } from "./i18n.js";

/** @param {HTMLElement} root @param {import("./media_devices.js").Devices} devices */
export function showTrouble(root, devices) {
  showBrowser(root);
  whenPressed(root, "try-devices", () => void devices.retry());
  devices.on("change", (state) => {
    const [title, help] = trouble(state);
    show(root, '[data-notice="devices"]', Boolean(title) && canCall());
    fill(root, "devices_title", title);
    fill(root, "devices_help", help);
  });
}

/** @param {HTMLElement} root */
function showBrowser(root) {
  show(root, '[data-notice="in_app"]', isInApp());
  show(root, '[data-notice="old"]', !canCall());
  whenPressed(root, "copy-link", () => {
    const copied = navigator.clipboard?.writeText(location.href);
    void copied?.then(() => show(root, '[data-slot="copied"]', true));
  });
}

/** @param {import("./media_devices.js").State} state @returns {[string, string]} what is wrong, what to do */
export function trouble({ camera, microphone }) {
  if (camera === "denied" && microphone === "denied") return [text("both_denied"), denied()];
  for (const [kind, source] of /** @type {const} */ ([["microphone", microphone], ["camera", camera]])) {
    if (source === "denied") return [text(`${kind}_denied`), denied()];
    if (source === "busy") return [text(`${kind}_busy`), text("busy_help")];
    if (source === "missing") return [text(`${kind}_missing`), text("missing_help")];
  }
  return ["", ""];
}

const denied = () => `${text(allowAdvice())} ${text("denied_go_on")}`;
