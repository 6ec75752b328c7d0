// @ts-check
// The service time at the desk: digits, a bar, and a verdict against the usual time of the service.

import { text } from "../../core/i18n.js";
import { showVerdict } from "../slots.js";

const AMBER = 1; // of the usual minutes
const RED = 1.5;

/** Server time minus local time, in ms: desk computers are often minutes off. */
let clockOffset = 0;

/** Compare the clocks. @param {string} at the server's time, RFC 3339 */
export function syncClock(at) {
  clockOffset = Date.parse(at) - Date.now();
}

/** @param {number} share @returns {"green" | "amber" | "red"} */
function timeVerdict(share) {
  if (share < AMBER) return "green";
  return share < RED ? "amber" : "red";
}

/** @param {HTMLElement} now the panel */
export function renderTimer(now) {
  const timer = now.querySelector("[data-timer]");
  if (!(timer instanceof HTMLElement) || !timer.dataset.since) return;
  const seconds = Math.max(0, Math.floor((Date.now() + clockOffset - Date.parse(timer.dataset.since)) / 1000));
  const minutes = Number(timer.dataset.minutes) || 1;
  const share = seconds / (60 * minutes);
  const clock = timer.querySelector("[data-clock]");
  if (clock) clock.textContent = formatTime(seconds);
  renderVerdict(timer, timeVerdict(share));
  renderBar(now, share, Math.floor(seconds / 60), minutes);
}

/** @param {number} seconds @returns {string} "07:58", or "1:07:58" */
function formatTime(seconds) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${hours ? `${hours}:` : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** @param {HTMLElement} timer @param {"green" | "amber" | "red"} value */
function renderVerdict(timer, value) {
  const slot = timer.querySelector("[data-light]");
  if (!(slot instanceof HTMLElement) || slot.dataset.light === value) return;
  slot.dataset.light = value;
  showVerdict(slot, { value, text: text(`light_${value}`) });
}

/** @param {HTMLElement} now @param {number} share @param {number} spent @param {number} minutes */
function renderBar(now, share, spent, minutes) {
  const bar = now.querySelector("[data-bar]");
  if (!(bar instanceof HTMLElement)) return;
  bar.dataset.verdict = timeVerdict(share);
  bar.style.setProperty("--share", `${Math.min(100, Math.round(share * 100))}%`);
  bar.setAttribute("aria-label", text("bar", { spent, minutes }));
}
