// @ts-check
// The ticket page. Each frame of /ws/ticket is the ticket's whole state.

import { makeFreshnessBadge } from "../core/freshness_badge.js";
import { blockActionsOffline } from "../core/offline_guard.js";
import { RELAXED_BACK_OFF, connect } from "../core/reconnecting_socket.js";
import { makeCallAlert } from "./call_alert.js";
import { keepScreenOn } from "../core/wake_lock.js";
import { removeTicket, newestState, saveTicket } from "./ticket_storage.js";
import { makeTicketRenderer } from "./ticket_renderer.js";
import { msUntilReturn } from "./ticket_texts.js";

const ACTIONS = "form[method='post'] .button, [data-opens='leave']";
const OVER = new Set(["finished", "no_show", "left", "expired"]);
const GRACE_MS = 6_000; // phones reconnect within five seconds of a server restart; the page shows no notice before
const PING_MS = 8_000; // the badge counts from the last message; under ten seconds it counts as live

/** @typedef {import("./ticket_texts.js").TicketState} TicketState */

/** @param {HTMLElement} page */
export default function start(page) {
  const token = page.dataset.token ?? "";
  const cachedAt = Number(document.documentElement.dataset.kept ?? 0); // set by the service worker in a cached page
  /** @type {TicketState} */
  const rendered = JSON.parse(document.getElementById("ticket")?.textContent ?? "{}");
  const first = cachedAt ? newestState(token, rendered, cachedAt) : { seen: rendered, at: Date.now() };
  let ticket = first.seen;
  const render = makeTicketRenderer(page);
  const callAlert = makeCallAlert(page);
  const markUnavailable = blockActionsOffline(ACTIONS, () => page.hasAttribute("data-away"));
  const badgeElements = [.../** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-age]"))];
  const badges = badgeElements.map((light) => makeFreshnessBadge(light));
  let heardAt = new Date(first.at);
  let receivedAt = performance.now() - (Date.now() - first.at);
  let isOffline = Boolean(cachedAt);
  for (const age of badges) age.markFresh(first.at);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let returnTimer;

  function update() {
    const now = Date.parse(ticket.sent_at) + performance.now() - receivedAt;
    const mood = render(ticket, now, isOffline ? heardAt : undefined);
    markUnavailable(isOffline);
    clearTimeout(returnTimer);
    const untilReturn = msUntilReturn(ticket, now);
    if (untilReturn > 0 && untilReturn !== Infinity) returnTimer = setTimeout(update, untilReturn);
    callAlert.alertIfCalled(ticket);
    if (mood === "next" || mood === "called") keepScreenOn();
    const isOver = OVER.has(ticket.state);
    for (const light of badgeElements) light.hidden = isOver;
    if (isOver) for (const age of badges) age.stop();
  }

  /** @param {boolean} now */
  function setOffline(now) {
    if (isOffline === now) return;
    isOffline = now;
    update();
  }

  update();
  if (OVER.has(ticket.state)) return;

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let offlineTimer;
  const socket = connect({
    url: "/ws/ticket",
    backOff: RELAXED_BACK_OFF,
    hello: () => ({ token }),
    onMessage(message) {
      if (message.type !== "ticket" || message.v < ticket.v) return;
      // Transferred to another service: its name and documents are in another rendering of the page.
      if (message.service !== ticket.service) return location.reload();
      ticket = message;
      receivedAt = performance.now();
      if (OVER.has(ticket.state)) removeTicket(token);
      else saveTicket(token, ticket);
      update();
    },
    onAlive() {
      heardAt = new Date();
      for (const age of badges) age.markFresh();
      clearTimeout(offlineTimer);
      offlineTimer = undefined;
      setOffline(false);
    },
    onState(state) {
      if (state === "waiting") offlineTimer ??= setTimeout(() => setOffline(true), navigator.onLine ? GRACE_MS : 0);
      if (state === "closed") clearInterval(pingTimer);
    },
  });

  const pingTimer = setInterval(() => {
    if (document.visibilityState === "visible") socket.send({ type: "ping" });
  }, PING_MS);
  document.addEventListener("visibilitychange", () => socket.send({ type: "ping" }));
  page.querySelector("[data-reconnect]")?.addEventListener("click", () => socket.now());
}
