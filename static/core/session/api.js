// @ts-check
// POST requests of the consoles. A request without an answer is repeated with the same key, so it is idempotent.

import { text } from "../i18n.js";
import { logInAgain } from "./session_login.js";

/** @typedef {{ status: number, body: any }} Answer */

/** A refused request: the message is translated, `body` is the server's answer. */
export class RequestRefused extends Error {
  /** @param {string} words @param {any} [body] */
  constructor(words, body = {}) {
    super(words);
    this.body = body;
  }
}

/** @type {Map<string, string>} */
const unansweredKeys = new Map();

/** @returns {string} */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<Answer>}
 */
export async function post(path, body = {}) {
  const json = JSON.stringify(body);
  const request = `${path} ${json}`;
  const key = unansweredKeys.get(request) ?? newKey();
  unansweredKeys.set(request, key);
  const answer = await send(path, json, key);
  unansweredKeys.delete(request);
  const content = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (answer.status === 401 && (await logInAgain())) return post(path, body);
  if (!answer.ok) throw new RequestRefused(refusalText(content), content ?? {});
  return { status: answer.status, body: content };
}

/** @param {string} path @param {string} body @param {string} key @returns {Promise<Response>} */
async function send(path, body, key) {
  try {
    return await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": key },
      body,
    });
  } catch {
    throw new RequestRefused(text("no_answer"));
  }
}

/** Return the text of a refusal, the first field's if fields are invalid. @param {any} problem @returns {string} */
function refusalText(problem) {
  return problem?.errors?.[0]?.message ?? problem?.detail ?? text("not_done");
}
