// @ts-check
// Tells the others what this page sends: voice, picture, screen, and devices that stopped by themselves.

/**
 * Send the state at every change and in every new place.
 * @param {import("../../core/media/media_devices.js").Devices} devices
 * @param {import("../signaling.js").RoomSignals} signals
 * @param {import("../roster.js").Roster} roster
 */
export function sendMediaState(devices, signals, roster) {
  let lastSent = "";
  const send = () => {
    if (roster.shownPlace === "outside" || devices.state.camera === "starting") return;
    const media = sentMedia(devices);
    if (JSON.stringify(media) === lastSent) return;
    lastSent = JSON.stringify(media);
    signals.send("media_state", media);
  };
  devices.on("change", send);
  roster.on("place", () => {
    lastSent = "";
    send();
  });
}

/**
 * @param {Pick<import("../../core/media/media_devices.js").Devices, "tracks" | "state">} devices
 * @returns {import("../types.js").Media}
 */
export function sentMedia({ tracks: { audio, video }, state: { sharing, document, lost } }) {
  return {
    audio: Boolean(audio?.enabled) && !lost.microphone,
    video: Boolean(video) && (sharing || document || !lost.camera),
    screen: sharing || document,
    lost: /** @type {const} */ (["camera", "microphone"]).filter((kind) => lost[kind]),
  };
}
