"""One row of days, and the times of one of them by part of the day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.i18n.catalogues import N_
from ...core.i18n.dates import format_rfc3339, format_time, to_local_time
from ...offices.service import hours
from ..domain.agenda_settings import HORIZON_DAYS
from ..domain.slots import FreeSlot
from ..queries.availability import SlotSearch, available_slots
from ..queries.bookable_services import next_release_at

DAYS_SHOWN = 5  # one row on the width of a phone
SEARCH_CHUNK_DAYS = 14  # days of one query; most agendas fill the row within it

_SMALL_HOURS = N_("Early morning")
_MORNING = N_("In the morning")
_AFTERNOON = N_("In the afternoon")
_NIGHT = N_("At night")

# The parts of a day, by their first hour; times are grouped by them.
PARTS_OF_DAY: dict[str, tuple[tuple[int, str], ...]] = {
    # In Spain the morning goes on until lunch.
    "es": ((0, _SMALL_HOURS), (6, _MORNING), (14, _AFTERNOON), (21, _NIGHT)),
    "en": ((0, _SMALL_HOURS), (6, _MORNING), (12, _AFTERNOON), (21, _NIGHT)),
}


@dataclass(frozen=True, slots=True)
class TimeOption:
    """One time to choose."""

    value: str
    label: str
    chosen: bool
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class DayPartOptions:
    """The times of one part of the day."""

    title: str
    options: list[TimeOption]


@dataclass(frozen=True, slots=True)
class DayOption:
    """One day with free times; `first` is the earliest of them."""

    key: str
    first: datetime
    free: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class TimePicker:
    """A row of days, and the times of the chosen one.

    `later`: the first day of the next row, None for the last row. `from_start`: no row comes before this one.
    `releases_at`: when the office releases new dates, None if it does not or another row follows.
    """

    days: list[DayOption]
    parts: list[DayPartOptions]
    later: str | None
    from_start: bool
    releases_at: datetime | None = None

    @property
    def day(self) -> DayOption | None:
        return next((one for one in self.days if one.chosen), None)


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
    """Search the row of days and the times of one of them.

    `current_start`: the start of an appointment that is rescheduled, which is not offered. Raises Unavailable.
    """
    office, chosen_day = search.office, selection.day
    today = hours.to_local_day(office.hours, now)
    if chosen_day is None and selection.chosen is not None:
        chosen_day = hours.to_local_day(office.hours, selection.chosen)
    start = max(selection.first_day or chosen_day or today, today)
    by_day = await _slots_by_day(session, search, now, start, current_start)
    row, later = list(by_day)[:DAYS_SHOWN], list(by_day)[DAYS_SHOWN:]
    shown = chosen_day if chosen_day in row else (row[0] if row else None)
    return TimePicker(
        days=[DayOption(day.isoformat(), by_day[day][0].starts_at, len(by_day[day]), day == shown) for day in row],
        parts=_group_by_day_part(by_day[shown], office.timezone, language, selection.chosen) if shown else [],
        later=later[0].isoformat() if later else None,
        from_start=start == today,
        releases_at=None if later else next_release_at(office, search.services, now),
    )


def time_options(times: Iterable[datetime], zone: tzinfo, chosen: datetime | None = None) -> list[TimeOption]:
    """Convert times to options of a form."""
    return [TimeOption(format_rfc3339(time, zone), time_label(time, zone), time == chosen, time) for time in times]


def time_label(moment: datetime, zone: tzinfo) -> str:
    """Format a time as `9:20`; as `2:20 CEST` in the hour that the end of summer time repeats."""
    at = to_local_time(moment, zone)
    twice = at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()
    return f"{format_time(moment, zone)} {at.tzname()}" if twice else format_time(moment, zone)


async def _slots_by_day(
    session: AsyncSession, search: SlotSearch, now: datetime, start: date, excluded_start: datetime | None
) -> dict[date, list[FreeSlot]]:
    """Search the days with free slots from `start`, up to one day more than a row shows."""
    found: dict[date, list[FreeSlot]] = defaultdict(list)
    schedule = search.office.hours
    last = hours.to_local_day(schedule, now) + timedelta(days=HORIZON_DAYS)
    while start <= last and len(found) <= DAYS_SHOWN:
        for slot in await available_slots(session, search, now, start, SEARCH_CHUNK_DAYS):
            if slot.starts_at != excluded_start:
                found[hours.to_local_day(schedule, slot.starts_at)].append(slot)
        start += timedelta(days=SEARCH_CHUNK_DAYS)
    return found


def _group_by_day_part(
    slots: list[FreeSlot], zone: tzinfo, language: str, chosen: datetime | None
) -> list[DayPartOptions]:
    def part(option: TimeOption) -> int:
        hour = to_local_time(option.starts_at, zone).hour
        return max(index for index, (first, _title) in enumerate(PARTS_OF_DAY[language]) if first <= hour)

    grouped = groupby(time_options([slot.starts_at for slot in slots], zone, chosen), key=part)
    return [DayPartOptions(PARTS_OF_DAY[language][index][1], list(members)) for index, members in grouped]
