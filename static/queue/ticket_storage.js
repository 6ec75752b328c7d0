// @ts-check
// The last state of a turn, kept on this device: a page that is opened without a network shows it with its age.

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
 * What a page that was kept shows, and since when: whichever was said last, the page or a frame. A page may be kept
 * after a frame and yet have been read before it, so the version decides, and not this device's clock.
 * @param {string} token
 * @param {TicketState} painted
 * @param {number} paintedAt this device's clock, in ms
 * @returns {{ seen: TicketState, at: number }}
 */
export function newestState(token, painted, paintedAt) {
  const last = tryStorage(() => JSON.parse(localStorage.getItem(storageKey(token)) ?? "null"), undefined);
  const newer = last && (last.seen.v - painted.v || last.at - paintedAt) > 0;
  return newer ? last : { seen: painted, at: paintedAt };
}
