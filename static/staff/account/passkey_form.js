// @ts-check
// A form that is sent with a passkey: `data-options` of the server; `data-ceremony="create"` makes one. With
// `data-autofill` the browser also offers passkeys in the field of the user.

import { HAS_PASSKEYS, createPasskey, usePasskey } from "../../core/session/webauthn.js";

/** @param {HTMLElement} element the form */
export default function start(element) {
  const form = /** @type {HTMLFormElement} */ (element);
  const isCreating = form.dataset.ceremony === "create";
  const options = form.dataset.options ?? "";
  if (!HAS_PASSKEYS) {
    showPart(form, "[data-unsupported]", true);
    return;
  }
  form.hidden = false;
  let waiting = new AbortController();
  if ("autofill" in form.dataset) void offerInField(form, options, waiting.signal);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    waiting.abort(); // a browser asks for one passkey at a time
    waiting = new AbortController();
    showPart(form, "[data-failed]", false);
    try {
      send(form, isCreating ? await createPasskey(options) : await usePasskey(options, { signal: waiting.signal }));
    } catch {
      showPart(form, "[data-failed]", true);
    }
  });
}

/** @param {HTMLFormElement} form @param {string} options @param {AbortSignal} signal */
async function offerInField(form, options, signal) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  try {
    send(form, await usePasskey(options, { signal, mediation: "conditional" }));
  } catch {
    // the person typed a password, or pressed the button
  }
}

/** @param {HTMLFormElement} form @param {string} answer */
function send(form, answer) {
  const field = form.elements.namedItem("credential");
  if (field instanceof HTMLInputElement) field.value = answer;
  form.submit();
}

/** @param {HTMLElement} form @param {string} selector @param {boolean} shown */
function showPart(form, selector, shown) {
  const part = form.querySelector(selector);
  if (part instanceof HTMLElement) part.hidden = !shown;
}
