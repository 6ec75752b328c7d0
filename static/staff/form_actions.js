// @ts-check
// Buttons and forms with `data-send`, an API address with placeholders: {office} and {id}, {ticket} of an element
// around them. `data-body` is the body, `data-then="close"` closes the dialog, `data-done` is shown afterwards. A form
// with `data-needs` is sent only if one of these fields has a value; otherwise it shows `data-needs-text`.

import { isSure } from "../core/second_press.js";
import { RequestRefused, post } from "../core/session/api.js";
import { showToast } from "./toast.js";
import { forgetDraft, restoreDraft } from "./host/typed_drafts.js";

/** @param {HTMLElement} page with `data-office` */
export function bindFormActions(page) {
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    forgetDraft(target.closest("[data-shut]:not(.close)")?.closest("dialog")); // it says to leave it as it is
    target.closest("[data-shut]")?.closest("dialog")?.close();
    const opener = target.closest("[data-opens]");
    if (opener instanceof HTMLElement) emptyForms(opener.dataset.opens ?? "");
    const button = target.closest("button[data-send]");
    if (!(button instanceof HTMLButtonElement) || !isSure(button)) return;
    void send(page, button, button, JSON.parse(button.dataset.body ?? "{}"));
  });
  // In the capture phase, before core/form_submit.js: the page is not left.
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement) || !form.dataset.send) return;
      event.preventDefault();
      const button = /** @type {HTMLElement | null} */ (event.submitter ?? form.querySelector("button:not([type])"));
      const body = bodyOf(form);
      if (form.dataset.needs && !form.dataset.needs.split(" ").some((name) => name in body)) {
        showRefusal(form, form.dataset.needsText ?? "");
      } else if (button) void send(page, form, button, body);
    },
    true,
  );
}

/**
 * Empty the forms of a dialog that opens: a choice from before must not be sent. Kept texts come back.
 * @param {string} name its id
 */
function emptyForms(name) {
  const dialog = document.getElementById(name);
  for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll(`#${CSS.escape(name)} form[data-send]`))) {
    form.reset();
    showRefusal(form, "");
  }
  if (!dialog) return;
  restoreDraft(dialog);
  dialog.dispatchEvent(new CustomEvent("office360:opens"));
}

/**
 * @param {HTMLElement} page
 * @param {HTMLElement} part the form or button with `data-send`
 * @param {HTMLElement} button shown as busy
 * @param {object} body
 */
async function send(page, part, button, body) {
  if (button.ariaBusy === "true") return;
  showRefusal(part, "");
  button.ariaBusy = "true";
  try {
    const answer = await post(urlOf(page, part), body);
    forgetDraft(part.closest("dialog"));
    if (part.dataset.then === "close") part.closest("dialog")?.close();
    if (part instanceof HTMLFormElement) part.reset();
    if (part.dataset.done) showToast(part.dataset.done);
    dispatchResult("done", part, answer.body);
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    showRefusal(part, error.message);
    dispatchResult("refused", part, error.body);
  } finally {
    button.ariaBusy = null;
  }
}

/**
 * Dispatch the result on the document: the pressed row may be gone by now.
 * @param {string} what
 * @param {HTMLElement} part
 * @param {unknown} body
 */
function dispatchResult(what, part, body) {
  document.dispatchEvent(new CustomEvent(`office360:${what}`, { detail: { part, body } }));
}

/** Show a refusal in the dialog around `part`, otherwise as a toast. @param {HTMLElement} part @param {string} words */
export function showRefusal(part, words) {
  const notice = part.closest("dialog")?.querySelector("[data-refusal]");
  if (notice instanceof HTMLElement) {
    notice.hidden = !words;
    const textElement = notice.querySelector("[data-refusal-text]");
    const more = notice.querySelector("[data-refusal-more]");
    if (textElement) textElement.textContent = words;
    if (more) more.textContent = "";
  } else if (words) showToast(words);
}

/** Fill in the placeholders of the address. @param {HTMLElement} page @param {HTMLElement} part @returns {string} */
function urlOf(page, part) {
  return (part.dataset.send ?? "").replace(/\{(\w+)\}/g, (_, name) => {
    const around = name === "office" ? page : part.closest(`[data-${name}]`);
    return encodeURIComponent((around instanceof HTMLElement && around.dataset[name]) || "");
  });
}

/** Build the body from the filled fields, without those whose name begins with `_`. @param {HTMLFormElement} form */
function bodyOf(form) {
  /** @type {Record<string, string | boolean>} */
  const body = {};
  for (const [name, value] of new FormData(form)) {
    const written = String(value).trim();
    if (!written || name.startsWith("_")) continue;
    const field = form.elements.namedItem(name);
    const [kind = "", chosen = ""] = written.split(/:(.*)/s);
    if (field instanceof HTMLElement && "splits" in field.dataset) body[kind] = chosen;
    else body[name] = field instanceof HTMLElement && "bool" in field.dataset ? true : written;
  }
  const around = form.closest("[data-id]");
  if (form.dataset.adds && around instanceof HTMLElement) body[form.dataset.adds] = around.dataset.id ?? "";
  return body;
}
