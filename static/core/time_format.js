// @ts-check
// Times as text: the office's clock without a leading zero ("9:05"), and durations ("04:12"). No DOM.

import { pageLocale } from "./i18n.js";

/** Format the clock time of an RFC 3339 moment that carries the office's offset. @param {string | null | undefined} moment */
export function clockTime(moment) {
  return moment ? moment.slice(11, 16).replace(/^0/, "") : "";
}

/** Format a moment by the office's clock. @param {number} ms since 1970 @param {number} offsetMinutes of the office */
export function clockTimeAt(ms, offsetMinutes) {
  const at = new Date(ms + offsetMinutes * 60_000);
  return `${at.getUTCHours()}:${String(at.getUTCMinutes()).padStart(2, "0")}`;
}

/**
 * Format a moment with the offset of another moment.
 * @param {number} ms since 1970
 * @param {string} reference RFC 3339, any moment with the office's offset
 */
export function clockTimeLike(ms, reference) {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(reference) ?? ["", "+", "0", "0"];
  return clockTimeAt(ms, (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1));
}

/** Return the options by which Intl shows the office's time. @param {string} timeZone @returns {Intl.DateTimeFormatOptions} */
export const clockOptions = (timeZone) => ({ timeZone, hourCycle: "h23" });

/** Format a moment in a time zone, in the page's language. @param {number} ms since 1970 @param {string} timeZone */
export const clockTimeInZone = (ms, timeZone) =>
  new Date(ms).toLocaleTimeString(pageLocale(), { ...clockOptions(timeZone), hour: "numeric", minute: "2-digit" });

/** Format a duration as minutes and seconds, "04:12". @param {number} seconds */
export function formatDuration(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${String(minutes).padStart(2, "0")}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
