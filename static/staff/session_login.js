// @ts-check
// The login over a page whose session has ended: a dialog asks for it, what was typed stays, and the action goes on.
// Scripts call `logInAgain` when an answer or a socket is refused.

import { bindHeldForms, renewTokens } from "./held_forms.js";
import { readState } from "./session_state.js";
import { startWarning } from "./session_warning.js";
import { HAS_PASSKEYS, usePasskey } from "./webauthn.js";

const LONGEST_APP_CODE = 10; // characters; a recovery code has 16

/** @type {HTMLDialogElement | undefined} */
let dialog;
/** @type {Promise<boolean> | undefined} */
let login;
/** @type {import("./session_state.js").SessionState} */
let ended = { signed_in: false };
/** @type {string | null} */
let secondPasskey = null;
let wasClosed = false; // by the person, without a login
let checkSession = () => {};

/** @param {string} name @returns {HTMLElement} */
const part = (name) => /** @type {HTMLElement} */ (dialog?.querySelector(`[data-part="${name}"]`));

/** @param {HTMLElement} element the dialog */
export default function start(element) {
  dialog = /** @type {HTMLDialogElement} */ (element);
  addEventListener("focus", () => void closeIfSignedIn());
  bindHeldForms(dialog, logInAgain);
  const warning = /** @type {HTMLElement} */ (dialog.nextElementSibling);
  checkSession = startWarning(warning, dialog.dataset.csrf ?? "", () => void logInAgain({ isPressed: false }));
}

/** Fill the dialog from its template, before it opens for the first time. @param {HTMLDialogElement} empty */
function fillDialog(empty) {
  const template = empty.querySelector("template");
  if (!template) return;
  template.replaceWith(template.content);
  for (const form of empty.querySelectorAll("form")) form.addEventListener("submit", onLoginSubmit);
  part("passkey").addEventListener("click", () => void sendPasskey("passkey", ended.passkey));
  part("second-passkey").addEventListener("click", () => void sendPasskey("second", secondPasskey));
  part("close").addEventListener("click", () => empty.close());
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
  login ??= openDialog(dialog).finally(() => (login = undefined));
  return login;
}

/** @param {HTMLDialogElement} opened @returns {Promise<boolean>} whether a login closed it */
function openDialog(opened) {
  fillDialog(opened);
  part("passkey").hidden = !(HAS_PASSKEYS && ended.passkey);
  opened.returnValue = "";
  opened.showModal();
  showStep("first");
  return new Promise((resolve) => {
    const closed = () => {
      wasClosed = opened.returnValue !== "signed_in";
      resolve(!wasClosed);
    };
    opened.addEventListener("close", closed, { once: true });
  });
}

/** A login in another tab ends the question here, too. */
async function closeIfSignedIn() {
  if (!dialog?.open) return;
  const state = await readState();
  if (state?.signed_in && goOnAs(state.account, "/staff/")) dialog.close("signed_in");
}

/** @param {"first" | "second"} step */
function showStep(step) {
  for (const form of /** @type {NodeListOf<HTMLElement>} */ (dialog?.querySelectorAll("[data-step]"))) form.hidden = form.dataset.step !== step;
  showRefusal("");
  const field = dialog?.querySelector(`[data-step="${step}"] input:not([readonly]):not([type=hidden])`);
  if (field instanceof HTMLInputElement) {
    field.value = "";
    setTimeout(() => field.focus());
  }
}

/** @param {string} words */
function showRefusal(words) {
  part("refusal").hidden = !words;
  part("refusal-text").textContent = words;
}

/** @param {SubmitEvent} event */
function onLoginSubmit(event) {
  event.preventDefault();
  const fields = new FormData(/** @type {HTMLFormElement} */ (event.target));
  if (String(fields.get("code") ?? "").replace(/[^0-9a-z]/gi, "").length > LONGEST_APP_CODE) fields.set("step", "recovery");
  void send(fields);
}

/** @param {"passkey" | "second"} step @param {string | null | undefined} options */
async function sendPasskey(step, options) {
  const fields = new FormData();
  try {
    fields.set("credential", await usePasskey(options ?? ""));
  } catch {
    showRefusal(dialog?.dataset.noPasskey ?? "");
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
    showRefusal(content?.errors?.[0]?.message ?? content?.detail ?? dialog?.dataset.noAnswer ?? "");
    ended = (await readState()) ?? ended; // a used challenge works only once
    return;
  }
  if (content.state === "second") {
    secondPasskey = content.passkey;
    part("second-passkey").hidden = !(HAS_PASSKEYS && content.passkey);
    showStep("second");
  } else if (content.state === "signed_in") {
    renewTokens(content.csrf);
    if (!goOnAs(content.restricted ? null : content.account, content.home)) return;
    dialog?.close("signed_in");
    checkSession();
  } else showStep("first");
}

/** Another person gets the start page: what is on this page is not theirs. @param {string | null | undefined} account @param {string} home */
function goOnAs(account, home) {
  if (account === dialog?.dataset.account) return true;
  location.assign(home);
  return false;
}
