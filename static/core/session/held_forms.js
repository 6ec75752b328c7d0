// @ts-check
// Forms wait until the session is known to be valid. Without an answer they are sent: the server keeps them, too.

import { readState } from "./session_state.js";

const RELEASE_MS = 1_000; // a handler of the page may have kept it from being left
const OWN_PATHS = ["/staff/login", "/staff/logout", "/staff/session"]; // forms that begin or end a session

/**
 * @param {HTMLDialogElement} dialog the login, with `data-account`
 * @param {() => Promise<boolean>} logInAgain
 */
export function bindHeldForms(dialog, logInAgain) {
  /** @type {WeakSet<HTMLFormElement>} */
  const checked = new WeakSet();

  /** In the capture phase, before the page's own handlers: they run when the form is sent. @param {SubmitEvent} event */
  function hold(event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (checked.delete(form) || dialog.contains(form) || !isHeld(form, event.submitter)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.ariaBusy === "true") return; // a second press
    form.ariaBusy = "true";
    void sendWhenSignedIn(form, event.submitter);
  }

  /** @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
  async function sendWhenSignedIn(form, submitter) {
    const state = await readState();
    const isSame = state?.signed_in && state.account === dialog.dataset.account;
    if (state && !isSame) {
      form.ariaBusy = null; // the dialog covers it
      if (!(await logInAgain())) return;
      form.ariaBusy = "true";
    }
    setTimeout(() => (form.ariaBusy = null), RELEASE_MS);
    checked.add(form);
    form.requestSubmit(submitter);
  }

  document.addEventListener("submit", hold, true);
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} submitter @returns {boolean} */
function isHeld(form, submitter) {
  const action = submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? location.pathname;
  const isOwn = OWN_PATHS.some((path) => action.startsWith(path));
  const isSentByScript = form.dataset.send !== undefined || form.dataset.module === "staff/account/passkey_form";
  return form.method === "post" && form.target !== "_blank" && !isSentByScript && !isOwn && navigator.onLine;
}

/** Put the token of the new login into every form of the page. @param {string} csrf */
export function renewTokens(csrf) {
  for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("input[name=csrf]"))) field.value = csrf;
}
