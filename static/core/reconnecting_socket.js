// @ts-check
// A socket that comes back. The close code says whether it should; the ladder says when.

const FINAL_CODES = new Set([1000, 4100, 4101, 4102, 4103, 4104, 4105, 4106]);
const PING_MS = 20_000; // a sign of life in both directions, so that a dead network shows within a minute
const SILENT_MS = 45_000;

/**
 * @typedef {object} Ladder
 * @property {number[]} steps seconds before each attempt; the last one repeats
 * @property {number} first random seconds before the first attempt
 * @property {number} jitter random seconds added to every attempt
 *
 * @typedef {object} Options
 * @property {string} url path such as "/ws/ticket"
 * @property {() => object} hello the first message of each connection, without its type
 * @property {(message: any) => void} onMessage
 * @property {(state: "open" | "waiting" | "closed", code?: number) => void} [onState]
 * @property {() => void} [onAlive] at every sign of life, an answered ping included
 * @property {Ladder} [ladder]
 */

/** A phone in a waiting room: spread out, so that a restart is not a stampede. @type {Ladder} */
export const CALM = { steps: [0, 2, 4, 8, 20, 25, 30], first: 5, jitter: 2 };
/** A conversation: at once. @type {Ladder} */
export const URGENT = { steps: [0, 0.3, 1.2, 2.7, 4.8, 7], first: 0, jitter: 1 };

/** @param {Options} options */
export function connect({ url, hello, onMessage, onState = () => {}, onAlive = () => {}, ladder = CALM }) {
  const address = new URL(url, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  /** @type {WebSocket | undefined} */
  let socket;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;
  let attempt = 0;
  let ended = false;
  let heardAt = 0;

  function open() {
    clearTimeout(retry);
    const opening = (socket = new WebSocket(address));
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
      if (opening === socket) lost(event.code);
    };
  }

  /** @param {number} code */
  function lost(code) {
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
    const step = ladder.steps[Math.min(attempt, ladder.steps.length - 1)] ?? 0;
    const spread = (wasOpen ? ladder.first : 0) + ladder.jitter;
    clearTimeout(retry);
    retry = setTimeout(open, 1000 * (step + Math.random() * spread));
  }

  const pulse = setInterval(() => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (Date.now() - heardAt > SILENT_MS) drop();
    else socket.send('{"type":"ping"}');
  }, PING_MS);

  function drop() {
    const old = socket;
    socket = undefined;
    old?.close();
    lost(1006);
  }

  function now() {
    if (ended || socket?.readyState === WebSocket.OPEN || socket?.readyState === WebSocket.CONNECTING) return;
    attempt = 0;
    open();
  }

  const offline = () => socket && drop();
  const visible = () => document.visibilityState === "visible" && now();
  addEventListener("online", now);
  addEventListener("offline", offline);
  document.addEventListener("visibilitychange", visible);
  open();

  return {
    /** @param {object} message @returns {boolean} whether it left */
    send(message) {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(message));
      return true;
    },
    /** Try again at once. */
    now,
    close() {
      ended = true;
      clearInterval(pulse);
      clearTimeout(retry);
      removeEventListener("online", now);
      removeEventListener("offline", offline);
      document.removeEventListener("visibilitychange", visible);
      socket?.close(1000);
    },
  };
}
