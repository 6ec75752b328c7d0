// @ts-check
// The assistant's page: a message is sent without leaving it, and kept with "Send again" when the network is away.

import { solve } from "../appointments/proof_of_work.js";
import { all, must } from "../core/dom.js";

const PATIENCE_MS = 1_000; // before somebody is told that an answer is being written
const GIVE_UP_MS = 20_000; // then the message counts as not sent; the server knows it by its key if it was

/** @typedef {{ fields: FormData, words: string, place: HTMLElement }} Sending */

/** @param {HTMLElement} page */
export default function start(page) {
  const log = must(page, ".talk");
  const write = /** @type {HTMLFormElement} */ (must(page, ".write"));
  const field = /** @type {HTMLInputElement} */ (must(write, "[name=text]"));
  const pending = /** @type {HTMLTemplateElement} */ (page.querySelector("template[data-pending]"));
  let isBusy = false;
  let proving = proved();

  /** The proof of work, begun when there is something to confirm. @returns {Promise<string | null> | null} */
  function proved() {
    return log.querySelector('[name="choice"][value="yes:"]') ? solve() : null;
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
    void send({ fields, words, place: drawn(words) }, choice !== null);
  });

  page.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest('[data-do="again"]');
    const place = button?.closest(".unsent");
    if (place instanceof HTMLElement && !isBusy) again(place);
  });

  /** @type {WeakMap<HTMLElement, Sending>} */
  const unsent = new WeakMap();

  /** @param {HTMLElement} place */
  function again(place) {
    const sending = unsent.get(place);
    if (sending) void send(sending, true);
  }

  /** My message at once, before it has arrived. @param {string} words @returns {HTMLElement} */
  function drawn(words) {
    const place = /** @type {HTMLElement} */ (pending.content.cloneNode(true).firstChild?.parentNode?.querySelector(".unsent"));
    must(place, "[data-words]").textContent = words;
    log.append(place);
    return place;
  }

  /** @param {Sending} sending @param {boolean} isPressed whether the focus would be lost with the button */
  async function send(sending, isPressed) {
    isBusy = true;
    must(sending.place, "[data-failed]").hidden = true;
    if (!isPressed) field.value = "";
    const soon = setTimeout(() => (must(page, "[data-writing]").hidden = false), PATIENCE_MS);
    try {
      if (proving) sending.fields.set("altcha", (await proving) ?? "");
      const answer = await fetch("/chat", {
        method: "POST",
        headers: { "X-Fragment": "1" },
        body: new URLSearchParams(/** @type {any} */ (sending.fields)),
        signal: AbortSignal.timeout(GIVE_UP_MS),
      });
      const html = await answer.text();
      if (answer.ok) arrived(sending, html, isPressed);
      else if (html.includes("say-error")) refused(sending, html);
      else failed(sending);
    } catch {
      failed(sending);
    }
    clearTimeout(soon);
    must(page, "[data-writing]").hidden = true;
    isBusy = false;
  }

  /** @param {Sending} sending @param {string} html @param {boolean} isPressed */
  function arrived(sending, html, isPressed) {
    for (const old of all(log, ".picks")) old.remove();
    const turn = document.createElement("template");
    turn.innerHTML = html;
    const mine = /** @type {HTMLElement} */ (turn.content.querySelector(".me"));
    const answer = /** @type {HTMLElement} */ (turn.content.querySelector(".answer"));
    sending.place.replaceWith(mine, answer);
    proving = proved();
    say("");
    const isLong = mine.offsetHeight > window.innerHeight / 3; // then what matters is what comes after it
    (isLong ? answer : mine).scrollIntoView({ block: "start" });
    if (isPressed) must(answer, ".bot").focus({ preventScroll: true });
    else field.focus({ preventScroll: true });
  }

  /** @param {Sending} sending @param {string} html */
  function refused(sending, html) {
    sending.place.remove();
    if (!sending.fields.has("choice")) field.value = sending.words;
    say(html);
    field.focus();
  }

  /** @param {Sending} sending */
  function failed(sending) {
    unsent.set(sending.place, sending);
    must(sending.place, "[data-failed]").hidden = false;
    sending.place.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} html what is wrong, drawn by the server; nothing when all is well */
  function say(html) {
    write.querySelector("#say-error")?.remove();
    field.insertAdjacentHTML("beforebegin", html);
    field.toggleAttribute("aria-invalid", false);
    if (!html) return;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", "say-error");
  }

  const last = document.getElementById("last");
  if (last) last.nextElementSibling?.scrollIntoView({ block: "start" });
  page.dataset.started = "true"; // from now on a message is sent from here
}
