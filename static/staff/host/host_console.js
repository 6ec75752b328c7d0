// @ts-check
// The host's console at the entrance: renders the server's frames. form_actions.js handles the host's actions.

import { makeAlerts } from "../alerts/alerts.js";
import { makeDialogs } from "./person_dialog.js";
import { setShown } from "../../core/dom.js";
import { clockTime } from "../../core/time_format.js";
import { fillSlots, fillRows } from "../slots.js";
import { bindPersonSearch } from "./person_search.js";
import { bindIssueTicketForm } from "./issue_ticket_form.js";
import { bindKeyboardShortcuts } from "../desk/keyboard_shortcuts.js";
import { watchBoard } from "../board_socket.js";
import { bindFormActions } from "../form_actions.js";
import { renderDeskChoices } from "../desk/transfer_choices.js";

/** @param {HTMLElement} page */
export default function start(page) {
  const dialogs = makeDialogs(page);
  const alerts = makeAlerts(page);
  /** @type {Set<string>} */
  let announcedIds = new Set();
  let isFirst = true;

  /** @param {any} frame */
  function render(frame) {
    const host = frame.console;
    renderPause(page, host);
    fillRows(page, "need", host.needs);
    setShown(page, "[data-part='needs']", host.needs.length > 0);
    renderArrivals(page, host.coming, frame.at);
    renderRoom(page, host);
    fillRows(page, "service", host.services);
    fillRows(page, "line", host.lines);
    fillRows(page, "seat", host.desks);
    fillSlots(/** @type {HTMLElement} */ (page.querySelector("[data-panel='desks']")), { closed_text: host.closed_text });
    renderDeskChoices(host.desks.map((/** @type {any} */ desk) => ({ id: desk.id, name: desk.name })));
    const people = host.groups.flatMap((/** @type {any} */ group) => group.people);
    dialogs.update({ people, desks: host.desks, services: host.services, lines: host.lines });
    announcedIds = announceNeeds(page, host.needs, isFirst ? null : announcedIds);
    isFirst = false;
    alerts.update(host);
  }

  render(JSON.parse(document.getElementById("frame")?.textContent ?? "{}"));
  bindKeyboardShortcuts(document.body);
  bindFormActions(page);
  bindIssueTicketForm(page);
  bindPersonSearch(page, dialogs);
  watchBoard(page, render, { console: "host" });
}

/** @param {HTMLElement} page @param {any} host */
function renderPause(page, host) {
  page.dataset.paused = String(host.paused);
  const banner = page.querySelector("[data-part='resume']");
  if (banner) fillSlots(banner, { pause_text: host.pause_text });
  for (const part of document.querySelectorAll("[data-part='evacuation'], #evacuation-end")) fillSlots(part, host);
  setShown(page, "[data-part='resume']", host.paused && !host.evacuation);
  setShown(document, "[data-part='pause']", !host.paused);
  setShown(page, "[data-part='evacuation']", host.evacuation);
  setShown(document, "[data-part='evacuate']", !host.evacuation);
  const end = /** @type {HTMLDialogElement | null} */ (document.getElementById("evacuation-end"));
  if (!host.evacuation && end?.open) end.close(); // another host has ended it
}

/** @param {HTMLElement} page @param {any} coming @param {string} at */
function renderArrivals(page, coming, at) {
  const panel = /** @type {HTMLElement} */ (page.querySelector("[data-panel='coming']"));
  fillRows(panel, "visit", coming.near);
  fillRows(panel, "later", coming.later);
  fillSlots(panel, { empty_text: coming.empty_text, later_title: coming.later_title });
  setShown(panel, "[data-empty]", coming.near.length === 0);
  setShown(panel, "[data-later]", coming.later.length > 0);
  const clock = panel.querySelector("[data-clock]");
  if (clock) clock.textContent = clockTime(at);
}

/** @param {HTMLElement} page @param {any} host */
function renderRoom(page, host) {
  const panel = /** @type {HTMLElement} */ (page.querySelector("[data-panel='room']"));
  fillRows(panel, "group", host.groups);
  for (const group of host.groups) {
    const row = panel.querySelector(`.group[data-id="${CSS.escape(group.id)}"]`);
    if (row) fillRows(row, "person", group.people);
  }
  fillSlots(panel, { summary: host.summary, empty_text: host.coming.empty_text });
  setShown(panel, "[data-empty]", host.room_empty);
}

/**
 * Announce people who newly need the host.
 * @param {HTMLElement} page @param {any[]} needs @param {Set<string> | null} knownIds null for the first frame, which is not announced
 * @returns {Set<string>}
 */
function announceNeeds(page, needs, knownIds) {
  const newNeeds = knownIds ? needs.filter((need) => !knownIds.has(need.id)) : [];
  const liveRegion = page.querySelector("[data-said]");
  if (liveRegion && newNeeds.length) liveRegion.textContent = newNeeds.map((need) => `${need.code}: ${need.text}`).join(" ");
  return new Set(needs.map((need) => need.id));
}
