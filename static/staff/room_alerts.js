// @ts-check
// Alerts and the emergency button on the page of a video call, which has its own connection to the room.

import { connect, IMMEDIATE_BACK_OFF } from "../core/reconnecting_socket.js";
import { makeAlerts } from "./alerts.js";
import { bindFormActions } from "./form_actions.js";

/** @param {HTMLElement} part with `data-office` */
export default function start(part) {
  const alerts = makeAlerts(part);
  bindFormActions(part);
  // The room's own socket tells when the session ends: this one must never leave a call.
  connect({
    url: "/ws/staff",
    hello: () => ({ office: part.dataset.office }),
    backOff: IMMEDIATE_BACK_OFF,
    onMessage: (frame) => frame.type === "office" && alerts.update(frame.console),
  });
}
