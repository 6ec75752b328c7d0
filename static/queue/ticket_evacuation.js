// @ts-check
// The evacuation of an office on the ticket page. It comes before every state of a ticket that is not over.

import { setShown } from "../core/dom.js";
import { text } from "../core/i18n.js";

/** @typedef {import("./ticket_texts.js").TicketState} TicketState */

const OVER = new Set(["finished", "no_show", "left", "expired"]);
const TOLD_WHEN_OVER = new Set(["waiting", "next", "standby", "on_hold", "missed"]); // others have something else to do

/** @param {TicketState} ticket */
export const isEvacuated = (ticket) => Boolean(ticket.evacuation) && !OVER.has(ticket.state);

/** Return the name of the text that confirms a request for help. @param {TicketState} ticket */
export const helpKey = (ticket) => `help_${ticket.evacuation ? "out_" : ""}${ticket.help_answered ? "answered" : "asked"}`;

/**
 * Say that an evacuation is over, on the page that showed it.
 * @param {HTMLElement} page with `data-evacuated` from then on
 * @param {string} mood the variant shown from now on
 * @returns {string} what to announce; empty if there is nothing new
 */
export function tellEnd(page, mood) {
  const hasEnded = page.dataset.mood === "evacuation" && mood !== "evacuation";
  if (hasEnded) page.dataset.evacuated = "";
  setShown(page, "[data-evacuation-over]", page.dataset.evacuated !== undefined && TOLD_WHEN_OVER.has(mood));
  return hasEnded && TOLD_WHEN_OVER.has(mood) ? text("say_evacuation_over") : "";
}
