// @ts-check
// Renders a ticket's state into the page: which parts are visible, and their texts.

import { queryAll, setShown } from "../core/dom.js";
import { clockTimeLike } from "../core/time_format.js";
import { moodOf, slotTexts } from "./ticket_texts.js";

const DOTS = 5; // more people than these are shown as one dotted ring

const PAUSABLE = new Set(["waiting", "standby", "on_hold", "missed"]); // a person at a desk is told there

/** @typedef {import("./ticket_texts.js").TicketState} TicketState */

/** @param {HTMLElement} page */
export function makeTicketRenderer(page) {
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
  function renderPeople(ticket) {
    const row = page.querySelector("[data-people]");
    const ahead = ticket.ahead ?? 0;
    if (!row || row.getAttribute("data-people") === String(ahead)) return;
    row.setAttribute("data-people", String(ahead));
    const people = Array.from({ length: Math.min(ahead, DOTS) }, (_, place) => {
      const person = document.createElement("li");
      person.className = place === 0 && ahead > DOTS ? "person many" : "person";
      return [gap(), person];
    });
    const [first, last] = [row.firstElementChild, row.lastElementChild];
    if (first && last) row.replaceChildren(first, ...people.flat(), gap(), last);
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
    const words = slotTexts(ticket, mood, since);
    fillSlots(words, ticket.recalls);
    for (const part of parts) part.hidden = !(part.dataset.for ?? "").split(" ").includes(mood);
    for (const part of permitted) part.hidden = !ticket.may.includes(part.dataset.may ?? "");
    page.toggleAttribute("data-away", Boolean(offlineSince));
    setShown(document, "[data-strip]", Boolean(offlineSince) && mood !== "offline");
    setShown(document, "[data-paused]", ticket.paused && PAUSABLE.has(mood));
    setShown(document, "[data-passed]", Boolean(words.passed) && mood === "waiting");
    setShown(document, "[data-promise]", Boolean(words.promise) && !words.passed && mood === "waiting");
    setShown(document, "[data-help]", ticket.help && ticket.state === "waiting");
    setShown(document, "[data-no-help]", !ticket.help);
    page.querySelector(".range")?.classList.toggle("none", !ticket.eta);
    renderPeople(ticket);
    renderDesk(ticket);
    document.body.dataset.ticket = page.dataset.mood = mood;
    document.title = `${words.title} · Office 360`;
    return mood;
  };
}

function gap() {
  const item = document.createElement("li");
  item.className = "gap";
  return item;
}
