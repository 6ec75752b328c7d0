// @ts-check
// The waiting-room screen. Each frame of /ws/display is the whole board. It runs unattended.

import { makeFreshnessBadge } from "../core/network/freshness_badge.js";
import { RELAXED_BACK_OFF } from "../core/network/reconnect_wait.js";
import { connect } from "../core/network/reconnecting_socket.js";
import { text } from "../core/i18n.js";
import { clockTimeLike } from "../core/time_format.js";
import { keepScreenOn } from "../core/wake_lock.js";
import { callKey, renderBoard } from "./display_board.js";
import { makeAnnouncer } from "./display_announcer.js";
import { makeReloader } from "./display_reload.js";
import { makeEvacuationTone } from "./evacuation_tone.js";

const PING_MS = 8_000; // the badge counts from the last message, so pings keep it low
const LATE_S = 10; // the badge appears only after this: a server restart takes less
const STALE_S = 60; // then the screen sends people to the entrance desk
const IDLE_MS = 5_000; // then the mouse pointer and the controls hide

/** @typedef {import("./display_board.js").Board} Board */

/** @param {HTMLElement} page */
export default function start(page) {
  /** @type {Board} */
  let board = JSON.parse(document.getElementById("board")?.textContent ?? "{}");
  let receivedAt = performance.now(); // monotonic: the device's wall clock may be wrong or jump
  let heardAt = serverNow();
  let isStale = false;
  let knownCalls = new Set(board.calls.map(callKey));
  const badgeElement = /** @type {HTMLElement} */ (page.querySelector("[data-age]"));
  const staleSince = /** @type {HTMLElement} */ (page.querySelector("[data-since]"));
  const clock = /** @type {HTMLElement} */ (page.querySelector("[data-clock]"));
  const badge = makeFreshnessBadge(badgeElement);
  const announcer = makeAnnouncer(page);
  const reloader = makeReloader();
  const evacuationTone = makeEvacuationTone();

  /** Return the server's time: the last one received plus the time since. */
  function serverNow() {
    return new Date(Date.parse(board.at) + performance.now() - receivedAt);
  }

  /** Show a frame and announce its new calls. @param {Board} frame */
  function applyFrame(frame) {
    board = frame;
    receivedAt = performance.now();
    const currentCalls = board.calls.filter((call) => call.now);
    const newCalls = currentCalls.filter((call) => !knownCalls.has(callKey(call)));
    knownCalls = new Set(board.calls.map(callKey));
    renderBoard(page, board, isStale, new Set(newCalls.map(callKey)));
    evacuationTone.set(board.evacuation);
    if (newCalls.length && !board.evacuation) announcer.announce(newCalls);
  }

  function tick() {
    const time = clockTimeLike(serverNow().getTime(), board.at);
    if (clock.textContent !== time) {
      clock.textContent = time;
      reloader.onMinute(time);
    }
    const seconds = badge.ageSeconds();
    badgeElement.hidden = seconds < LATE_S;
    if (isStale === (seconds >= STALE_S)) return;
    isStale = !isStale;
    page.toggleAttribute("data-lost", isStale);
    staleSince.textContent = text("offline", { time: clockTimeLike(heardAt.getTime(), board.at) });
    renderBoard(page, board, isStale, new Set());
  }

  const socket = connect({
    url: "/ws/display",
    backOff: RELAXED_BACK_OFF,
    hello: () => ({ office: page.dataset.office, screen: page.dataset.screen, width: innerWidth, height: innerHeight }),
    onMessage: (message) => message.type === "board" && applyFrame(message),
    onAlive() {
      heardAt = serverNow();
      badge.markFresh();
      tick();
    },
    onState(state) {
      if (state === "open") reloader.onReconnected();
      if (state === "closed") reloader.onRefused();
    },
  });

  evacuationTone.set(board.evacuation);
  setInterval(tick, 1_000);
  setInterval(() => socket.send({ type: "ping" }), PING_MS);
  hideIdleControls(page);
  keepScreenOn();
  tick();
}

/** Hide the mouse pointer and the sound controls while there is no input. @param {HTMLElement} page */
function hideIdleControls(page) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const onActivity = () => {
    page.removeAttribute("data-idle");
    clearTimeout(timer);
    timer = setTimeout(() => page.setAttribute("data-idle", ""), IDLE_MS);
  };
  for (const event of ["pointermove", "pointerdown", "keydown"]) addEventListener(event, onActivity);
  onActivity();
}
