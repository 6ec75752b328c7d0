// @ts-check
// Keeps the screen on while somebody waits, talks or measures, where the device lets a page do that.

let asked = false;

async function keep() {
  if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen").catch(() => undefined);
}

/** The lock is lost whenever the page is hidden, and taken again when it is seen. */
export function stayAwake() {
  if (asked) return;
  asked = true;
  void keep();
  document.addEventListener("visibilitychange", () => void keep());
}
