// @ts-check
// How long a lost socket waits before it is opened again, and how long an attempt may take. Pure.

/**
 * @typedef {object} BackOff
 * @property {number[]} steps seconds before each attempt; the last wait repeats
 * @property {number} first up to this many random seconds before the first attempt
 * @property {number} jitter up to this many random seconds before every attempt
 * @property {boolean} [eager] whether the other side of a call waits: at first, neither waits nor attempts are long
 */

/** For phones and screens: spread out, so that they do not all reconnect in the same moment after a restart. @type {BackOff} */
export const RELAXED_BACK_OFF = { steps: [0, 2, 4, 8, 20, 25, 30], first: 5, jitter: 2 };
/** For consoles: reconnect at once. @type {BackOff} */
export const IMMEDIATE_BACK_OFF = { steps: [0, 0.3, 1.2, 2.7, 4.8, 7], first: 0, jitter: 1 };
/** For video calls: back within 1.5 s after the network, in the first half minute. @type {BackOff} */
export const CALL_BACK_OFF = { ...IMMEDIATE_BACK_OFF, eager: true };

const EAGER_MS = 30_000; // a lift or a tunnel; later the network or the server is away for longer
const EAGER_STEP_S = 1;
const EAGER_JITTER_S = 0.4;
const EAGER_ATTEMPT_MS = 2_000; // in a dead network, a lost SYN is repeated after 1, 3 and 7 s: too late
const SLOW_ATTEMPT_MS = 5_000; // TCP, TLS and upgrade over a line with a round trip of a second
const SLOW_EVERY = 5; // attempts, of which the last has that much time
const USUAL_TIMES = 3; // on a line that was slow before, each attempt has more time
const ATTEMPT_MS = 10_000;

/** @param {BackOff} backOff @param {number} lostFor_ms */
const isEager = ({ eager }, lostFor_ms) => Boolean(eager) && lostFor_ms < EAGER_MS;

/**
 * Return the wait before an attempt in ms.
 * @param {BackOff} backOff
 * @param {{ attempt: number, wasOpen: boolean, lostFor_ms: number }} loss `wasOpen`: before this loss
 * @param {number} [random] from 0 to 1
 */
export function reconnectWait(backOff, { attempt, wasOpen, lostFor_ms }, random = Math.random()) {
  const step = backOff.steps[Math.min(attempt, backOff.steps.length - 1)] ?? 0;
  if (isEager(backOff, lostFor_ms)) return 1000 * (Math.min(step, EAGER_STEP_S) + random * EAGER_JITTER_S);
  return 1000 * (step + random * ((wasOpen ? backOff.first : 0) + backOff.jitter));
}

/**
 * Return how long an attempt may take in ms, or 0 without a limit of its own.
 * @param {BackOff} backOff
 * @param {{ attempt: number, lostFor_ms: number, usual_ms: number }} loss `usual_ms`: what the last attempt took, or 0
 */
export function attemptLimit(backOff, { attempt, lostFor_ms, usual_ms }) {
  if (!backOff.eager) return 0;
  if (!usual_ms || !isEager(backOff, lostFor_ms)) return ATTEMPT_MS;
  const limit_ms = attempt % SLOW_EVERY === SLOW_EVERY - 1 ? SLOW_ATTEMPT_MS : EAGER_ATTEMPT_MS;
  return Math.min(ATTEMPT_MS, Math.max(limit_ms, USUAL_TIMES * usual_ms));
}
