// @ts-check
// The People tab of the agent: own state, the people of the room with their buttons; invitations and transfer follow.

import { text } from "../core/i18n.js";
import { clockTimeAt } from "../core/time_format.js";
import { queryAll, closeDialog, fillSlot, onPress, requireElement, setShown } from "../core/dom.js";
import { isStaff } from "./agent_lobby.js";
import { bindInvites } from "./people_invites.js";
import { copyOf, isSure, syncRows } from "./people_rows.js";
import { bindTransfer } from "./people_transfer.js";

const OWN_COMMANDS = new Set(["hold", "return_to_lobby", "remove", "agent_state", "admit"]);

/** @typedef {import("./types.js").Person} Person */

/**
 * @param {HTMLElement} root
 * @param {import("./signaling.js").RoomSignals} signals
 * @param {import("./roster.js").Roster} roster
 * @param {import("./types.js").RoomFacts} room
 */
export function bindPeople(root, signals, roster, room) {
  const pane = requireElement(root, '[data-pane="people"]');
  bindAgentState(pane, signals);
  const list = requireElement(pane, "[data-people]");
  const template = /** @type {HTMLTemplateElement} */ (pane.querySelector("[data-person-template]"));
  roster.on("people", (people) => {
    const kept = new Map(queryAll(list, "[data-participant]").map((row) => [row.dataset.participant ?? "", row]));
    const others = people.map((person) => fillRow(kept.get(person.participant) ?? copyOf(template), person, room));
    syncRows(list, [fillOwnRow(kept.get("") ?? copyOf(template), room), ...others]);
  });
  list.addEventListener("click", ({ target }) => {
    const button = /** @type {Element} */ (target).closest("[data-act]");
    if (!(button instanceof HTMLElement) || !isSure(button)) return;
    setShown(pane, '[data-slot="people_error"]', false);
    const participant = button.closest("[data-participant]")?.getAttribute("data-participant") ?? "";
    signals.send(button.dataset.act ?? "", { participant });
  });
  signals.on("error", ({ in_reply_to, message }) => {
    if (!OWN_COMMANDS.has(in_reply_to)) return;
    fillSlot(pane, "people_error", message);
    setShown(pane, '[data-slot="people_error"]', true);
  });
  bindInvites(root, pane, roster, room);
  bindTransfer(root, pane, room);
  onPress(root, "show-people", (button) => showFold(root, pane, button.dataset.foldName ?? ""));
}

/** Open the tab from the menu, at one of its forms. @param {HTMLElement} root @param {HTMLElement} pane @param {string} name */
function showFold(root, pane, name) {
  closeDialog("more");
  if (requireElement(root, "[data-panel]").dataset.panel !== "open") requireElement(root, '[data-do="panel"][aria-expanded]').click();
  requireElement(root, '[data-tab="people"]').click();
  const fold = /** @type {HTMLDetailsElement} */ (requireElement(pane, `[data-fold="${name}"]`));
  fold.open = true;
  /** @type {HTMLElement | null} */ (fold.querySelector("select, input"))?.focus();
}

/** @param {HTMLElement} pane @param {import("./signaling.js").RoomSignals} signals */
function bindAgentState(pane, signals) {
  const choices = /** @type {HTMLInputElement[]} */ (queryAll(pane, '[name="agent_state"]'));
  signals.on("welcome", ({ agent_state: state }) => choices.forEach((one) => (one.checked = one.value === (state ?? "available"))));
  for (const one of choices) one.addEventListener("change", () => one.checked && signals.send("agent_state", { state: one.value }));
}

/** @param {HTMLElement} row @param {import("./types.js").RoomFacts} room */
function fillOwnRow(row, room) {
  row.dataset.participant = "";
  fillSlot(row, "person_name", room.me ?? "");
  fillSlot(row, "person_state", text("person_you"));
  return row;
}

/** @param {HTMLElement} row @param {Person} person @param {import("./types.js").RoomFacts} room */
function fillRow(row, person, room) {
  row.dataset.participant = person.participant;
  const role = text(`role_${person.role}`);
  fillSlot(row, "person_name", person.name || role);
  fillSlot(row, "person_state", [person.role === "citizen" ? "" : role, stateText(person, room)].filter(Boolean).join(" · "));
  const state = person.held ? "held" : person.state;
  for (const button of queryAll(row, "[data-when]")) {
    button.hidden = isStaff(person) || !(button.dataset.when ?? "").split(" ").includes(state);
  }
  return row;
}

/** @param {Person} person @param {import("./types.js").RoomFacts} room */
function stateText({ state, held, connected, since }, room) {
  if (held) return text("person_held");
  if (!connected) return text(`person_${state}_lost`);
  return text(`person_${state}`, { time: clockTimeAt(Date.parse(since), room.offset_minutes) });
}
