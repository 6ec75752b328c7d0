"""The rules of a time zone as a calendar file carries them (VTIMEZONE: RFC 5545, 3.6.5). Pure.

Each change of the clocks within the span is written out: libraries look for a rule behind them, and some, such as
Morocco's, follow the moon.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

ONE_DAY, ONE_SECOND = timedelta(days=1), timedelta(seconds=1)


def build_vtimezone(zone: ZoneInfo, start: datetime, end: datetime) -> Timezone:
    """The component for moments between two aware ones."""
    component = Timezone()
    component.add("tzid", zone.key)
    before = _utc_offset(zone, start)
    component.add_component(_build_observance(zone, start, before))
    for change in _offset_changes(zone, start, end):
        component.add_component(_build_observance(zone, change, before))
        before = _utc_offset(zone, change)
    return component


def _build_observance(zone: ZoneInfo, since: datetime, before: timedelta) -> TimezoneDaylight | TimezoneStandard:
    """What is valid from a moment on, which is written as the wall showed it until then."""
    local = since.astimezone(zone)
    observance = TimezoneDaylight() if local.dst() else TimezoneStandard()
    observance.add("dtstart", (since.astimezone(UTC) + before).replace(tzinfo=None))
    observance.add("tzoffsetfrom", before)
    observance.add("tzoffsetto", _utc_offset(zone, since))
    observance.add("tzname", local.tzname() or zone.key)
    return observance


def _offset_changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """The instants from which on the wall is ahead of UTC by another length; none lasts less than a day."""
    moment = start
    while moment < end:
        following = moment + ONE_DAY
        if _utc_offset(zone, following) != _utc_offset(zone, moment):
            yield _find_offset_change(zone, moment, following)
        moment = following


def _find_offset_change(zone: ZoneInfo, earlier: datetime, later: datetime) -> datetime:
    was = _utc_offset(zone, earlier)
    while later - earlier > ONE_SECOND:
        middle = earlier + (later - earlier) // (2 * ONE_SECOND) * ONE_SECOND
        if _utc_offset(zone, middle) == was:
            earlier = middle
        else:
            later = middle
    return later


def _utc_offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
