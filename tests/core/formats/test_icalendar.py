"""The .ics file, read back as a calendar reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Component
from office360.core.formats.icalendar import event_ics

MADRID = ZoneInfo("Europe/Madrid")
STAMP = datetime(2026, 10, 1, 7, 30, tzinfo=UTC)
START = datetime(2026, 11, 27, 8, 20, tzinfo=UTC)


def written(**changes: Any) -> bytes:
    facts: dict[str, Any] = {
        "uid": "01J000@office360.example",
        "summary": "Familia numerosa; Oficina Centro",
        "starts_at": START,
        "ends_at": START + timedelta(minutes=15),
        "timezone": MADRID,
        "stamp": STAMP,
    }
    return event_ics(**{**facts, **changes})


def read(**changes: Any) -> tuple[Any, Any]:
    calendar = Calendar.from_ical(written(**changes))
    assert isinstance(calendar, Component)
    return calendar, calendar.events[0]


def test_an_event_is_published_in_the_offices_zone() -> None:
    calendar, event = read(
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
def test_the_hour_on_the_wall_is_right_on_both_sides_of_a_clock_change(utc: datetime, wall_clock: str) -> None:
    raw = written(starts_at=utc, ends_at=utc + timedelta(minutes=15))
    assert f"DTSTART;TZID=Europe/Madrid:{wall_clock}".encode() in raw
    calendar = Calendar.from_ical(raw)
    assert isinstance(calendar, Calendar)
    assert calendar.events[0].start == utc


def test_the_zones_rules_come_with_the_file() -> None:
    calendar, _ = read()
    (zone,) = calendar.timezones
    assert zone.tz_name == "Europe/Madrid"
    offsets = {part["TZOFFSETTO"].td for part in zone.walk() if part.name in ("STANDARD", "DAYLIGHT")}
    assert offsets == {timedelta(hours=1), timedelta(hours=2)}
    # What a calendar that knows no zone database makes of it:
    own = zone.to_tz()
    assert datetime(2026, 10, 24, 10, tzinfo=own).utcoffset() == timedelta(hours=2)
    assert datetime(2026, 11, 27, 9, tzinfo=own).utcoffset() == timedelta(hours=1)


def test_a_change_keeps_the_uid_and_raises_the_sequence() -> None:
    _, before = read()
    _, after = read(starts_at=START + timedelta(days=1), ends_at=START + timedelta(days=1, minutes=15), sequence=1)
    assert (after.uid, after["SEQUENCE"]) == (before.uid, 1)


def test_a_cancellation_takes_the_event_back_and_reminds_nobody() -> None:
    calendar, event = read(cancelled=True, sequence=2, alarm_minutes=60)
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 2)
    assert event.alarms.times == []


def test_the_reminder_comes_before_the_start() -> None:
    _, event = read(alarm_minutes=90)
    (alarm,) = [part for part in event.walk() if part.name == "VALARM"]
    assert (alarm["ACTION"], alarm["TRIGGER"].dt) == ("DISPLAY", timedelta(minutes=-90))
    assert alarm["DESCRIPTION"] == event["SUMMARY"]


def test_empty_facts_are_left_out() -> None:
    _, event = read()
    assert not {"LOCATION", "DESCRIPTION", "URL", "ORGANIZER"} & set(event)


def test_an_office_in_utc_needs_no_rules() -> None:
    calendar, event = read(timezone=ZoneInfo("UTC"))
    assert (calendar.timezones, event.start) == ([], START)


def test_long_text_and_new_lines_survive() -> None:
    description = "Trae:\n" + "DNI o NIE, " * 20 + "ñandú\nGracias"
    _, event = read(description=description)
    assert event["DESCRIPTION"] == description
    assert max(len(line) for line in written(description=description).split(b"\r\n")) <= 75
