// @ts-check
// The notice about a hold: kept, expiring soon, expired. The page contains the three sentences.

const TICK_MS = 1_000;
const SOON_S = 120; // enough time to finish the form

/** @param {HTMLElement} element */
export default function start(element) {
  const left = Number(element.dataset.leftS) * 1000;
  // performance.now() may stop while a device sleeps, and the wall clock may be changed: the earlier one counts.
  const [due, dueByWallClock] = [performance.now() + left, Date.now() + left];
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (element.querySelector(`[data-${name}]`));
  const update = () => {
    const seconds = Math.min(due - performance.now(), dueByWallClock - Date.now()) / 1000;
    part("kept").hidden = seconds <= SOON_S;
    part("soon").hidden = seconds > SOON_S || seconds <= 0;
    part("over").hidden = seconds > 0;
    if (seconds <= 0) clearInterval(timer);
  };
  const timer = setInterval(update, TICK_MS);
  update();
}
