// @ts-check
// When the browser tells that the page lost its network, may have it again, or is on another network.

/** @param {{ back: () => void, lost: () => void }} listeners @returns {() => void} stops listening */
export function watchPageNetwork({ back, lost }) {
  const onVisible = () => document.visibilityState === "visible" && back();
  addEventListener("online", back);
  addEventListener("offline", lost);
  document.addEventListener("visibilitychange", onVisible);
  return () => {
    removeEventListener("online", back);
    removeEventListener("offline", lost);
    document.removeEventListener("visibilitychange", onVisible);
  };
}

/**
 * Call back when the device is on another network, as far as the browser tells. Returns a function that stops it.
 * @param {() => void} changed
 */
export function onNetworkChange(changed) {
  /** @type {any} phones only; its `change` also comes with every new estimate of the speed */
  const network = /** @type {any} */ (navigator).connection;
  let type = network?.type;
  const onChange = () => {
    if (network.type === type) return;
    type = network.type;
    changed();
  };
  addEventListener("online", changed);
  network?.addEventListener("change", onChange);
  return () => {
    removeEventListener("online", changed);
    network?.removeEventListener("change", onChange);
  };
}

/** Wait, but not beyond the moment in which the network is back. @param {number} ms @param {AbortSignal} [signal] ends it too */
export function waitOrOnline(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    for (const [target, event] of /** @type {const} */ ([[globalThis, "online"], [signal, "abort"]])) {
      target?.addEventListener(event, () => (clearTimeout(timer), resolve(undefined)), { once: true });
    }
  });
}
