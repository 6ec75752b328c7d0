// @ts-check
// The waiting-room screen, kept live: each frame of /ws/display is the whole board. Nobody ever has to touch it.

import { keepAge } from "../core/freshness_badge.js";
import { CALM, connect } from "../core/reconnecting_socket.js";
import { text } from "../core/i18n.js";
import { stayAwake } from "../core/wake_lock.js";
import { callKey, paint } from "./display_board.js";
import { makeCaller } from "./display_announcer.js";
import { makeRenewal } from "./display_reload.js";
import { officeTime } from "./ticket_texts.js";

const PULSE_MS = 8_000; // the age is that of the last sign of life
const LATE_S = 10; // a restart of the server is no news; older than that is said
const LOST_S = 60; // then nobody may rely on what stands here (look.md: "Pregunte en la entrada" after 60 s)
const IDLE_MS = 5_000; // after that the mouse and the controls go

/** @typedef {import("./display_board.js").Board} Board */

/** @param {HTMLElement} page */
export default function start(page) {
  /** @type {Board} */
  let board = JSON.parse(document.getElementById("board")?.textContent ?? "{}");
  let takenAt = performance.now(); // a device's own clock may be wrong or jump; this one only runs
  let heardAt = present();
  let lost = false;
  let called = new Set(board.calls.map(callKey));
  const light = /** @type {HTMLElement} */ (page.querySelector("[data-age]"));
  const since = /** @type {HTMLElement} */ (page.querySelector("[data-since]"));
  const clock = /** @type {HTMLElement} */ (page.querySelector("[data-clock]"));
  const age = keepAge(light);
  const caller = makeCaller(page);
  const renewal = makeRenewal();

  /** The server's present, by its last word and the time since. */
  function present() {
    return new Date(Date.parse(board.at) + performance.now() - takenAt);
  }

  /** @param {Board} frame */
  function take(frame) {
    board = frame;
    takenAt = performance.now();
    const pending = board.calls.filter((call) => call.now);
    const fresh = pending.filter((call) => !called.has(callKey(call)));
    called = new Set(board.calls.map(callKey));
    paint(page, board, lost, new Set(fresh.map(callKey)));
    if (fresh.length) caller.call(fresh);
  }

  function tick() {
    const time = officeTime(present(), board.at);
    if (clock.textContent !== time) {
      clock.textContent = time;
      renewal.tick(time);
    }
    const seconds = age.seconds();
    light.hidden = seconds < LATE_S;
    if (lost === (seconds >= LOST_S)) return;
    lost = !lost;
    page.toggleAttribute("data-lost", lost);
    since.textContent = text("offline", { time: officeTime(heardAt, board.at) });
    paint(page, board, lost, new Set());
  }

  const socket = connect({
    url: "/ws/display",
    ladder: CALM,
    hello: () => ({ office: page.dataset.office }),
    onMessage: (message) => message.type === "board" && take(message),
    onAlive() {
      heardAt = present();
      age.seen();
      tick();
    },
    onState(state) {
      if (state === "open") renewal.cameBack();
      if (state === "closed") renewal.refused();
    },
  });

  setInterval(tick, 1_000);
  setInterval(() => socket.send({ type: "ping" }), PULSE_MS);
  keepIdle(page);
  stayAwake();
  tick();
}

/** The mouse and the controls of the sound go when nobody moves anything. @param {HTMLElement} page */
function keepIdle(page) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const moved = () => {
    page.removeAttribute("data-idle");
    clearTimeout(timer);
    timer = setTimeout(() => page.setAttribute("data-idle", ""), IDLE_MS);
  };
  for (const event of ["pointermove", "pointerdown", "keydown"]) addEventListener(event, moved);
  moved();
}
