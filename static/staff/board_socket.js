// @ts-check
// The office's board over /ws/staff, with a freshness badge and a notice while disconnected.

import { makeFreshnessBadge } from "../core/network/freshness_badge.js";
import { IMMEDIATE_BACK_OFF } from "../core/network/reconnect_wait.js";
import { connect } from "../core/network/reconnecting_socket.js";
import { pageLocale, text } from "../core/i18n.js";
import { guardConsoleActions } from "./console_actions.js";
import { logInAgain } from "../core/session/session_login.js";

export const GRACE_MS = 1_500; // a quick reconnect is not shown
const LEAVING_MS = 8_000; // same time as RELEASE_MS in core/form_submit.js
const NOT_ALLOWED = 4101;

/**
 * @param {HTMLElement} page with `data-office`
 * @param {(frame: any) => void} onFrame
 * @param {object} [helloFields] further fields of the first message
 */
export function watchBoard(page, onFrame, helloFields = {}) {
  const badgeElement = document.querySelector(".live");
  const badge = badgeElement instanceof HTMLElement ? makeFreshnessBadge(badgeElement) : undefined;
  let heardAt = new Date();
  let isLeavingPage = false;
  let isLoginNew = false; // refused again at once: the login does not help
  let isLost = false; // also without a session a press may be sent: its answer asks for the login
  const markUnavailable = guardConsoleActions(() => isLost);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let awayTimer;

  /** @param {boolean} lost */
  function showAway(lost) {
    page.dataset.connection = "away";
    markUnavailable((isLost = lost));
    const notice = page.querySelector("[data-away]");
    const words = page.querySelector("[data-away-text]");
    const time = heardAt.toLocaleTimeString(pageLocale(), { hour: "numeric", minute: "2-digit" });
    if (words) words.textContent = text("away", { time });
    if (notice instanceof HTMLElement) notice.hidden = false;
  }

  function showConnected() {
    clearTimeout(awayTimer);
    awayTimer = undefined;
    page.dataset.connection = "on";
    markUnavailable((isLost = false));
    const notice = page.querySelector("[data-away]");
    if (notice instanceof HTMLElement) notice.hidden = true;
  }

  // A submitted form, such as sign-out, ends the session and the socket: its answer decides the next page.
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (event.defaultPrevented || form.method === "dialog" || form.target === "_blank") return;
    isLeavingPage = true;
    setTimeout(() => (isLeavingPage = false), LEAVING_MS);
  });

  const listen = () => connect({
    url: "/ws/staff",
    hello: () => ({ office: page.dataset.office, ...helloFields }),
    backOff: IMMEDIATE_BACK_OFF,
    onMessage(message) {
      if (message.type !== "office") return;
      heardAt = new Date();
      isLoginNew = false;
      badge?.markFresh();
      showConnected();
      onFrame(message);
    },
    onState(state, code) {
      if (isLeavingPage) return;
      if (state === "waiting") awayTimer ??= setTimeout(() => showAway(true), navigator.onLine ? GRACE_MS : 0);
      if (state === "closed" && code === NOT_ALLOWED && !isLoginNew) void logInAndListen();
      else if (state === "closed") showAway(code !== NOT_ALLOWED);
    },
  });

  /** The session has ended: the login is asked for over the page, else on its own page, which returns here. */
  async function logInAndListen() {
    isLoginNew = await logInAgain();
    if (isLoginNew) listen();
    else showAway(false);
  }

  listen();
}
