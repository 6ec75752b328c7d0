// @ts-check
// Before the call: one's own picture and the switches.

import { text } from "../core/i18n.js";
import { canBlur, isBlurred, toggleBlur } from "../core/get_user_media.js";
import { all, fill, show } from "../core/dom.js";

/** @typedef {import("../core/media_devices.js").Devices} Devices */

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

/** What stands in place of the picture. @param {import("../core/media_devices.js").State} state */
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
