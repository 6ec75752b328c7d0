// @ts-check
// The button to go in appears when its time has come: the page is read again, also after the device has slept.

const TICK_MS = 1_000;

/** @param {HTMLElement} element */
export default function start(element) {
  const due = performance.now() + Number(element.dataset.opensInS) * 1000;
  // performance.now() may stand still while a device sleeps; the wall clock only makes the page read again sooner.
  const dueByWallClock = Date.now() + Number(element.dataset.opensInS) * 1000;
  const timer = setInterval(() => {
    if (performance.now() < due && Date.now() < dueByWallClock) return;
    if (!navigator.onLine) return;
    clearInterval(timer);
    location.reload();
  }, TICK_MS);
}
