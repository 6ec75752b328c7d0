// @ts-check
// The page before the room opens: counts the minutes, and opens the room by itself, also earlier or after an outage.

import { fillSlot, setShown } from "../../core/dom.js";
import { showInAppWarning } from "../../core/in_app_browser.js";
import { text } from "../../core/i18n.js";
import { keepScreenOn } from "../../core/wake_lock.js";

const TICK_MS = 1_000;
const COUNTED_MINUTES = 60; // before that the clock time in the heading says it better
const AWAKE_MINUTES = 15; // the screen stays on for a person who waits here
const LOOK_INTERVAL_MS = 60_000; // an agent may open the room early, or the office move the appointment
const RETRY_MS = 4_000; // after the opening time, while the server cannot be reached

/** @param {HTMLElement} root with `data-opens-in`, in seconds by the server's clock */
export default function start(root) {
  const opensAt = Date.now() + 1000 * Number(root.dataset.opensIn);
  let lookedAt = Date.now();
  let isLooking = false;
  showInAppWarning(root);

  async function openIfReady() {
    if (isLooking) return;
    isLooking = true;
    lookedAt = Date.now();
    if (await hasChanged()) location.reload();
    isLooking = false;
  }

  function tick() {
    const left_ms = opensAt - Date.now();
    render(root, left_ms);
    if (left_ms < AWAKE_MINUTES * 60_000) keepScreenOn();
    if (Date.now() - lookedAt > (left_ms <= 0 ? RETRY_MS : LOOK_INTERVAL_MS) && (!document.hidden || left_ms <= 0)) void openIfReady();
  }

  setInterval(tick, TICK_MS);
  setTimeout(() => void openIfReady(), Math.min(Math.max(0, opensAt - Date.now()), 2 ** 31 - 1));
  document.addEventListener("visibilitychange", tick);
  tick();
}

/** Whether the server shows another page than this by now. @returns {Promise<boolean>} */
async function hasChanged() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    return answer.ok && (answer.redirected || !(await answer.text()).includes("rooms/lobby/early_page"));
  } catch {
    return false; // without a network: a reload would leave this page
  }
}

/** @param {HTMLElement} root @param {number} left_ms */
function render(root, left_ms) {
  const minutes = Math.ceil(left_ms / 60_000);
  const isCounted = minutes <= COUNTED_MINUTES;
  setShown(root, "[data-countdown]", isCounted);
  setShown(root, "[data-without-countdown]", !isCounted);
  if (!isCounted) return;
  fillSlot(root, "minutes", String(Math.max(0, minutes)));
  fillSlot(root, "opens_in", text(minutes > 1 ? "opens_minutes" : minutes === 1 ? "opens_minute" : "opens_now", { minutes }));
}
