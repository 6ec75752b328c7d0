"""Calendar files, parsed as a calendar does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Component
from office360.core.formats.icalendar import build_event_ics

MADRID = ZoneInfo("Europe/Madrid")
STAMP = datetime(2026, 10, 1, 7, 30, tzinfo=UTC)
START = datetime(2026, 11, 27, 8, 20, tzinfo=UTC)


def build_ics(**changes: Any) -> bytes:
    facts: dict[str, Any] = {
        "uid": "01J000@office360.example",
        "summary": "Familia numerosa; Oficina Centro",
        "starts_at": START,
        "ends_at": START + timedelta(minutes=15),
        "timezone": MADRID,
        "stamp": STAMP,
    }
    return build_event_ics(**{**facts, **changes})


def parse_event(**changes: Any) -> tuple[Any, Any]:
    calendar = Calendar.from_ical(build_ics(**changes))
    assert isinstance(calendar, Component)
    return calendar, calendar.events[0]


def test_event_uses_office_time_zone() -> None:
    calendar, event = parse_event(
        location="C/ Mayor, 1", url="https://office360.example/a/x", organizer="no-reply@example.org"
    )
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("PUBLISH", "CONFIRMED", 0)
    assert (event.uid, event["SUMMARY"]) == (
        "01J000@office360.example",
        "Familia numerosa; Oficina Centro",
    )
    assert (event["LOCATION"], event["URL"]) == ("C/ Mayor, 1", "https://office360.example/a/x")
    assert event["ORGANIZER"] == "mailto:no-reply@example.org"
    assert (event.start, event.end) == (START, START + timedelta(minutes=15))
    assert event["DTSTART"].params["TZID"] == "Europe/Madrid"
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == STAMP


@pytest.mark.parametrize(
    ("utc", "wall_clock"),
    [
        (datetime(2026, 10, 24, 8, 0, tzinfo=UTC), "20261024T100000"),  # the day before clocks go back
        (datetime(2026, 10, 26, 8, 0, tzinfo=UTC), "20261026T090000"),  # the day after
        (datetime(2027, 3, 27, 8, 0, tzinfo=UTC), "20270327T090000"),
        (datetime(2027, 3, 29, 8, 0, tzinfo=UTC), "20270329T100000"),
    ],
)
def test_local_hour_is_right_around_clock_change(utc: datetime, wall_clock: str) -> None:
    raw = build_ics(starts_at=utc, ends_at=utc + timedelta(minutes=15))
    assert f"DTSTART;TZID=Europe/Madrid:{wall_clock}".encode() in raw
    calendar = Calendar.from_ical(raw)
    assert isinstance(calendar, Calendar)
    assert calendar.events[0].start == utc


def test_file_carries_time_zone_rules() -> None:
    calendar, _ = parse_event()
    (zone,) = calendar.timezones
    assert zone.tz_name == "Europe/Madrid"
    offsets = {part["TZOFFSETTO"].td for part in zone.walk() if part.name in ("STANDARD", "DAYLIGHT")}
    assert offsets == {timedelta(hours=1), timedelta(hours=2)}
    # a calendar without a zone database reads this time:
    own = zone.to_tz()
    assert datetime(2026, 10, 24, 10, tzinfo=own).utcoffset() == timedelta(hours=2)
    assert datetime(2026, 11, 27, 9, tzinfo=own).utcoffset() == timedelta(hours=1)


def test_changed_event_keeps_uid_and_raises_sequence() -> None:
    _, before = parse_event()
    _, after = parse_event(
        starts_at=START + timedelta(days=1), ends_at=START + timedelta(days=1, minutes=15), sequence=1
    )
    assert (after.uid, after["SEQUENCE"]) == (before.uid, 1)


def test_cancelled_event_has_no_alarm() -> None:
    calendar, event = parse_event(cancelled=True, sequence=2, alarm_minutes=60)
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 2)
    assert event.alarms.times == []


def test_alarm_precedes_event_start() -> None:
    _, event = parse_event(alarm_minutes=90)
    (alarm,) = [part for part in event.walk() if part.name == "VALARM"]
    assert (alarm["ACTION"], alarm["TRIGGER"].dt) == ("DISPLAY", timedelta(minutes=-90))
    assert alarm["DESCRIPTION"] == event["SUMMARY"]


def test_event_omits_empty_properties() -> None:
    _, event = parse_event()
    assert not {"LOCATION", "DESCRIPTION", "URL", "ORGANIZER"} & set(event)


def test_utc_office_needs_no_time_zone_rules() -> None:
    calendar, event = parse_event(timezone=ZoneInfo("UTC"))
    assert (calendar.timezones, event.start) == ([], START)


def test_event_keeps_long_text_and_line_breaks() -> None:
    description = "Trae:\n" + "DNI o NIE, " * 20 + "ñandú\nGracias"
    _, event = parse_event(description=description)
    assert event["DESCRIPTION"] == description
    assert max(len(line) for line in build_ics(description=description).split(b"\r\n")) <= 75
