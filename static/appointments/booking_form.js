// @ts-check
// The booking's form proves its work while it is filled in. Whoever sends it sooner waits for the rest, and is told.

import { solve } from "./proof_of_work.js";

const FRESH_MS = 9 * 60_000; // a challenge is good for ten minutes

/** @param {HTMLElement} element */
export default function start(element) {
  const form = /** @type {HTMLFormElement} */ (element);
  const field = /** @type {HTMLInputElement} */ (form.querySelector("[data-proof]"));
  const checking = form.querySelector("[data-checking]");
  let begun = performance.now();
  let failed = false; // there was no network, perhaps
  let proving = prove();

  async function prove() {
    begun = performance.now();
    field.value = "";
    field.value = (await solve()) ?? "";
    failed = !field.value;
  }

  /** @param {boolean} on */
  function say(on) {
    if (checking instanceof HTMLElement) checking.hidden = !on;
  }

  let proved = false; // the form goes off once more, and must pass
  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented || proved || event.submitter?.hasAttribute("formnovalidate")) return;
    if (failed || performance.now() - begun > FRESH_MS) proving = prove();
    if (field.value) return;
    event.preventDefault();
    say(true);
    await proving;
    say(false);
    proved = true;
    form.requestSubmit(event.submitter);
    proved = false;
  });
  // A page that comes back from the history has spent its proof.
  addEventListener("pageshow", (event) => {
    if (event.persisted) proving = prove();
  });
}
