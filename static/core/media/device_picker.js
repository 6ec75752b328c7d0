// @ts-check
// The lists of cameras, microphones and speakers. The preview, the call and the connection test show the same lists.

import { text } from "../i18n.js";
import { queryAll } from "../dom.js";

/** @typedef {{ speaker: string }} Choice */
const INPUTS = /** @type {const} */ ({ camera: "videoinput", microphone: "audioinput", speaker: "audiooutput" });

/** Whether this browser lets a page choose the speaker. */
const canChooseSpeaker = () => "setSinkId" in HTMLMediaElement.prototype;

/**
 * Fill the lists, keep them current, and switch devices when the person chooses another.
 * @param {HTMLElement} root
 * @param {import("./media_devices.js").Devices} devices
 * @param {(deviceId: string) => void} onSpeaker
 */
export function bindDevicePicker(root, devices, onSpeaker) {
  let speaker = "";
  const render = async () => {
    const found = await devices.list();
    for (const kind of /** @type {(keyof typeof INPUTS)[]} */ (Object.keys(INPUTS))) {
      const available = found.filter((device) => device.kind === INPUTS[kind] && device.deviceId);
      const chosen = kind === "speaker" ? speaker : devices.own[kind]?.getSettings().deviceId;
      for (const field of queryAll(root, `[data-choice="${kind}"]`)) fillList(field, kind, available, chosen);
    }
  };
  root.addEventListener("change", (event) => {
    const list = event.target;
    if (!(list instanceof HTMLSelectElement)) return;
    const kind = list.closest("[data-choice]")?.getAttribute("data-choice");
    if (kind === "camera" || kind === "microphone") void devices.choose(kind, list.value);
    if (kind === "speaker") onSpeaker((speaker = list.value));
  });
  devices.on("change", () => void render());
  void render();
}

/**
 * Fill a list. It stays hidden while there is nothing to choose.
 * @param {HTMLElement} field
 * @param {string} kind
 * @param {MediaDeviceInfo[]} devices
 * @param {string | undefined} chosen
 */
function fillList(field, kind, devices, chosen) {
  const list = field.querySelector("select");
  if (!list || list === document.activeElement) return;
  field.hidden = kind === "speaker" ? !canChooseSpeaker() || devices.length < 1 : devices.length < 2;
  const options = devices.map((device, index) => new Option(nameOf(device, index), device.deviceId));
  if (kind === "speaker" && !devices.some((device) => device.deviceId === "default")) {
    options.unshift(new Option(text("speaker_default"), ""));
  }
  list.replaceChildren(...options);
  if (chosen && devices.some((device) => device.deviceId === chosen)) list.value = chosen;
}

/** @param {MediaDeviceInfo} device @param {number} index */
const nameOf = (device, index) => device.label || text("device_number", { number: index + 1 });
