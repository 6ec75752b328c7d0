// @ts-check
// The login over a page whose session has ended: a dialog asks for it, what was typed stays, and the action goes on.
// Scripts call `logInAgain` when an answer or a socket is refused.

import { bindHeldForms, renewTokens } from "./held_forms.js";
import { SessionDialog } from "./session_dialog.js";
import { readState } from "./session_state.js";
import { startWarning } from "./session_warning.js";
import { HAS_PASSKEYS, usePasskey } from "./webauthn.js";

const LONGEST_APP_CODE = 10; // characters; a recovery code has 16

/** @type {SessionDialog | undefined} */
let dialog;
/** @type {Promise<boolean> | undefined} */
let login;
/** @type {import("./session_state.js").SessionState} */
let ended = { signed_in: false };
/** @type {string | null} */
let secondPasskey = null;
let wasClosed = false; // by the person, without a login
let checkSession = () => {};

/** @param {HTMLElement} element the dialog */
export default function start(element) {
  dialog = new SessionDialog(/** @type {HTMLDialogElement} */ (element));
  addEventListener("focus", () => void closeIfSignedIn());
  bindHeldForms(dialog.element, logInAgain);
  const warning = /** @type {HTMLElement} */ (element.nextElementSibling);
  checkSession = startWarning(warning, element.dataset.csrf ?? "", () => void logInAgain({ isPressed: false }));
}

/**
 * Ask for the login over the page, if the session has ended. A page without the dialog is left for the login.
 * @param {{ isPressed?: boolean }} [how] `isPressed: false`: no person waits for it, so a closed dialog stays closed
 * @returns {Promise<boolean>} true when the same person is logged in; false if the person closed the dialog
 */
export async function logInAgain({ isPressed = true } = {}) {
  if (!dialog) {
    location.assign(`/staff/?next=${encodeURIComponent(location.pathname)}`);
    return false;
  }
  if (wasClosed && !isPressed) return false;
  const state = await readState();
  if (state?.signed_in) return goOnAs(state.account, "/staff/");
  ended = state ?? ended;
  login ??= askForLogin(dialog).finally(() => (login = undefined));
  return login;
}

/** @param {SessionDialog} shown @returns {Promise<boolean>} whether a login closed it */
async function askForLogin(shown) {
  shown.fill({ onSubmit: onLoginSubmit, onPasskey: (step) => void sendPasskey(step) });
  shown.part("passkey").hidden = !(HAS_PASSKEYS && ended.passkey);
  const isSignedIn = await shown.ask();
  wasClosed = !isSignedIn;
  return isSignedIn;
}

/** A login in another tab ends the question here, too. */
async function closeIfSignedIn() {
  if (!dialog?.element.open) return;
  const state = await readState();
  if (state?.signed_in && goOnAs(state.account, "/staff/")) dialog.finish();
}

/** @param {SubmitEvent} event */
function onLoginSubmit(event) {
  event.preventDefault();
  const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
  if (String(fields.get("code") ?? "").replace(/[^0-9a-z]/gi, "").length > LONGEST_APP_CODE) fields.set("step", "recovery");
  void send(fields);
}

/** @param {"passkey" | "second"} step */
async function sendPasskey(step) {
  const fields = new FormData();
  try {
    fields.set("credential", await usePasskey((step === "second" ? secondPasskey : ended.passkey) ?? ""));
  } catch {
    dialog?.showRefusal(dialog.element.dataset.noPasskey);
    return;
  }
  fields.set("step", step);
  await send(fields);
}

/** Send a step of the login, and show what comes next. @param {FormData} fields */
async function send(fields) {
  fields.set("csrf", ended.csrf ?? "");
  const body = new URLSearchParams(/** @type {any} */ (fields));
  const headers = { Accept: "application/json" };
  const answer = await fetch("/staff/session/login", { method: "POST", headers, body }).catch(() => null);
  const content = await answer?.json().catch(() => null);
  if (!answer?.ok) {
    dialog?.showRefusal(content?.errors?.[0]?.message ?? content?.detail ?? dialog.element.dataset.noAnswer);
    ended = (await readState()) ?? ended; // a used challenge works only once
    return;
  }
  if (content.state === "second") {
    secondPasskey = content.passkey;
    const button = dialog?.part("second-passkey");
    if (button) button.hidden = !(HAS_PASSKEYS && content.passkey);
    dialog?.showStep("second");
  } else if (content.state === "signed_in") {
    renewTokens(content.csrf);
    if (!goOnAs(content.restricted ? null : content.account, content.home)) return;
    dialog?.finish();
    checkSession();
  } else dialog?.showStep("first");
}

/** Another person gets the start page: what is on this page is not theirs. @param {string | null | undefined} account @param {string} home */
function goOnAs(account, home) {
  if (account === dialog?.element.dataset.account) return true;
  location.assign(home);
  return false;
}
