// @ts-check
// Proof of work for the forms of a booking and of a turn, computed from the first focus on. An early submit waits for the result.

import { solveProofOfWork } from "./proof_of_work.js";

const PROOF_VALID_MS = 9 * 60_000; // a challenge expires after ten minutes

/** @param {HTMLElement} element */
export default function start(element) {
  const form = /** @type {HTMLFormElement} */ (element);
  const field = /** @type {HTMLInputElement} */ (form.querySelector("[data-proof]"));
  const checking = form.querySelector("[data-checking]");
  let startedAt = performance.now();
  let failed = false; // such as without a network
  /** @type {Promise<void> | null} */
  let proof = null;
  form.addEventListener("focusin", () => (proof ??= startProof()));
  if (form.contains(document.activeElement)) proof = startProof(); // focused before this script was loaded

  async function startProof() {
    startedAt = performance.now();
    field.value = "";
    const solved = await solveProofOfWork();
    failed = solved === null;
    field.value = solved ?? "unsolved"; // tells the server that scripts run
  }

  /** @param {boolean} on */
  function showChecking(on) {
    if (checking instanceof HTMLElement) checking.hidden = !on;
  }

  let isResubmitting = false; // the second submit, with the proof, must not be stopped
  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented || isResubmitting || event.submitter?.hasAttribute("formnovalidate")) return;
    if (!proof || failed || performance.now() - startedAt > PROOF_VALID_MS) proof = startProof();
    if (field.value) return;
    event.preventDefault();
    showChecking(true);
    await proof;
    showChecking(false);
    isResubmitting = true;
    form.requestSubmit(event.submitter);
    isResubmitting = false;
  });
  // The form was sent before this script was loaded, so without a proof, and the server has refused it for that.
  if ("resubmit" in form.dataset) {
    document.querySelector(".problems")?.remove();
    form.requestSubmit();
  }
  // A page restored from the back/forward cache has already used its proof.
  addEventListener("pageshow", (event) => {
    if (event.persisted) proof = null;
  });
}
