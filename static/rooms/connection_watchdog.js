// @ts-check
// Keeps one peer connection alive. Looks at connectionState; iceConnectionState never said `failed` in our trials.

const CHECK_MS = 500;
const UNANSWERED_MS = 3_000; // an offer that nobody answered: make another
const LOST_MS = 2_000; // a path that is gone this long does not come back by itself soon
const LOST_POLITE_MS = 5_000; // the impolite side restarts first; the polite one when that did not come
const RESTART_INTERVAL_MS = 4_000;
const POLITE_DELAY_MS = 2_500; // the other's offer and the way that it finds take less, on a slow line too
const REPLACE_MS = 15_000; // then a new peer connection

/** @param {import("./peer.js").Peer} peer */
export function watchConnection(peer) {
  let since = Date.now(); // when it last stopped being connected, or began
  let offeredAt = since;
  let restartedAt = 0;
  let connected = false;
  let wasConnected = false;

  function check() {
    const now = Date.now();
    const state = peer.pc?.connectionState;
    if (state === "connected") {
      connected = wasConnected = true;
      return;
    }
    if (connected) [connected, since] = [false, now];
    if (peer.signals.state !== "open") return; // nobody hears us now; media may still come back by itself
    const dead = state === "closed" && now - restartedAt >= RESTART_INTERVAL_MS;
    if (dead || now - since > REPLACE_MS) return replaceConnection(now);
    if (!peer.polite && peer.pc?.iceConnectionState === "new" && now - offeredAt > UNANSWERED_MS) {
      offeredAt = now;
      void peer.offerAgain();
    }
    const patience = state === "failed" ? 0 : peer.polite ? LOST_POLITE_MS : LOST_MS;
    if (wasConnected && now - since >= patience && now - restartedAt >= RESTART_INTERVAL_MS) {
      restartedAt = now;
      void peer.restartIce();
    }
  }

  /** @param {number} now */
  function replaceConnection(now) {
    since = restartedAt = now;
    if (peer.polite) peer.signals.send("renew", { to: peer.id, pc_gen: peer.gen });
    else peer.replaceConnection();
  }

  function onNetworkChange() {
    if (!wasConnected || Date.now() - restartedAt < RESTART_INTERVAL_MS) return;
    restartedAt = Date.now();
    void peer.restartIce();
  }

  /**
   * The relay does not take our credentials: with fresh ones it may, unless there is a path without it. Both sides
   * hear this in the same moment, and Chromium shows nothing of a stream whose first offer crossed another: the
   * polite one gives way.
   */
  function onCredentialsRefused() {
    if (peer.pc?.connectionState === "connected" || Date.now() - restartedAt < RESTART_INTERVAL_MS) return;
    restartedAt = Date.now();
    void peer.restartWithFreshCredentials(peer.polite ? POLITE_DELAY_MS : 0);
  }

  const timer = setInterval(check, CHECK_MS);
  addEventListener("online", onNetworkChange);
  /** @type {EventTarget | undefined} */
  const network = /** @type {any} */ (navigator).connection;
  network?.addEventListener("change", onNetworkChange);

  return {
    refused: onCredentialsRefused,
    /** A new peer connection has begun. */
    onConnectionCreated() {
      since = offeredAt = Date.now();
      connected = wasConnected = false;
    },
    stop() {
      clearInterval(timer);
      removeEventListener("online", onNetworkChange);
      network?.removeEventListener("change", onNetworkChange);
    },
  };
}
