// @ts-check
// The record of one test on this device: the outcomes of the steps, in pieces that were each measured at one time.

import { removeTest, saveTest } from "./test_storage.js";

/**
 * @typedef {import("./types.js").Measured} Measured
 * @typedef {import("./types.js").Row} Row
 * @typedef {import("./types.js").RowState} RowState
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
/** @type {Readonly<Record<string, Part>>} */
const PART_OF_ROW = { permissions: "devices", camera: "devices", microphone: "voice", speaker: "voice", socket: "network", paths: "network", media: "network" };
const DEVICE_FIGURES = ["permissions", "camera_luma", "camera_std", "camera_moving"];
const VOICE_FIGURES = ["microphone_dbfs", "microphone_clipping_pct"];

/** Create an empty record. @param {{ results: string, appointment: string | null }} page @returns {TestRecord} */
export function newRecord({ results, appointment }) {
  const id = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  return { id, begunAt: Date.now(), results, appointment, pieces: {}, done: false, sent: false };
}

/**
 * Save the outcome of a step.
 * @param {TestRecord} test
 * @param {Measured} measured
 * @param {Row} row
 * @param {RowState} state
 * @param {string} key
 */
export function recordOutcome(test, measured, row, state, key) {
  const part = PART_OF_ROW[row];
  if (part) updatePiece(test, part, measured, { [row]: { state, key, at: Date.now() } });
}

/** Save the figures of a step that is still running. @param {TestRecord} test @param {Measured} measured */
export const recordFigures = (test, measured) => updatePiece(test, "network", measured, {});

/** @param {TestRecord} test @param {Part} part @param {Measured} measured @param {Piece["rows"]} news */
function updatePiece(test, part, measured, news) {
  const draft = drafts.get(test) ?? {};
  drafts.set(test, draft);
  const rows = { ...(draft[part]?.rows ?? {}), ...news };
  const at = part === "voice" ? Math.min(...Object.values(rows).map((row) => row.at)) : Date.now();
  draft[part] = { at, measured: figuresOfPart(part, measured), rows };
  if (test.repeats) return;
  if (isComplete(part, draft[part]) || !isComplete(part, test.pieces[part])) test.pieces[part] = draft[part];
  test.sent = false;
  saveTest(test);
}

/**
 * New measurements; they replace the saved pieces only when they are as complete.
 * @type {WeakMap<TestRecord, TestRecord["pieces"]>}
 */
const drafts = new WeakMap();

/** Whether a piece contains its main result. @param {Part} part @param {Piece | undefined} piece */
function isComplete(part, piece) {
  if (part === "network") return piece?.measured.path !== undefined || piece?.measured.rtt_ms !== undefined;
  return Boolean(part === "devices" ? piece?.rows.camera : piece?.rows.microphone);
}

/** @param {Part} part @param {Measured} measured @returns {Measured} */
function figuresOfPart(part, measured) {
  const { speaker, ...seen } = measured.devices ?? {};
  if (part === "voice") return { ...pick(measured, VOICE_FIGURES), ...(speaker === undefined ? {} : { devices: { speaker } }) };
  if (part === "devices") return { ...pick(measured, DEVICE_FIGURES), devices: seen };
  return pick(measured, Object.keys(measured).filter((name) => name !== "devices" && ![...DEVICE_FIGURES, ...VOICE_FIGURES].includes(name)));
}

/** @param {Measured} measured @param {string[]} names @returns {Measured} */
const pick = (measured, names) => Object.fromEntries(Object.entries(measured).filter(([name]) => names.includes(name)));

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

/**
 * Continue a test: the audio steps keep their results, since they need the person; the others run again.
 * @param {TestRecord} test
 * @returns {Measured}
 */
export function continueRecord(test) {
  if (test.pieces.voice) drafts.set(test, { voice: test.pieces.voice });
  return structuredClone(test.pieces.voice?.measured ?? {});
}

/** Begin to repeat a part of a finished test. @param {TestRecord} test @param {Part} part @returns {TestRecord} */
export const repeatRecord = (test, part) => ({ ...structuredClone(test), repeats: part });

/** End a repetition: each part that was measured anew replaces the old one if it is complete. @param {TestRecord} test */
export function endRepeat(test) {
  delete test.repeats;
  for (const [name, piece] of Object.entries(drafts.get(test) ?? {})) {
    const part = /** @type {Part} */ (name);
    if (!isComplete(part, piece)) continue;
    test.pieces[part] = piece;
    test.sent = false;
  }
}

/**
 * Find the finished test of this device whose part is repeated: the one with this token or code, else the latest.
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
