// @ts-check
// A screen wake lock for tickets, calls and tests, where the browser supports it.

let isRequested = false;

async function requestLock() {
  if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen").catch(() => undefined);
}

/** Keep the screen on. The browser drops the lock when the page is hidden, so it is requested again when visible. */
export function keepScreenOn() {
  if (isRequested) return;
  isRequested = true;
  void requestLock();
  document.addEventListener("visibilitychange", () => void requestLock());
}
