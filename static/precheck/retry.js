// @ts-check
// Retries of requests while the server is unreachable or the test room is full, with a notice for the person.

import { fillSlot, setShown } from "../core/dom.js";
import { text } from "../core/i18n.js";
import { TestRequestError } from "./api.js";
import { officeTime, sleep } from "./wizard.js";

const RETRY_DELAYS_S = [1, 2, 4, 6, 10]; // the last delay repeats
const FIRST_SHOWN_ATTEMPT = 1; // a single lost request is not shown

/**
 * Repeat `work` until it succeeds. Throws TestRequestError if a retry is useless.
 * @template T
 * @param {import("./wizard.js").Wizard} wizard
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function retryUntilDone(wizard, work) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (problem) {
      if (!(problem instanceof TestRequestError) || problem.reason === "gone") throw problem;
      await waitForRetry(wizard, problem, attempt);
    }
  }
}

/** @param {import("./wizard.js").Wizard} wizard @param {TestRequestError} problem @param {number} attempt */
async function waitForRetry(wizard, problem, attempt) {
  const seconds = problem.retryS || RETRY_DELAYS_S[Math.min(attempt, RETRY_DELAYS_S.length - 1)] || 1;
  if (attempt >= FIRST_SHOWN_ATTEMPT || problem.reason !== "down") showProblem(wizard, problem, seconds);
  const again = wizard.nextPress("try-now").then(() => undefined);
  const back = new Promise((resolve) => addEventListener("online", () => resolve(undefined), { once: true }));
  // At the rate limit there is no automatic retry, since each request counts: the person presses or the network returns.
  await Promise.race([again, back, ...(problem.reason === "limited" ? [] : [sleep(1000 * seconds)])]);
}

/**
 * Show the problem. The heading changes only with the kind of problem, or screen readers would repeat it.
 * @param {import("./wizard.js").Wizard} wizard
 * @param {TestRequestError} problem
 * @param {number} seconds
 */
function showProblem(wizard, { reason, position }, seconds) {
  const time = officeTime(Date.now() + 1000 * seconds);
  const words = reason === "full" && !position ? "busy" : reason;
  if (wizard.root.dataset.step !== "wait" || wizard.root.dataset.why !== words) {
    wizard.root.dataset.why = words;
    wizard.showStep("wait", { words, values: { position, time }, calm: true });
    setShown(wizard.root, "[data-try]", reason !== "full");
  }
  const place = position ? text("place", { position }) : "";
  fillSlot(wizard.root, "place", place);
  if (place) wizard.announce(place);
}
