// @ts-check
// Recovery of one peer connection. It reads connectionState: iceConnectionState never became `failed` in our trials.

const CHECK_MS = 500;
const UNANSWERED_MS = 3_000; // an unanswered offer is repeated after this
const LOST_MS = 2_000; // a path lost this long rarely recovers by itself
const LOST_POLITE_MS = 5_000; // the impolite side restarts first; the polite side only if that did not happen
const RESTART_INTERVAL_MS = 4_000;
const POLITE_DELAY_MS = 2_500; // the impolite side's restart takes less, also on a slow line
const REPLACE_MS = 15_000; // then the peer connection is replaced

/** Watch a peer and restart ICE or replace the connection when needed. @param {import("./peer.js").Peer} peer */
export function watchConnection(peer) {
  let since = Date.now(); // start of the current disconnected period
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
    if (peer.signals.state !== "open") return; // signals cannot be sent; media may recover by itself
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
   * Restart with fresh credentials after the relay refused the old ones. Both sides are refused at the same time, and
   * Chromium shows no picture if two first offers cross, so the polite side waits.
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
    /** Reset all times for a new peer connection. */
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
