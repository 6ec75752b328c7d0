// @ts-check
// The console of the entrance: paints what the server says; what the host does goes out by form_actions.js.

import { makeCards } from "./person_dialog.js";
import { fill, fillRows, show } from "./slots.js";
import { listenToFinding } from "./person_search.js";
import { listenToGiving } from "./issue_ticket_form.js";
import { listenToKeys } from "./keyboard_shortcuts.js";
import { watchOffice } from "./board_socket.js";
import { listenToSends } from "./form_actions.js";
import { paintDeskChoices } from "./transfer_choices.js";

/** @param {HTMLElement} page */
export default function start(page) {
  const cards = makeCards(page);
  /** @type {Set<string>} */
  let asked = new Set();
  let first = true;

  /** @param {any} frame */
  function paint(frame) {
    const seen = frame.console;
    paintPause(page, seen);
    fillRows(page, "need", seen.needs);
    show(page, "[data-part='needs']", seen.needs.length > 0);
    paintComing(page, seen.coming, frame.at);
    paintRoom(page, seen);
    fillRows(page, "service", seen.services);
    fillRows(page, "line", seen.lines);
    fillRows(page, "seat", seen.desks);
    fill(/** @type {HTMLElement} */ (page.querySelector("[data-panel='desks']")), { closed_text: seen.closed_text });
    paintDeskChoices(seen.desks.map((/** @type {any} */ desk) => ({ id: desk.id, name: desk.name })));
    const people = seen.groups.flatMap((/** @type {any} */ group) => group.people);
    cards.update({ people, desks: seen.desks, services: seen.services, lines: seen.lines });
    asked = announce(page, seen.needs, first ? null : asked);
    first = false;
  }

  paint(JSON.parse(document.getElementById("frame")?.textContent ?? "{}"));
  listenToKeys(document.body);
  listenToSends(page);
  listenToGiving(page);
  listenToFinding(page, cards);
  watchOffice(page, paint, { console: "host" });
}

/** @param {HTMLElement} page @param {any} seen */
function paintPause(page, seen) {
  page.dataset.paused = String(seen.paused);
  const banner = page.querySelector("[data-part='resume']");
  if (banner) fill(banner, { pause_text: seen.pause_text });
  show(page, "[data-part='resume']", seen.paused);
  show(document, "[data-part='pause']", !seen.paused);
}

/** @param {HTMLElement} page @param {any} coming @param {string} at */
function paintComing(page, coming, at) {
  const panel = /** @type {HTMLElement} */ (page.querySelector("[data-panel='coming']"));
  fillRows(panel, "visit", coming.near);
  fillRows(panel, "later", coming.later);
  fill(panel, { empty_text: coming.empty_text, later_title: coming.later_title });
  show(panel, "[data-empty]", coming.near.length === 0);
  show(panel, "[data-later]", coming.later.length > 0);
  const clock = panel.querySelector("[data-clock]");
  if (clock) clock.textContent = at.slice(11, 16).replace(/^0/, "");
}

/** @param {HTMLElement} page @param {any} seen */
function paintRoom(page, seen) {
  const panel = /** @type {HTMLElement} */ (page.querySelector("[data-panel='room']"));
  fillRows(panel, "group", seen.groups);
  for (const group of seen.groups) {
    const row = panel.querySelector(`.group[data-id="${CSS.escape(group.id)}"]`);
    if (row) fillRows(row, "person", group.people);
  }
  fill(panel, { summary: seen.summary, empty_text: seen.coming.empty_text });
  show(panel, "[data-empty]", seen.room_empty);
}

/**
 * Whoever needs the host for the first time is said aloud, and counted in the title.
 * @param {HTMLElement} page @param {any[]} needs @param {Set<string> | null} before null: what stood there at first
 * @returns {Set<string>}
 */
function announce(page, needs, before) {
  const fresh = before ? needs.filter((one) => !before.has(one.id)) : [];
  const said = page.querySelector("[data-said]");
  if (said && fresh.length) said.textContent = fresh.map((one) => `${one.code}: ${one.text}`).join(" ");
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (needs.length) document.title = `(${needs.length}) ${document.title}`;
  return new Set(needs.map((one) => one.id));
}
