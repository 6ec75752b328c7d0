// @ts-check
// The strip about a camera or microphone that stopped by itself, here or at another participant.

import { text } from "../../core/i18n.js";
import { fillSlot, setShown } from "../../core/dom.js";

const RECOVERED_MS = 6_000; // time to read a line

/**
 * @param {HTMLElement} root
 * @param {import("../../core/media/media_devices.js").Devices} devices
 * @param {import("../roster.js").Roster} roster
 */
export function showLostDevices(root, devices, roster) {
  let recovered = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  function render() {
    const own = ownWords(devices.state.lost);
    const words = own || recovered || othersWords(roster.admitted);
    setShown(root, "[data-lost]", Boolean(words));
    const hasFailed = [devices.state.camera, devices.state.microphone].some((source) => source === "busy" || source === "missing");
    setShown(root, '[data-lost] [data-do="try-devices"]', Boolean(own) && hasFailed);
    fillSlot(root, "lost", words);
  }

  devices.on("change", render);
  roster.on("people", render);
  devices.on("recovered", ({ kind, isOther }) => {
    recovered = text(`${kind}_${isOther ? "swapped" : "back"}`);
    clearTimeout(timer);
    timer = setTimeout(() => {
      recovered = "";
      render();
    }, RECOVERED_MS);
    render();
  });
}

/** @param {Record<"camera" | "microphone", boolean>} lost */
function ownWords({ camera, microphone }) {
  if (camera && microphone) return text("both_lost");
  return camera ? text("camera_lost") : microphone ? text("microphone_lost") : "";
}

/** @param {import("../types.js").Person[]} people */
function othersWords(people) {
  for (const { name, media } of people) {
    const kind = media.lost?.at(-1); // the microphone before the camera: a voice matters more
    if (kind) return text(`other_${kind}_lost`, { name });
  }
  return "";
}
