"""Clock times and days in an office's zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from office360.core.i18n import dates

MADRID = ZoneInfo("Europe/Madrid")
FRIDAY = datetime(2026, 11, 27, 8, 20, tzinfo=UTC)


def test_clock_times_have_no_leading_zero() -> None:
    assert dates.format_time(FRIDAY, MADRID) == "9:20"


def test_days_are_named_and_numbered() -> None:
    assert dates.format_day(FRIDAY, MADRID, "es") == "viernes 27 de noviembre"
    assert dates.format_day(FRIDAY, MADRID, "en") == "Friday 27 November"


def test_time_zone_is_named_in_words() -> None:
    summer = datetime(2026, 7, 1, 7, tzinfo=UTC)
    buenos_aires = ZoneInfo("America/Argentina/Buenos_Aires")
    assert dates.format_zone(MADRID, "es") == "hora de Europa central"
    assert dates.format_zone(MADRID, "en", summer) == "Central European Summer Time"
    assert dates.format_zone(buenos_aires, "es", summer).startswith("hora de Argentina")


def test_relative_day_uses_office_time_zone() -> None:
    late = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)  # already Friday in Madrid
    assert dates.format_relative_day(FRIDAY, MADRID, late, "es") == "hoy"
    assert dates.format_relative_day(FRIDAY, MADRID, datetime(2026, 11, 26, 12, tzinfo=UTC), "en") == "tomorrow"
    assert (
        dates.format_relative_day(FRIDAY, MADRID, datetime(2026, 11, 20, 12, tzinfo=UTC), "es")
        == "viernes 27 de noviembre"
    )


def test_rfc3339_time_carries_offset_of_its_day() -> None:
    assert dates.format_rfc3339(FRIDAY, MADRID) == "2026-11-27T09:20:00+01:00"
    assert dates.format_rfc3339(datetime(2026, 7, 1, 7, tzinfo=UTC), MADRID) == "2026-07-01T09:00:00+02:00"
