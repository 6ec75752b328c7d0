// @ts-check
// Alerts, emergencies and the connection on pages of forms at which a person may stand in front of the staff.

import { makeAlerts } from "./alerts.js";
import { watchBoard } from "../board_socket.js";
import { blockCallsThatAreOff, showEvacuation } from "./evacuation.js";
import { bindFormActions } from "../form_actions.js";

/** @param {HTMLElement} part with `data-office` */
export default function start(part) {
  bindFormActions(part);
  const alerts = makeAlerts(part);
  blockCallsThatAreOff(document.body);
  watchBoard(part, (frame) => {
    alerts.update(frame.console);
    showEvacuation(document.body, frame.console.mine.evacuation_text);
  });
}
