// @ts-check
// Rules that protect the voice from the picture, for what this page sends to a participant. Pure: no browser, no clock.

import { AMPLE_KBPS, INITIAL_ROOM, keepVoiceOnly, nextRoom } from "./line_room.js";

export const CONCEALED_BAD_PCT = 8; // of the voice; above this whole syllables are missing
export const CONCEALED_GOOD_PCT = 3; // of the voice; below this few people hear it
const WINDOW_MS = 5_000; // longer than a burst of lost packets, shorter than a sentence that must be repeated
const GAP_MS = 3_500; // without a sample for this long, such as in the background, the window begins anew
const FIRST_RETRY_MS = 30_000; // the picture is tried again after this
const MAX_RETRY_MS = 240_000; // each trial that fails costs some seconds of voice, so trials become rare
const HELPED_AFTER_MS = 10_000; // packets on their way and reports take some seconds
const HELPED_SHARE = 0.8; // of what was concealed before; a stop that changes less was no remedy
const TRIAL_MS = 30_000; // a trial that fails later than this failed for another reason
const TRIAL_WINDOW_MS = 2_500; // a trial that fails costs the voice no more than this
const CALM_MS = 30_000; // afterwards an undo is forgotten

/**
 * @typedef {object} VoiceSample
 * @property {number} at in ms
 * @property {number | null} concealed_pct of our voice, as the other side heard it; null if unknown
 * @property {boolean} limited whether the connection, not the device, limits what is sent
 * @property {number | null} available_kbps estimate of what can be sent; null if unknown
 *
 * @typedef {{ signs: boolean, sendsPicture: boolean }} CallFacts `signs`: the appointment is in sign language
 *
 * @typedef {object} Protection
 * @property {"" | "weak_connection" | "own_choice"} soundOnly why no picture is sent; empty while it is sent
 * @property {boolean} insisted whether the picture stays although the voice suffers: the person wants it, or a stop did not help
 * @property {number} stoppedAt_pct concealed when the picture was stopped
 * @property {VoiceSample[]} recent samples of the last seconds
 * @property {number} retry_ms pause before the next trial with a picture
 * @property {number} changedAt when the picture was stopped or tried again, in ms
 * @property {number} calmSince in ms, 0 while the voice suffers
 *
 * @typedef {Protection & import("./line_room.js").LineRoom} VoiceState
 */

/** @type {Readonly<VoiceState>} */
export const INITIAL_VOICE = Object.freeze({
  soundOnly: "",
  insisted: false,
  stoppedAt_pct: 0,
  recent: [],
  retry_ms: FIRST_RETRY_MS,
  changedAt: 0,
  calmSince: 0,
  ...INITIAL_ROOM,
});

/**
 * Return the next state after a sample.
 * @param {VoiceState} state
 * @param {VoiceSample} sample
 * @param {CallFacts} facts
 * @returns {VoiceState}
 */
export function protectVoice(state, sample, facts) {
  const recent = recentSamples(state.recent, sample);
  const concealed_pct = meanConcealed(recent);
  const isCalm = concealed_pct !== null && concealed_pct < CONCEALED_GOOD_PCT;
  const calmSince = isCalm ? state.calmSince || sample.at : 0;
  const isLongCalm = Boolean(calmSince) && sample.at - calmSince >= CALM_MS;
  const room = nextRoom(state, sample);
  const next = { ...state, ...room, recent, calmSince, insisted: state.insisted && (room.paused || !isLongCalm) };
  if (state.soundOnly === "weak_connection") {
    if (next.narrow) return keepVoiceOnly({ ...next, soundOnly: "", recent: [] }, sample.at); // its probes find the way back
    if (facts.signs || mayTryPicture(next, sample.at)) return tryPicture(next, sample.at);
    return didStopHelp(next, sample, concealed_pct) ? next : { ...tryPicture(next, sample.at), insisted: true };
  }
  if (state.soundOnly || facts.signs || next.insisted || !facts.sendsPicture) return next;
  if (next.paused) return { ...next, recent: [] }; // no picture is sent that could take the voice's place
  const isTrial = next.narrow || (state.changedAt > 0 && sample.at - state.changedAt < TRIAL_MS);
  if (!isVoiceCrowdedOut(recent, isTrial ? TRIAL_WINDOW_MS : WINDOW_MS)) return next;
  return next.narrow ? keepVoiceOnly({ ...next, recent: [] }, sample.at) : stopPicture(next, sample.at, concealed_pct ?? 0);
}

