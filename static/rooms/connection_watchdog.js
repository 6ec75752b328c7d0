// @ts-check
// Keeps one peer connection alive. Looks at connectionState; iceConnectionState never said `failed` in our trials.

const LOOK_MS = 500;
const NEW_MS = 3_000; // an offer that nobody answered: make another
const LOST_MS = 2_000; // a path that is gone this long does not come back by itself soon
const LOST_POLITE_MS = 5_000; // the impolite side restarts first; the polite one when that did not come
const AGAIN_MS = 4_000;
const GIVE_WAY_MS = 2_500; // the other's offer and the way that it finds take less, on a slow line too
const GIVE_UP_MS = 15_000; // then a new peer connection

/** @param {import("./peer.js").Peer} peer */
export function watch(peer) {
  let since = Date.now(); // when it last stopped being connected, or began
  let offeredAt = since;
  let restartedAt = 0;
  let connected = false;
  let wasConnected = false;

  function look() {
    const now = Date.now();
    const state = peer.pc?.connectionState;
    if (state === "connected") {
      connected = wasConnected = true;
      return;
    }
    if (connected) [connected, since] = [false, now];
    if (peer.signals.state !== "open") return; // nobody hears us now; media may still come back by itself
    const dead = state === "closed" && now - restartedAt >= AGAIN_MS;
    if (dead || now - since > GIVE_UP_MS) return startAnew(now);
    if (!peer.polite && peer.pc?.iceConnectionState === "new" && now - offeredAt > NEW_MS) {
      offeredAt = now;
      void peer.again();
    }
    const patience = state === "failed" ? 0 : peer.polite ? LOST_POLITE_MS : LOST_MS;
    if (wasConnected && now - since >= patience && now - restartedAt >= AGAIN_MS) {
      restartedAt = now;
      void peer.restart();
    }
  }

  /** @param {number} now */
  function startAnew(now) {
    since = restartedAt = now;
    if (peer.polite) peer.signals.send("renew", { to: peer.id, pc_gen: peer.gen });
    else peer.renew();
  }

  function networkChanged() {
    if (!wasConnected || Date.now() - restartedAt < AGAIN_MS) return;
    restartedAt = Date.now();
    void peer.restart();
  }

  /**
   * The relay does not take our credentials: with fresh ones it may, unless there is a path without it. Both sides
   * hear this in the same moment, and Chromium shows nothing of a stream whose first offer crossed another: the
   * polite one gives way.
   */
  function refused() {
    if (peer.pc?.connectionState === "connected" || Date.now() - restartedAt < AGAIN_MS) return;
    restartedAt = Date.now();
    void peer.refresh(peer.polite ? GIVE_WAY_MS : 0);
  }

  const timer = setInterval(look, LOOK_MS);
  addEventListener("online", networkChanged);
  /** @type {EventTarget | undefined} */
  const network = /** @type {any} */ (navigator).connection;
  network?.addEventListener("change", networkChanged);

  return {
    refused,
    /** A new peer connection has begun. */
    began() {
      since = offeredAt = Date.now();
      connected = wasConnected = false;
    },
    stop() {
      clearInterval(timer);
      removeEventListener("online", networkChanged);
      network?.removeEventListener("change", networkChanged);
    },
  };
}
