// @ts-check
// Steps when this page's own network changed and the path does not come back: a fresh peer connection, and at last a
// reload, which keeps the room. Pure. A page may know only the networks of its own loading: then no connection
// of it finds a path, however fresh (seen with Chromium on a tunnel device).

// A restart of the path takes less than two seconds on most lines. `stale`: it found only addresses of the time before
// the loss, so that it rarely succeeds.
const FRESH_MS = { usual: 2_000, stale: 1_500 };
const RELOAD_MS = { usual: 8_000, stale: 3_500 };
const WITHOUT_PATH = new Set(["lost", "restarting", "offering", "connecting"]);

/**
 * @typedef {object} Move
 * @property {number} movedAt since when this page has another socket, 0 if its network did not change
 * @property {boolean} isFresh whether a fresh peer connection was made since
 *
 * @typedef {object} Seen
 * @property {import("./recovery.js").Recovery} recovery after the event
 * @property {number} outAt since when nothing arrives, or 0
 * @property {boolean} isStale whether the connection has no address of this device that it did not have before the loss
 */

/** @type {Readonly<Move>} */
export const UNMOVED = Object.freeze({ movedAt: 0, isFresh: false });

/**
 * Return the move after an event of the recovery, and what is to be done beside that.
 * @param {Move} move
 * @param {import("./recovery.js").RecoveryEvent} event
 * @param {Seen} seen
 * @param {number} at ms
 * @returns {{ move: Move, action: "" | "renew" | "reload" }}
 */
export function nextMove(move, event, { recovery: { state, signalled }, outAt, isStale }, at) {
  if (event === "socket_back") return { move: { movedAt: at, isFresh: false }, action: "" };
  if (!move.movedAt || event !== "tick" || !signalled) return { move, action: "" };
  const pace = isStale ? "stale" : "usual";
  const out_ms = at - Math.max(move.movedAt, outAt);
  if (!WITHOUT_PATH.has(state)) return { move: state === "connected" && out_ms > RELOAD_MS.usual ? UNMOVED : move, action: "" };
  if (move.isFresh && out_ms >= RELOAD_MS[pace]) return { move, action: "reload" };
  if (out_ms < FRESH_MS[pace] || move.isFresh) return { move, action: "" };
  return { move: { ...move, isFresh: true }, action: "renew" };
}
