// @ts-check
// Figures of a connection from many readings and from counts of packets. No clock, no DOM.

import { START_SHARE } from "../../core/media/sdp.js";

/**
 * @typedef {import("../../core/media/webrtc_stats.js").Figures} Figures
 * @typedef {import("../types.js").Measured} Measured
 * @typedef {{ expected: number, received: number, forwarded: number, over_rate: number }} Counts of a kind of media
 *   at the server (precheck/realtime/packet_counts.py)
 * @typedef {{ frames: number, dropped: number, decoded: number }} Frames of the returned picture
 */

const MIN_PACKETS = 20; // with fewer a loss is unknown
const UNKNOWN_KBPS = 200; // assumed when no speed was measured
const MAX_SHARE = 0.8; // without feedback Chromium raises its rate until packets are lost
const VOICE_KBPS = 80; // with packets of 10 ms and all headers
const START_KBPS = { least: 150, most: 1_500 }; // VGA at 30 frames/s needs no more
const MAX_KBPS = { least: 50, most: 2_500 };
/** For a first picture before the speed is known. After less, Chromium begins with a smaller picture for two seconds. */
export const PREVIEW_RATES = { start_kbps: 300, max_kbps: 300, packet_ms: 20, scale: 2 };
const LOSS_BOUNDS_PCT = [2, 8]; // of green and amber (docs/video.md)
const CONFIDENCE_Z = 1.96; // 95 %
const VOICE_ONLY_BELOW_KBPS = 160; // a picture beside the voice would overload it, and the losses would be ours
// Of a line whose speed the probe's own protocol limited (docs/video.md): it is at least as fast as measured, so the
// picture gets what a good line carries, and its losses tell if that was too much.
const WINDOWED_KBPS = 1_000;
const WIDE_KBPS = 300; // carries the headers of 100 voice packets a second

/** The picture of a line that carries none: measured as zero, not unknown. */
export const NO_PICTURE = { video_width: 0, video_height: 0, video_fps: 0 };

/** Return the median. @param {number[]} values not empty @returns {number} */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

/** Return the value below which this share lies, between two neighbours. @param {number[]} values @param {number} share 0 to 1 @returns {number} 0 without values */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * Math.max(0, sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? 0;
  return low + ((sorted[Math.ceil(at)] ?? low) - low) * (at - Math.floor(at));
}

/** Return the mean difference of neighbours, the quantity that RFC 3550 smooths. @param {number[]} values at least two @returns {number} */
export function meanStep(values) {
  const steps = values.slice(1).map((value, at) => Math.abs(value - (values[at] ?? 0)));
  return steps.reduce((sum, step) => sum + step, 0) / steps.length;
}

/** Round to a tenth. @param {number} value */
export const oneDecimal = (value) => Math.round(value * 10) / 10;

/**
 * Combine the readings of the returned media into the measured figures.
 * @param {Figures[]} samples a sample each half second
 * @returns {Measured}
 */
export function summarizeFigures(samples) {
  const last = samples.at(-1) ?? {};
  /** @param {"jitter_ms" | "video_fps"} name @returns {{ [name: string]: number }} */
  const medianOf = (name) => {
    const values = samples.map((look) => look[name]).filter((value) => value !== undefined);
    return values.length ? { [name]: oneDecimal(median(values)) } : {};
  };
  return {
    ...medianOf("jitter_ms"),
    ...(last.video_width ? { ...medianOf("video_fps"), video_width: last.video_width, video_height: last.video_height } : {}),
    ...(last.path ? { path: last.path } : {}),
    ...(last.limited ? { limited_by: last.limited } : {}),
  };
}

/**
 * Compute the losses of both directions: up from the gaps that the server saw, down from the packets that it returned.
 * Packets that our own limit of the rate dropped are lost in neither direction.
 * @param {{ [kind: string]: Counts }} media at the server
 * @param {number} arrived packets that returned to this page, without retransmissions
 * @returns {Measured}
 */
