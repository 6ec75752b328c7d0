// @ts-check
// Calls of the room's documents and texts. A refusal has the server's words; a lost connection has none.

/** A refused call: the message is translated by the server, `body` is its answer. */
export class PapersRefused extends Error {
  /** @param {string} words @param {number} status @param {any} body */
  constructor(words, status, body) {
    super(words);
    this.status = status;
    this.body = body;
  }
}

const RETRIED_STATUSES = new Set([408, 429, 500, 502, 503, 504]);

/** Whether the same call may succeed later: the connection is lost, or the server is busy. @param {unknown} error */
export const isTemporary = (error) => !(error instanceof PapersRefused) || RETRIED_STATUSES.has(error.status);

/**
 * Make a call. Rejects with PapersRefused, or with the browser's error if the connection is lost.
 * @param {string} path
 * @param {{ method?: string, json?: object, part?: Blob, offset?: number, signal?: AbortSignal }} [call]
 * @returns {Promise<any>} the answer's JSON; null for an empty answer
 */
export async function callRoom(path, { method = "GET", json, part, offset, signal } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  if (part) {
    headers["Content-Type"] = "application/offset+octet-stream";
    headers["Upload-Offset"] = String(offset);
  }
  const body = part ?? (json ? JSON.stringify(json) : undefined);
  const answer = await fetch(path, { method, headers, ...(body === undefined ? {} : { body }), ...(signal ? { signal } : {}) });
  const content = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new PapersRefused(refusalText(content), answer.status, content ?? {});
  return content;
}

/** Return the text of a refusal, the first field's if fields are invalid. @param {any} problem @returns {string} */
const refusalText = (problem) => problem?.errors?.[0]?.message ?? problem?.detail ?? "";

/** Return the server's words of a refusal; empty for any other error. @param {unknown} error */
export const refusalOf = (error) => (error instanceof PapersRefused ? error.message : "");

/** Return the address of the room's calls. @param {import("../types.js").RoomFacts} room */
export const roomPath = ({ hello }) => `/api/v1/rooms/${hello.token ?? hello.appointment}`;
