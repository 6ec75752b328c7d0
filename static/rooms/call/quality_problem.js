// @ts-check
// The problem of a call that is worth a sentence, from its figures. Pure: no browser, no clock.

import { CONCEALED_BAD_PCT, CONCEALED_GOOD_PCT } from "../voice/voice_protection.js";

const RAMP_MS = 20_000; // a new connection starts with a small picture and grows
const LOSS_PCT = 8; // red above, each direction (docs/video.md)
const RTT_MS = 400; // red above (docs/video.md)

/**
 * @typedef {object} CallView
 * @property {import("../../core/media/webrtc_stats.js").Figures} figures
 * @property {number | null} concealed_up_pct of this page's voice, as the others heard it in the last seconds
 * @property {number | null} concealed_down_pct of the others' voices
 * @property {boolean} sendsPicture
 * @property {boolean} still whether the sent picture hardly moves, in favour of the voice
 * @property {boolean} slow whether this page's line has room for the voice only
 * @property {boolean} other_slow whether the line of another page does
 * @property {boolean} unsteady whether this page's line varies, so that a better place may help
 * @property {number} age_ms of the connection
 */

/**
 * Return the key of the worst problem, or an empty string. The voice is judged by what was concealed of it: with
 * redundancy it survives a loss that freezes the picture, and on a crowded line it breaks without any loss in sight.
 * @param {CallView} view
 */
export function qualityProblem({ figures, concealed_up_pct, concealed_down_pct, sendsPicture, still, other_slow, age_ms }) {
  if ((concealed_up_pct ?? 0) > CONCEALED_BAD_PCT) return "voice_up";
  if ((concealed_down_pct ?? 0) > CONCEALED_BAD_PCT) return "voice_down";
  if ((figures.rtt_ms ?? 0) > RTT_MS) return "delay";
  if ((figures.loss_up_pct ?? 0) > LOSS_PCT) return "loss_up";
  if ((figures.loss_down_pct ?? 0) > LOSS_PCT) return "loss_down";
  if (sendsPicture && (still || (figures.limited === "bandwidth" && age_ms > RAMP_MS))) return "bandwidth";
  if (other_slow) return "other_slow";
  if (sendsPicture && figures.limited === "cpu") return "cpu";
  return "";
}

/** Whether a problem is known without further samples: a page has decided on it. @param {string} problem @param {CallView} view */
export const isCertain = (problem, view) => (problem === "bandwidth" && view.still) || problem === "other_slow";

/**
 * Return the key of what can be done, or of the cause where nothing can. A place nearer to the router helps against a
 * line that varies, never against a slow line.
 * @param {string} problem
 * @param {CallView} view
 */
export function adviceKey(problem, view) {
  const isSent = ["voice_up", "loss_up"].includes(problem);
  if (isSent && !view.unsteady) return view.slow || view.figures.limited === "bandwidth" ? "why_slow" : "why_weak";
  if (["voice_down", "loss_down"].includes(problem) && view.other_slow) return "why_other_slow_more";
  return isVoiceFine(view) ? `why_${problem}_fine` : `why_${problem}_more`;
}

/** Whether both directions of the voice are known to be good, so that a page may say so. @param {CallView} view */
export const isVoiceFine = ({ concealed_up_pct, concealed_down_pct }) =>
  [concealed_up_pct, concealed_down_pct].every((concealed_pct) => concealed_pct !== null && concealed_pct < CONCEALED_GOOD_PCT);
