// @ts-check
// The agent's side: who waits, let them in, speak to the waiting room, send back, end with an outcome.

import { text } from "../core/i18n.js";
import { all, closeDialog, fill, must, officeTime, show, whenPressed } from "../core/dom.js";

/**
 * @param {HTMLElement} root
 * @param {import("./signaling.js").RoomSignals} signals
 * @param {import("./roster.js").Roster} roster
 * @param {import("./types.js").RoomFacts} room
 */
export function showGuests(root, signals, roster, room) {
  const box = must(root, "[data-guests]");
  const template = /** @type {HTMLTemplateElement} */ (root.querySelector("[data-guest-template]"));
  let seen = false;
  // The console's "Let in" leads here with the person's id: they are let in once, as soon as they are seen to wait.
  let invited = new URLSearchParams(location.search).get("admit");
  if (invited) history.replaceState(null, "", location.pathname);

  /** @param {import("./types.js").Person} person */
  function card(person) {
    const known = box.querySelector(`[data-guest-card="${person.participant}"]`);
    if (known instanceof HTMLElement) return known;
    const made = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
    made.dataset.guestCard = person.participant;
    return made;
  }

  roster.on("people", () => {
    const waiting = roster.waiting;
    const talking = roster.admitted.some((one) => one.role === "citizen" || one.role === "interpreter");
    seen ||= waiting.length > 0 || talking;
    const cards = waiting.map((person) => fillCard(card(person), person, room));
    for (const old of all(box, "[data-guest-card]")) {
      if (old.dataset.guestCard !== "none" && !cards.includes(old)) old.remove();
    }
    for (const one of cards) if (!one.isConnected) box.append(one);
    show(box, '[data-guest-card="none"]', waiting.length === 0);
    const none = must(box, '[data-guest-card="none"]');
    fill(none, "guest_title", text(seen ? "guest_lost" : "guest_expected", { name: room.guest ?? "" }));
    fill(none, "guest_text", text(seen ? "guest_lost_help" : "guest_expected_help"));
    show(none, "[data-outcome]", !seen);
    box.hidden = talking && waiting.length === 0;
    box.classList.toggle("beside", talking);
    show(root, '[data-do="return"]', talking);
    if (!waiting.some((one) => one.participant === invited)) return;
    signals.send("admit", { participant: invited });
    invited = null;
  });

  whenPressed(root, "admit", (button) => {
    button.setAttribute("aria-busy", "true");
    signals.send("admit", { participant: idOf(button) });
  });
  box.addEventListener("submit", (event) => {
    const form = /** @type {HTMLElement} */ (event.target);
    const field = form.querySelector("input");
    event.preventDefault();
    if (!field?.value.trim()) return;
    signals.send("message", { text: field.value.trim(), participant: idOf(form) });
    field.value = "";
    const card = /** @type {HTMLElement} */ (form.closest("[data-guest-card]"));
    fill(card, "guest_text", text("told"));
  });
  whenPressed(root, "return", () => {
    closeDialog("more");
    for (const one of roster.admitted) {
      if (one.role !== "agent" && one.role !== "supervisor") signals.send("return_to_lobby", { participant: one.participant });
    }
  });
  bindEnd(root, signals);
}

/** @param {HTMLElement} element */
const idOf = (element) => element.closest("[data-guest-card]")?.getAttribute("data-guest-card") ?? "";

/** @param {HTMLElement} card @param {import("./types.js").Person} person @param {import("./types.js").RoomFacts} room */
function fillCard(card, person, room) {
  const { name, since, connected, role } = person;
  const time = officeTime(since, room.offset_minutes);
  fill(card, "guest_title", text(connected ? "guest_waits" : "guest_lost", { name, time }));
  fill(card, "guest_text", connected ? (role === "interpreter" ? text("interpreter") : "") : text("guest_lost_help"));
  return card;
}

/** @param {HTMLElement} root @param {import("./signaling.js").RoomSignals} signals */
function bindEnd(root, signals) {
  const outcome = /** @type {HTMLSelectElement} */ (must(root, "#outcome"));
  root.addEventListener("click", (event) => {
    const opener = /** @type {Element} */ (event.target).closest("[data-opens='end']");
    if (!(opener instanceof HTMLElement)) return;
    outcome.value = opener.dataset.outcome ?? "resolved";
    show(root, '[data-slot="end_error"]', false);
  });
  whenPressed(root, "end", () => signals.send("end", { outcome: outcome.value }));
  signals.on("error", ({ in_reply_to, message }) => {
    for (const busy of all(root, '[aria-busy="true"]')) busy.removeAttribute("aria-busy");
    if (in_reply_to !== "end") return;
    fill(root, "end_error", message);
    show(root, '[data-slot="end_error"]', true);
  });
}
