// @ts-check
// Before the call: one's own picture, the switches, and what to do when the browser or another program says no.

import { text } from "../core/texts.js";
import { allowAdvice, canCall, isInApp } from "../core/browser.js";
import { canBlur, isBlurred, toggleBlur } from "../core/capture.js";
import { all, fill, show, whenPressed } from "../core/page.js";

/** @typedef {import("../core/devices.js").Devices} Devices */

/** Your own picture wherever the page has a place for it. @param {HTMLElement} root @param {Devices} devices */
export function showMirror(root, devices) {
  const videos = /** @type {HTMLVideoElement[]} */ (all(root, "[data-mirror], [data-self] video"));
  devices.on("tracks", ({ video }) => {
    for (const one of videos) {
      const shown = /** @type {MediaStream | null} */ (one.srcObject)?.getVideoTracks()[0] ?? null;
      if (shown !== video) one.srcObject = video ? new MediaStream([video]) : null;
      one.classList.toggle("flat", devices.state.sharing); // a screen is not mirrored: it has text on it
    }
    show(root, "[data-self]", Boolean(video));
    show(root, '[data-slot="mirror_text"]', !video);
    if (!video) fill(root, "mirror_text", text(mirrorWords(devices.state)));
  });
}

/** What stands in place of the picture. @param {import("../core/devices.js").State} state */
function mirrorWords({ camera, microphone }) {
  if (camera === "starting") return "mirror_starting";
  return microphone === "on" ? "mirror_off" : "mirror_silent";
}

/** The switches of microphone, camera and background. @param {HTMLElement} root @param {Devices} devices */
export function bindSwitches(root, devices) {
  const acts = {
    microphone: () => devices.toggleMicrophone(),
    camera: () => devices.toggleCamera(),
    blur: () => toggleBlur(devices.own.camera).then(() => devices.tell()),
  };
  root.addEventListener("click", (event) => {
    const name = /** @type {Element} */ (event.target).closest("[data-switch]")?.getAttribute("data-switch");
    if (name && name in acts) void acts[/** @type {keyof typeof acts} */ (name)]();
  });
  devices.on("change", (state) => {
    press(root, "microphone", state.microphone === "on" && !state.muted);
    press(root, "camera", state.camera === "on");
    press(root, "blur", isBlurred(devices.own.camera));
    show(root, '[data-switch="blur"]', canBlur(devices.own.camera));
  });
}

/** @param {HTMLElement} root @param {string} name @param {boolean} on */
function press(root, name, on) {
  for (const button of all(root, `[data-switch="${name}"]`)) {
    button.setAttribute("aria-pressed", String(on));
    const short = button.closest(".tools") ? { microphone: "micro", camera: "cam" }[name] : undefined;
    fill(button, "label", text(`${short ?? name}_${on ? "on" : "off"}`));
  }
}

/** What keeps one from being seen or heard, in words. @param {HTMLElement} root @param {Devices} devices */
export function showTrouble(root, devices) {
  show(root, '[data-notice="in_app"]', isInApp());
  show(root, '[data-notice="old"]', !canCall());
  whenPressed(root, "try-devices", () => void devices.retry());
  whenPressed(root, "copy-link", () => {
    const copied = navigator.clipboard?.writeText(location.href);
    void copied?.then(() => show(root, '[data-slot="copied"]', true));
  });
  devices.on("change", (state) => {
    const [title, help] = trouble(state);
    show(root, '[data-notice="devices"]', Boolean(title) && canCall());
    fill(root, "devices_title", title);
    fill(root, "devices_help", help);
  });
}

/** @param {import("../core/devices.js").State} state @returns {[string, string]} what is wrong, what to do */
function trouble({ camera, microphone }) {
  if (camera === "denied" && microphone === "denied") return [text("both_denied"), denied()];
  for (const [kind, source] of /** @type {const} */ ([["microphone", microphone], ["camera", camera]])) {
    if (source === "denied") return [text(`${kind}_denied`), denied()];
    if (source === "busy") return [text(`${kind}_busy`), text("busy_help")];
    if (source === "missing") return [text(`${kind}_missing`), text("missing_help")];
  }
  return ["", ""];
}

const denied = () => `${text(allowAdvice())} ${text("denied_go_on")}`;
