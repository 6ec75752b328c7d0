// @ts-check
// The senders of a peer connection: always an audio and a video transceiver, with or without a track.

import { prefersRed, setRed } from "../voice/voice_codecs.js";

const SPEECH_BPS = 24_000; // Opus carries more than wide-band speech in this (RFC 6716, section 2.1.1)
const NARROW_SPEECH_BPS = 16_000; // wide-band speech; with its headers 44 kbps
const STILL_BPS = 15_000; // a picture that hardly moves
const STILL_FPS = 2;
const STILL_SCALE = 4; // a whole picture of 640×480 takes a line of 60 kbps for seconds
export const LONG_PACKET_MS = 60; // a third of the headers: the voice then takes 25 kbps on the line instead of 45

/**
 * @typedef {object} SendPlan
 * @property {boolean} picture whether the picture is sent
 * @property {boolean} red whether there is room for a voice that is repeated
 * @property {boolean} narrow whether there is only room for the voice
 * @property {boolean} settling whether the connection has no picture at all, so that a lost picture is not repeated
 * @property {number} probe_kbps rate up to which the browser may measure the line, or 0. Chromium does so with packets
 *   of its own when a sender that sends little may suddenly send more (ProbeController of libwebrtc)
 * @property {boolean} signs whether the appointment is in sign language
 */

/** @type {WeakSet<RTCPeerConnection>} connections without a picture of this page */
const withoutPicture = new WeakSet();

/**
 * Take the picture off a connection, or put it back, in a new offer. A sender that only stops its encoder repeats what
 * the other side has lost; without a picture in the description the other side stops to ask.
 * @param {RTCPeerConnection} pc
 * @param {boolean} isTaken
 */
function takePicture(pc, isTaken) {
  const transceiver = pc.getTransceivers().find(({ receiver }) => receiver.track.kind === "video");
  if (isTaken === withoutPicture.has(pc) || !transceiver || transceiver.direction === "stopped") return;
  if (isTaken) withoutPicture.add(pc);
  else withoutPicture.delete(pc);
  transceiver.direction = isTaken ? "recvonly" : "sendrecv";
}

/**
 * Put the tracks on the connection, adding missing transceivers.
 * @param {RTCPeerConnection} pc
 * @param {import("./peer.js").Tracks} tracks
 */
export function attachTracks(pc, tracks) {
  for (const [kind, track] of /** @type {const} */ ([["audio", tracks.audio], ["video", tracks.video]])) {
    const existing = pc.getTransceivers().find((transceiver) => transceiver.receiver.track.kind === kind);
    const transceiver = existing ?? pc.addTransceiver(kind, { direction: "sendrecv" });
    if (kind === "audio" && pc.signalingState === "have-remote-offer") setRed(transceiver, prefersRed(pc.remoteDescription?.sdp ?? ""));
    else if (kind === "audio" && !existing) setRed(transceiver, true);
    const direction = kind === "video" && withoutPicture.has(pc) ? "recvonly" : "sendrecv";
    if (![direction, "stopped"].includes(transceiver.direction)) transceiver.direction = direction;
    if (transceiver.sender.track !== track) void transceiver.sender.replaceTrack(track).catch(() => undefined);
  }
}

/**
 * Return what gives way when the line is narrow: the resolution, the frame rate, or some of both. Pure.
 * @param {string} contentHint of the track: "detail" and "text" for documents and screens
 * @param {boolean} signs
 * @returns {"maintain-resolution" | "maintain-framerate" | "balanced"}
 */
export function degradationPreference(contentHint, signs) {
  if (["detail", "text"].includes(contentHint)) return "maintain-resolution"; // small print is read, not watched
  return signs ? "maintain-framerate" : "balanced"; // a hand that signs is a blur below 20 frames a second
}

/** Apply a plan to all senders. Settings that a browser does not know are left out. @param {RTCPeerConnection} pc @param {SendPlan} plan */
export async function applySendPlan(pc, plan) {
  takePicture(pc, plan.settling && !plan.signs);
  for (const { sender } of pc.getTransceivers()) {
    const kind = sender.track?.kind;
    if (kind === "video") await adjust(sender, (parameters) => planPicture(parameters, plan, sender.track?.contentHint ?? ""));
    if (kind === "audio") await adjust(sender, (parameters) => planVoice(parameters, plan));
  }
}

/** @param {RTCRtpSendParameters} parameters @param {SendPlan} plan @param {string} contentHint */
function planPicture(parameters, { picture, narrow, probe_kbps, signs }, contentHint) {
  const isStill = narrow && !signs;
  const isRead = ["detail", "text"].includes(contentHint);
  // A change of the preference lifts the limits of a narrow line at once; they otherwise take ten seconds to go.
  /** @type {any} */ (parameters).degradationPreference = isStill ? "maintain-resolution" : degradationPreference(contentHint, signs);
  for (const encoding of parameters.encodings) {
    encoding.active = picture || (isStill && probe_kbps > 0);
    limit(encoding, "maxBitrate", isStill && (1_000 * probe_kbps || STILL_BPS));
    limit(encoding, "maxFramerate", isStill && STILL_FPS);
    encoding.scaleResolutionDownBy = isStill && !isRead ? STILL_SCALE : 1;
  }
}

/** @param {RTCRtpSendParameters} parameters @param {SendPlan} plan */
function planVoice(parameters, { red, narrow }) {
  for (const encoding of parameters.encodings) {
    encoding.priority = "high";
    limit(encoding, "maxBitrate", narrow ? NARROW_SPEECH_BPS : !red && SPEECH_BPS);
  }
}

/** Set or remove a limit. @param {RTCRtpEncodingParameters} encoding @param {"maxBitrate" | "maxFramerate"} name @param {number | false} value */
function limit(encoding, name, value) {
  if (value) encoding[name] = value;
  else delete encoding[name];
}

/** @type {WeakMap<RTCRtpSender, string>} browsers that ignore the preference do not return it either */
const preferences = new WeakMap();

/** Change a sender's parameters if they differ. @param {RTCRtpSender} sender @param {(parameters: RTCRtpSendParameters) => void} change */
async function adjust(sender, change) {
  const parameters = sender.getParameters();
  const before = JSON.stringify(parameters.encodings);
  change(parameters);
  const preference = String(/** @type {any} */ (parameters).degradationPreference);
  const isSame = JSON.stringify(parameters.encodings) === before && preferences.get(sender) === preference;
  if (!parameters.encodings?.length || isSame) return;
  await sender.setParameters(parameters).then(
    () => preferences.set(sender, preference),
    (error) => console.warn("sender", error),
  );
}
