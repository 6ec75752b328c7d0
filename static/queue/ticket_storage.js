// @ts-check
// The last state of a turn, kept on this device: a page that is opened without a network shows it with its age.

/** @typedef {import("./ticket_texts.js").TicketState} TicketState */

/** @param {string} token */
const storageKey = (token) => `office360_turn ${token}`;

/** A private window may have no storage at all. @param {() => T} use @template T @returns {T | undefined} */
function stored(use) {
  try {
    return use();
  } catch {
    return undefined;
  }
}

/** @param {string} token @param {TicketState} seen */
export function saveTicket(token, seen) {
  stored(() => localStorage.setItem(storageKey(token), JSON.stringify({ seen, at: Date.now() })));
}

/** @param {string} token */
export function removeTicket(token) {
  stored(() => localStorage.removeItem(storageKey(token)));
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
  const last = stored(() => JSON.parse(localStorage.getItem(storageKey(token)) ?? "null"));
  const newer = last && (last.seen.v - painted.v || last.at - paintedAt) > 0;
  return newer ? last : { seen: painted, at: paintedAt };
}
