// @ts-check
// A WebSocket that reconnects. The close code decides whether, reconnect_wait.js decides when.

import { attemptLimit, RELAXED_BACK_OFF, reconnectWait } from "./reconnect_wait.js";
import { probeSocket } from "./socket_probe.js";
import { watchPageNetwork } from "./page_network.js";

// Not 4102: every socket here sends a hello, so a missing hello was late. Without this a slow phone would stay silent.
const FINAL_CODES = new Set([1000, 4100, 4101, 4103, 4104, 4105]);
const TOO_MANY = 4106; // final only if it comes again: a call of four may have sent its start twice
const TOO_MANY_AGAIN_MS = 60_000;
const PING_MS = 20_000; // traffic in both directions, so that a dead network is noticed within a minute
const SILENCE_LIMIT_MS = 45_000;

/**
 * @typedef {object} Options
 * @property {string} url path such as "/ws/ticket"
 * @property {() => object} hello the first message of each connection, without its type
 * @property {(message: any) => void} onMessage
 * @property {(state: "open" | "waiting" | "closed", code?: number) => void} [onState]
 * @property {() => void} [onAlive] called for every message, pongs included
 * @property {import("./reconnect_wait.js").BackOff} [backOff]
 */

/** Open the socket and keep it open until close() or a final close code. @param {Options} options */
export function connect({ url, hello, onMessage, onState = () => {}, onAlive = () => {}, backOff = RELAXED_BACK_OFF }) {
  const address = new URL(url, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  /** @type {WebSocket | undefined} */
  let socket;
  /** @type {{ [of in "retry" | "limit"]?: ReturnType<typeof setTimeout> }} */
  const timers = {};
  /** @type {(() => void) | undefined} */
  let stopProbe;
  let attempt = 0; // -1 while connected
  let ended = false;
  let heardAt = 0;
  let lostAt = Date.now();
  let usual_ms = 0; // time to open the last socket
  let tooManyAt = -Infinity;

  const open = () => use(new WebSocket(address), Date.now());

  /** Make this the socket. @param {WebSocket} opening @param {number} openingAt */
  function use(opening, openingAt) {
    clearTimeout(timers.retry);
    clearTimeout(timers.limit);
    socket = opening;
    heardAt = Date.now();
    const limit_ms = attemptLimit(backOff, { attempt, lostFor_ms: openingAt - lostAt, usual_ms });
    if (limit_ms) timers.limit = setTimeout(() => opening === socket && dropSocket(), limit_ms);
    opening.onopen = () => {
      clearTimeout(timers.limit);
      heardAt = Date.now();
      usual_ms = heardAt - openingAt || 1; // 0 means unknown
      opening.send(JSON.stringify({ type: "hello", ...hello() }));
    };
    opening.onmessage = (event) => {
      if (opening !== socket) return;
      heardAt = Date.now();
      // Only a message shows that the server accepted the hello. Until then the waits between attempts grow.
      if (attempt !== -1) onState("open");
      attempt = -1;
      onAlive();
      const message = JSON.parse(event.data);
      if (message.type !== "pong" && message.type !== "ping") onMessage(message);
    };
    opening.onclose = (event) => {
      if (opening === socket) onLost(event.code);
    };
    // A spare socket may be open by now, and its event has passed.
    if (opening.readyState === WebSocket.OPEN) opening.onopen(new Event("open"));
  }

  /** @param {number} code */
  function onLost(code) {
    socket = undefined;
    if (ended) return;
    const again = code === TOO_MANY && Date.now() - tooManyAt < TOO_MANY_AGAIN_MS;
    if (code === TOO_MANY) tooManyAt = Date.now();
    if (again || FINAL_CODES.has(code)) {
      ended = true;
      return onState("closed", code);
    }
    onState("waiting", code);
    const wasOpen = attempt === -1;
    if (wasOpen) lostAt = Date.now();
    attempt += 1;
    clearTimeout(timers.retry);
    timers.retry = setTimeout(open, reconnectWait(backOff, { attempt, wasOpen, lostFor_ms: Date.now() - lostAt }));
  }

  const pingTimer = setInterval(() => {
    if (!socket) return;
    if (Date.now() - heardAt > SILENCE_LIMIT_MS) dropSocket();
    else if (socket.readyState === WebSocket.OPEN) socket.send('{"type":"ping"}');
  }, PING_MS);

  function dropSocket() {
    const old = socket;
    socket = undefined;
    old?.close();
    // Without waiting for the event: on a dead network the other side's part of the closing never arrives.
    onLost(1006);
  }

  function reconnectNow() {
    if (ended || socket?.readyState === WebSocket.OPEN || socket?.readyState === WebSocket.CONNECTING) return;
    attempt = 0;
    open();
  }

  /** Ask whether the socket still works; a socket that does not answer in time is replaced. @param {number} limit_ms */
  function probe(limit_ms) {
    const asked = socket;
    if (asked?.readyState !== WebSocket.OPEN) return reconnectNow();
    if (stopProbe) return;
    const askedAt = Date.now();
    stopProbe = probeSocket(asked, limit_ms, {
      isAnswered: () => asked !== socket || heardAt > askedAt,
      end: (spare) => {
        stopProbe = undefined;
        if (!spare) return;
        dropSocket();
        use(spare.socket, spare.openingAt);
      },
    });
  }

  const stopNetwork = watchPageNetwork({ back: reconnectNow, lost: () => socket && dropSocket() });
  open();

  return {
    /** Send a message if the socket is open. @param {object} message @returns {boolean} whether it was sent */
    send(message) {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(message));
      return true;
    },
    probe,
    /** Reconnect without waiting for the back-off. */
    now: reconnectNow,
    close() {
      ended = true;
      clearInterval(pingTimer);
      clearTimeout(timers.retry);
      clearTimeout(timers.limit);
      stopProbe?.();
      stopNetwork();
      socket?.close(1000);
    },
  };
}
