// @ts-check
// The calls of a test to the office (contract.md, /api/v1/tests), and what their refusals mean.

/** @typedef {import("./types.js").Test} Test */

const TIMEOUT_MS = 12_000; // a page on the worst network that still makes a call

/** @typedef {"full" | "limited" | "gone" | "down" | "offline"} FailureReason */

/** A call that was refused, or never arrived. */
export class TestRequestError extends Error {
  /** @param {FailureReason} reason @param {number} [retryS] when to ask again @param {number} [position] in the line */
  constructor(reason, retryS = 0, position = 0) {
    super(reason);
    this.reason = reason;
    this.retryS = retryS;
    this.position = position;
  }
}

/** @param {string | null} appointment its token @returns {Promise<Test>} */
export async function openTest(appointment) {
  const answer = await post("", JSON.stringify(appointment ? { appointment } : {}), "application/json");
  return answer.json();
}

/** A test that is only reported, so it waits for no place. With the same key it is the same test. @param {string | null} appointment @param {string} key @returns {Promise<Test>} */
export async function openReport(appointment, key) {
  const body = JSON.stringify({ ...(appointment ? { appointment } : {}), place: false });
  const answer = await post("", body, "application/json", { "Idempotency-Key": key });
  return answer.json();
}

/** A test that was left goes on. @param {string} token @returns {Promise<Test>} */
export async function resumeTest(token) {
  const answer = await post(`/${token}/resume`, "{}", "application/json");
  return answer.json();
}

/** The answer to our offer. @param {string} token @param {string} sdp @returns {Promise<string>} */
export async function sendOffer(token, sdp) {
  const answer = await post(`/${token}/offer`, sdp, "application/sdp");
  return answer.text();
}

/** @param {string} token @param {object} measured as test_record.js says it @returns {Promise<any>} what the office makes of it */
export async function sendReport(token, measured) {
  const answer = await post(`/${token}/report`, JSON.stringify(measured), "application/json");
  return answer.json();
}

/** While the page goes away nobody hears the answer. @param {string} token @param {object} measured */
export function sendReportOnLeave(token, measured) {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify(measured);
  void fetch(`/api/v1/tests/${token}/report`, { method: "POST", keepalive: true, body, headers }).catch(() => undefined);
}

/** Give the place back, also while the page goes away. @param {string} token */
export function releaseTest(token) {
  void fetch(`/api/v1/tests/${token}`, { method: "DELETE", keepalive: true }).catch(() => undefined);
}

/** @param {string} path @param {string} body @param {string} type @param {Record<string, string>} [more] */
async function post(path, body, type, more = {}) {
  const headers = { "Content-Type": type, ...more };
  const signal = AbortSignal.timeout?.(TIMEOUT_MS); // where a browser lacks it, its own patience ends the call
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
  if (answer.status >= 500 || body.code === "in_progress") return new TestRequestError("down", retryS);
  return new TestRequestError("gone");
}
