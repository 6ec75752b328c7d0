// @ts-check
// The person's own picture, and the switches of microphone, camera and background.

import { text } from "../../core/i18n.js";
import { canBlur, isBlurred, toggleBlur } from "../../core/media/get_user_media.js";
import { fillSlot, queryAll, setPressed, setShown } from "../../core/dom.js";

/** @typedef {import("../../core/media/media_devices.js").Devices} Devices */

/** Show the person's own picture in every element for it. @param {HTMLElement} root @param {Devices} devices */
export function showOwnVideo(root, devices) {
  const videos = /** @type {HTMLVideoElement[]} */ (queryAll(root, "[data-mirror], [data-self] video"));
  devices.on("tracks", ({ video }) => {
    for (const element of videos) {
      const shown = /** @type {MediaStream | null} */ (element.srcObject)?.getVideoTracks()[0] ?? null;
      if (shown !== video) element.srcObject = video ? new MediaStream([video]) : null;
      element.classList.toggle("flat", devices.state.sharing || devices.state.document); // text is not mirrored
    }
    setShown(root, "[data-self]", Boolean(video));
    setShown(root, '[data-slot="mirror_text"]', !video);
    if (!video) fillSlot(root, "mirror_text", text(mirrorTextKey(devices.state)));
  });
}

/** Return the key of the text shown without a picture. @param {import("../../core/media/media_devices.js").State} state */
function mirrorTextKey({ camera, microphone }) {
  if (camera === "starting") return "mirror_starting";
  return microphone === "on" ? "mirror_off" : "mirror_silent";
}

/** Bind the switches and show their state. @param {HTMLElement} root @param {Devices} devices */
export function bindMediaSwitches(root, devices) {
  const handlers = {
    microphone: () => devices.toggleMicrophone(),
    camera: () => devices.toggleCamera(),
    blur: () => toggleBlur(devices.own.camera).then(() => devices.notify()),
  };
  root.addEventListener("click", (event) => {
    const name = /** @type {Element} */ (event.target).closest("[data-switch]")?.getAttribute("data-switch");
    if (name && name in handlers) void handlers[/** @type {keyof typeof handlers} */ (name)]();
  });
  devices.on("change", (state) => {
    setPressed(root, '[data-switch="microphone"]', ["starting", "on"].includes(state.microphone) && !state.muted);
    setPressed(root, '[data-switch="camera"]', state.camera === "on");
    setPressed(root, '[data-switch="blur"]', isBlurred(devices.own.camera));
    setShown(root, '[data-switch="blur"]', canBlur(devices.own.camera));
  });
  // Disabled in the HTML: without this script a press would do nothing.
  for (const button of queryAll(root, "[data-switch]")) button.removeAttribute("disabled");
}
