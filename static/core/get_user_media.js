// @ts-check
// The calls to the browser's capture, and what its refusals mean.

/** VGA at 30 is what sign language needs, and what a phone can send over 1 Mbps. @type {MediaTrackConstraints} */
const VIDEO_CONSTRAINTS = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
/** @type {MediaTrackConstraints} */
const AUDIO_CONSTRAINTS = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const BUSY_RETRY_MS = 700; // another program, or our own last page, often lets go within this

/**
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
    if (captureError(error) !== "busy" || (request.camera && request.microphone)) throw error;
    await new Promise((resolve) => setTimeout(resolve, BUSY_RETRY_MS));
    return navigator.mediaDevices.getUserMedia(constraints);
  }
}

/** What a refusal of getUserMedia means. @param {unknown} error @returns {"denied" | "busy" | "missing"} */
export function captureError(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return "missing";
}

/** Whether this device can show its screen. */
export const canShareScreen = () => Boolean(navigator.mediaDevices && "getDisplayMedia" in navigator.mediaDevices);

/** The screen as a track; null when the person chose none. @returns {Promise<MediaStreamTrack | null>} */
export async function captureScreen() {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15 } }, audio: false });
    const track = stream.getVideoTracks()[0] ?? null;
    if (track) track.contentHint = "detail"; // text must stay sharp; frames may go
    return track;
  } catch {
    return null;
  }
}

/** Whether the device blurs backgrounds by itself. @param {MediaStreamTrack | null} track */
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
