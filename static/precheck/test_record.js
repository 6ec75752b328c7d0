// @ts-check
// One test as this device keeps it: what came out of each step, in pieces that are each of one moment.

import { forgetTest, keepTest } from "./test_storage.js";

/**
 * @typedef {import("./types.js").Measured} Measured
 * @typedef {import("./types.js").Row} Row
 * @typedef {import("./types.js").RowState} RowState
 * @typedef {"devices" | "voice" | "network"} Part
 * @typedef {{ state: RowState, key: string, at: number }} Outcome
 * @typedef {{ at: number, measured: Measured, rows: { [row in Row]?: Outcome } }} Piece
 *
 * @typedef {object} Kept
 * @property {string} id
 * @property {number} begunAt
 * @property {string} results where its result will stand; its key follows
 * @property {string | null} appointment its token
 * @property {{ [part in Part]?: Piece }} pieces
 * @property {string} [microphone] which one was heard
 * @property {string} [token] once the office knows the test
 * @property {string} [code]
 * @property {number} [refusals] how often the office wanted to be asked later
 * @property {boolean} done every step has said what it could
 * @property {boolean} sent the office has it as it stands
 * @property {boolean} [over] another test took its place: it is sent, and not offered to go on with
 * @property {boolean} [refused] the office does not take it any more
 */

const GO_ON_MS = 10 * 60_000; // the office takes new media for as long (precheck/domain/capacity.py)
/** @type {Readonly<Record<string, Part>>} */
const PART_OF_ROW = { permissions: "devices", camera: "devices", microphone: "voice", speaker: "voice", socket: "network", paths: "network", media: "network" };
const OF_DEVICES = ["permissions", "camera_luma", "camera_std", "camera_moving"];
const OF_VOICE = ["microphone_dbfs", "microphone_clipping_pct"];

/** @param {{ results: string, appointment: string | null }} page @returns {Kept} */
export function begin({ results, appointment }) {
  const id = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  return { id, begunAt: Date.now(), results, appointment, pieces: {}, done: false, sent: false };
}

/** What came out of a step is kept at once. @param {Kept} test @param {Measured} measured @param {Row} row @param {RowState} state @param {string} key */
export function note(test, measured, row, state, key) {
  const part = PART_OF_ROW[row];
  if (part) put(test, part, measured, { [row]: { state, key, at: Date.now() } });
}

/** Figures of a step that is still going on. @param {Kept} test @param {Measured} measured */
export const noteFigures = (test, measured) => put(test, "network", measured, {});

/** @param {Kept} test @param {Part} part @param {Measured} measured @param {Piece["rows"]} news */
function put(test, part, measured, news) {
  const draft = drafts.get(test) ?? {};
  drafts.set(test, draft);
  const rows = { ...(draft[part]?.rows ?? {}), ...news };
  const at = part === "voice" ? Math.min(...Object.values(rows).map((one) => one.at)) : Date.now();
  draft[part] = { at, measured: figuresOf(part, measured), rows };
  if (isWhole(part, draft[part]) || !isWhole(part, test.pieces[part])) test.pieces[part] = draft[part];
  test.sent = false;
  keepTest(test);
}

/** What is being measured anew stands beside what was kept, until it says as much. @type {WeakMap<Kept, Kept["pieces"]>} */
const drafts = new WeakMap();

/** @param {Part} part @param {Piece | undefined} piece */
function isWhole(part, piece) {
  if (part === "network") return piece?.measured.path !== undefined || piece?.measured.rtt_ms !== undefined;
  return Boolean(part === "devices" ? piece?.rows.camera : piece?.rows.microphone);
}

/** @param {Part} part @param {Measured} measured @returns {Measured} */
function figuresOf(part, measured) {
  const { speaker, ...seen } = measured.devices ?? {};
  if (part === "voice") return { ...only(measured, OF_VOICE), ...(speaker === undefined ? {} : { devices: { speaker } }) };
  if (part === "devices") return { ...only(measured, OF_DEVICES), devices: seen };
  return only(measured, Object.keys(measured).filter((name) => name !== "devices" && ![...OF_DEVICES, ...OF_VOICE].includes(name)));
}

/** @param {Measured} measured @param {string[]} names @returns {Measured} */
const only = (measured, names) => Object.fromEntries(Object.entries(measured).filter(([name]) => names.includes(name)));

/** All pieces together, as the office is told. @param {Kept} test */
export function reportOf({ pieces, done }) {
  const devices = { ...pieces.devices?.measured.devices, ...pieces.voice?.measured.devices };
  const measurements = Object.assign({}, ...Object.values(pieces).map((piece) => piece.measured), { devices });
  const age = (/** @type {Piece} */ piece) => Math.min(86_400, Math.max(0, Math.round((Date.now() - piece.at) / 1000)));
  return { measurements, finished: done, ages_s: Object.fromEntries(Object.entries(pieces).map(([part, piece]) => [part, age(piece)])) };
}

/** @param {Kept} test when its last piece was measured */
export const measuredAt = ({ pieces, begunAt }) => Math.max(begunAt, ...Object.values(pieces).map((piece) => piece.at));

/** Whether it is still the same visit to the test room. @param {Kept} test */
export const canGoOn = (test) => !test.done && !test.over && Date.now() - measuredAt(test) < GO_ON_MS;

/** Go on: the voice stays as it was measured; what needs no word of the person is measured anew. @param {Kept} test @returns {Measured} */
export function goOn(test) {
  if (test.pieces.voice) drafts.set(test, { voice: test.pieces.voice });
  return structuredClone(test.pieces.voice?.measured ?? {});
}

/** @param {Kept} test the office has it whole, or will never take it */
export const forget = (test) => forgetTest(test.id);
