// @ts-check
// What a line has room for beside plain speech: a repeated voice, and a picture that moves. Pure: no browser, no clock.

const SCARCE_KBPS = 150; // the second copy of the voice takes 40 of them
export const AMPLE_KBPS = 220;
const SCARCE_MS = 3_000;
const AMPLE_MS = 10_000;
// Speech takes 45 to 55 kbps with its headers, and the encoder of a picture never asks for less than 30. Both and the
// reports do not fit into less than this, and a queue that overflows loses the voice first: it has most packets.
const NARROW_KBPS = 100;
const WIDE_KBPS = 130;
const BROKEN_PCT = 8; // of the voice concealed: the estimate may still be above what the line carries
// A picture that was lost in a full queue is repeated for ten seconds at two to three times the rate of the line,
// whatever its encoder is allowed. So at first only the voice is sent, on a connection without a picture.
const SETTLE_MS = 8_000;
// A still picture needs more than the estimate of a line of 60 kbps, which ends at 68 to 75 beside the voice alone.
const STILL_KBPS = 80;
const PAUSE_KBPS = 65;
const QUIET_PCT = 3; // of the voice concealed; above this a probe would be heard
const QUIET_MS = 3_000;
const PROBE_INTERVAL_MS = 4_000; // not every probe finds packets to send, so that a good line may need three
const PROBE_SHARE = 4; // of the estimate
const GROWTH = 1.2; // between neighbouring samples: the probe goes on
const FLAT_SAMPLES = 3; // without growth: the probe has ended
const OPEN_KBPS = 600; // enough for the usual picture, so that no further probe is needed

/**
 * @typedef {object} LineRoom
 * @property {number} kbps last estimate
 * @property {boolean} red whether each packet repeats the voice of the previous packet (RFC 2198)
 * @property {boolean} narrow whether the picture must not move, in favour of the voice
 * @property {boolean} settling whether nothing but the voice is sent, until the queue of the line is empty
 * @property {boolean} full whether a still picture was too much for this narrow line
 * @property {boolean} paused whether no picture is sent
 * @property {number} probe_kbps rate up to which the browser may measure the line, 0 while it may not: what is sent on a
 *   narrow line is so little that the estimate cannot grow by itself
 * @property {number} flat samples of a probe without growth
 * @property {number} narrowSince in ms, 0 on a wide line
 * @property {number} quietSince in ms, 0 unless the line is narrow and the voice good
 * @property {number} probedAt in ms
 * @property {number} scarceSince in ms, 0 while there is room for a second copy of the voice
 * @property {number} ampleSince in ms
 *
 * @typedef {{ at: number, available_kbps: number | null, concealed_pct: number | null }} LineSample
 */

/** @type {Readonly<LineRoom>} */
export const INITIAL_ROOM = Object.freeze({
  kbps: WIDE_KBPS,
  red: true,
  ...{ narrow: false, settling: false, full: false, paused: false, probe_kbps: 0, flat: 0 },
  ...{ narrowSince: 0, quietSince: 0, probedAt: 0, scarceSince: 0, ampleSince: 0 },
});

/**
 * Return the room after a sample. A narrow line counts at once: each second on it costs half of the voice.
 * @param {LineRoom} room
 * @param {LineSample} sample
 * @returns {LineRoom}
 */
export function nextRoom(room, sample) {
  const { at, available_kbps } = sample;
  const picture = roomForPicture(room, { ...sample, kbps: available_kbps ?? room.kbps });
  const scarceSince = available_kbps !== null && available_kbps < SCARCE_KBPS ? room.scarceSince || at : 0;
  const ampleSince = available_kbps !== null && available_kbps > AMPLE_KBPS ? room.ampleSince || at : 0;
  const isLongScarce = Boolean(scarceSince) && at - scarceSince >= SCARCE_MS;
  const red = room.red ? !picture.narrow && !isLongScarce : Boolean(ampleSince) && at - ampleSince >= AMPLE_MS;
  return { ...picture, red, scarceSince, ampleSince };
}

/**
 * Return the room for a picture. A line is wide again only when a probe has ended: a picture that begins to move at a
 * low estimate stays small for ten seconds and more, since it then sends too little to raise the estimate.
 * @param {LineRoom} room
 * @param {LineSample & { kbps: number }} sample
 */
function roomForPicture(room, { at, kbps, concealed_pct }) {
  const wasProbing = room.probe_kbps > 0;
  const isGrowing = wasProbing && kbps > GROWTH * room.kbps && kbps >= NARROW_KBPS;
  const flat = wasProbing && !isGrowing ? room.flat + 1 : 0;
  const isMeasured = kbps >= OPEN_KBPS || flat >= FLAT_SAMPLES;
  const isBroken = (concealed_pct ?? 0) > BROKEN_PCT;
  const narrow = room.narrow ? kbps < WIDE_KBPS || !isMeasured : kbps < NARROW_KBPS || (isBroken && kbps < SCARCE_KBPS);
  const narrowSince = narrow ? room.narrowSince || at : 0;
  const settling = narrow && at - narrowSince < SETTLE_MS && kbps < WIDE_KBPS;
  const full = narrow && room.full;
  const paused = settling || full || (narrow && kbps < (room.paused ? STILL_KBPS : PAUSE_KBPS));
  const quietSince = narrow && !settling && (concealed_pct ?? 0) < QUIET_PCT ? room.quietSince || at : 0;
  const isQuiet = Boolean(quietSince) && at - quietSince >= QUIET_MS;
  const isDue = isQuiet && at - room.probedAt >= PROBE_INTERVAL_MS;
  const mayGrow = wasProbing && kbps >= NARROW_KBPS && flat < FLAT_SAMPLES;
  const isProbing = narrow && !settling && (isDue || mayGrow || kbps >= WIDE_KBPS);
  // Only another rate than the last starts a further measurement.
  const probe_kbps = isProbing ? (PROBE_SHARE + flat) * kbps : 0;
  return { kbps, narrow, settling, full, paused, probe_kbps, flat, narrowSince, quietSince, probedAt: isProbing ? at : room.probedAt };
}

/**
 * Send the voice alone again on a narrow line, since it broke with a still picture.
 * @template {LineRoom} Room
 * @param {Room} room
 * @param {number} at
 * @returns {Room}
 */
export const keepVoiceOnly = (room, at) => ({ ...room, full: true, paused: true, settling: true, narrowSince: at });
