"""Calendar files (.ics) that add, move or remove an event (RFC 5545, RFC 5546).

The same `uid` with a higher `sequence` moves an entry; METHOD:CANCEL removes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import (
    STATUS,
    TRANSP,
    Alarm,
    Calendar,
    Event,
    Timezone,
    TimezoneDaylight,
    TimezoneStandard,
    vCalAddress,
    vDatetime,
    vText,
)

PRODUCT_ID = "-//Office 360//Office 360//EN"
ONE_DAY, ONE_SECOND = timedelta(days=1), timedelta(seconds=1)


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
    organizer_name: str = "",
    alarm_minutes: int | None = None,
    sequence: int = 0,
    cancelled: bool = False,
) -> bytes:
    """Build the file. Aware times are written in `timezone`, whose rules it contains.

    `stamp`: when this version was made. `alarm_minutes`: reminder before the start. `organizer`: e-mail address,
    which RFC 5546 requires of a calendar sent by e-mail.
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
        organizer=_build_organizer(organizer, organizer_name) if organizer else None,
        sequence=sequence,
        status=STATUS.CANCELLED if cancelled else STATUS.CONFIRMED,
        transparency=TRANSP.OPAQUE,
    )
    # of entries with the same SEQUENCE some calendars keep the first unless a later entry has this field
    event.add("last-modified", vDatetime(stamp.astimezone(UTC)))
    if alarm_minutes is not None and not cancelled:
        event.add_component(_build_alarm(summary, alarm_minutes))
    calendar = Calendar.new(prodid=PRODUCT_ID, method="CANCEL" if cancelled else "PUBLISH", subcomponents=[event])
    calendar.pop("UID", None)  # random, set by the library; calendars use the event's
    file: bytes = calendar.to_ical()
    if not calendar.get_missing_tzids():  # an office in UTC
        return file
    begin = file.index(b"BEGIN:VEVENT")
    return file[:begin] + _timezone_rules(timezone, *_years_around(starts_at)) + file[begin:]


@lru_cache(maxsize=64)
def _timezone_rules(timezone: ZoneInfo, first: datetime, last: datetime) -> bytes:
    """Build the VTIMEZONE lines, cached: half of the work, and the same for a year's events."""
    rules: bytes = _build_vtimezone(timezone, first, last).to_ical()
    return rules


def _to_event_time(moment: datetime, timezone: ZoneInfo) -> datetime:
    """Convert to local time; to UTC in the hour that a clock change repeats.

    There RFC 5545 section 3.3.5 means the first of the two, but programs differ.
    """
    local = moment.astimezone(timezone)
    is_ambiguous = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return moment.astimezone(UTC) if is_ambiguous else local


def _build_organizer(email: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    if name:
        address.params["CN"] = vText(name)
    return address


def _build_alarm(summary: str, minutes: int) -> Alarm:
    alarm = Alarm.new(description=summary)
    alarm.add("action", "DISPLAY")
    alarm.TRIGGER = timedelta(minutes=-minutes)
    return alarm


def _years_around(moment: datetime) -> tuple[datetime, datetime]:
    """Return the span of three years around an instant: all rules would cover 68 years."""
    return datetime(moment.year - 1, 1, 1, tzinfo=UTC), datetime(moment.year + 2, 1, 1, tzinfo=UTC)


# VTIMEZONE


def _build_vtimezone(zone: ZoneInfo, start: datetime, end: datetime) -> Timezone:
    """Build the zone's rules between two instants (VTIMEZONE, RFC 5545 section 3.6.5).

    Each clock change is listed: a recurrence rule would not fit zones such as Morocco's, which follow the moon.
    """
    component = Timezone()
    component.add("tzid", zone.key)
    before = _utc_offset(zone, start)
    component.add_component(_build_observance(zone, start, before))
    for change in _offset_changes(zone, start, end):
        component.add_component(_build_observance(zone, change, before))
        before = _utc_offset(zone, change)
    return component


def _build_observance(zone: ZoneInfo, since: datetime, before: timedelta) -> TimezoneDaylight | TimezoneStandard:
    """Build an observance. Its DTSTART is in the local time that was valid before the change."""
    local = since.astimezone(zone)
    observance = TimezoneDaylight() if local.dst() else TimezoneStandard()
    observance.add("dtstart", (since.astimezone(UTC) + before).replace(tzinfo=None))
    observance.add("tzoffsetfrom", before)
    observance.add("tzoffsetto", _utc_offset(zone, since))
    observance.add("tzname", local.tzname() or zone.key)
    return observance


def _offset_changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the instants at which the UTC offset changes. No offset lasts less than a day."""
    moment = start
    while moment < end:
        following = moment + ONE_DAY
        if _utc_offset(zone, following) != _utc_offset(zone, moment):
            yield _find_offset_change(zone, moment, following)
        moment = following


def _find_offset_change(zone: ZoneInfo, earlier: datetime, later: datetime) -> datetime:
    old_offset = _utc_offset(zone, earlier)
    while later - earlier > ONE_SECOND:
        middle = earlier + (later - earlier) // (2 * ONE_SECOND) * ONE_SECOND
        if _utc_offset(zone, middle) == old_offset:
            earlier = middle
        else:
            later = middle
    return later


def _utc_offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
