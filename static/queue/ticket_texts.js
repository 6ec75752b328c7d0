// @ts-check
// The texts of a ticket page from its state. The server renders the same slots with the same rules.

import { pluralText, text } from "../core/i18n.js";
import { clockTime } from "../core/time_format.js";
import { helpKey, isEvacuated } from "./ticket_evacuation.js";

/**
 * @typedef {object} TicketState
 * @property {string} code
 * @property {string} state
 * @property {string} service
 * @property {number | null} ahead
 * @property {number | null} at_most_overtaken_by
 * @property {{ earliest: string, latest: string } | null} eta
 * @property {number} desks_open
 * @property {number | null} [ahead_in_other_lines] unknown in a state that an older version saved
 * @property {{ name: string, way: string, arrow: string } | null} desk
 * @property {string | null} called_at
 * @property {number} recalls
 * @property {string | null} reason
 * @property {string[]} may
 * @property {{ minutes: number, until: string | null } | null} [postpone] unknown in a state that an older version saved
 * @property {string | null} until
 * @property {boolean} help
 * @property {boolean} help_answered
 * @property {boolean} paused
 * @property {boolean} [evacuation] unknown in a state that an older version saved
 * @property {string | null} pause_message
 * @property {number} v
 * @property {string} sent_at with the office's offset, like all times here
 */

// The server's NEXT_AHEAD and RETURN_WITHIN, repeated: between two frames and offline the page itself must switch to
// "next" when the time comes, and a ticket's state has no field for them. A test compares the numbers.
const NEXT_AHEAD = 2; // people ahead: from here on a waiting person should be in the room
const ROUNDING_STEP_MS = 5 * 60_000; // of call ranges
const RETURN_WITHIN_MS = 15 * 60_000; // unless the expected call is further away than this
const KEEPS_NEXT_MS = 5 * 60_000; // ranges are rounded to five minutes, so a smaller change may be no news

/**
 * Return the ms until the person must be back in the room; Infinity while too many people are ahead.
 * @param {TicketState} ticket
 * @param {number} now the server's time, in ms
 */
export function msUntilReturn(ticket, now) {
  if (ticket.state !== "waiting" || ticket.ahead === null || ticket.ahead > NEXT_AHEAD) return Infinity;
  if (!ticket.eta) return 0;
  return Math.max(0, Date.parse(ticket.eta.earliest) - RETURN_WITHIN_MS - now);
}

/**
 * Return which variant of the page is shown. After "next", only a range that moves back by more than KEEPS_NEXT_MS
 * returns to "waiting".
 * @param {TicketState} ticket
 * @param {number} now the server's time, in ms
 * @param {string} [previous] the variant shown until now
 */
export function moodOf(ticket, now, previous) {
  if (isEvacuated(ticket)) return "evacuation";
  if (ticket.state !== "waiting") return ticket.state;
  if (ticket.until || ticket.paused) return "waiting";
  const untilReturn = msUntilReturn(ticket, now);
  return untilReturn <= (previous === "next" ? KEEPS_NEXT_MS : 0) ? "next" : "waiting";
}

/** @param {TicketState} ticket */
function otherLinesText(ticket) {
  return ticket.ahead_in_other_lines ? pluralText("others", ticket.ahead_in_other_lines) : "";
}

/** Whether the person asked for help and was not served since. @param {TicketState} ticket */
const needsHelp = (ticket) => ticket.help || ticket.help_answered;

/** @param {TicketState} ticket @returns {Record<string, string>} */
function postponeTexts({ postpone }) {
  if (!postpone) return { postpone: "", postpone_until: "" };
  const until = clockTime(postpone.until);
  return {
    postpone: pluralText("postpone", postpone.minutes),
    postpone_until: until ? text("postpone_until", { time: until }) : text("postpone_now"),
  };
}

/** @param {TicketState} ticket */
function aheadText(ticket) {
  if (ticket.ahead === null) return "";
  return ticket.ahead ? pluralText("ahead", ticket.ahead) : text("ahead_0");
}

/** Whether the call may come before the next step of ranges. @param {TicketState} ticket @param {number} now in ms */
function hasRangeBegun(ticket, now) {
  return Boolean(ticket.eta) && Date.parse(ticket.eta?.earliest ?? "") - now < ROUNDING_STEP_MS;
}

/** @param {TicketState} ticket @param {number} now @param {string} [since] the time of the last message, if offline */
function rangeLabel(ticket, now, since) {
  if (!ticket.eta || (!since && isRangeOver(ticket, now))) return "";
  if (since) return text("was_between", { time: since });
  return text(hasRangeBegun(ticket, now) ? "before" : "between");
}

