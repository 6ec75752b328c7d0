// @ts-check
// The order of the steps, and the steps that a person asked to repeat. No clock, no DOM.

/** @typedef {Exclude<import("./types.js").Row, "browser">} RepeatableRow @typedef {import("./record/test_record.js").Part} Part */

/** @type {readonly RepeatableRow[]} */
export const STEP_ORDER = ["permissions", "camera", "microphone", "speaker", "socket", "paths", "media"];

/** The steps that measure a part of the test anew. Camera and microphone have to be open for each. @type {Readonly<Record<Part, readonly RepeatableRow[]>>} */
export const STEPS_OF_PART = {
  devices: ["permissions", "camera"],
  voice: ["permissions", "microphone", "speaker"],
  network: ["permissions", "socket", "paths", "media"],
};

/**
 * Return the steps after the first step of `queue` has run. Steps to repeat come first; a step that was left for
 * these, without an outcome, runs again afterwards.
 * @param {readonly RepeatableRow[]} queue
 * @param {readonly RepeatableRow[]} asked
 * @param {boolean} hasOutcome whether the first step ended with an outcome
 * @returns {RepeatableRow[]}
 */
export function stepsAfter(queue, asked, hasOutcome) {
  const rest = hasOutcome || !asked.length ? queue.slice(1) : queue;
  return [...STEP_ORDER.filter((row) => asked.includes(row)), ...rest.filter((row) => !asked.includes(row))];
}
