// @ts-check
// The calls to the browser's capture, and what its refusals mean.

/** VGA at 30 is what sign language needs, and what a phone can send over 1 Mbps. @type {MediaTrackConstraints} */
const PICTURE = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
/** @type {MediaTrackConstraints} */
const VOICE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const BUSY_MS = 700; // another program, or our own last page, often lets go within this

/**
 * @param {{ camera?: MediaTrackConstraints, microphone?: MediaTrackConstraints }} wish
 * @returns {Promise<MediaStream>}
 */
export async function open(wish) {
  if (!navigator.mediaDevices) throw new DOMException("no devices here", "NotFoundError");
  const constraints = {
    audio: wish.microphone ? { ...VOICE, ...wish.microphone } : false,
    video: wish.camera ? { ...PICTURE, facingMode: wish.camera.deviceId ? undefined : "user", ...wish.camera } : false,
  };
  try {
    return await navigator.mediaDevices.getUserMedia(constraints);
  } catch (error) {
    if (failure(error) !== "busy" || (wish.camera && wish.microphone)) throw error;
    await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
    return navigator.mediaDevices.getUserMedia(constraints);
  }
}

/** What a refusal of getUserMedia means. @param {unknown} error @returns {"denied" | "busy" | "missing"} */
export function failure(error) {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "denied";
  if (name === "NotReadableError" || name === "AbortError") return "busy";
  return "missing";
}

/** Whether this device can show its screen. */
export const canShare = () => Boolean(navigator.mediaDevices && "getDisplayMedia" in navigator.mediaDevices);

/** The screen as a track; null when the person chose none. @returns {Promise<MediaStreamTrack | null>} */
export async function screen() {
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
  const can = track?.getCapabilities?.() ?? {};
  return Array.isArray(can.backgroundBlur) && can.backgroundBlur.includes(true);
}

/** @param {MediaStreamTrack | null} track @returns {boolean} */
export const isBlurred = (track) => Boolean(/** @type {any} */ (track?.getSettings?.())?.backgroundBlur);

/** @param {MediaStreamTrack | null} track */
export async function toggleBlur(track) {
  /** @type {any} */
  const wish = { backgroundBlur: !isBlurred(track) };
  await track?.applyConstraints(wish).catch(() => undefined);
}
