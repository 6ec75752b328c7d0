// @ts-check
// The agent's view of the waiting room: admit people, write to them, send them back, end the call with an outcome.

import { bindCallBack } from "./call_back.js";
import { text } from "../../core/i18n.js";
import { clockTimeAt } from "../../core/time_format.js";
import { queryAll, closeDialog, fillSlot, requireElement, setShown, onPress } from "../../core/dom.js";

/**
 * @param {HTMLElement} root
 * @param {import("../signaling.js").RoomSignals} signals
 * @param {import("../roster.js").Roster} roster
 * @param {import("../types.js").RoomFacts} room
 * @param {string | null} invited participant to admit once, as soon as they wait
 */
export function bindAgentLobby(root, signals, roster, room, invited) {
  const box = requireElement(root, "[data-guests]");
  const template = /** @type {HTMLTemplateElement} */ (root.querySelector("[data-guest-template]"));
  let hasSeenGuest = room.has_come ?? false;

  /** @param {import("../types.js").Person} person */
  function cardFor(person) {
    const existing = box.querySelector(`[data-guest-card="${person.participant}"]`);
    if (existing instanceof HTMLElement) return existing;
    const created = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild);
    created.dataset.guestCard = person.participant;
    return created;
  }

  roster.on("people", () => {
    const waiting = roster.waiting;
    const isTalking = [...roster.admitted, ...roster.held].some((person) => !isStaff(person));
    hasSeenGuest ||= waiting.length > 0 || isTalking;
    const cards = waiting.map((person) => fillCard(cardFor(person), person, room));
    for (const old of queryAll(box, "[data-guest-card]")) {
      if (old.dataset.guestCard !== "none" && !cards.includes(old)) old.remove();
    }
    for (const card of cards) if (!card.isConnected) box.append(card);
    setShown(box, '[data-guest-card="none"]', waiting.length === 0);
    const none = requireElement(box, '[data-guest-card="none"]');
    fillSlot(none, "guest_title", text(hasSeenGuest ? "guest_left" : "guest_expected", { name: room.guest ?? "" }));
    fillSlot(none, "guest_text", text(hasSeenGuest ? "guest_lost_help" : "guest_expected_help"));
    setShown(none, "[data-outcome]", !hasSeenGuest);
    box.hidden = isTalking && waiting.length === 0;
    box.classList.toggle("beside", isTalking);
    setShown(root, '[data-do="return"]', isTalking);
    if (!waiting.some((person) => person.participant === invited)) return;
    signals.send("admit", { participant: invited });
    invited = null;
  });

  onPress(root, "admit", (button) => {
    button.setAttribute("aria-busy", "true");
    const participant = participantIdOf(button);
    signals.send("admit", { participant });
    signals.emit("admitting", { participant });
  });
  box.addEventListener("submit", (event) => {
    const form = /** @type {HTMLElement} */ (event.target);
    const field = form.querySelector("input");
    event.preventDefault();
    if (!field?.value.trim()) return;
    signals.send("message", { text: field.value.trim(), participant: participantIdOf(form) });
    field.value = "";
    const card = /** @type {HTMLElement} */ (form.closest("[data-guest-card]"));
    fillSlot(card, "guest_text", text("told"));
  });
  onPress(root, "return", () => {
    closeDialog("more");
    for (const person of [...roster.admitted, ...roster.held]) {
      if (!isStaff(person)) signals.send("return_to_lobby", { participant: person.participant });
    }
  });
  bindAgentState(root, signals);
  bindEndDialog(root, signals);
  bindCallBack(root, signals, room);
}

/** @param {import("../types.js").Person} person */
export const isStaff = ({ role }) => role === "agent" || role === "supervisor";

/** @param {HTMLElement} element */
const participantIdOf = (element) => element.closest("[data-guest-card]")?.getAttribute("data-guest-card") ?? "";

/** @param {HTMLElement} card @param {import("../types.js").Person} person @param {import("../types.js").RoomFacts} room */
function fillCard(card, person, room) {
  const { name, since, connected, role } = person;
  const time = clockTimeAt(Date.parse(since), room.offset_minutes);
  fillSlot(card, "guest_title", text(connected ? "guest_waits" : "guest_lost", { name, time }));
  fillSlot(card, "guest_text", connected ? (role === "citizen" ? "" : text(`role_${role}`)) : text("guest_lost_help"));
  setShown(card, "[data-when-away]", !connected);
  fillTest(card, person);
  return card;
}

/** Show the verdict of the person's latest connection test. @param {HTMLElement} card @param {import("../types.js").Person} person */
function fillTest(card, { test }) {
  setShown(card, "[data-guest-test]", Boolean(test));
  if (!test) return;
  requireElement(card, "[data-guest-test] .verdict").dataset.verdict = test.verdict;
  fillSlot(card, "guest_test", text(`guest_test_${test.verdict}${test.quick ? "_now" : ""}`));
  setShown(card, "[data-test-link]", Boolean(test.code));
  requireElement(card, "[data-test-link]").setAttribute("href", `/staff/tests/${encodeURIComponent(test.code ?? "")}`);
}

/** @param {HTMLElement} root @param {import("../signaling.js").RoomSignals} signals */
function bindEndDialog(root, signals) {
  const outcome = /** @type {HTMLSelectElement} */ (requireElement(root, "#outcome"));
  root.addEventListener("click", (event) => {
    const opener = /** @type {Element} */ (event.target).closest("[data-opens='end']");
    if (!(opener instanceof HTMLElement)) return;
    outcome.selectedIndex = 0;
    if (opener.dataset.outcome) outcome.value = opener.dataset.outcome;
    setShown(root, '[data-slot="end_error"]', false);
  });
  const note = /** @type {HTMLTextAreaElement} */ (requireElement(root, "#end-note"));
  onPress(root, "end", () => signals.send("end", { outcome: outcome.value, note: note.value.trim() || null }));
  signals.on("error", ({ in_reply_to, message }) => {
    for (const busy of queryAll(root, '[aria-busy="true"]')) busy.removeAttribute("aria-busy");
    if (in_reply_to !== "end") return;
    fillSlot(root, "end_error", message);
    setShown(root, '[data-slot="end_error"]', true);
  });
}

/** @param {HTMLElement} root @param {import("../signaling.js").RoomSignals} signals */
function bindAgentState(root, signals) {
  const choices = /** @type {HTMLInputElement[]} */ (queryAll(root, '[name="agent_state"]'));
  signals.on("welcome", ({ agent_state: state }) => choices.forEach((choice) => (choice.checked = choice.value === (state ?? "available"))));
  for (const choice of choices) choice.addEventListener("change", () => choice.checked && signals.send("agent_state", { state: choice.value }));
}
