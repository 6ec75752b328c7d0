// @ts-check
// The choice of service, mode, day and time: another choice loads its times at once. Without scripts a button does.

const CHOICE = "#visit-choice";

/** @param {HTMLFormElement} form */
export default function start(form) {
  /** @type {AbortController | undefined} */
  let pending;
  form.addEventListener("change", (event) => {
    const target = event.target;
    if (!(target instanceof HTMLElement) || !("refreshes" in target.dataset)) return;
    pending?.abort();
    pending = new AbortController();
    void refresh(form, target.id, pending.signal);
  });
}

/**
 * @param {HTMLFormElement} form @param {string} focused the id of the changed field @param {AbortSignal} signal
 */
async function refresh(form, focused, signal) {
  const shown = form.querySelector(CHOICE);
  if (!shown) return;
  shown.setAttribute("aria-busy", "true");
  try {
    const values = new FormData(form);
    values.set("step", "times");
    const answer = await fetch(form.action, { method: "POST", body: values, headers: { Accept: "text/html" }, signal });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(CHOICE);
    if (!fresh || signal.aborted) return;
    fresh.querySelector("noscript")?.remove(); // parsed without scripts, its button would answer the Enter key
    shown.replaceWith(fresh);
    document.getElementById(focused)?.focus();
  } catch (error) {
    if (!signal.aborted) console.warn(error);
  } finally {
    shown.removeAttribute("aria-busy");
  }
}
