// @ts-check
// The assistant's page. Messages are sent without a reload; a failed one stays with a "Send again" button.

import { solveProofOfWork } from "../appointments/proof_of_work.js";
import { queryAll, requireElement } from "../core/dom.js";
import { leaveAtOnce } from "./leave_page.js";
import { confirmSent, focusTarget, showPending } from "./own_message.js";

const WRITING_NOTICE_MS = 1_000; // before the page shows that an answer is being written
const TIMEOUT_MS = 20_000; // then the message counts as unsent; its key lets the server recognise it if it did arrive

/** @typedef {{ fields: FormData, words: string, place: HTMLElement }} PendingMessage */

/** @param {HTMLElement} page */
export default function start(page) {
  const log = requireElement(page, ".talk");
  const form = /** @type {HTMLFormElement} */ (requireElement(page, ".write"));
  const field = /** @type {HTMLInputElement} */ (requireElement(form, "[name=text]"));
  const pendingTemplate = /** @type {HTMLTemplateElement} */ (page.querySelector("template[data-pending]"));
  const alarm = requireElement(page, "[data-alert]");
  let isBusy = false;
  let proof = startProofIfNeeded();

  /** Start the proof of work if a booking waits for confirmation. @returns {Promise<string | null> | null} */
  function startProofIfNeeded() {
    return log.querySelector('[name="choice"][value="yes:"]') ? solveProofOfWork() : null;
  }

  page.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (new URL(form.action).pathname !== "/chat") return;
    event.preventDefault();
    const pressed = event.submitter;
    const choice = pressed instanceof HTMLButtonElement && pressed.name === "choice" ? pressed : null;
    const words = choice ? queryAll(choice, "span, b").map((part) => part.textContent).join(", ") : field.value.trim();
    if (isBusy || !words) return;
    const fields = new FormData(form, pressed);
    fields.set("request_key", crypto.randomUUID());
    void send({ fields, words, place: showPending(log, pendingTemplate, words) }, choice !== null);
  });

  leaveAtOnce(alarm);

  page.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest('[data-do="again"]');
    const place = button?.closest(".own");
    if (place instanceof HTMLElement && !isBusy) resend(place);
  });

  /** @type {WeakMap<HTMLElement, PendingMessage>} */
  const unsent = new WeakMap();

  /** @param {HTMLElement} element */
  function resend(element) {
    const message = unsent.get(element);
    if (message) void send(message, true);
  }

  /**
   * Send a message and show the answer.
   * @param {PendingMessage} message
   * @param {boolean} isPressed whether a button that disappears had the focus
   */
  async function send(message, isPressed) {
    isBusy = true;
    requireElement(message.place, "[data-failed]").hidden = true;
    if (!isPressed) field.value = "";
    const writing = requireElement(page, "[data-writing]"); // its text is announced when it changes
    const writingTimer = setTimeout(() => (writing.textContent = writing.dataset.writing ?? ""), WRITING_NOTICE_MS);
    try {
      if (proof) message.fields.set("altcha", (await proof) ?? "");
      const answer = await fetch("/chat", {
        method: "POST",
        headers: { "X-Fragment": "1" },
        body: new URLSearchParams(/** @type {any} */ (message.fields)),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const html = await answer.text();
      if (answer.ok) showAnswer(message, html, isPressed);
      else if (html.includes("say-error")) showRefusal(message, html);
      else markUnsent(message);
    } catch {
      markUnsent(message);
    }
    clearTimeout(writingTimer);
    writing.textContent = "";
    isBusy = false;
  }

  /** @param {PendingMessage} message @param {string} html @param {boolean} isPressed */
  function showAnswer(message, html, isPressed) {
    const turn = document.createElement("template");
    turn.innerHTML = html;
    alarm.replaceChildren(...turn.content.querySelectorAll("[data-danger]"));
    if (alarm.firstElementChild) return showDanger(message.place);
    const ownMessage = /** @type {HTMLElement} */ (turn.content.querySelector(".me"));
    const answer = /** @type {HTMLElement} */ (turn.content.querySelector(".answer"));
    for (const old of queryAll(log, ".picks")) old.remove();
    confirmSent(message.place, ownMessage);
    message.place.after(answer);
    proof = startProofIfNeeded();
    showError("");
    const isLong = message.place.offsetHeight > window.innerHeight / 3; // scroll to the answer instead
    (isLong ? answer : message.place).scrollIntoView({ block: "start" });
    (isPressed ? focusTarget(answer, field) : field).focus({ preventScroll: true });
  }

  /** The message that told danger disappears; the open question stays above. @param {HTMLElement} place */
  function showDanger(place) {
    place.remove();
    showError("");
    alarm.scrollIntoView({ block: "nearest" });
    field.focus({ preventScroll: true });
  }

  /** @param {PendingMessage} message @param {string} html */
  function showRefusal(message, html) {
    message.place.remove();
    if (!message.fields.has("choice")) field.value = message.words;
    showError(html);
    field.focus();
  }

  /** @param {PendingMessage} message */
  function markUnsent(message) {
    unsent.set(message.place, message);
    requireElement(message.place, "[data-failed]").hidden = false;
    message.place.scrollIntoView({ block: "nearest" });
  }

  /** Show an error at the field, or remove it. @param {string} html rendered by the server, empty without an error */
  function showError(html) {
    form.querySelector("#say-error")?.remove();
    field.insertAdjacentHTML("beforebegin", html);
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
    if (!html) return;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", "say-error");
  }

  const last = document.getElementById("last");
  if (last) last.nextElementSibling?.scrollIntoView({ block: "start" });
  page.dataset.started = "true"; // tests wait for this: from now on the script sends messages
}
