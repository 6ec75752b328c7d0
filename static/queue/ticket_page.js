// @ts-check
// The ticket page. Each frame of /ws/ticket is the ticket's whole state; it is rendered and stored for offline use.

import { queryAll, setShown } from "../core/dom.js";
import { makeFreshnessBadge } from "../core/network/freshness_badge.js";
import { blockActionsOffline } from "../core/network/offline_guard.js";
import { RELAXED_BACK_OFF } from "../core/network/reconnect_wait.js";
import { connect } from "../core/network/reconnecting_socket.js";
import { clockTimeLike } from "../core/time_format.js";
import { makeCallAlert } from "./call_alert.js";
import { keepScreenOn } from "../core/wake_lock.js";
import { removeTicket, newestState, saveTicket } from "./ticket_storage.js";
import { tellEnd } from "./ticket_evacuation.js";
import { renderPeopleAhead } from "./people_ahead.js";
import { moodOf, msUntilRangeChange, msUntilReturn, slotTexts } from "./ticket_texts.js";

const ACTIONS = "form[method='post'] .button, [data-opens='leave']";
const OVER = new Set(["finished", "no_show", "left", "expired"]);
const PAUSABLE = new Set(["waiting", "standby", "on_hold", "missed"]); // a person at a desk is told there
const HELPABLE = new Set(["waiting", "standby", "called", "on_hold", "missed"]); // not beside an agent
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
  let isRefused = false; // this socket does not come back
  for (const age of badges) age.markFresh(first.at);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let changeTimer;

  function update() {
    const now = Date.parse(ticket.sent_at) + performance.now() - receivedAt;
    const mood = render(ticket, now, isOffline ? heardAt : undefined);
    markUnavailable(isOffline);
    clearTimeout(changeTimer);
    const untilReturn = msUntilReturn(ticket, now) || Infinity;
    const untilChange = Math.min(untilReturn, msUntilRangeChange(ticket, now));
    if (untilChange !== Infinity) changeTimer = setTimeout(update, untilChange);
    callAlert.alertOf(ticket);
    if (["next", "called", "evacuation"].includes(mood)) keepScreenOn();
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
      if (state !== "closed") return;
      clearInterval(pingTimer);
      isRefused = !OVER.has(ticket.state);
      setOffline(isRefused);
    },
  });

  const pingTimer = setInterval(() => {
    if (document.visibilityState === "visible") socket.send({ type: "ping" });
  }, PING_MS);
  document.addEventListener("visibilitychange", () => socket.send({ type: "ping" }));
  page.querySelector("[data-reconnect]")?.addEventListener("click", () => (isRefused ? location.reload() : socket.now()));
}

/** @param {HTMLElement} page */
function makeTicketRenderer(page) {
  const slots = queryAll(document, "[data-slot]");
  const parts = queryAll(document, "[data-for]");
  const permitted = queryAll(document, "[data-may]");

  /** @param {Record<string, string>} words @param {number} recalls */
  function fillSlots(words, recalls) {
    for (const slot of slots) {
      const slotText = words[slot.dataset.slot ?? ""] ?? "";
      if (slot.textContent !== slotText) slot.textContent = slotText;
    }
    const liveRegion = page.querySelector("[data-said]");
    const announced = `${recalls} ${words.said}`; // a repeated call has the same words and is announced again
    if (liveRegion?.getAttribute("data-said") !== announced) {
      liveRegion?.setAttribute("data-said", announced);
      liveRegion?.replaceChildren(words.said ?? "");
    }
  }

  /** @param {TicketState} ticket */
  function renderDesk(ticket) {
    const sign = page.querySelector(".go");
    const way = page.querySelector(".way");
    if (!ticket.desk) return;
    sign?.setAttribute("data-digits", String(ticket.desk.name.length));
    way?.setAttribute("data-arrow", ticket.desk.arrow);
    setShown(document, ".way", Boolean(ticket.desk.way));
  }

  /**
   * Render the state.
   * @param {TicketState} ticket
   * @param {number} now the server's time, in ms
   * @param {Date} [offlineSince] the last message, if the connection is lost
   * @returns {string} the mood that is shown
   */
  return function render(ticket, now, offlineSince) {
    const ownMood = moodOf(ticket, now, page.dataset.mood);
    const mood = offlineSince && ticket.state === "waiting" && ownMood === "waiting" ? "offline" : ownMood;
    const since = offlineSince && clockTimeLike(offlineSince.getTime(), ticket.sent_at);
    const words = slotTexts(ticket, mood, now, since);
    words.said = tellEnd(page, mood) || (words.said ?? "");
    fillSlots(words, ticket.recalls);
    for (const part of parts) part.hidden = !(part.dataset.for ?? "").split(" ").includes(mood);
    for (const part of permitted) part.hidden = !ticket.may.includes(part.dataset.may ?? "");
    page.toggleAttribute("data-away", Boolean(offlineSince));
    setShown(document, "[data-strip]", Boolean(offlineSince) && mood !== "offline");
    setShown(document, "[data-paused]", ticket.paused && PAUSABLE.has(mood));
    setShown(document, "[data-passed]", Boolean(words.passed) && mood === "waiting");
    setShown(document, "[data-promise]", Boolean(words.promise) && !words.passed && mood === "waiting");
    setShown(document, "[data-help]", (ticket.help || ticket.help_answered) && (HELPABLE.has(ticket.state) || mood === "evacuation"));
    setShown(document, "[data-no-help]", !ticket.help);
    page.querySelector(".range")?.classList.toggle("none", !ticket.eta);
    renderPeopleAhead(page, ticket.ahead ?? 0);
    renderDesk(ticket);
    document.body.dataset.ticket = page.dataset.mood = mood;
    document.title = [words.title, page.dataset.site].filter(Boolean).join(" · ");
    return mood;
  };
}
