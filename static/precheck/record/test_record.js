// @ts-check
// The record of a test on this device: the outcomes of the steps, in pieces that were each measured in a single run.

import { removeTest } from "./test_storage.js";

/**
 * @typedef {import("../types.js").Measured} Measured
 * @typedef {import("../types.js").Row} Row
 * @typedef {import("../types.js").RowState} RowState
 * @typedef {"devices" | "voice" | "network"} Part
 * @typedef {{ state: RowState, key: string, at: number }} Outcome
 * @typedef {{ at: number, measured: Measured, rows: { [row in Row]?: Outcome } }} Piece
 *
 * @typedef {object} TestRecord
 * @property {string} id
 * @property {number} begunAt
 * @property {string} results URL prefix of the result; the key follows
 * @property {string | null} appointment its token
 * @property {{ [part in Part]?: Piece }} pieces
 * @property {string} [microphone] id of the tested microphone
 * @property {string} [token] after the server opened the test
 * @property {string} [code]
 * @property {number} [refusals] how often the server answered with its rate limit
 * @property {boolean} done every step has finished
 * @property {boolean} sent the server has the current state
 * @property {boolean} [over] replaced by another test: uploaded, but not offered to continue
 * @property {boolean} [refused] the server no longer accepts it
 * @property {Part} [repeats] the part of a finished test that is measured anew; it is saved when it is complete
 */

const CONTINUE_WITHIN_MS = 10 * 60_000; // the server accepts media of a test for the same time

/** Create an empty record. @param {{ results: string, appointment: string | null }} page @returns {TestRecord} */
export function newRecord({ results, appointment }) {
  const id = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  return { id, begunAt: Date.now(), results, appointment, pieces: {}, done: false, sent: false };
}

/** Build the report from all pieces, each with its age in seconds. @param {TestRecord} test */
export function reportOf({ pieces, done }) {
  const devices = { ...pieces.devices?.measured.devices, ...pieces.voice?.measured.devices };
  const measurements = Object.assign({}, ...Object.values(pieces).map((piece) => piece.measured), { devices });
  const age = (/** @type {Piece} */ piece) => Math.min(86_400, Math.max(0, Math.round((Date.now() - piece.at) / 1000)));
  return { measurements, finished: done, ages_s: Object.fromEntries(Object.entries(pieces).map(([part, piece]) => [part, age(piece)])) };
}

/** Return when the last piece was measured. @param {TestRecord} test */
export const measuredAt = ({ pieces, begunAt }) => Math.max(begunAt, ...Object.values(pieces).map((piece) => piece.at));

/** Whether the test is unfinished and recent enough to continue. @param {TestRecord} test */
export const canContinue = (test) => !test.done && !test.over && Date.now() - measuredAt(test) < CONTINUE_WITHIN_MS;

/** Begin to repeat a part of a finished test. @param {TestRecord} test @param {Part} part @returns {TestRecord} */
export const repeatRecord = (test, part) => ({ ...structuredClone(test), repeats: part });

/**
 * Find the finished test of this device whose part is repeated: the test with this token or code, else the latest.
 * @param {TestRecord[]} tests newest first
 * @param {{ results: string, previous: string | null }} page
 * @returns {TestRecord | undefined}
 */
export function repeatableTest(tests, { results, previous }) {
  const finished = tests.filter((test) => test.done && test.sent && test.results === results);
  return previous ? finished.find((test) => [test.token, test.code].includes(previous)) : finished[0];
}

/** Delete a record that the server has completely or will never accept. @param {TestRecord} test */
export const removeRecord = (test) => removeTest(test.id);
