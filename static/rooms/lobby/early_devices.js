// @ts-check
// Asks for camera and microphone while the script of the page is still loading, and shows the own picture at once. Only
// this module and core/media/media_devices.js, which takes over what it opens, call the browser for devices.

import { setShown } from "../../core/dom.js";
import { openDevices } from "../../core/media/get_user_media.js";
import { takeReload } from "../call/call_reload.js";

/** Return the devices that the address asks for: after a bad connection test a link leads in without the camera. */
const askedDevices = () => (new URLSearchParams(location.search).get("camera") === "off" ? { muted: false, camera: false } : null);

/** The devices as the person had set them before a reload, or as the address asks for; null for both. */
export const left = takeReload() ?? askedDevices();

/** Both devices, unless the camera is to stay off. @type {Promise<MediaStream> | undefined} */
export const opening = left?.camera === false ? undefined : openDevices({ camera: {}, microphone: {} });

opening?.then(showPicture, () => undefined); // core/media/media_sources.js handles the error

/** @param {MediaStream} stream */
function showPicture(stream) {
  const mirror = document.querySelector("[data-mirror]");
  if (!(mirror instanceof HTMLVideoElement) || mirror.srcObject || !stream.getVideoTracks().length) return;
  mirror.srcObject = new MediaStream(stream.getVideoTracks());
  setShown(document, '[data-slot="mirror_text"]', false);
}
