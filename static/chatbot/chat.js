// @ts-check
// The assistant's page. Messages are sent without a reload; a failed one stays with a "Send again" button.

import { solveProofOfWork } from "../appointments/proof_of_work.js";
import { queryAll, requireElement } from "../core/dom.js";

const WRITING_NOTICE_MS = 1_000; // before the page shows that an answer is being written
const TIMEOUT_MS = 20_000; // then the message counts as unsent; its key lets the server recognise it if it did arrive

/** @typedef {{ fields: FormData, words: string, place: HTMLElement }} PendingMessage */

/** @param {HTMLElement} page */
export default function start(page) {
  const log = requireElement(page, ".talk");
  const form = /** @type {HTMLFormElement} */ (requireElement(page, ".write"));
  const field = /** @type {HTMLInputElement} */ (requireElement(form, "[name=text]"));
  const pendingTemplate = /** @type {HTMLTemplateElement} */ (page.querySelector("template[data-pending]"));
  let isBusy = false;
  let proof = startProofIfNeeded();

  /** Start the proof of work if a booking waits for confirmation. @returns {Promise<string | null> | null} */
  function startProofIfNeeded() {
    return log.querySelector('[name="choice"][value="yes:"]') ? solveProofOfWork() : null;
  }

  page.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.getAttribute("action") !== "/chat") return;
    event.preventDefault();
    const pressed = event.submitter;
    const choice = pressed instanceof HTMLButtonElement && pressed.name === "choice" ? pressed : null;
    const words = choice ? (choice.querySelector("span")?.textContent ?? "") : field.value.trim();
    if (isBusy || !words) return;
    const fields = new FormData(form, pressed);
    fields.set("request_key", crypto.randomUUID());
    void send({ fields, words, place: showPending(words) }, choice !== null);
  });

  page.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest('[data-do="again"]');
    const place = button?.closest(".unsent");
    if (place instanceof HTMLElement && !isBusy) resend(place);
  });

  /** @type {WeakMap<HTMLElement, PendingMessage>} */
  const unsent = new WeakMap();

  /** @param {HTMLElement} place */
  function resend(place) {
    const sending = unsent.get(place);
    if (sending) void send(sending, true);
  }

  /** Show the person's message before the server has it. @param {string} words @returns {HTMLElement} */
  function showPending(words) {
    const place = /** @type {HTMLElement} */ (pendingTemplate.content.cloneNode(true).firstChild?.parentNode?.querySelector(".unsent"));
    requireElement(place, "[data-words]").textContent = words;
    log.append(place);
    return place;
  }

  /** Send a message and show the answer. @param {PendingMessage} sending @param {boolean} isPressed whether a button that disappears had the focus */
  async function send(sending, isPressed) {
    isBusy = true;
    requireElement(sending.place, "[data-failed]").hidden = true;
    if (!isPressed) field.value = "";
    const soon = setTimeout(() => (requireElement(page, "[data-writing]").hidden = false), WRITING_NOTICE_MS);
    try {
      if (proof) sending.fields.set("altcha", (await proof) ?? "");
      const answer = await fetch("/chat", {
        method: "POST",
        headers: { "X-Fragment": "1" },
        body: new URLSearchParams(/** @type {any} */ (sending.fields)),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const html = await answer.text();
      if (answer.ok) showAnswer(sending, html, isPressed);
      else if (html.includes("say-error")) showRefusal(sending, html);
      else markUnsent(sending);
    } catch {
      markUnsent(sending);
    }
    clearTimeout(soon);
    requireElement(page, "[data-writing]").hidden = true;
    isBusy = false;
  }

  /** @param {PendingMessage} sending @param {string} html @param {boolean} isPressed */
  function showAnswer(sending, html, isPressed) {
    for (const old of queryAll(log, ".picks")) old.remove();
    const turn = document.createElement("template");
    turn.innerHTML = html;
    const mine = /** @type {HTMLElement} */ (turn.content.querySelector(".me"));
    const answer = /** @type {HTMLElement} */ (turn.content.querySelector(".answer"));
    sending.place.replaceWith(mine, answer);
    proof = startProofIfNeeded();
    showError("");
    const isLong = mine.offsetHeight > window.innerHeight / 3; // scroll to the answer instead
    (isLong ? answer : mine).scrollIntoView({ block: "start" });
    if (isPressed) requireElement(answer, ".bot").focus({ preventScroll: true });
    else field.focus({ preventScroll: true });
  }

  /** @param {PendingMessage} sending @param {string} html */
  function showRefusal(sending, html) {
    sending.place.remove();
    if (!sending.fields.has("choice")) field.value = sending.words;
    showError(html);
    field.focus();
  }

  /** @param {PendingMessage} sending */
  function markUnsent(sending) {
    unsent.set(sending.place, sending);
    requireElement(sending.place, "[data-failed]").hidden = false;
    sending.place.scrollIntoView({ block: "nearest" });
  }

  /** Show an error at the field, or remove it. @param {string} html rendered by the server, empty without an error */
  function showError(html) {
    form.querySelector("#say-error")?.remove();
    field.insertAdjacentHTML("beforebegin", html);
    field.toggleAttribute("aria-invalid", false);
    if (!html) return;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", "say-error");
  }

  const last = document.getElementById("last");
  if (last) last.nextElementSibling?.scrollIntoView({ block: "start" });
  page.dataset.started = "true"; // tests wait for this: from now on the script sends messages
}
