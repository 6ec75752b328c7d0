// @ts-check
// What a button of the console asks of the API. A press that got no answer is asked again under the same key,
// so that a call is never made twice.

import { text } from "../core/texts.js";

/** @typedef {{ status: number, body: any }} Answer */
/** @typedef {{ desk: string, ticket: string, form: () => object }} Place */

/** A refusal, in the reader's words. */
export class NotDone extends Error {}

/** @type {Map<string, string>} */
const unanswered = new Map();

/** @returns {string} */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<Answer>}
 */
async function post(path, body = {}) {
  const written = JSON.stringify(body);
  const asked = `${path} ${written}`;
  const key = unanswered.get(asked) ?? newKey();
  unanswered.set(asked, key);
  const answer = await send(path, written, key);
  unanswered.delete(asked);
  const content = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (answer.status === 401) location.assign(`/staff/?next=${encodeURIComponent(location.pathname)}`);
  if (!answer.ok) throw new NotDone(content?.detail ?? text("not_done"));
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
    throw new NotDone(text("no_answer"));
  }
}

/** @param {string} verb @returns {(place: Place) => Promise<Answer>} */
const onTicket = (verb) => ({ ticket }) => post(`/api/v1/staff/tickets/${ticket}/${verb}`);
/** @param {Place} place */
const callNext = ({ desk }) => post(`/api/v1/desks/${desk}/call-next`);
/** @param {Place} place */
const finish = ({ ticket, form }) => post(`/api/v1/staff/tickets/${ticket}/finish`, form());

/** @type {Record<string, (place: Place) => Promise<Answer>>} */
export const ACTIONS = {
  "call-next": callNext,
  start: onTicket("start"),
  recall: onTicket("recall"),
  "no-show": onTicket("no-show"),
  "put-back": onTicket("put-back"),
  hold: onTicket("hold"),
  finish,
  async "finish-and-call"(place) {
    await finish(place);
    return callNext(place);
  },
};
