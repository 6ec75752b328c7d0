// @ts-check
// What this browser keeps: tests that the office does not have whole yet, and where the last results stand.

import { tryStorage } from "../core/storage.js";

const TEST_PREFIX = "office360 test:"; // and its id: two pages never write over each other
const HISTORY = "office360 tests";
const MAX_RESULTS = 8;
const MAX_AGE_MS = 24 * 3_600_000; // as long as the office takes a late report (precheck/session.py)
const RECENT_MS = 24 * 3_600_000; // an older test says little of the network that one has now

/**
 * @typedef {import("./test_record.js").TestRecord} TestRecord
 * @typedef {{ page: string, code: string, verdict: string, word: string, at: string, finished?: boolean }} PastResult
 */

/** @param {string} key @returns {any} */
const read = (key) => tryStorage(() => JSON.parse(localStorage.getItem(key) ?? "null"), null);

/** @param {TestRecord} test */
export const saveTest = (test) => tryStorage(() => localStorage.setItem(TEST_PREFIX + test.id, JSON.stringify(test)), undefined);

/** @param {string} id */
export const removeTest = (id) => tryStorage(() => localStorage.removeItem(TEST_PREFIX + id), undefined);

/** The tests that were left, the newest first. What is too old, or not ours to read, is deleted. @returns {TestRecord[]} */
export function savedTests() {
  const keys = tryStorage(() => Object.keys(localStorage), []).filter((key) => key.startsWith(TEST_PREFIX));
  const tests = [];
  for (const key of keys) {
    const test = read(key);
    if (Date.now() - test?.begunAt < MAX_AGE_MS && test.pieces && TEST_PREFIX + test.id === key) tests.push(test);
    else removeTest(key.slice(TEST_PREFIX.length));
  }
  return tests.sort((one, other) => other.begunAt - one.begunAt);
}

/** @returns {PastResult[]} */
export const pastResults = () => read(HISTORY) ?? [];

/** @param {PastResult} result the newest */
export function saveResult(result) {
  const others = pastResults().filter((one) => one.page !== result.page);
  tryStorage(() => localStorage.setItem(HISTORY, JSON.stringify([result, ...others].slice(0, MAX_RESULTS))), undefined);
}

/** The last test of this device as a room is told of it, so that it counts for the appointment. @returns {{ test_code?: string }} */
export function recentTestCode() {
  const ofToday = pastResults().filter((one) => Date.now() - Date.parse(one.at) < RECENT_MS);
  const last = ofToday.find((one) => one.finished !== false) ?? ofToday[0];
  return last ? { test_code: last.code } : {};
}
