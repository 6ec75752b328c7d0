// @ts-check
// The citizen's side of texts to accept: read, ask for a code, type it. What was typed survives a refresh.

import { text } from "../../core/i18n.js";
import { clockTimeAt } from "../../core/time_format.js";
import { fillSlot, queryAll, requireElement, setShown } from "../../core/dom.js";
import { callRoom, refusalOf } from "./papers_api.js";
import { cloneTemplate } from "./templates.js";

/**
 * @typedef {import("./offers_panel.js").OfferedText} OfferedText
 * @typedef {{ channel: string, to: string }} Contact
 * @typedef {"read" | "contact" | "code" | "done"} Step
 */

/**
 * @param {HTMLElement} root
 * @param {string} path of the room's texts
 * @param {import("../types.js").RoomFacts} room
 */
export function makeAcceptPanel(root, path, room) {
  const box = requireElement(root, "[data-accept]");
  /** @type {Map<string, HTMLElement>} */
  const cards = new Map();

  async function refresh() {
    const found = await callRoom(path).catch(() => undefined);
    if (!found) return;
    for (const offered of found.acceptances) {
      const card = cards.get(offered.id) ?? addCard(offered, found.contacts);
      showState(card, offered);
    }
    box.hidden = cards.size === 0;
  }

  /** @param {OfferedText} offered @param {Contact[]} contacts */
  function addCard(offered, contacts) {
    const card = cloneTemplate(box, "[data-text-template]");
    cards.set(offered.id, card);
    box.prepend(card);
    fillSlot(card, "text_title", offered.title);
    fillSlot(card, "text_body", offered.body);
    requireElement(card, '[data-slot="text_body"]').lang = offered.language;
    const input = requireElement(card, "input[inputmode]");
    input.id = `code-${offered.id}`;
    requireElement(card, "[data-code-label]").setAttribute("for", input.id);
    addContacts(card, offered.id, contacts);
    const address = `${path}/${offered.id}`;
    const sendCode = () => act(card, `${address}/code`, { channel: chosenContact(card) }, "code");
    const steps = /** @type {Record<string, () => unknown>} */ ({
      agree: () => (contacts.length === 1 ? sendCode() : showStep(card, "contact")),
      "send-code": sendCode,
      "another-code": () => (contacts.length === 1 ? sendCode() : showStep(card, "contact")),
      decline: () => act(card, `${address}/decline`, {}, "done"),
    });
    card.addEventListener("click", (event) => {
      const name = /** @type {HTMLElement} */ (event.target).closest("button")?.dataset.act ?? "";
      if (name in steps) void steps[name]?.();
    });
    requireElement(card, "form").addEventListener("submit", (event) => {
      event.preventDefault();
      const code = /** @type {HTMLInputElement} */ (input).value.trim();
      if (code) void act(card, `${address}/accept`, { code }, "done");
      else input.focus();
    });
    return card;
  }

  /**
   * Make a call, show its refusal, or go on to a step.
   * @param {HTMLElement} card
   * @param {string} address
   * @param {object} json
   * @param {Step} next
   */
  async function act(card, address, json, next) {
    if (card.ariaBusy === "true") return;
    card.ariaBusy = "true";
    let refusal = "";
    try {
      const offered = await callRoom(address, { method: "POST", json });
      showState(card, offered);
      if (next === "code") showStep(card, "code");
    } catch (error) {
      refusal = refusalOf(error) || text("not_done");
      if (next === "done") /** @type {HTMLInputElement} */ (requireElement(card, "input[inputmode]")).select();
    } finally {
      card.ariaBusy = "false";
    }
    fillSlot(card, "accept_error", refusal);
    setShown(card, '[data-slot="accept_error"]', Boolean(refusal));
    if (refusal) requireElement(card, '[data-slot="accept_error"]').scrollIntoView({ block: "start" }); // with the field below it
    requireElement(card, "input[inputmode]").toggleAttribute("aria-invalid", Boolean(refusal) && next === "done");
  }

  /** @param {HTMLElement} card @param {OfferedText} offered */
  function showState(card, offered) {
    const at = (/** @type {string | null} */ moment) => (moment ? clockTimeAt(Date.parse(moment), room.offset_minutes) : "");
    const to = offered.code_sent_to ?? "";
    fillSlot(card, "code_sent", to ? text("code_sent", { to, time: at(offered.code_until) }) : "");
    if (offered.state === "offered") {
      if (!card.dataset.step) showStep(card, to ? "code" : "read");
      return;
    }
    const key = { accepted: offered.code_channel === "sms" ? "you_accepted_by_sms" : "you_accepted", declined: "you_declined", withdrawn: "offer_withdrawn" }[offered.state];
    fillSlot(card, "text_answer", text(key, { time: at(offered.answered_at) }));
    card.dataset.answer = offered.state;
    showStep(card, "done");
  }

  return { refresh, isOpen: () => [...cards.values()].some((card) => card.dataset.step !== "done") };
}

/** @param {HTMLElement} card @param {Step} step */
function showStep(card, step) {
  if (card.dataset.step === step) return;
  const hadFocus = card.contains(document.activeElement);
  card.dataset.step = step;
  for (const part of queryAll(card, "[data-step-of]")) part.hidden = part.dataset.stepOf !== step;
  const first = card.querySelector(`[data-step-of="${step}"] :is(input, button, p)`);
  if (hadFocus && first instanceof HTMLElement) first.focus();
}

/** Offer the contacts that can get a code. @param {HTMLElement} card @param {string} id @param {Contact[]} contacts */
function addContacts(card, id, contacts) {
  const list = requireElement(card, "[data-contacts]");
  contacts.forEach(({ channel, to }, place) => {
    const label = cloneTemplate(card, `[data-contact-template="${channel}"]`);
    const input = /** @type {HTMLInputElement} */ (requireElement(label, "input"));
    input.name = `contact-${id}`;
    input.value = channel;
    input.checked = place === 0;
    fillSlot(label, "contact", to);
    list.append(label);
  });
}

/** @param {HTMLElement} card */
const chosenContact = (card) =>
  /** @type {HTMLInputElement | null} */ (card.querySelector("[data-contacts] input:checked"))?.value ?? "email";
