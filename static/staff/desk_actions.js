// @ts-check
// The API calls behind the desk console's buttons.

import { post } from "./api.js";

/** @typedef {import("./api.js").Answer} Answer */
/** @typedef {{ desk: string, ticket: string, form: () => object }} ActionContext */

/** @param {string} verb @returns {(context: ActionContext) => Promise<Answer>} */
const ticketAction = (verb) => ({ ticket }) => post(`/api/v1/staff/tickets/${ticket}/${verb}`);
/** @param {ActionContext} context */
const callNext = ({ desk }) => post(`/api/v1/desks/${desk}/call-next`);
/** @param {ActionContext} context */
const finish = ({ ticket, form }) => post(`/api/v1/staff/tickets/${ticket}/finish`, form());

/** @type {Record<string, (context: ActionContext) => Promise<Answer>>} */
export const ACTIONS = {
  "call-next": callNext,
  start: ticketAction("start"),
  recall: ticketAction("recall"),
  "no-show": ticketAction("no-show"),
  "put-back": ticketAction("put-back"),
  hold: ticketAction("hold"),
  finish,
  async "finish-and-call"(context) {
    await finish(context);
    return callNext(context);
  },
};
