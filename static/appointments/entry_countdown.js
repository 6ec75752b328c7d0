// @ts-check
// Reload when the page may show more, such as the button to enter the call. Works after the device slept.

const TICK_MS = 1_000;

/** @param {HTMLElement} element */
export default function start(element) {
  const due = performance.now() + Number(element.dataset.opensInS) * 1000;
  // performance.now() may stop while a device sleeps; the wall clock can only make the reload come earlier.
  const dueByWallClock = Date.now() + Number(element.dataset.opensInS) * 1000;
  const timer = setInterval(() => {
    if (performance.now() < due && Date.now() < dueByWallClock) return;
    if (!navigator.onLine) return;
    clearInterval(timer);
    location.reload();
  }, TICK_MS);
}
