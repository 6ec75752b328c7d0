// @ts-check
// Recovery of a peer connection, as a state machine. Pure: no clock, no browser, no socket. connection_watchdog.js
// tells it events with their time, and carries out the actions. docs/video.md has the table of states.

export const UNANSWERED_MS = 3_000; // an offer without an answer is repeated after this
export const LOST_MS = 2_000; // a path lost this long rarely recovers by itself
export const LOST_POLITE_MS = 5_000; // the impolite side restarts first; the polite side only if that did not happen
export const GRACE_MS = 200; // on the new socket, the other side's offer arrives with the missed messages
export const RESTART_INTERVAL_MS = 4_000;
export const REPLACE_MS = 15_000; // then the peer connection is replaced
export const SILENCE_MS = 2_000; // no packet for this long: the other person, the path or the network is gone

/**
 * @typedef {"waiting" | "offering" | "connecting" | "connected" | "silent" | "lost" | "restarting" | "closed"} State
 *   waiting: no peer connection yet · offering: no sign of the other side · connecting: paths are tried · silent: no
 *   packets arrive, but the browser calls it connected · lost: it does not · restarting: an ICE restart was sent
 * @typedef {"created" | "connecting" | "connected" | "disconnected" | "failed" | "died" | "silence" | "flow"
 *   | "offered" | "unanswered" | "refused" | "network_changed" | "socket_lost" | "socket_back" | "tick" | "stop"} RecoveryEvent
 *   died: closed by the browser · offered: their offer was accepted · unanswered: ours was not · refused: by the relay
 * @typedef {"probe_socket" | "repeat_offer" | "restart_ice" | "renew_credentials" | "replace" | "ask_renewal"
 *   | "send_picture"} Action
 *
 * @typedef {object} Recovery
 * @property {State} state
 * @property {boolean} polite
 * @property {boolean} signalled whether the socket is open; without it, nothing can be agreed
 * @property {number} lostAt start of the time without a path, or of the new connection
 * @property {number} dueAt earliest time of the next action of a tick
 * @property {number} actedAt time of the last restart or replacement
 * @typedef {[Partial<Recovery>, ...Action[]]} Outcome what changes, and what is to be done
 * @typedef {(now: Recovery, at: number) => Outcome} Rule
 */

/** @param {boolean} polite @param {boolean} signalled @param {number} at @returns {Recovery} */
export const beginRecovery = (polite, signalled, at) => ({ state: "waiting", polite, signalled, lostAt: at, dueAt: at, actedAt: -Infinity });

/**
 * Return what follows from an event, and what is to be done. An event that has no rule changes nothing.
 * @param {Recovery} now
 * @param {RecoveryEvent} event
 * @param {number} at ms
 * @returns {{ recovery: Recovery, actions: Action[] }}
 */
export function step(now, event, at) {
  const rule = now.state === "closed" ? undefined : (RULES[now.state][event] ?? ALWAYS[event]);
  const [changed, ...actions] = rule?.(now, at) ?? [{}];
  return { recovery: { ...now, ...changed }, actions };
}

/** @type {(now: Recovery, at: number) => boolean} */
const mayAct = (now, at) => now.signalled && at - now.actedAt >= RESTART_INTERVAL_MS;
/** Return when a path is restarted. @param {Recovery} now @param {number} lostAt */
const restartAt = ({ polite, actedAt }, lostAt) => Math.max(lostAt + (polite ? LOST_POLITE_MS : LOST_MS), actedAt + RESTART_INTERVAL_MS);
/** @param {State} state @returns {Rule} */
const go = (state) => () => [{ state }];

