// @ts-check
// The state of the session on the server. Asking for it does not count as its use.

const TIMEOUT_MS = 5_000;

/**
 * @typedef {object} SessionState
 * @property {boolean} signed_in
 * @property {string} [account] id of the person
 * @property {number} [ends_in_s]
 * @property {boolean} [can_stay] using the session moves its end
 * @property {string} [csrf] for the login
 * @property {string | null} [passkey] options of a passkey for the login
 */

/** @returns {Promise<SessionState | null>} null without an answer */
export async function readState() {
  try {
    const headers = { Accept: "application/json" };
    const answer = await fetch("/staff/session", { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
