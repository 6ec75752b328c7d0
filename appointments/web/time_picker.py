"""The days and times that a page offers: a few days at a time, the times of one of them by part of the day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.i18n.dates import format_rfc3339, format_time, to_local_time
from ...offices.service import Office, OfficeService, ServiceMode, hours
from ..domain.agenda_settings import HORIZON_DAYS
from ..domain.slots import FreeSlot
from ..queries.availability import SlotSearch, available_slots
from ..queries.service_settings import next_release_at
from .page_texts import PARTS_OF_DAY

DAYS_SHOWN = 5  # as many as fit a phone's width in one row
SEARCH_CHUNK_DAYS = 14  # how far one look goes; most agendas fill a row within it


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
    """One day with free times. `first` is the first of them."""

    key: str
    first: datetime
    free: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class TimePicker:
    """`later` is the first day of the next row, None when this is the last; `from_start`: nothing before it.

    `releases_at`: when new dates are opened, of an office that opens them so; said where the days end.
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
    """What somebody looks at: the row from `first_day`, the times of `day`, with `chosen` marked."""

    first_day: date | None = None
    day: date | None = None
    chosen: datetime | None = None


async def build_time_picker(
    session: AsyncSession,
    office: Office,
    service: OfficeService,
    mode: ServiceMode,
    now: datetime,
    language: str,
    selection: TimePickerSelection,
    *,
    more: Sequence[OfficeService] = (),
    excluded_id: str | None = None,
    current_start: datetime | None = None,
    notice: timedelta = timedelta(),
) -> TimePicker:
    """The row of days and the times of one of them. Who moves the visit `without` is not offered `present`.
    `notice`: as `free_times` takes it."""
    today, chosen_day = hours.to_local_day(office.hours, now), selection.day
    if chosen_day is None and selection.chosen is not None:
        chosen_day = hours.to_local_day(office.hours, selection.chosen)
    start = max(selection.first_day or chosen_day or today, today)
    by_day = await _days_with_free_times(
        session, office, (service, *more), mode, now, start, excluded_id, current_start, notice
    )
    row, later = list(by_day)[:DAYS_SHOWN], list(by_day)[DAYS_SHOWN:]
    shown = chosen_day if chosen_day in row else (row[0] if row else None)
    return TimePicker(
        days=[DayOption(one.isoformat(), by_day[one][0].starts_at, len(by_day[one]), one == shown) for one in row],
        parts=_group_by_day_part(by_day[shown], office.timezone, language, selection.chosen) if shown else [],
        later=later[0].isoformat() if later else None,
        from_start=start == today,
        releases_at=None if later else next_release_at(office, (service, *more), now),
    )


def time_options(times: Iterable[datetime], zone: tzinfo, chosen: datetime | None = None) -> list[TimeOption]:
    """Times as choices, those of the repeated hour of an autumn night told apart by their zone's name."""
    return [TimeOption(format_rfc3339(one, zone), time_label(one, zone), one == chosen, one) for one in times]


def time_label(moment: datetime, zone: tzinfo) -> str:
    """`9:20`; `2:20 CEST` when the clock on the wall shows it twice that night."""
    at = to_local_time(moment, zone)
    twice = at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()
    return f"{format_time(moment, zone)} {at.tzname()}" if twice else format_time(moment, zone)


async def _days_with_free_times(
    session: AsyncSession,
    office: Office,
    services: Sequence[OfficeService],
    mode: ServiceMode,
    now: datetime,
    start: date,
    without: str | None,
    present: datetime | None,
    notice: timedelta,
) -> dict[date, list[FreeSlot]]:
    """Days with free times from `start`, one more than a row if there are as many."""
    found: dict[date, list[FreeSlot]] = defaultdict(list)
    last = hours.to_local_day(office.hours, now) + timedelta(days=HORIZON_DAYS)
    while start <= last and len(found) <= DAYS_SHOWN:
        slots = await available_slots(
            session,
            SlotSearch(office, services, mode, excluded_id=without, notice=notice),
            now,
            start,
            SEARCH_CHUNK_DAYS,
        )
        for slot in (one for one in slots if one.starts_at != present):
            found[hours.to_local_day(office.hours, slot.starts_at)].append(slot)
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
