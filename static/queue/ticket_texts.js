// @ts-check
// A ticket's state in words, as the server painted them (queue/web/ticket_texts.py fills the same slots).

import { text } from "../core/i18n.js";

/**
 * @typedef {object} Seen
 * @property {string} code
 * @property {string} state
 * @property {string} service
 * @property {number | null} ahead
 * @property {number | null} at_most_overtaken_by
 * @property {{ earliest: string, latest: string } | null} eta
 * @property {number} desks_open
 * @property {{ name: string, way: string, arrow: string } | null} desk
 * @property {string | null} called_at
 * @property {number} recalls
 * @property {string | null} reason
 * @property {string[]} may
 * @property {string | null} until
 * @property {boolean} help
 * @property {boolean} paused
 * @property {string | null} pause_message
 * @property {number} v
 * @property {string} sent_at with the office's offset, as every time here
 */

const NEXT_AHEAD = 2; // the numbers of queue/web/ticket_texts.py
const RETURN_MS = 15 * 60_000;

/** "10:40" of a time that carries the office's offset. @param {string | null | undefined} time */
export function clockTime(time) {
  return time ? time.slice(11, 16).replace(/^0/, "") : "";
}

/**
 * "10:40" of a moment of this device's clock on the office's wall: `there` is any time with the office's offset.
 * @param {Date} moment
 * @param {string} there
 */
export function officeTime(moment, there) {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(there) ?? ["", "+", "0", "0"];
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
  return clockTime(new Date(moment.getTime() + offset * 60_000).toISOString());
}

/**
 * In how many ms one is to come back to the room; Infinity while too many go before.
 * @param {Seen} seen
 * @param {number} now the server's present, in ms
 */
export function nearIn(seen, now) {
  if (seen.state !== "waiting" || seen.ahead === null || seen.ahead > NEXT_AHEAD) return Infinity;
  if (seen.ahead === 0 || !seen.eta) return 0;
  return Math.max(0, Date.parse(seen.eta.earliest) - RETURN_MS - now);
}

/**
 * Which face the page shows. Who was told to come back is not sent out again by a range that moves.
 * @param {Seen} seen
 * @param {number} now the server's present, in ms
 * @param {string} [was] the face until now
 */
export function moodOf(seen, now, was) {
  if (seen.state !== "waiting") return seen.state;
  if (seen.until || seen.paused) return "waiting";
  const near = nearIn(seen, now);
  return near === 0 || (was === "next" && near !== Infinity) ? "next" : "waiting";
}

/** @param {string} key @param {number} number */
function count(key, number) {
  return text(`${key}_${number === 1 ? "one" : "other"}`, { num: number });
}

/** @param {Seen} seen */
function ahead(seen) {
  if (seen.ahead === null) return "";
  return seen.ahead ? count("ahead", seen.ahead) : text("ahead_0");
}

/** @param {Seen} seen @param {string} [since] the office's time since when nothing was heard */
function label(seen, since) {
  if (!seen.eta) return "";
  return since ? text("was_between", { time: since }) : text("between");
}

/** @param {Seen} seen @param {string} until empty while the office is paused */
function rejoin(seen, until) {
  if (!seen.may.includes("rejoin")) return text("rejoin_over");
  return until ? text("rejoin_until", { time: until }) : text("rejoin_open");
}

/**
 * The text of every slot.
 * @param {Seen} seen
 * @param {string} mood
 * @param {string} [since] the office's time since when nothing was heard
 * @returns {Record<string, string>}
 */
export function slotsOf(seen, mood, since) {
  const until = clockTime(seen.until);
  const range = { start: clockTime(seen.eta?.earliest), end: clockTime(seen.eta?.latest) };
  const values = { code: seen.code, ahead: ahead(seen), desk: seen.desk?.name ?? "" };
  return {
    label: label(seen, mood === "offline" ? since : undefined),
    range: seen.eta ? text("range", range) : text(seen.paused ? "nobody_called" : "no_range"),
    ahead: ahead(seen),
    desks: seen.desks_open ? count("desks", seen.desks_open) : text("no_desk"),
    promise: seen.at_most_overtaken_by === null ? "" : count("promise", seen.at_most_overtaken_by),
    passed: seen.reason ? text(`passed_${seen.reason}`) : "",
    call: text(seen.recalls ? "call_again" : "call"),
    desk: seen.desk?.name ?? "",
    way: seen.desk?.way ?? "",
    wait_until: text("wait_until", { time: until }),
    postponed: until ? text("postponed", { time: until }) : "",
    hold_until: until ? text("hold_until", { time: until }) : "",
    rejoin: rejoin(seen, until),
    pause: seen.pause_message ?? "",
    offline_since: text("offline_since", { time: since ?? "" }),
    title: text(`title_${mood}`, values),
    said: since ? saidAway(seen, since) : saidOf(seen, mood, range, values),
  };
}

/** @param {Seen} seen @param {string} since */
function saidAway(seen, since) {
  return text(seen.state === "waiting" ? "say_offline" : "offline_since", { time: since });
}

/**
 * What a screen reader is told when something changes: the call in full, everything else as short as a title.
 * @param {Seen} seen
 * @param {string} mood
 * @param {{ start: string, end: string }} range
 * @param {{ code: string, ahead: string, desk: string }} values
 */
function saidOf(seen, mood, range, values) {
  if (seen.state === "called") {
    return text(seen.recalls ? "say_called_again" : "say_called", { desk: values.desk, way: seen.desk?.way ?? "" });
  }
  if (seen.state !== "waiting") return text(`title_${mood}`, values);
  if (seen.paused) return text("say_paused");
  return seen.eta ? text("say_waiting", { ahead: values.ahead, ...range }) : values.ahead;
}
