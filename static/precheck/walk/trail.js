// @ts-check
// The bars of the last twenty seconds of a walk, and the time that is left.

import { queryAll } from "../../core/dom.js";
import { impairment } from "./spot.js";

const WORST = 30; // impairment of the shortest bar
const SHORTEST = 0.08; // of the height

/** Add a reading; the others move on by a bar. @param {HTMLElement} root @param {import("./spot.js").Reading} reading */
export function shiftTrail(root, reading) {
  const level = Math.max(SHORTEST, 1 - impairment(reading) / WORST).toFixed(2);
  const bars = queryAll(root, "[data-trail] i");
  bars.forEach((bar, at) => {
    const next = bars[at + 1];
    bar.style.setProperty("--level", next ? next.style.getPropertyValue("--level") : level);
    bar.dataset.verdict = next ? (next.dataset.verdict ?? "") : reading.grade;
  });
}

/** @param {HTMLElement} root */
export function clearTrail(root) {
  for (const bar of queryAll(root, "[data-trail] i")) {
    bar.style.removeProperty("--level");
    delete bar.dataset.verdict;
  }
}

/** @param {number} ms @returns {string} minutes and seconds */
export function minutes(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