/** Return the ms until the range reads differently. @param {TicketState} ticket @param {number} now in ms */
export function msUntilRangeChange(ticket, now) {
  if (!ticket.eta) return Infinity;
  const changes = [Date.parse(ticket.eta.earliest) - ROUNDING_STEP_MS + 1, Date.parse(ticket.eta.latest)];
  return Math.min(...changes.map((at) => (at > now ? at - now : Infinity)));
}

/** @param {TicketState} ticket @param {number} now */
function isRangeOver(ticket, now) {
  return Boolean(ticket.eta) && Date.parse(ticket.eta?.latest ?? "") <= now;
}

/**
 * @param {TicketState} ticket
 * @param {number} now
 * @param {{ start: string, end: string }} range
 * @param {string} [since]
 */
function rangeText(ticket, now, range, since) {
  if (!ticket.eta) return text(ticket.paused ? "nobody_called" : "no_range");
  if (since) return text("range", range);
  if (isRangeOver(ticket, now)) return text("any_moment");
  return text(hasRangeBegun(ticket, now) ? "range_end" : "range", range);
}

/** @param {TicketState} ticket @param {string} until empty while the office is paused */
function rejoinText(ticket, until) {
  if (!ticket.may.includes("rejoin")) return text("rejoin_over");
  return until ? text("rejoin_until", { time: until }) : text("rejoin_open");
}

/**
 * Return the text of every slot.
 * @param {TicketState} ticket
 * @param {string} mood
 * @param {number} now the server's time, in ms
 * @param {string} [since] the office's time of the last message, if offline
 * @returns {Record<string, string>}
 */
export function slotTexts(ticket, mood, now, since) {
  const until = clockTime(ticket.until);
  const range = { start: clockTime(ticket.eta?.earliest), end: clockTime(ticket.eta?.latest) };
  const values = { code: ticket.code, ahead: aheadText(ticket), desk: ticket.desk?.name ?? "" };
  return {
    label: rangeLabel(ticket, now, mood === "offline" ? since : undefined),
    range: rangeText(ticket, now, range, mood === "offline" ? since : undefined),
    ahead: aheadText(ticket),
    desks: ticket.desks_open ? pluralText("desks", ticket.desks_open) : text("no_desk"),
    others: otherLinesText(ticket),
    promise: ticket.at_most_overtaken_by === null ? "" : pluralText("promise", ticket.at_most_overtaken_by),
    passed: ticket.reason ? text(`passed_${ticket.reason}`) : "",
    call: text(ticket.recalls ? "call_again" : "call"),
    desk: ticket.desk?.name ?? "",
    way: ticket.desk?.way ?? "",
    wait_until: until ? text("wait_until", { time: until }) : text("wait_open"),
    help: text(helpKey(ticket)),
    help_more: text(`${helpKey(ticket)}_more`),
    ...postponeTexts(ticket),
    missed: text(needsHelp(ticket) ? "missed_help" : "missed"),
    no_show: text(needsHelp(ticket) ? "no_show_help" : "no_show"),
    postponed: until ? text("postponed", { time: until }) : "",
    hold_until: until ? text("hold_until", { time: until }) : "",
    rejoin: rejoinText(ticket, until),
    pause: ticket.pause_message ?? "",
    offline_since: text("offline_since", { time: since ?? "" }),
    title: text(`title_${mood}`, values),
    said: since ? offlineAnnouncement(ticket, since) : announcement(ticket, mood, now, range, values),
  };
}

/** @param {TicketState} ticket @param {string} since */
function offlineAnnouncement(ticket, since) {
  return text(ticket.state === "waiting" ? "say_offline" : "offline_since", { time: since });
}

/**
 * Return the text for screen readers: the call in full, everything else as short as a title.
 * @param {TicketState} ticket
 * @param {string} mood
 * @param {number} now
 * @param {{ start: string, end: string }} range
 * @param {{ code: string, ahead: string, desk: string }} values
 */
function announcement(ticket, mood, now, range, values) {
  if (mood === "evacuation") return ""; // its section is an alert
  if (ticket.state === "called") {
    return text(ticket.recalls ? "say_called_again" : "say_called", { desk: values.desk, way: ticket.desk?.way ?? "" });
  }
  if (ticket.state !== "waiting") return text(`title_${mood}`, values);
  if (ticket.paused) return text("say_paused");
  if (!ticket.eta || isRangeOver(ticket, now)) return values.ahead;
  return text(hasRangeBegun(ticket, now) ? "say_before" : "say_waiting", { ahead: values.ahead, ...range });
}
