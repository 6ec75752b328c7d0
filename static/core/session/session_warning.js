// @ts-check
// The warning some minutes before a session ends, with a button that keeps a session which was not used.

import { readState } from "./session_state.js";

const WARN_BEFORE_S = 5 * 60;
const FIRST_CHECK_S = 5 * 60; // loading the page has used the session

/**
 * @param {HTMLElement} warning with `data-part` for its texts and button
 * @param {string} csrf
 * @param {() => void} onEnd called when the session has ended
 * @returns {() => void} checks the session now, such as after a login
 */
export function startWarning(warning, csrf, onEnd) {
  /** @type {ReturnType<typeof setTimeout>} */
  let timer = setTimeout(check, FIRST_CHECK_S * 1000);

  /** @param {string} name @param {boolean} shown */
  function show(name, shown) {
    const part = warning.querySelector(`[data-part="${name}"]`);
    if (part instanceof HTMLElement) part.hidden = !shown;
  }

  async function check() {
    clearTimeout(timer);
    const state = await readState();
    if (state && !state.signed_in) {
      warning.hidden = true;
      onEnd();
      return;
    }
    const left = state?.ends_in_s ?? WARN_BEFORE_S + FIRST_CHECK_S;
    const canStay = state?.can_stay ?? false;
    warning.hidden = left > WARN_BEFORE_S;
    for (const name of ["stay", "ends-idle"]) show(name, canStay);
    show("ends-day", !canStay);
    timer = setTimeout(check, 1000 * Math.max(1, left > WARN_BEFORE_S ? left - WARN_BEFORE_S : left + 1));
  }

  warning.querySelector('[data-part="stay"]')?.addEventListener("click", async () => {
    const headers = { Accept: "application/json" };
    await fetch("/staff/session/stay", { method: "POST", headers, body: new URLSearchParams({ csrf }) }).catch(() => null);
    await check();
  });
  return () => void check();
}
