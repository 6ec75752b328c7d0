// @ts-check
// Whether an open socket still works: after a change of network it says that it is open, and nothing arrives any more.
// A spare socket is opened meanwhile. If it opens first, the network works and the old socket does not.

const SPARE_MS = 1_000; // most lines answer within this

/** @typedef {{ socket: WebSocket, openingAt: number }} Spare */

/**
 * Send a ping. Without an answer, the spare socket takes over: once it is open, at the latest after `limit_ms`.
 * @param {WebSocket} asked
 * @param {number} limit_ms
 * @param {object} owner
 * @param {() => boolean} owner.isAnswered whether something arrived, or the socket was replaced
 * @param {(spare?: Spare) => void} owner.end called once, with the socket that takes over, if any
 * @returns {() => void} ends the question
 */
export function probeSocket(asked, limit_ms, { isAnswered, end }) {
  /** @type {Spare | undefined} */
  let spare;
  const spareTimer = setTimeout(openSpare, SPARE_MS);
  const limitTimer = setTimeout(takeOver, limit_ms);
  asked.send('{"type":"ping"}');

  const open = () => ({ socket: new WebSocket(asked.url), openingAt: Date.now() });

  function openSpare() {
    if (isAnswered()) return finish();
    spare = open();
    spare.socket.onopen = takeOver;
  }

  function takeOver() {
    if (isAnswered()) return finish();
    const chosen = spare && spare.socket.readyState <= WebSocket.OPEN ? spare : open();
    spare = undefined;
    finish(chosen);
  }

  /** @param {Spare} [chosen] */
  function finish(chosen) {
    stop();
    end(chosen);
  }

  function stop() {
    clearTimeout(spareTimer);
    clearTimeout(limitTimer);
    if (!spare) return;
    spare.socket.onopen = null;
    spare.socket.close();
  }

  return stop;
}
