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

/**
 * @typedef {object} LineRoom
 * @property {boolean} red whether each packet repeats the voice of the last one (RFC 2198)
 * @property {boolean} narrow whether the picture must not move, in favour of the voice
 * @property {number} scarceSince in ms, 0 while there is room for a second copy of the voice
 * @property {number} ampleSince in ms
 */

/** @type {Readonly<LineRoom>} */
export const INITIAL_ROOM = Object.freeze({ red: true, narrow: false, scarceSince: 0, ampleSince: 0 });

/**
 * Return the room after a sample. A narrow line counts at once: each second on it costs half of the voice.
 * @param {LineRoom} room
 * @param {{ at: number, available_kbps: number | null }} sample
 * @returns {LineRoom}
 */
export function nextRoom(room, { at, available_kbps }) {
  const kbps = available_kbps ?? (room.narrow ? NARROW_KBPS : WIDE_KBPS); // unknown: no change
  const narrow = kbps < (room.narrow ? WIDE_KBPS : NARROW_KBPS);
  const scarceSince = available_kbps !== null && available_kbps < SCARCE_KBPS ? room.scarceSince || at : 0;
  const ampleSince = available_kbps !== null && available_kbps > AMPLE_KBPS ? room.ampleSince || at : 0;
  const isLongScarce = Boolean(scarceSince) && at - scarceSince >= SCARCE_MS;
  const red = room.red ? !narrow && !isLongScarce : Boolean(ampleSince) && at - ampleSince >= AMPLE_MS;
  return { red, narrow, scarceSince, ampleSince };
}
