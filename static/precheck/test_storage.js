// @ts-check
// What this browser keeps: tests that the office does not have whole yet, and where the last results stand.

const TEST = "office360 test:"; // and its id: two pages never write over each other
const HISTORY = "office360 tests";
const LENGTH = 8;
const KEPT_MS = 24 * 3_600_000; // as long as the office takes a late report (precheck/domain/capacity.py)
const FRESH_MS = 24 * 3_600_000; // an older test says little of the network that one has now

/**
 * @typedef {import("./test_record.js").Kept} Kept
 * @typedef {{ page: string, code: string, verdict: string, word: string, at: string, finished?: boolean }} Past
 */

/** A browser that keeps nothing, as in some private windows, goes on without. @template T @param {() => T} work @param {T} otherwise */
function tryTo(work, otherwise) {
  try {
    return work();
  } catch {
    return otherwise;
  }
}

/** @param {string} key @returns {any} */
const read = (key) => tryTo(() => JSON.parse(localStorage.getItem(key) ?? "null"), null);

/** @param {Kept} test */
export const keepTest = (test) => tryTo(() => localStorage.setItem(TEST + test.id, JSON.stringify(test)), undefined);

/** @param {string} id */
export const forgetTest = (id) => tryTo(() => localStorage.removeItem(TEST + id), undefined);

/** The tests that were left, the newest first. What is too old, or not ours to read, is deleted. @returns {Kept[]} */
export function keptTests() {
  const keys = tryTo(() => Object.keys(localStorage), []).filter((key) => key.startsWith(TEST));
  const tests = [];
  for (const key of keys) {
    const test = read(key);
    if (Date.now() - test?.begunAt < KEPT_MS && test.pieces && TEST + test.id === key) tests.push(test);
    else forgetTest(key.slice(TEST.length));
  }
  return tests.sort((one, other) => other.begunAt - one.begunAt);
}

/** @returns {Past[]} */
export const history = () => read(HISTORY) ?? [];

/** @param {Past} result the newest */
export function remember(result) {
  const others = history().filter((one) => one.page !== result.page);
  tryTo(() => localStorage.setItem(HISTORY, JSON.stringify([result, ...others].slice(0, LENGTH))), undefined);
}

/** The last test of this device as a room is told of it, so that it counts for the appointment. @returns {{ test_code?: string }} */
export function testOfToday() {
  const ofToday = history().filter((one) => Date.now() - Date.parse(one.at) < FRESH_MS);
  const last = ofToday.find((one) => one.finished !== false) ?? ofToday[0];
  return last ? { test_code: last.code } : {};
}
