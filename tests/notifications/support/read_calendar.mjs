// Parses a calendar file from standard input with ical.js, the parser of Thunderbird, and prints its entry as JSON.
// The argument is the path of the library. Times are computed with the time zone rules of the file only.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { default: ICAL } = await import(pathToFileURL(process.argv[2]).href);
const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
const part = calendar.getFirstSubcomponent("vevent");
const event = new ICAL.Event(part, { strictExceptions: true });
const alarm = part.getFirstSubcomponent("valarm");
const instant = (time) => new Date(time.toUnixTime() * 1000).toISOString();

process.stdout.write(JSON.stringify({
  method: calendar.getFirstPropertyValue("method"),
  uid: event.uid,
  sequence: event.sequence,
  status: part.getFirstPropertyValue("status"),
  summary: event.summary,
  description: event.description,
  location: event.location,
  url: part.getFirstPropertyValue("url"),
  organizer: event.organizer,
  start: instant(event.startDate),
  end: instant(event.endDate),
  wall_clock: event.startDate.toString(),
  zone: event.startDate.zone.tzid,
  zone_came_with_the_file: event.startDate.zone.component !== null && event.startDate.zone.component !== undefined,
  alarm: alarm && {
    action: alarm.getFirstPropertyValue("action"),
    trigger_s: alarm.getFirstPropertyValue("trigger").toSeconds(),
  },
}));
