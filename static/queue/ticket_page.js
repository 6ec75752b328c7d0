// @ts-check
// The ticket's page, kept live: each frame of /ws/ticket is the whole state, and the page shows it.

import { keepAge } from "../core/freshness_badge.js";
import { guardActions } from "../core/offline_guard.js";
import { CALM, connect } from "../core/reconnecting_socket.js";
import { makeBell } from "./call_alert.js";
import { stayAwake } from "../core/wake_lock.js";
import { forget, latest, remember } from "./ticket_storage.js";
import { makePainter } from "./ticket_renderer.js";
import { nearIn } from "./ticket_texts.js";

const ACTIONS = "form[method='post'] .button, [data-opens='leave']";
const OVER = new Set(["finished", "no_show", "left", "expired"]);
const GRACE_MS = 6_000; // a restart of the server brings every phone back within five seconds, and is no news
const PULSE_MS = 8_000; // the age on the page is that of the last sign of life; under ten seconds it counts as live

/** @typedef {import("./ticket_texts.js").Seen} Seen */

/** @param {HTMLElement} page */
export default function start(page) {
  const token = page.dataset.token ?? "";
  const kept = Number(document.documentElement.dataset.kept ?? 0); // when the service worker kept this page
  /** @type {Seen} */
  const painted = JSON.parse(document.getElementById("ticket")?.textContent ?? "{}");
  const first = kept ? latest(token, painted, kept) : { seen: painted, at: Date.now() };
  let seen = first.seen;
  const paint = makePainter(page);
  const bell = makeBell(page);
  const markActions = guardActions(ACTIONS, () => page.hasAttribute("data-away"));
  const lights = [.../** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-age]"))];
  const ages = lights.map((light) => keepAge(light));
  let heardAt = new Date(first.at);
  let toldAt = performance.now() - (Date.now() - first.at);
  let away = Boolean(kept);
  for (const age of ages) age.seen(first.at);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let nearing;

  function show() {
    const now = Date.parse(seen.sent_at) + performance.now() - toldAt;
    const mood = paint(seen, now, away ? heardAt : undefined);
    markActions(away);
    clearTimeout(nearing);
    const near = nearIn(seen, now);
    if (near > 0 && near !== Infinity) nearing = setTimeout(show, near);
    bell.listen(seen);
    if (mood === "next" || mood === "called") stayAwake();
    const over = OVER.has(seen.state);
    for (const light of lights) light.hidden = over;
    if (over) for (const age of ages) age.stop();
  }

  /** @param {boolean} now */
  function setAway(now) {
    if (away === now) return;
    away = now;
    show();
  }

  show();
  if (OVER.has(seen.state)) return;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let leaving;
  const socket = connect({
    url: "/ws/ticket",
    ladder: CALM,
    hello: () => ({ token }),
    onMessage(message) {
      if (message.type !== "ticket" || message.v < seen.v) return;
      // Sent on to another service: what to bring and what it is called stand in a page of its own.
      if (message.service !== seen.service) return location.reload();
      seen = message;
      toldAt = performance.now();
      if (OVER.has(seen.state)) forget(token);
      else remember(token, seen);
      show();
    },
    onAlive() {
      heardAt = new Date();
      for (const age of ages) age.seen();
      clearTimeout(leaving);
      leaving = undefined;
      setAway(false);
    },
    onState(state) {
      if (state === "waiting") leaving ??= setTimeout(() => setAway(true), navigator.onLine ? GRACE_MS : 0);
      if (state === "closed") clearInterval(pulse);
    },
  });

  const pulse = setInterval(() => {
    if (document.visibilityState === "visible") socket.send({ type: "ping" });
  }, PULSE_MS);
  document.addEventListener("visibilitychange", () => socket.send({ type: "ping" }));
  page.querySelector("[data-reconnect]")?.addEventListener("click", () => socket.now());
}
