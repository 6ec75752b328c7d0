"""Clock times and days in an office's time zone and a reader's language. No clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache

from babel import Locale
from babel.dates import format_date as babel_format_date
from babel.dates import format_datetime, get_timezone_name

from .languages import KNOWN_LANGUAGES

_YEAR = re.compile(r"\s*('[^']*'\s*)?y\b")  # with its preposition: ` 'de' y`
_COMMA = re.compile("[,،]")


@dataclass(frozen=True, slots=True)
class DatePatterns:
    """CLDR patterns of a language, of days and dates without commas (docs/content-style.md)."""

    day: str
    date: str
    short_day: str


@cache
def date_patterns(language: str) -> DatePatterns:
    """Read the patterns from the data of the language's locale."""
    locale = Locale.parse(KNOWN_LANGUAGES[language].locale or language)
    day = _COMMA.sub("", _YEAR.sub("", locale.date_formats["full"].pattern))
    short = locale.datetime_skeletons["MMMd"].pattern
    return DatePatterns(day.strip(), locale.date_formats["long"].pattern, f"EEE {short}")


def to_local_time(moment: datetime, zone: tzinfo) -> datetime:
    """Convert an instant to a time zone."""
    return moment.astimezone(zone)


def format_rfc3339(moment: datetime, zone: tzinfo) -> str:
    """Format with the zone's offset, in whole seconds: `2026-11-27T09:20:00+01:00`."""
    return to_local_time(moment, zone).isoformat(timespec="seconds")


def format_optional_rfc3339(moment: datetime | None, zone: tzinfo) -> str | None:
    """Return None for None, else the same as `format_rfc3339`."""
    return format_rfc3339(moment, zone) if moment else None


def format_utc(moment: datetime) -> str:
    """Format in UTC, as payloads store it: `2026-11-27T08:20:00+00:00`."""
    return format_rfc3339(moment, UTC)


def format_time(moment: datetime, zone: tzinfo) -> str:
    """Format a clock time: `9:20`."""
    at = to_local_time(moment, zone)
    return f"{at.hour}:{at.minute:02d}"


def clock_time_of_rfc3339(text: str | None) -> str:
    """Return the clock time of an RFC 3339 text in its own offset, `9:40`; empty for None."""
    return text[11:16].removeprefix("0") if text else ""


def format_day(moment: datetime, zone: tzinfo, language: str) -> str:
    """Format a day: `viernes 27 de noviembre`, `Friday 27 November`."""
    return format_datetime(to_local_time(moment, zone), date_patterns(language).day, locale=language)


def format_date(day: date, language: str) -> str:
    """Format a date with its year: `27 de noviembre de 2026`, `27 November 2026`."""
    return babel_format_date(day, date_patterns(language).date, locale=language)


def format_short_day(moment: datetime, zone: tzinfo, language: str) -> str:
    """Format a day in short: `vie 27 nov`, `Fri 27 Nov`."""
    return format_datetime(to_local_time(moment, zone), date_patterns(language).short_day, locale=language)


def format_pattern(moment: datetime, zone: tzinfo, pattern: str, language: str) -> str:
    """Format by a CLDR pattern, such as `EEEE` or `MMMM`."""
    return format_datetime(to_local_time(moment, zone), pattern, locale=language)


def format_relative_day(moment: datetime, zone: tzinfo, now: datetime, language: str) -> str:
    """Format as `hoy` or `mañana`, other days as format_day does."""
    days = (to_local_time(moment, zone).date() - to_local_time(now, zone).date()).days
    near = KNOWN_LANGUAGES[language].near_days
    if 0 <= days < len(near):
        return near[days]
    return format_day(moment, zone, language)


def format_local_stamp(moment: datetime, zone: tzinfo) -> str:
    """Format for a cell of a spreadsheet, in whole seconds: `2026-11-27 09:20:00`."""
    return to_local_time(moment, zone).strftime("%Y-%m-%d %H:%M:%S")


def format_zone(zone: tzinfo, language: str, moment: datetime | None = None) -> str:
    """Name a time zone: `hora de Europa central`; at a moment also whether it is summer time."""
    name = get_timezone_name(to_local_time(moment, zone), locale=language) if moment else "GMT"
    # the languages have no word for the standard time of most zones without summer time
    return get_timezone_name(zone, locale=language) if name.startswith(("GMT", "UTC")) else name


def local_instant(day: date, clock_time: time, zone: tzinfo) -> datetime:
    """Return the UTC instant of a local time; a time that a clock change skips moves forward."""
    return datetime.combine(day, clock_time, zone).astimezone(UTC)


def round_down_to_minutes(moment: datetime, minutes: int) -> datetime:
    """Round down to a multiple of `minutes` of the hour."""
    return moment.replace(second=0, microsecond=0) - timedelta(minutes=moment.minute % minutes)
