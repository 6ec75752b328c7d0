// @ts-check
// The last state of a ticket on this device, for a page that is opened offline.

import { tryStorage } from "../core/storage.js";

/** @typedef {import("./ticket_texts.js").TicketState} TicketState */

/** @param {string} token */
const storageKey = (token) => `office360_turn ${token}`;

/** @param {string} token @param {TicketState} seen */
export function saveTicket(token, seen) {
  tryStorage(() => localStorage.setItem(storageKey(token), JSON.stringify({ seen, at: Date.now() })), undefined);
}

/** @param {string} token */
export function removeTicket(token) {
  tryStorage(() => localStorage.removeItem(storageKey(token)), undefined);
}

/**
 * Return the newer state: the one in the cached page or the saved frame. The version decides, then the time: a page
 * may be cached after a frame arrived and still be older.
 * @param {string} token
 * @param {TicketState} rendered
 * @param {number} renderedAt this device's clock, in ms
 * @returns {{ seen: TicketState, at: number }}
 */
export function newestState(token, rendered, renderedAt) {
  const saved = tryStorage(() => JSON.parse(localStorage.getItem(storageKey(token)) ?? "null"), undefined);
  const isNewer = saved && (saved.seen.v - rendered.v || saved.at - renderedAt) > 0;
  return isNewer ? saved : { seen: rendered, at: renderedAt };
}
