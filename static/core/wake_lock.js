// @ts-check
// Keeps the screen on while somebody waits, talks or measures, where the device lets a page do that.

let isRequested = false;

async function requestLock() {
  if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen").catch(() => undefined);
}

/** The lock is lost whenever the page is hidden, and taken again when it is seen. */
export function keepScreenOn() {
  if (isRequested) return;
  isRequested = true;
  void requestLock();
  document.addEventListener("visibilitychange", () => void requestLock());
}
