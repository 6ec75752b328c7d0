// @ts-check
// Alerts, the emergency button and the login on the page of a video call, which has its own connection to the room.

import { IMMEDIATE_BACK_OFF } from "../../core/network/reconnect_wait.js";
import { connect } from "../../core/network/reconnecting_socket.js";
import { makeAlerts } from "./alerts.js";
import { GRACE_MS } from "../board_socket.js";
import { guardConsoleActions } from "../console_actions.js";
import { bindFormActions } from "../form_actions.js";
import { logInAgain } from "../../core/session/session_login.js";

/** @param {HTMLElement} part with `data-office` */
export default function start(part) {
  const alerts = makeAlerts(part);
  bindFormActions(part);
  let isLost = false;
  const markUnavailable = guardConsoleActions(() => isLost);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let awayTimer;
  const setLost = (/** @type {boolean} */ lost) => markUnavailable((isLost = lost));
  const listen = () => {
    isListening = true;
    connect({
      url: "/ws/staff",
      hello: () => ({ office: part.dataset.office }),
      backOff: IMMEDIATE_BACK_OFF,
      onMessage: (frame) => frame.type === "office" && alerts.update(frame.console),
      onState: (state) => {
        isListening = state !== "closed";
        clearTimeout(awayTimer);
        if (state === "waiting") awayTimer = setTimeout(() => setLost(true), navigator.onLine ? GRACE_MS : 0);
        else setLost(false);
      },
    });
  };
  let isListening = false;
  listen();
  // The room's own socket tells when the session ends: the other must never leave a call.
  part.addEventListener("session-ended", async (event) => {
    /** @type {import("../../rooms/place_screens.js").SessionEnded} */
    const { resume, giveUp } = /** @type {CustomEvent} */ (event).detail;
    if (!(await logInAgain())) return giveUp();
    resume();
    if (!isListening) listen();
  });
}
