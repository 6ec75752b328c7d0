// @ts-check
// The voice of all connections in a single view, of which the worst counts. Pure.

import { soundOnlyReason } from "./voice_protection.js";

/**
 * @typedef {object} VoiceView
 * @property {"" | "weak_connection" | "own_choice"} soundOnly why this page sends no picture; empty without a camera
 * @property {boolean} still whether a picture is sent that hardly moves
 * @property {boolean} slow whether this page's line is narrow
 * @property {boolean} other_slow whether another page said so of its own
 * @property {boolean} insisted whether a picture is sent although the voice suffers
 * @property {number | null} concealed_up_pct of this page's voice, as the others hear it
 * @property {number | null} concealed_down_pct of the others' voices, as this page plays them
 * @property {number | null} available_up_kbps
 *
 * @typedef {object} OneVoice
 * @property {import("./voice_protection.js").VoiceState} state
 * @property {{ heardConcealed_pct: () => number | null, isSlow: () => boolean }} channel
 * @property {import("./voice_stats.js").VoiceFigures | null} figures
 */

/** @param {OneVoice[]} all @param {import("./voice_protection.js").CallFacts} facts @returns {VoiceView} */
export function viewVoice(all, { sendsPicture, signs }) {
  const reasons = all.map(({ state }) => soundOnlyReason(state, signs));
  const available = known(all.map(({ figures }) => figures?.available_kbps ?? null));
  return {
    soundOnly: (sendsPicture && reasons.find(Boolean)) || "",
    still: sendsPicture && !signs && all.some(({ state }, number) => state.narrow && !reasons[number]),
    slow: all.some(({ state }) => state.narrow),
    other_slow: all.some(({ channel }) => channel.isSlow()),
    insisted: all.some(({ state }) => state.insisted),
    concealed_up_pct: highest(all.map(({ channel }) => channel.heardConcealed_pct())),
    concealed_down_pct: highest(all.map(({ figures }) => figures?.concealed_pct ?? null)),
    available_up_kbps: available.length ? Math.min(...available) : null,
  };
}

/** @param {(number | null)[]} values @returns {number[]} */
const known = (values) => values.flatMap((value) => (value === null ? [] : [value]));

/** @param {(number | null)[]} values */
function highest(values) {
  const numbers = known(values);
  return numbers.length ? Math.max(...numbers) : null;
}
