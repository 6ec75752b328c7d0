// @ts-check
// The login over a page whose session has ended: a dialog asks for it, what was typed stays, and the action goes on.
// Forms ask for the session before they are sent; scripts call `logInAgain` when an answer or a socket is refused.
// Warns before the session ends because it was not used.

import { HAS_PASSKEYS, usePasskey } from "./webauthn.js";

const WARN_BEFORE_S = 5 * 60;
const FIRST_CHECK_S = 5 * 60; // loading the page has used the session
const ASK_TIMEOUT_MS = 5_000; // then the form is sent anyway: the server keeps it, too
// Forms that end or begin a session.
const OWN_PATHS = ["/staff/login", "/staff/logout", "/staff/session"];

/** @typedef {{ signed_in: boolean, account?: string, ends_in_s?: number, can_stay?: boolean, csrf?: string, passkey?: string | null }} SessionState */

/** @type {HTMLDialogElement | undefined} */
let dialog;
/** @type {Promise<boolean> | undefined} */
let login;
/** @type {SessionState} */
let ended = { signed_in: false };
/** @type {string | null} */
let secondPasskey = null;
let wasClosed = false; // by the person, without a login

/** @type {HTMLElement | undefined} */
let warning;

/** @param {string} name @returns {HTMLElement} */
function part(name) {
  const selector = `[data-part="${name}"]`;
  if (warning?.matches(selector)) return warning;
  return /** @type {HTMLElement} */ (warning?.querySelector(selector) ?? dialog?.querySelector(selector));
}

/** @param {HTMLElement} element the dialog */
export default function start(element) {
  dialog = /** @type {HTMLDialogElement} */ (element);
  document.addEventListener("submit", holdForm, true);
  for (const form of dialog.querySelectorAll("form")) form.addEventListener("submit", onLoginSubmit);
  part("passkey").addEventListener("click", () => void sendPasskey("passkey", ended.passkey));
  part("second-passkey").addEventListener("click", () => void sendPasskey("second", secondPasskey));
  part("stay").addEventListener("click", stay);
  part("close").addEventListener("click", () => dialog?.close());
  warning = part("warning");
  document.body.append(warning); // outside of the dialog, which is closed
  addEventListener("focus", () => void closeIfSignedIn());
  timer = setTimeout(watch, FIRST_CHECK_S * 1000);
}

/** Ask the server whether the session is valid. @returns {Promise<SessionState | null>} null without an answer */
async function readState() {
  try {
    const answer = await fetch("/staff/session", { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
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
  part("warning").hidden = true;
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
  if (String(fields.get("code") ?? "").replace(/[^0-9a-z]/gi, "").length > 10) fields.set("step", "recovery");
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
    for (const field of document.querySelectorAll("input[name=csrf]")) if (field instanceof HTMLInputElement) field.value = content.csrf;
    if (!goOnAs(content.restricted ? null : content.account, content.home)) return;
    dialog?.close("signed_in");
    void watch();
  } else showStep("first");
}

/** Another person gets the start page: what is on this page is not theirs. @param {string | null | undefined} account @param {string} home */
function goOnAs(account, home) {
  if (account === dialog?.dataset.account) return true;
  location.assign(home);
  return false;
}

// Forms

/** @type {WeakSet<HTMLFormElement>} */
const checked = new WeakSet();

/** Hold a form until the session is known to be valid. @param {SubmitEvent} event */
function holdForm(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (checked.delete(form) || dialog?.contains(form) || !isHeld(form, event.submitter)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.ariaBusy === "true") return; // a second press
  form.ariaBusy = "true";
  const submitter = event.submitter;
  void readState().then(async (state) => {
    form.ariaBusy = null;
    if (state && (!state.signed_in || state.account !== dialog?.dataset.account) && !(await logInAgain())) return;
    checked.add(form);
    form.requestSubmit(submitter);
  });
}

/** @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
function isHeld(form, submitter) {
  const action = submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? location.pathname;
  const isOwn = OWN_PATHS.some((path) => action.startsWith(path));
  return form.method === "post" && !form.dataset.send && form.dataset.module !== "staff/passkey_form" && !isOwn && navigator.onLine;
}

// The end by idleness

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Warn before the session ends, and ask for the login when it has. */
async function watch() {
  clearTimeout(timer);
  const state = await readState();
  if (state && !state.signed_in) return void logInAgain({ isPressed: false });
  const left = state?.ends_in_s ?? WARN_BEFORE_S * 2;
  const isNear = left <= WARN_BEFORE_S;
  part("warning").hidden = !isNear;
  part("stay").hidden = !state?.can_stay;
  part("ends-idle").hidden = !state?.can_stay;
  part("ends-day").hidden = Boolean(state?.can_stay);
  const wait = isNear ? left + 1 : left - WARN_BEFORE_S;
  timer = setTimeout(watch, Math.max(1, wait) * 1000);
}

async function stay() {
  const body = new URLSearchParams({ csrf: dialog?.dataset.csrf ?? "" });
  await fetch("/staff/session/stay", { method: "POST", headers: { Accept: "application/json" }, body }).catch(() => null);
  await watch();
}
