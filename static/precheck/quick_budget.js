// @ts-check
// The time budget of the short test: every phase gets what is left, so that all of them together stay within it.

export const QUICK_BUDGET_MS = 8_000; // what the page promises to the person
const REPORT_MS = 1_200; // kept for the report, which a slow line needs most

/** The budget was spent before the phase was done. */
export class BudgetSpent extends Error {}

/**
 * Start the budget.
 * @param {() => number} [now] in milliseconds
 * @param {(delay_ms: number) => Promise<void>} [sleep]
 */
export function startBudget(now = () => performance.now(), sleep = (delay) => new Promise((resolve) => setTimeout(resolve, delay))) {
  const startedAt = now();
  const left = () => Math.max(0, QUICK_BUDGET_MS - REPORT_MS - (now() - startedAt));
  return {
    /** Resolve when no time is left to measure. */
    spent: () => sleep(left()),
    /** Return the result of a phase. Throws BudgetSpent if it is not there in time. @template T @param {Promise<T>} phase @returns {Promise<T>} */
    within: (phase) => Promise.race([phase, sleep(left()).then(() => Promise.reject(new BudgetSpent()))]),
  };
}

/** Resolve when the signal is aborted, also if it was before. @param {AbortSignal} signal @returns {Promise<void>} */
export function whenAborted(signal) {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
