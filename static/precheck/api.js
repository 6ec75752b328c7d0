// @ts-check
// Requests of a connection test to the server (/api/v1/tests), and the meaning of its refusals.

import { measureRegions } from "./connection/regions.js";

/** @typedef {import("./types.js").Test} Test */

const TIMEOUT_MS = 12_000; // enough for the worst network that can carry a call

/** @typedef {"full" | "limited" | "gone" | "down" | "offline"} FailureReason */

/** A request that was refused or never arrived. */
export class TestRequestError extends Error {
  /**
   * @param {FailureReason} reason
   * @param {number} [retryS] when to ask again
   * @param {number} [position] in the queue for the test room
   */
  constructor(reason, retryS = 0, position = 0) {
    super(reason);
    this.reason = reason;
    this.retryS = retryS;
    this.position = position;
  }
}

/**
 * Open a test that takes media. Throws TestRequestError.
 * @param {string | null} appointment its token
 * @param {{ quick?: boolean }} [how] `quick`: the short test on entering a lobby
 * @returns {Promise<Test>}
 */
export async function openTest(appointment, how = {}) {
  const regions = await measureRegions();
  const nearest = Object.keys(regions).length ? { regions } : {};
  const answer = await post("", JSON.stringify({ ...(appointment ? { appointment } : {}), ...how, ...nearest }), "application/json");
  return answer.json();
}

/**
 * Open a test only to report it, so it needs no free slot. Idempotent by key.
 * @param {string | null} appointment
 * @param {string} key
 * @returns {Promise<Test>}
 */
export async function openReport(appointment, key) {
  const body = JSON.stringify({ ...(appointment ? { appointment } : {}), place: false });
  const answer = await post("", body, "application/json", { "Idempotency-Key": key });
  return answer.json();
}

/** Continue an unfinished test. @param {string} token @returns {Promise<Test>} */
export async function resumeTest(token) {
  const answer = await post(`/${token}/resume`, "{}", "application/json");
  return answer.json();
}

/** Send the SDP offer and return the answer. @param {string} token @param {string} sdp @returns {Promise<string>} */
export async function sendOffer(token, sdp) {
  const answer = await post(`/${token}/offer`, sdp, "application/sdp");
  return answer.text();
}

/**
 * Send the report and return the server's verdict.
 * @param {string} token
 * @param {object} measured see reportOf in test_record.js
 * @returns {Promise<any>}
 */
export async function sendReport(token, measured) {
  const answer = await post(`/${token}/report`, JSON.stringify(measured), "application/json");
  return answer.json();
}

/** Send the report while the page is closing, best effort. @param {string} token @param {object} measured */
export function sendReportOnLeave(token, measured) {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify(measured);
  void fetch(`/api/v1/tests/${token}/report`, { method: "POST", keepalive: true, body, headers }).catch(() => undefined);
}

/** Release the slot in the test room, also while the page is closing. @param {string} token */
export function releaseTest(token) {
  void fetch(`/api/v1/tests/${token}`, { method: "DELETE", keepalive: true }).catch(() => undefined);
}

/** @param {string} path @param {string} body @param {string} type @param {Record<string, string>} [more] */
async function post(path, body, type, more = {}) {
  const headers = { "Content-Type": type, ...more };
  const signal = AbortSignal.timeout?.(TIMEOUT_MS); // browsers without it use their own timeout
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(`/api/v1/tests${path}`, { method: "POST", body, headers, signal });
  } catch {
    throw new TestRequestError(navigator.onLine ? "down" : "offline");
  }
  if (!answer.ok) throw await errorFrom(answer);
  return answer;
}

/** @param {Response} answer */
async function errorFrom(answer) {
  const retryS = Number(answer.headers.get("Retry-After")) || 0;
  const body = await answer.json().catch(() => ({}));
  if (body.code === "test_room_full") return new TestRequestError("full", retryS, Number(body.position ?? 0));
  if (answer.status === 429) return new TestRequestError("limited", retryS);
  if (body.code === "test_room_missing") return new TestRequestError("gone");
  if (answer.status >= 500 || body.code === "in_progress") return new TestRequestError("down", retryS);
  return new TestRequestError("gone");
}
