// @ts-check
// A WebSocket that reconnects. The close code decides whether, the back-off decides when.

// Not 4102: every socket here sends a hello, so a missing one was late. Without this a slow phone would stay silent.
const FINAL_CODES = new Set([1000, 4100, 4101, 4103, 4104, 4105, 4106]);
const PING_MS = 20_000; // traffic in both directions, so that a dead network is noticed within a minute
const SILENCE_LIMIT_MS = 45_000;

/**
 * @typedef {object} BackOff
 * @property {number[]} steps seconds before each attempt; the last one repeats
 * @property {number} first up to this many random seconds before the first attempt
 * @property {number} jitter up to this many random seconds before every attempt
 *
 * @typedef {object} Options
 * @property {string} url path such as "/ws/ticket"
 * @property {() => object} hello the first message of each connection, without its type
 * @property {(message: any) => void} onMessage
 * @property {(state: "open" | "waiting" | "closed", code?: number) => void} [onState]
 * @property {() => void} [onAlive] called for every message, pongs included
 * @property {BackOff} [backOff]
 */

/** For phones and screens: spread out, so that they do not all reconnect in the same moment after a restart. @type {BackOff} */
export const RELAXED_BACK_OFF = { steps: [0, 2, 4, 8, 20, 25, 30], first: 5, jitter: 2 };
/** For video calls and consoles: reconnect at once. @type {BackOff} */
export const IMMEDIATE_BACK_OFF = { steps: [0, 0.3, 1.2, 2.7, 4.8, 7], first: 0, jitter: 1 };

/** Open the socket and keep it open until close() or a final close code. @param {Options} options */
export function connect({ url, hello, onMessage, onState = () => {}, onAlive = () => {}, backOff = RELAXED_BACK_OFF }) {
  const address = new URL(url, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  /** @type {WebSocket | undefined} */
  let socket;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retryTimer;
  let attempt = 0;
  let ended = false;
  let heardAt = 0;

  function open() {
    clearTimeout(retryTimer);
    const opening = (socket = new WebSocket(address));
    heardAt = Date.now();
    opening.onopen = () => {
      heardAt = Date.now();
      opening.send(JSON.stringify({ type: "hello", ...hello() }));
    };
    opening.onmessage = (event) => {
      if (opening !== socket) return;
      heardAt = Date.now();
      if (attempt !== -1) onState("open");
      attempt = -1;
      onAlive();
      const message = JSON.parse(event.data);
      if (message.type !== "pong" && message.type !== "ping") onMessage(message);
    };
    opening.onclose = (event) => {
      if (opening === socket) onLost(event.code);
    };
  }

  /** @param {number} code */
  function onLost(code) {
    socket = undefined;
    if (ended) return;
    if (FINAL_CODES.has(code)) {
      ended = true;
      onState("closed", code);
      return;
    }
    onState("waiting", code);
    const wasOpen = attempt === -1;
    attempt += 1;
    const step = backOff.steps[Math.min(attempt, backOff.steps.length - 1)] ?? 0;
    const spread = (wasOpen ? backOff.first : 0) + backOff.jitter;
    clearTimeout(retryTimer);
    retryTimer = setTimeout(open, 1000 * (step + Math.random() * spread));
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
    onLost(1006);
  }

  function reconnectNow() {
    if (ended || socket?.readyState === WebSocket.OPEN || socket?.readyState === WebSocket.CONNECTING) return;
    attempt = 0;
    open();
  }

  const onOffline = () => socket && dropSocket();
  const onVisible = () => document.visibilityState === "visible" && reconnectNow();
  addEventListener("online", reconnectNow);
  addEventListener("offline", onOffline);
  document.addEventListener("visibilitychange", onVisible);
  open();

  return {
    /** Send a message if the socket is open. @param {object} message @returns {boolean} whether it was sent */
    send(message) {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(message));
      return true;
    },
    /** Reconnect without waiting for the back-off. */
    now: reconnectNow,
    close() {
      ended = true;
      clearInterval(pingTimer);
      clearTimeout(retryTimer);
      removeEventListener("online", reconnectNow);
      removeEventListener("offline", onOffline);
      document.removeEventListener("visibilitychange", onVisible);
      socket?.close(1000);
    },
  };
}
