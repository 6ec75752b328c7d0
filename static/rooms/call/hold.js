// @ts-check
// Hold: says it to the person on hold, and to the agent, who takes them back. The server relays nothing to or from
// people on hold, and their peers are closed, so no media flow either way.

import { text } from "../../core/i18n.js";
import { queryAll, fillSlot, requireElement, setShown } from "../../core/dom.js";
import { copyOf, syncRows } from "../people/people_rows.js";

/**
 * @param {HTMLElement} root
 * @param {import("../signaling.js").RoomSignals} signals
 * @param {import("../roster.js").Roster} roster
 * @param {import("../types.js").RoomFacts} room
 */
export function showHold(root, signals, roster, room) {
  if (room.role !== "agent") return roster.on("people", () => sayOwnHold(root, roster.isHeld));
  const list = requireElement(root, "[data-held-people]");
  const template = /** @type {HTMLTemplateElement} */ (root.querySelector("[data-held-template]"));
  roster.on("people", () => {
    const kept = new Map(queryAll(list, "[data-held]").map((card) => [card.dataset.held ?? "", card]));
    syncRows(list, roster.held.map((person) => kept.get(person.participant) ?? heldCard(template, person, signals)));
    setShown(root, "[data-held-people]", roster.held.length > 0);
  });
}

/** Say to the person on hold that they are, in place of the pictures. @param {HTMLElement} root @param {boolean} isHeld */
function sayOwnHold(root, isHeld) {
  const key = isHeld ? "held" : "alone";
  requireElement(root, "[data-blank]").classList.toggle("on-hold", isHeld);
  fillSlot(root, "blank_title", text(`${key}_title`));
  fillSlot(root, "blank_text", text(`${key}_text`));
}

/**
 * @param {HTMLTemplateElement} template
 * @param {import("../types.js").Person} person
 * @param {import("../signaling.js").RoomSignals} signals
 */
function heldCard(template, person, signals) {
  const card = copyOf(template);
  card.dataset.held = person.participant;
  fillSlot(card, "held_person", text("held_person", { name: person.name || text(`role_${person.role}`) }));
  requireElement(card, "button").addEventListener("click", () => signals.send("admit", { participant: person.participant }));
  return card;
}