export function lossFigures(media, arrived) {
  const kinds = Object.values(media);
  const sum = (/** @type {"expected" | "received" | "forwarded"} */ name) => kinds.reduce((total, counts) => total + counts[name], 0);
  const [expected, forwarded] = [sum("expected"), sum("forwarded")];
  return {
    ...(expected < MIN_PACKETS ? {} : { loss_up_pct: lossPct(sum("received"), expected), loss_up_packets: expected }),
    ...(forwarded < MIN_PACKETS ? {} : { loss_down_pct: lossPct(arrived, forwarded), loss_down_packets: forwarded }),
  };
}

/** Return the counts since an earlier moment. @param {{ [kind: string]: Counts }} before @param {{ [kind: string]: Counts }} now */
export function countsSince(before, now) {
  const difference = (/** @type {Counts} */ counts, /** @type {any} */ earlier = {}) => Object.entries(counts).map(([name, value]) => [name, value - (earlier[name] ?? 0)]);
  return Object.fromEntries(Object.entries(now).map(([kind, counts]) => [kind, Object.fromEntries(difference(counts, before[kind]))]));
}

/**
 * Whether the losses of both directions are on the same side of each bound with enough confidence, so that more packets would
 * not change a grade (Wilson's interval of a share).
 * @param {Measured} losses
 */
export function isLossDecided({ loss_up_pct, loss_up_packets, loss_down_pct, loss_down_packets }) {
  return isShareDecided(loss_up_pct, loss_up_packets) && isShareDecided(loss_down_pct, loss_down_packets);
}

/** @param {number} [pct] @param {number} [packets] */
function isShareDecided(pct, packets) {
  if (pct === undefined || !packets) return false;
  const [share, z2] = [pct / 100, CONFIDENCE_Z ** 2];
  const middle = (share + z2 / (2 * packets)) / (1 + z2 / packets);
  const half = (CONFIDENCE_Z / (1 + z2 / packets)) * Math.sqrt((share * (1 - share)) / packets + z2 / (4 * packets ** 2));
  return LOSS_BOUNDS_PCT.every((bound) => Math.abs(100 * middle - bound) > 100 * half);
}

/** @param {number} arrived @param {number} sent */
const lossPct = (arrived, sent) => oneDecimal(100 * Math.max(0, 1 - arrived / sent));

/** Return the share of the returned pictures that this device dropped. @param {Frames} before @param {Frames} now @returns {Measured} */
export function droppedFrames(before, now) {
  const frames = now.frames - before.frames;
  if (frames <= 0) return {};
  const dropped = Math.min(frames, Math.max(0, now.dropped - before.dropped)); // pictures that never became complete may count as dropped too
  return { dropped_frames_pct: oneDecimal((100 * dropped) / frames) };
}

/**
 * Return how media are sent on a connection with these speeds.
 * @param {Measured} measured
 * @returns {{ start_kbps: number, max_kbps: number, packet_ms: number, scale: number }} of the video, 0 if the line
 *   carries a voice only; length of a voice packet; by what the picture is divided
 */
export function mediaRates({ up_kbps = UNKNOWN_KBPS, down_kbps = UNKNOWN_KBPS, up_limited_by, down_limited_by }) {
  const assumed = (/** @type {number} */ kbps, /** @type {string | undefined} */ limit) => (limit === "window" ? Math.max(kbps, WINDOWED_KBPS) : kbps);
  const kbps = Math.min(assumed(up_kbps, up_limited_by), assumed(down_kbps, down_limited_by));
  const clamp = (/** @type {number} */ value, /** @type {{ least: number, most: number }} */ range) => Math.round(Math.min(range.most, Math.max(range.least, value)));
  const max_kbps = kbps < VOICE_ONLY_BELOW_KBPS ? 0 : clamp(MAX_SHARE * kbps - VOICE_KBPS, MAX_KBPS);
  return { start_kbps: Math.min(max_kbps, clamp(START_SHARE * kbps, START_KBPS)), max_kbps, packet_ms: kbps < WIDE_KBPS ? 20 : 10, scale: 1 };
}
