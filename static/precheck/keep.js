// @ts-check
// What this browser keeps of tests: the report that could not be sent yet, and where the last results stand.

const PENDING = "office360 test";
const HISTORY = "office360 tests";
const LENGTH = 8;
const FRESH_MS = 24 * 3_600_000; // an older test says little of the network that one has now

/**
 * @typedef {{ token: string, code: string, measured: import("./types.js").Measured, page: string }} Pending
 * @typedef {{ page: string, code: string, verdict: string, word: string, at: string }} Past
 */

/** @param {Storage | undefined} store @param {string} key @returns {any} */
function read(store, key) {
  try {
    return JSON.parse(store?.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/** A browser that keeps nothing goes on without. @param {() => void} work */
function tryTo(work) {
  try {
    work();
  } catch {
    return;
  }
}

/** @returns {Pending | null} */
export const pending = () => read(globalThis.sessionStorage, PENDING);

/** @param {Pending} report */
export const keepPending = (report) => tryTo(() => sessionStorage.setItem(PENDING, JSON.stringify(report)));

export const forgetPending = () => tryTo(() => sessionStorage.removeItem(PENDING));

/** @returns {Past[]} */
export const history = () => read(globalThis.localStorage, HISTORY) ?? [];

/** @param {Past} result the newest */
export function remember(result) {
  const others = history().filter((one) => one.page !== result.page);
  tryTo(() => localStorage.setItem(HISTORY, JSON.stringify([result, ...others].slice(0, LENGTH))));
}

/** The last test of this device as a room is told of it, so that it counts for the appointment. @returns {{ test_code?: string }} */
export function testOfToday() {
  const last = history()[0];
  return last && Date.now() - Date.parse(last.at) < FRESH_MS ? { test_code: last.code } : {};
}
