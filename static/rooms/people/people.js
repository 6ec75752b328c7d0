// @ts-check
// The People tab of the agent: the people of the room with their buttons; invitations and transfer follow.

import { text } from "../../core/i18n.js";
import { clockTimeAt } from "../../core/time_format.js";
import { queryAll, closeDialog, fillSlot, requireElement, setShown } from "../../core/dom.js";
import { isStaff } from "../lobby/agent_lobby.js";
import { bindInvites } from "./people_invites.js";
import { copyOf, isSure, syncRows } from "./people_rows.js";
import { bindTransfer } from "./people_transfer.js";

const OWN_COMMANDS = new Set(["hold", "return_to_lobby", "remove", "agent_state", "admit"]);

/** @typedef {import("../types.js").Person} Person */

/**
 * @param {import("../lazy_parts.js").CallPage} page
 * @param {import("./people_invites.js").Requests} requests
 * @param {import("../types.js").OwnTransfer[]} transfers that this person has asked for
 * @returns {{ showFold: (name: string) => void }} opens the tab at a form
 */
export function startPeople({ root, signals, roster, room }, requests, transfers) {
  const pane = requireElement(root, '[data-pane="people"]');
  const list = requireElement(pane, "[data-people]");
  const template = /** @type {HTMLTemplateElement} */ (pane.querySelector("[data-person-template]"));
  const render = () => {
    const people = [...roster.people.values()];
    const kept = new Map(queryAll(list, "[data-participant]").map((row) => [row.dataset.participant ?? "", row]));
    const others = people.map((person) => fillRow(kept.get(person.participant) ?? copyOf(template), person, room));
    syncRows(list, [fillOwnRow(kept.get("") ?? copyOf(template), room), ...others]);
  };
  roster.on("people", render);
  render();
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
  bindInvites(root, pane, roster, room, requests);
  bindTransfer(root, pane, room, requests, transfers);
  return { showFold: (name) => showFold(root, pane, name) };
}

/** Open the tab from the menu, at a form. @param {HTMLElement} root @param {HTMLElement} pane @param {string} name */
function showFold(root, pane, name) {
  closeDialog("more");
  if (requireElement(root, "[data-panel]").dataset.panel !== "open") requireElement(root, '[data-do="panel"][aria-expanded]').click();
  requireElement(root, '[data-tab="people"]').click();
  const fold = /** @type {HTMLDetailsElement} */ (requireElement(pane, `[data-fold="${name}"]`));
  fold.open = true;
  /** @type {HTMLElement | null} */ (fold.querySelector("select, input"))?.focus();
}

/** @param {HTMLElement} row @param {import("../types.js").RoomFacts} room */
function fillOwnRow(row, room) {
  row.dataset.participant = "";
  fillSlot(row, "person_name", room.me ?? "");
  fillSlot(row, "person_state", text("person_you"));
  return row;
}

/** @param {HTMLElement} row @param {Person} person @param {import("../types.js").RoomFacts} room */
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

/** @param {Person} person @param {import("../types.js").RoomFacts} room */
function stateText({ state, held, connected, since }, room) {
  if (held) return text("person_held");
  if (!connected) return text(`person_${state}_lost`);
  return text(`person_${state}`, { time: clockTimeAt(Date.parse(since), room.offset_minutes) });
}
