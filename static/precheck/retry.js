// @ts-check
// When the office does not answer, or has no place free: say so, keep what was measured, and ask again by itself.

import { fill, show } from "../core/dom.js";
import { text } from "../core/i18n.js";
import { Problem } from "./api.js";
import { clockTime, pause } from "./wizard.js";

const LADDER_S = [1, 2, 4, 6, 10]; // the last one repeats
const FIRST_LONG = 1; // a single lost request is no news yet

/**
 * Do it until it is done. Raises the Problem that no patience mends.
 * @template T
 * @param {import("./wizard.js").Wizard} wizard
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function patiently(wizard, work) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.why === "gone") throw problem;
      await wait(wizard, problem, attempt);
    }
  }
}

/** @param {import("./wizard.js").Wizard} wizard @param {Problem} problem @param {number} attempt */
async function wait(wizard, problem, attempt) {
  const seconds = problem.retryS || LADDER_S[Math.min(attempt, LADDER_S.length - 1)] || 1;
  if (attempt >= FIRST_LONG || problem.why !== "down") tell(wizard, problem, seconds);
  const again = wizard.pressed("try-now").then(() => undefined);
  const back = new Promise((resolve) => addEventListener("online", () => resolve(undefined), { once: true }));
  // Whoever measured too often waits for the hour itself, or presses: asking again would only count again.
  await Promise.race([again, back, ...(problem.why === "limited" ? [] : [pause(1000 * seconds)])]);
}

/**
 * Once for each kind of trouble: a heading that is read out again every few seconds helps nobody.
 * @param {import("./wizard.js").Wizard} wizard
 * @param {Problem} problem
 * @param {number} seconds
 */
function tell(wizard, { why, position }, seconds) {
  const time = clockTime(Date.now() + 1000 * seconds);
  const words = why === "full" && !position ? "busy" : why;
  if (wizard.root.dataset.step !== "wait" || wizard.root.dataset.why !== words) {
    wizard.root.dataset.why = words;
    wizard.go("wait", { words, values: { position, time }, calm: true });
    show(wizard.root, "[data-try]", why !== "full");
  }
  const place = position ? text("place", { position }) : "";
  fill(wizard.root, "place", place);
  if (place) wizard.say(place);
}