/** @type {Rule} */
const recover = () => [{ state: "connected" }, "send_picture"];
/** @type {Rule} */
const restart = (_now, at) => [{ state: "restarting", actedAt: at, dueAt: at + RESTART_INTERVAL_MS }, "probe_socket", "restart_ice"];
/** @type {Rule} a failed path never recovers by itself, but the last restart may still take effect */
const restartFailed = (now, at) => (mayAct(now, at) ? restart(now, at) : [{ state: "lost", dueAt: now.actedAt + RESTART_INTERVAL_MS }]);
/** @type {Rule} */
const replace = ({ polite }, at) => [{ lostAt: at, actedAt: at, dueAt: at + RESTART_INTERVAL_MS }, polite ? "ask_renewal" : "replace"];
/** @type {Rule} */
const replaceWhenOverdue = (now, at) => (now.signalled && at - now.lostAt >= REPLACE_MS ? replace(now, at) : [{}]);
/** @type {Rule} */
const repeatWhenUnanswered = (now, at) => {
  if (at - now.lostAt >= REPLACE_MS || !now.signalled || now.polite || at < now.dueAt) return replaceWhenOverdue(now, at);
  return [{ dueAt: at + UNANSWERED_MS }, "repeat_offer"];
};
/** @type {Rule} */
const restartWhenDue = (now, at) => {
  if (!now.signalled || at < now.dueAt) return [{}];
  return at - now.lostAt >= REPLACE_MS ? replace(now, at) : restart(now, at);
};
/** @type {Rule} the time without a socket does not count: nothing could be agreed */
const restartOnSocket = (now, at) => {
  const back = { signalled: true, lostAt: at };
  if (now.polite) return [{ ...back, state: "lost", dueAt: at + GRACE_MS }];
  const [changed, ...actions] = restart(now, at);
  return [{ ...changed, ...back }, ...actions];
};
/** @type {Rule} */
const renewCredentials = (now, at) => (mayAct(now, at) ? [{ actedAt: at }, "renew_credentials"] : [{}]);
/** @type {Rule} */
const restartOnNetwork = (now, at) => (mayAct(now, at) ? restart(now, at) : [{}, "probe_socket"]);
/** @type {Rule} both the path and the socket may be of the old network */
const checkNetwork = (now, at) => (mayAct(now, at) ? [{ actedAt: at }, "probe_socket", "restart_ice"] : [{}, "probe_socket"]);
/** @type {Rule} */
const repeatOnSocket = (_now, at) => [{ signalled: true, lostAt: at }, "repeat_offer"];
/** @type {Rule} the other side restarts, so this side waits for the result */
const followOffer = (_now, at) => [{ state: "restarting", actedAt: at, dueAt: at + RESTART_INTERVAL_MS }];

/** Rules of all states, for events of which a state has no rule. @type {Partial<Record<RecoveryEvent, Rule>>} */
const ALWAYS = {
  created: (_now, at) => [{ state: "offering", lostAt: at, dueAt: at + UNANSWERED_MS }],
  died: (now, at) => (mayAct(now, at) ? replace(now, at) : [{}]),
  socket_lost: () => [{ signalled: false }],
  stop: go("closed"),
};

/** @type {Partial<Record<RecoveryEvent, Rule>>} */
const STARTING = {
  connected: go("connected"),
  refused: renewCredentials,
  network_changed: () => [{}, "probe_socket"],
  socket_back: repeatOnSocket,
};
/** @type {Partial<Record<RecoveryEvent, Rule>>} */
const WITHOUT_PATH = {
  connected: recover,
  failed: restartFailed,
  offered: followOffer,
  refused: renewCredentials,
  network_changed: restartOnNetwork,
  socket_back: restartOnSocket,
  tick: restartWhenDue,
};

/** @type {Record<Exclude<State, "closed">, Partial<Record<RecoveryEvent, Rule>>>} */
const RULES = {
  waiting: {
    socket_back: ({ polite }, at) => [{ signalled: true, lostAt: at }, ...(polite ? /** @type {const} */ (["ask_renewal"]) : [])],
    tick: replaceWhenOverdue,
  },
  offering: { ...STARTING, connecting: go("connecting"), tick: repeatWhenUnanswered },
  connecting: { ...STARTING, tick: replaceWhenOverdue },
  connected: {
    disconnected: (now, at) => [{ state: "lost", lostAt: at, dueAt: restartAt(now, at) }, "probe_socket"],
    failed: (now, at) => {
      const [changed, ...actions] = restartFailed(now, at);
      return [{ ...changed, lostAt: at }, ...actions];
    },
    unanswered: ({ signalled }) => (signalled ? [{}, "repeat_offer"] : [{}]), // such as an offer of another codec
    // A person who only listens sends nothing either, so silence alone restarts nothing (docs/decisions/0034).
    silence: (_now, at) => [{ state: "silent", lostAt: at - SILENCE_MS }, "probe_socket"],
    network_changed: checkNetwork,
    socket_back: repeatOnSocket,
  },
  silent: {
    disconnected: (now) => [{ state: "lost", dueAt: restartAt(now, now.lostAt) }],
    failed: restartFailed,
    flow: recover,
    network_changed: checkNetwork,
    // The other side may send nothing by choice, so this is no loss yet.
    socket_back: (_now, at) => [{ signalled: true, lostAt: at, actedAt: at }, "restart_ice"],
  },
  lost: WITHOUT_PATH,
  restarting: { ...WITHOUT_PATH, failed: (now, at) => (mayAct(now, at) ? restart(now, at) : [{}]) },
};
