// @ts-check
// Tests and results in localStorage: tests that the server does not have completely, the last finished test, so that
// a part of it can be repeated, and links to the last results.

import { tryStorage } from "../../core/storage.js";

const TEST_PREFIX = "office360 test:"; // followed by the test's id, so that two tabs never overwrite each other
const HISTORY = "office360 tests";
const MAX_RESULTS = 8;
const MAX_AGE_MS = 24 * 3_600_000; // the server accepts late reports for the same time
const RECENT_MS = 24 * 3_600_000; // an older test says little about the current network

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

/** Return the saved tests, newest first. Deletes entries that are too old or unreadable. @returns {TestRecord[]} */
export function savedTests() {
  const keys = tryStorage(() => Object.keys(localStorage), []).filter((key) => key.startsWith(TEST_PREFIX));
  const tests = [];
  for (const key of keys) {
    const test = read(key);
    if (Date.now() - test?.begunAt < MAX_AGE_MS && test.pieces && TEST_PREFIX + test.id === key) tests.push(test);
    else removeTest(key.slice(TEST_PREFIX.length));
  }
  return tests.sort((a, b) => b.begunAt - a.begunAt);
}

/** Keep a finished test, so that a part of it can be repeated; an earlier test is not needed any more. @param {TestRecord} test */
export function keepFinishedTest(test) {
  for (const other of savedTests()) if (other.id !== test.id && other.done && other.sent && other.results === test.results) removeTest(other.id);
  saveTest(test);
}

/** @returns {PastResult[]} */
export const pastResults = () => read(HISTORY) ?? [];

/** Save a result as the newest. @param {PastResult} result */
export function saveResult(result) {
  const others = pastResults().filter((past) => past.page !== result.page);
  tryStorage(() => localStorage.setItem(HISTORY, JSON.stringify([result, ...others].slice(0, MAX_RESULTS))), undefined);
}

/**
 * Return the token of the last recent test, finished tests first, so that a video room can link it.
 * @returns {{ test?: string }}
 */
export function recentTest() {
  const ofToday = pastResults().filter((result) => Date.now() - Date.parse(result.at) < RECENT_MS);
  const last = ofToday.find((result) => result.finished !== false) ?? ofToday[0];
  return last ? { test: last.page.split("/").at(-1) } : {};
}
