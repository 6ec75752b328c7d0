// @ts-check
// What a running test has measured so far. It replaces the pieces of its record only when it is as complete.

import { saveTest } from "./test_storage.js";

/**
 * @typedef {import("../types.js").Measured} Measured
 * @typedef {import("../types.js").Row} Row
 * @typedef {import("../types.js").RowState} RowState
 * @typedef {import("./test_record.js").Part} Part
 * @typedef {import("./test_record.js").Piece} Piece
 * @typedef {import("./test_record.js").TestRecord} TestRecord
 */

/** @type {Readonly<Record<string, Part>>} */
const PART_OF_ROW = { permissions: "devices", camera: "devices", microphone: "voice", speaker: "voice", socket: "network", paths: "network", media: "network" };
const DEVICE_FIGURES = ["permissions", "camera_luma", "camera_std", "camera_moving"];
const VOICE_FIGURES = ["microphone_dbfs", "microphone_clipping_pct"];

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

/**
 * Continue a test: the audio steps keep their results, since they need the person; the others run again.
 * @param {TestRecord} test
 * @returns {Measured}
 */
export function continueRecord(test) {
  if (test.pieces.voice) drafts.set(test, { voice: test.pieces.voice });
  return structuredClone(test.pieces.voice?.measured ?? {});
}

/** End a repetition: each part that was measured anew replaces the old part if it is complete. @param {TestRecord} test */
export function endRepeat(test) {
  delete test.repeats;
  for (const [name, piece] of Object.entries(drafts.get(test) ?? {})) {
    const part = /** @type {Part} */ (name);
    if (!isComplete(part, piece)) continue;
    test.pieces[part] = piece;
    test.sent = false;
  }
}
