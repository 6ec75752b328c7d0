// @ts-check
// The camera as a document camera: the rear camera of a phone, at its best, with sharp text rather than fluent movement.

/** Full HD: small print of a page that fills the picture is legible. @type {MediaTrackConstraints} */
export const DOCUMENT_CONSTRAINTS = {
  facingMode: { ideal: "environment" },
  width: { ideal: 1920 },
  height: { ideal: 1080 },
  frameRate: { ideal: 15 }, // a page does not move, and each frame may have more bits
};

/** Have encoders keep the resolution, and the lens follow the page. @param {MediaStreamTrack} track */
export function prepareDocumentTrack(track) {
  track.contentHint = "detail";
  /** @type {any} */
  const capabilities = track.getCapabilities?.() ?? {};
  if (!capabilities.focusMode?.includes("continuous")) return;
  /** @type {any} */
  const focus = { advanced: [{ focusMode: "continuous" }] };
  void track.applyConstraints(focus).catch(() => undefined);
}

/**
 * Begin or stop to show a document. The camera that was in use comes back; a camera that was off stays off.
 * @param {import("./media_devices.js").Devices} devices
 */
export async function toggleDocument(devices) {
  if (devices.screen) devices.stopScreen();
  await devices.runExclusively(async () => {
    const isShown = devices.state.document;
    if (!isShown) devices.beforeDocument = { id: devices.chosen.camera, wasOn: devices.state.camera === "on" };
    const before = devices.beforeDocument;
    devices.release("camera"); // a phone cannot open two cameras at once
    devices.state.document = !isShown;
    devices.chosen.camera = isShown ? before?.id : undefined;
    if (!isShown || before?.wasOn) await devices.startDevice("camera");
    if (devices.state.document && !devices.own.camera) {
      devices.state.document = false; // refused or busy: go on as before
      devices.chosen.camera = before?.id;
      if (before?.wasOn) await devices.startDevice("camera");
    }
  });
  devices.notify();
}
