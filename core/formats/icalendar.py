"""One event as an .ics file that calendars take, move and take back (RFC 5545, RFC 5546).

The same `uid` with a higher `sequence` moves an entry; METHOD:CANCEL removes it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import STATUS, TRANSP, Alarm, Calendar, Event, vCalAddress, vDatetime

from .vtimezone import build_vtimezone

PRODUCT_ID = "-//Office 360//Office 360//EN"


def build_event_ics(
    *,
    uid: str,
    summary: str,
    starts_at: datetime,
    ends_at: datetime,
    timezone: ZoneInfo,
    stamp: datetime,
    location: str = "",
    description: str = "",
    url: str = "",
    organizer: str = "",
    alarm_minutes: int | None = None,
    sequence: int = 0,
    cancelled: bool = False,
) -> bytes:
    """The file, CRLF line ends included. Times are aware; they are written in `timezone`, with its rules beside.

    `stamp` is when this version was made; `alarm_minutes` before the start a calendar reminds;
    `organizer` is an e-mail address, which RFC 5546 asks of what is sent by mail.
    """
    event = Event.new(
        uid=uid,
        summary=summary,
        start=_to_event_time(starts_at, timezone),
        end=_to_event_time(ends_at, timezone),
        stamp=stamp.astimezone(UTC),
        location=location or None,
        description=description or None,
        url=url or None,
        organizer=vCalAddress(f"mailto:{organizer}") if organizer else None,
        sequence=sequence,
        status=STATUS.CANCELLED if cancelled else STATUS.CONFIRMED,
        transparency=TRANSP.OPAQUE,
    )
    # A calendar keeps the newest of equal SEQUENCE by this; without it some ignore a second mail.
    event.add("last-modified", vDatetime(stamp.astimezone(UTC)))
    if alarm_minutes is not None and not cancelled:
        event.add_component(_build_alarm(summary, alarm_minutes))
    calendar = Calendar.new(prodid=PRODUCT_ID, method="CANCEL" if cancelled else "PUBLISH", subcomponents=[event])
    calendar.pop("UID", None)  # made up at random by the library; the event's own is the one that counts
    file: bytes = calendar.to_ical()
    if not calendar.get_missing_tzids():  # of an office in UTC
        return file
    begin = file.index(b"BEGIN:VEVENT")
    return file[:begin] + _timezone_rules(timezone, *_years_around(starts_at)) + file[begin:]


@lru_cache(maxsize=64)
def _timezone_rules(timezone: ZoneInfo, first: datetime, last: datetime) -> bytes:
    """When clocks change in a zone, as it stands in the file; the same for all events of a year, and half of the
    work of one."""
    rules: bytes = build_vtimezone(timezone, first, last).to_ical()
    return rules


def _to_event_time(moment: datetime, timezone: ZoneInfo) -> datetime:
    """The moment as the wall of that zone shows it; in UTC in the hour that comes twice: RFC 5545 (3.3.5) means
    the first of them, and programs differ."""
    local = moment.astimezone(timezone)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return moment.astimezone(UTC) if twice else local


def _build_alarm(summary: str, minutes: int) -> Alarm:
    alarm = Alarm.new(description=summary)
    alarm.add("action", "DISPLAY")
    alarm.TRIGGER = timedelta(minutes=-minutes)
    return alarm


def _years_around(moment: datetime) -> tuple[datetime, datetime]:
    """From the year before to the year after: all of the zone's rules would be 68 years of lines."""
    return datetime(moment.year - 1, 1, 1, tzinfo=UTC), datetime(moment.year + 2, 1, 1, tzinfo=UTC)
