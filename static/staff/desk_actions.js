// @ts-check
// What a button of the desk's console asks of the API.

import { post } from "./api.js";

/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {{ desk: string, ticket: string, form: () => object }} Place */

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
