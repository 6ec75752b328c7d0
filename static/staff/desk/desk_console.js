// @ts-check
// The console of one desk: renders the server's frames. action_buttons.js handles the agent's actions.

import { setShown } from "../../core/dom.js";
import { showEvacuation } from "../alerts/evacuation.js";
import { fillSlots, fillRows, renderNotes } from "../slots.js";
import { bindKeyboardShortcuts } from "./keyboard_shortcuts.js";
import { watchBoard } from "../board_socket.js";
import { makeAlerts } from "../alerts/alerts.js";
import { bindActionButtons } from "./action_buttons.js";
import { bindFormActions } from "../form_actions.js";
import { dropOldToast } from "../toast.js";
import { renderTimer, syncClock } from "./service_timer.js";
import { renderDeskChoices } from "./transfer_choices.js";
import { bindRoomLinks, renderPhoneAppointments, renderVideoAppointments } from "./video_appointments.js";

/** @param {HTMLElement} page */
export default function start(page) {
  const now = /** @type {HTMLElement} */ (page.querySelector("[data-panel='now']"));
  const next = /** @type {HTMLElement} */ (page.querySelector("[data-panel='next']"));
  const tick = () => renderTimer(now);
  const alerts = makeAlerts(page);

  /** @param {any} frame */
  function render(frame) {
    syncClock(frame.at);
    renderNow(page, now, frame.console.mine);
    renderNext(next, frame.console.mine);
    renderAround(page, frame.console.mine);
    renderVideoAppointments(page, frame.console.video);
    renderPhoneAppointments(page, frame.console.telephone);
    alerts.update(frame.console);
    tick();
  }

  render(JSON.parse(document.getElementById("frame")?.textContent ?? "{}"));
  setInterval(tick, 1000);
  bindKeyboardShortcuts(document.body);
  bindFormActions(page);
  bindRoomLinks(page);
  bindTransferNote(now);
  watchBoard(page, render);
  bindActionButtons(page, now, () => {
    const { outcome, note } = formFields(now);
    return { outcome: outcome?.value || null, note: note?.value.trim() || null };
  });
}

/** @param {HTMLElement} page @param {HTMLElement} now @param {any} mine */
function renderNow(page, now, mine) {
  const changed = now.dataset.state !== mine.state || now.dataset.ticketId !== mine.ticket_id;
  const timer = /** @type {HTMLElement} */ (now.querySelector("[data-timer]"));
  timer.dataset.since = mine.since;
  timer.dataset.minutes = mine.minutes;
  now.dataset.activity = mine.activity;
  now.dataset.promise = mine.promise;
  now.dataset.inCall = mine.in_call;
  fillSlots(now, mine);
  renderNotes(now, mine.notes);
  if (!changed) return;
  page.querySelector("[data-refused]")?.remove(); // the refusal was about the previous state
  const focused = now.contains(document.activeElement);
  if (now.dataset.ticketId !== mine.ticket_id) clearForm(now);
  page.dataset.state = now.dataset.state = mine.state;
  now.dataset.ticketId = mine.ticket_id;
  const liveRegion = page.querySelector("[data-said]");
  if (liveRegion) liveRegion.textContent = [mine.badge, mine.code].filter(Boolean).join(": ");
  // The pressed button disappeared with its state; focus the next one.
  if (focused && !now.querySelector(":focus")?.checkVisibility()) firstButton(now)?.focus();
}

/** @param {HTMLElement} now @returns {HTMLElement | undefined} */
function firstButton(now) {
  const all = /** @type {NodeListOf<HTMLElement>} */ (now.querySelectorAll(".acts .button"));
  return [...all].find((button) => button.checkVisibility());
}

/** Clear outcome and note for the next person. @param {HTMLElement} now */
function clearForm(now) {
  const { outcome, note } = formFields(now);
  if (outcome) outcome.selectedIndex = 0;
  if (note) note.value = "";
  now.querySelector("details")?.removeAttribute("open");
}

/** @param {HTMLElement} now */
function formFields(now) {
  return {
    outcome: /** @type {HTMLSelectElement | null} */ (now.querySelector("#outcome")),
    note: /** @type {HTMLTextAreaElement | null} */ (now.querySelector("#note")),
  };
}

/** Take a note that is typed already into the dialog of the transfer. @param {HTMLElement} now */
function bindTransferNote(now) {
  const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("transfer-note"));
  document.getElementById("transfer")?.addEventListener("office360:opens", () => {
    field.value ||= formFields(now).note?.value ?? "";
  });
}

/** @param {HTMLElement} next @param {any} mine */
function renderNext(next, mine) {
  fillSlots(next, mine);
  fillRows(next, "next", mine.next);
  fillRows(next, "held", mine.held);
  setShown(next, "[data-empty]", mine.next.length === 0);
  setShown(next, "[data-held]", mine.held.length > 0);
  fillRows(next, "missed", mine.missed);
  dropOldToast(mine.missed.map((/** @type {any} */ missed) => missed.id));
  setShown(next, "[data-missed]", mine.missed.length > 0);
  fillRows(next, "colleague", mine.colleagues);
  setShown(next, "[data-colleagues]", mine.colleagues.length > 0);
  setShown(next, ".stopped", mine.stopped_text !== "");
}

/** Render the pause banner and the transfer dialog. @param {HTMLElement} page @param {any} mine */
function renderAround(page, mine) {
  const pausing = /** @type {HTMLElement} */ (page.querySelector("[data-pausing]"));
  fillSlots(pausing, { pause_text: mine.pause_text });
  pausing.hidden = !mine.pause_text;
  showEvacuation(page, mine.evacuation_text);
  const card = /** @type {HTMLDialogElement} */ (document.getElementById("transfer"));
  if (card.dataset.id !== mine.ticket_id) card.querySelector("form")?.reset();
  card.dataset.id = mine.ticket_id;
  fillSlots(card, { code: mine.code, name: mine.person });
  renderDeskChoices(mine.colleagues.map((/** @type {any} */ colleague) => ({ id: colleague.id, name: `${colleague.desk}, ${colleague.agent}` })));
  if (card.open && mine.state !== "serving") card.close();
}
