"""A row of days, and the times of the chosen day by part of the day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.i18n.catalogues import N_
from ...core.i18n.dates import format_rfc3339, format_time, to_local_time
from ...core.i18n.languages import KNOWN_LANGUAGES
from ..domain.agenda_settings import HORIZON_DAYS
from ..domain.booking_url import OFFICE_MARK
from ..queries.any_office import OfficeSlot, slots_of_any_office
from ..queries.availability import SlotSearch, available_slots
from ..queries.bookable_services import next_release_at

DAYS_SHOWN = 5  # one row on the width of a phone
SEARCH_CHUNK_DAYS = 14  # days of a query; most agendas fill the row within it

_SMALL_HOURS = N_("Early morning")
_MORNING = N_("In the morning")
_AFTERNOON = N_("In the afternoon")
_NIGHT = N_("At night")


def parts_of_day(language: str) -> tuple[tuple[int, str], ...]:
    """Return the parts of a day by their first hour; times are grouped by them."""
    return (0, _SMALL_HOURS), (6, _MORNING), (KNOWN_LANGUAGES[language].afternoon_hour, _AFTERNOON), (21, _NIGHT)


@dataclass(frozen=True, slots=True)
class TimeOption:
    """A time to choose."""

    value: str
    label: str
    chosen: bool
    starts_at: datetime


FindOptions = Callable[[date], Awaitable[list[TimeOption]]]  # of SEARCH_CHUNK_DAYS from a day on


@dataclass(frozen=True, slots=True)
class DayPartOptions:
    """The times of a part of the day."""

    title: str
    options: list[TimeOption]


@dataclass(frozen=True, slots=True)
class DayOption:
    """A day with free times; `first` is the earliest of them."""

    key: str
    first: datetime
    free: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class TimePicker:
    """A row of days, and the times of the chosen day.

    `later`: the first day of the next row, None for the last row. `from_start`: this is the first row.
    `releases_at`: when the office releases new dates, None if it does not or another row follows.
    """

    days: list[DayOption]
    parts: list[DayPartOptions]
    later: str | None
    from_start: bool
    releases_at: datetime | None = None

    @property
    def day(self) -> DayOption | None:
        return next((day for day in self.days if day.chosen), None)


@dataclass(frozen=True, slots=True)
class TimePickerSelection:
    """The part to show: the row from `first_day`, the times of `day`, `chosen` marked."""

    first_day: date | None = None
    day: date | None = None
    chosen: datetime | None = None


async def build_time_picker(
    session: AsyncSession,
    search: SlotSearch,
    now: datetime,
    language: str,
    selection: TimePickerSelection,
    *,
    current_start: datetime | None = None,
) -> TimePicker:
    """Search the row of days and the times of the chosen day.

    `current_start`: the start of an appointment that is rescheduled, which is not offered. Raises Unavailable.
    """
    office = search.office

    async def find_options(first_day: date) -> list[TimeOption]:
        slots = await available_slots(session, search, now, first_day, SEARCH_CHUNK_DAYS)
        times = [slot.starts_at for slot in slots if slot.starts_at != current_start]
        return time_options(times, office.timezone, selection.chosen)

    picker = await _fill_picker(find_options, office.timezone, now, language, selection)
    return picker if picker.later else replace(picker, releases_at=next_release_at(office, search.services, now))


async def build_any_office_picker(
    session: AsyncSession,
    searches: Sequence[SlotSearch],
    zone: tzinfo,
    now: datetime,
    language: str,
    selection: TimePickerSelection,
) -> TimePicker:
    """Search the days and times of all offices; each option names the office that gives it.

    `zone`: decides about the days. Offices in other time zones have that of their clock beside the time.
    """
    has_one_zone = len({search.office.timezone for search in searches}) <= 1

    async def find_options(first_day: date) -> list[TimeOption]:
        found = await slots_of_any_office(session, searches, now, first_day, SEARCH_CHUNK_DAYS)
        return [_office_option(slot, has_one_zone, selection.chosen) for slot in found]

    return await _fill_picker(find_options, zone, now, language, selection)


def _office_option(found: OfficeSlot, has_one_zone: bool, chosen: datetime | None) -> TimeOption:
    zone, starts_at = found.office.timezone, found.slot.starts_at
    label = time_label(starts_at, zone)
    if not has_one_zone:
        label = f"{format_time(starts_at, zone)} {to_local_time(starts_at, zone).tzname()}"
    value = f"{format_rfc3339(starts_at, zone)}{OFFICE_MARK}{found.office.slug}"
    return TimeOption(value, label, starts_at == chosen, starts_at)


async def _fill_picker(
    find_options: FindOptions, zone: tzinfo, now: datetime, language: str, selection: TimePickerSelection
) -> TimePicker:
    today, chosen_day = to_local_time(now, zone).date(), selection.day
    if chosen_day is None and selection.chosen is not None:
        chosen_day = to_local_time(selection.chosen, zone).date()
    start = max(selection.first_day or chosen_day or today, today)
    by_day = await _options_by_day(find_options, zone, start, today + timedelta(days=HORIZON_DAYS))
    row, later = list(by_day)[:DAYS_SHOWN], list(by_day)[DAYS_SHOWN:]
    shown = chosen_day if chosen_day in row else (row[0] if row else None)
    return TimePicker(
        days=[DayOption(day.isoformat(), by_day[day][0].starts_at, len(by_day[day]), day == shown) for day in row],
        parts=_group_by_day_part(by_day[shown], zone, language) if shown else [],
        later=later[0].isoformat() if later else None,
        from_start=start == today,
    )


def time_options(times: Iterable[datetime], zone: tzinfo, chosen: datetime | None = None) -> list[TimeOption]:
    """Convert times to options of a form."""
    return [TimeOption(format_rfc3339(time, zone), time_label(time, zone), time == chosen, time) for time in times]


def time_label(moment: datetime, zone: tzinfo) -> str:
    """Format a time as `9:20`; as `2:20 CEST` in the hour that the end of summer time repeats."""
    at = to_local_time(moment, zone)
    twice = at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()
    return f"{format_time(moment, zone)} {at.tzname()}" if twice else format_time(moment, zone)


async def _options_by_day(
    find_options: FindOptions, zone: tzinfo, start: date, last: date
) -> dict[date, list[TimeOption]]:
    """Search the days with free times from `start`, up to one day more than a row shows."""
    found: dict[date, list[TimeOption]] = defaultdict(list)
    while start <= last and len(found) <= DAYS_SHOWN:
        for option in await find_options(start):
            found[to_local_time(option.starts_at, zone).date()].append(option)
        start += timedelta(days=SEARCH_CHUNK_DAYS)
    return found


def _group_by_day_part(options: list[TimeOption], zone: tzinfo, language: str) -> list[DayPartOptions]:
    parts = parts_of_day(language)

    def part(option: TimeOption) -> int:
        hour = to_local_time(option.starts_at, zone).hour
        return max(index for index, (first, _title) in enumerate(parts) if first <= hour)

    grouped = groupby(options, key=part)
    return [DayPartOptions(parts[index][1], list(members)) for index, members in grouped]