/** Return why no picture is sent: the person's choice, a broken voice, or a line with room for the voice only. @param {VoiceState} state @param {boolean} signs */
export const soundOnlyReason = ({ soundOnly, paused, insisted }, signs) => soundOnly || (paused && !insisted && !signs ? "weak_connection" : "");

/** Send the picture again because the person asked for it. @param {VoiceState} state @returns {VoiceState} */
export const insistOnPicture = (state) => ({ ...state, insisted: soundOnlyReason(state, false) === "weak_connection", soundOnly: "", recent: [] });

/** Send only sound because the person chose it. @param {VoiceState} state @returns {VoiceState} */
export const chooseSoundOnly = (state) => ({ ...state, soundOnly: "own_choice", insisted: false });

/** Return the state for a new connection to the same participant: choices stay, measurements do not. @param {VoiceState} state @returns {VoiceState} */
export const afterReconnecting = (state) => ({ ...state, ...INITIAL_ROOM, recent: [], calmSince: 0 });

/** @param {VoiceSample[]} before @param {VoiceSample} sample */
function recentSamples(before, sample) {
  const last = before.at(-1);
  const kept = last && sample.at - last.at <= GAP_MS ? before : [];
  return [...kept.filter(({ at }) => sample.at - at <= WINDOW_MS), sample];
}

/** @param {VoiceSample[]} samples */
function meanConcealed(samples) {
  const known = samples.flatMap(({ concealed_pct }) => (concealed_pct === null ? [] : [concealed_pct]));
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

/** @param {VoiceSample[]} samples @param {(sample: VoiceSample) => boolean} holds */
const holdsForHalf = (samples, holds) => 2 * samples.filter(holds).length >= samples.length;

/** Whether the picture takes the voice's place, during the whole window. @param {VoiceSample[]} recent @param {number} window_ms */
function isVoiceCrowdedOut(recent, window_ms) {
  const now = recent.at(-1)?.at ?? 0;
  const seen = recent.filter(({ at }) => now - at <= window_ms);
  const isWholeWindow = now - (seen[0]?.at ?? now) >= window_ms - 500; // timers are late by some milliseconds
  const isBad = (meanConcealed(seen) ?? 0) > CONCEALED_BAD_PCT && holdsForHalf(seen, ({ concealed_pct }) => (concealed_pct ?? 0) > CONCEALED_BAD_PCT);
  return isWholeWindow && isBad && holdsForHalf(seen, ({ limited }) => limited);
}

/** @param {VoiceState} state @param {number} at @param {number} stoppedAt_pct @returns {VoiceState} */
function stopPicture(state, at, stoppedAt_pct) {
  const trialFailed = state.changedAt > 0 && at - state.changedAt < TRIAL_MS;
  const retry_ms = trialFailed ? Math.min(2 * state.retry_ms, MAX_RETRY_MS) : FIRST_RETRY_MS;
  return { ...state, soundOnly: "weak_connection", stoppedAt_pct, retry_ms, changedAt: at, recent: [] };
}

/**
 * Whether the voice is better without the picture, or it is too early to say. On a narrow line it never becomes better with it.
 * @param {VoiceState} state
 * @param {VoiceSample} sample
 * @param {number | null} concealed_pct
 */
const didStopHelp = ({ changedAt, stoppedAt_pct }, { at, available_kbps }, concealed_pct) =>
  at - changedAt < HELPED_AFTER_MS || (available_kbps ?? Infinity) < AMPLE_KBPS || (concealed_pct ?? 0) <= Math.max(CONCEALED_BAD_PCT, HELPED_SHARE * stoppedAt_pct);

/** @param {VoiceState} state @param {number} at */
const mayTryPicture = ({ calmSince, changedAt, retry_ms }, at) =>
  Boolean(calmSince) && at - calmSince >= WINDOW_MS && at - changedAt >= retry_ms;

/** @param {VoiceState} state @param {number} at @returns {VoiceState} */
const tryPicture = (state, at) => ({ ...state, soundOnly: "", changedAt: at, recent: [] });
