// @ts-check
// Calls of the browser's capture API, and the meaning of its errors.

/** VGA at 30 frames/s: enough for sign language, and a phone can send it over 1 Mbps. @type {MediaTrackConstraints} */
const VIDEO_CONSTRAINTS = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
/** @type {MediaTrackConstraints} */
const AUDIO_CONSTRAINTS = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const BUSY_RETRY_MS = 700; // another program, or our previous page, often releases the device within this time

/**
 * Open a camera, a microphone or both; retry once if a single device is busy. Rejects with the browser's error.
 * @param {{ camera?: MediaTrackConstraints, microphone?: MediaTrackConstraints }} request
 * @returns {Promise<MediaStream>}
 */
export async function openDevices(request) {
  if (!navigator.mediaDevices) throw new DOMException("no devices here", "NotFoundError");
  const constraints = {
    audio: request.microphone ? { ...AUDIO_CONSTRAINTS, ...request.microphone } : false,
    video: request.camera ? { ...VIDEO_CONSTRAINTS, facingMode: request.camera.deviceId ? undefined : "user", ...request.camera } : false,
  };
  try {
    return await navigator.mediaDevices.getUserMedia(constraints);
  } catch (error) {
    if (classifyCaptureError(error) !== "busy" || (request.camera && request.microphone)) throw error;
    await new Promise((resolve) => setTimeout(resolve, BUSY_RETRY_MS));
    return navigator.mediaDevices.getUserMedia(constraints);
  }
}

/**
 * Open the microphone of a track once more, without gain control, noise suppression and echo cancellation.
 * Resolves to null where the browser cannot. WebKit is left out on purpose, and with it every browser on iOS: it does
 * not know the constraint `autoGainControl`, and its second getUserMedia would mute the first track.
 * @param {MediaStreamTrack} processed stays open and unchanged
 * @returns {Promise<MediaStreamTrack | null>}
 */
export async function openUnprocessed(processed) {
  const known = navigator.mediaDevices?.getSupportedConstraints() ?? {};
  const { deviceId } = processed.getSettings();
  if (!known.autoGainControl || !known.noiseSuppression || !deviceId) return null;
  const audio = { deviceId: { exact: deviceId }, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const track = await navigator.mediaDevices.getUserMedia({ audio }).then((stream) => stream.getAudioTracks()[0], () => undefined);
  if (track?.getSettings().autoGainControl === false) return track;
  track?.stop();
  return null;
}

/** Classify an error of getUserMedia. @param {unknown} error @returns {"denied" | "busy" | "missing"} */
export function classifyCaptureError(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return "missing";
}

/** Whether this browser can share the screen. */
export const canShareScreen = () => Boolean(navigator.mediaDevices && "getDisplayMedia" in navigator.mediaDevices);

/** Return the shared screen as a track, or null if the person chose none. @returns {Promise<MediaStreamTrack | null>} */
export async function captureScreen() {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15 } }, audio: false });
    const track = stream.getVideoTracks()[0] ?? null;
    if (track) track.contentHint = "detail"; // keep text sharp, drop frames instead
    return track;
  } catch {
    return null;
  }
}

/** Whether the camera can blur the background. @param {MediaStreamTrack | null} track */
export function canBlur(track) {
  /** @type {any} */
  const capabilities = track?.getCapabilities?.() ?? {};
  return Array.isArray(capabilities.backgroundBlur) && capabilities.backgroundBlur.includes(true);
}

/** @param {MediaStreamTrack | null} track @returns {boolean} */
export const isBlurred = (track) => Boolean(/** @type {any} */ (track?.getSettings?.())?.backgroundBlur);

/** @param {MediaStreamTrack | null} track */
export async function toggleBlur(track) {
  /** @type {any} */
  const constraints = { backgroundBlur: !isBlurred(track) };
  await track?.applyConstraints(constraints).catch(() => undefined);
}
