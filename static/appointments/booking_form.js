// @ts-check
// The booking's form proves its work while it is filled in. Whoever sends it sooner waits for the rest, and is told.

import { solveProofOfWork } from "./proof_of_work.js";

const PROOF_VALID_MS = 9 * 60_000; // a challenge is good for ten minutes

/** @param {HTMLElement} element */
export default function start(element) {
  const form = /** @type {HTMLFormElement} */ (element);
  const field = /** @type {HTMLInputElement} */ (form.querySelector("[data-proof]"));
  const checking = form.querySelector("[data-checking]");
  let startedAt = performance.now();
  let failed = false; // there was no network, perhaps
  let proof = startProof();

  async function startProof() {
    startedAt = performance.now();
    field.value = "";
    field.value = (await solveProofOfWork()) ?? "";
    failed = !field.value;
  }

  /** @param {boolean} on */
  function showChecking(on) {
    if (checking instanceof HTMLElement) checking.hidden = !on;
  }

  let isResubmitting = false; // the form goes off once more, and must pass
  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented || isResubmitting || event.submitter?.hasAttribute("formnovalidate")) return;
    if (failed || performance.now() - startedAt > PROOF_VALID_MS) proof = startProof();
    if (field.value) return;
    event.preventDefault();
    showChecking(true);
    await proof;
    showChecking(false);
    isResubmitting = true;
    form.requestSubmit(event.submitter);
    isResubmitting = false;
  });
  // A page that comes back from the history has spent its proof.
  addEventListener("pageshow", (event) => {
    if (event.persisted) proof = startProof();
  });
}
