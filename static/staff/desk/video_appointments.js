// @ts-check
// Today's video and telephone appointments, in the desk console and on the page that chooses a desk.

import { setShown } from "../../core/dom.js";
import { rememberConsoleLink } from "../../rooms/lobby/entry.js";
import { makeAlerts } from "../alerts/alerts.js";
import { showEvacuation } from "../alerts/evacuation.js";
import { bindFormActions } from "../form_actions.js";
import { fillSlots, fillRows } from "../slots.js";
import { watchBoard } from "../board_socket.js";

/** @param {ParentNode} page @param {{ count: string, rows: any[] }} video */
export function renderVideoAppointments(page, video) {
  const panel = page.querySelector("[data-panel='video']");
  if (!panel) return;
  fillSlots(panel, { count: video.count });
  fillRows(panel, "video", video.rows);
  setShown(panel, "[data-empty]", video.rows.length === 0);
}

/** @param {ParentNode} page @param {{ count: string, rows: any[] }} telephone */
export function renderPhoneAppointments(page, telephone) {
  const panel = page.querySelector("[data-panel='telephone']");
  if (!(panel instanceof HTMLElement)) return;
  fillSlots(panel, { count: telephone.count });
  fillRows(panel, "phone", telephone.rows);
  panel.hidden = telephone.rows.length === 0;
}

/** Mark a pressed link to a room, so that its page opens without asking. @param {HTMLElement} page */
export function bindRoomLinks(page) {
  page.addEventListener("click", ({ target }) => {
    const link = /** @type {Element} */ (target).closest("[data-slot=enter]");
    if (link instanceof HTMLAnchorElement) rememberConsoleLink(link);
  });
}

/** Start on the page that chooses a desk, where this panel and the alerts are live. @param {HTMLElement} page with `data-office` */
export default function start(page) {
  bindRoomLinks(page);
  bindFormActions(page);
  const alerts = makeAlerts(page);
  watchBoard(page, (frame) => {
    renderVideoAppointments(page, frame.console.video);
    renderPhoneAppointments(page, frame.console.telephone);
    alerts.update(frame.console);
    showEvacuation(page, frame.console.mine.evacuation_text);
  });
}
