// @ts-check
// The action buttons of the desk console, one action at a time. A second press of the same button is ignored; a press
// of another one is queued and runs only if its button is still visible after the board's update.

import { text } from "../../core/i18n.js";
import { isSure } from "../../core/second_press.js";
import { RequestRefused, post } from "../../core/session/api.js";
import { showToast } from "../toast.js";

const NO_CONTENT = 204;
const UPDATE_TIMEOUT_MS = 1_500; // the board usually shows an action after 50 ms
const KEEPS_STATE = new Set(["recall", "resume-desk"]); // actions that do not change the ticket's state

/** @typedef {import("../../core/session/api.js").Answer} Answer */
/** @typedef {() => { outcome: string | null, note: string | null }} Form */
/** @typedef {{ desk: string, ticket: string, form: Form }} ActionContext */

/** @param {string} verb @returns {(context: ActionContext) => Promise<Answer>} */
const ticketAction = (verb) => ({ ticket }) => post(`/api/v1/staff/tickets/${ticket}/${verb}`);
/** @param {ActionContext} context */
const hold = ({ ticket, form }) => post(`/api/v1/staff/tickets/${ticket}/hold`, { note: form().note });
/** @param {ActionContext} context */
const resumeDesk = ({ desk }) => post(`/api/v1/desks/${desk}/resume`);
/** @param {ActionContext} context */
const callNext = ({ desk }) => post(`/api/v1/desks/${desk}/call-next`);
/** @param {ActionContext} context */
const finish = ({ ticket, form }) => post(`/api/v1/staff/tickets/${ticket}/finish`, form());

/** @type {Record<string, (context: ActionContext) => Promise<Answer>>} */
const ACTIONS = {
  "call-next": callNext,
  "resume-desk": resumeDesk,
  start: ticketAction("start"),
  recall: ticketAction("recall"),
  "no-show": ticketAction("no-show"),
  "undo-no-show": ticketAction("undo-no-show"),
  "put-back": ticketAction("put-back"),
  hold,
  finish,
  async "finish-and-call"(context) {
    await finish(context);
    return callNext(context);
  },
};

/**
 * @param {HTMLElement} page with `data-desk`
 * @param {HTMLElement} now the panel with `data-state` and `data-ticket-id`
 * @param {Form} form returns outcome and note of the person at the desk
 */
export function bindActionButtons(page, now, form) {
  /** @type {HTMLButtonElement | undefined} */
  let current;
  /** @type {HTMLButtonElement | undefined} */
  let queued;

  page.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-action]");
    if (button instanceof HTMLButtonElement) press(button);
  });

  /** @param {HTMLButtonElement} button */
  async function press(button) {
    if (current) {
      if (button !== current) queued = button;
      return;
    }
    if (button.ariaDisabled === "true") {
      showToast(document.getElementById(button.getAttribute("aria-describedby") ?? "")?.textContent ?? "");
      return;
    }
    if (!isSure(button)) return;
    current = button;
    setBusy(button, true);
    await runAction(button);
    setBusy(button, false);
    const following = queued;
    current = queued = undefined;
    if (following?.checkVisibility()) await press(following);
  }

  /** @param {HTMLButtonElement} button @param {boolean} busy */
  function setBusy(button, busy) {
    for (const part of [button, now]) {
      if (busy) part.setAttribute("aria-busy", "true");
      else part.removeAttribute("aria-busy");
    }
  }

  /** @param {HTMLButtonElement} button */
  async function runAction(button) {
    const name = button.dataset.action ?? "";
    const before = ticketKey(now);
    // A button in a row acts on the row's ticket, any other on the ticket at the desk.
    const row = /** @type {HTMLElement | null} */ (button.closest("[data-id]"));
    const ticket = row?.dataset.id ?? now.dataset.ticketId ?? "";
    try {
      const answer = await ACTIONS[name]?.({ desk: page.dataset.desk ?? "", ticket, form });
      if (answer?.status === NO_CONTENT) showToast(text("nobody"));
      else if (!KEEPS_STATE.has(name)) await boardUpdated(now, before);
      if (name === "no-show") showToast(text("missed"), ticket);
    } catch (error) {
      if (!(error instanceof RequestRefused)) throw error;
      showToast(error.message);
    }
  }
}

/** @param {HTMLElement} now */
const ticketKey = (now) => `${now.dataset.state} ${now.dataset.ticketId}`;

/**
 * Wait until the board shows the result: a queued press must not act on the old state.
 * @param {HTMLElement} now
 * @param {string} before
 */
function boardUpdated(now, before) {
  if (ticketKey(now) !== before) return undefined;
  return new Promise((resolve) => {
    const watch = new MutationObserver(() => done());
    const timeout = setTimeout(() => done(), UPDATE_TIMEOUT_MS);
    const done = () => {
      watch.disconnect();
      clearTimeout(timeout);
      resolve(undefined);
    };
    watch.observe(now, { attributes: true, attributeFilter: ["data-state", "data-ticket-id"] });
  });
}
