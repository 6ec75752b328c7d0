"""Public figures on the punctuality of an office: shares and waits. No SQL, no clock.

Figures of few visits say little, and could show what happened to one person: they are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from ...appointments.domain.appointment import ON_TIME_WITHIN
from ...queue.domain.line_statistics import MeasuredVisit, Proportion, distribution, visit_figures
from ...queue.domain.ticket import TicketKind

# The newest full weeks, Monday to Sunday: every weekday counts equally often.
WEEKS = 4
# Called visits; with fewer the page shows no figure at all.
MIN_VISITS = 50
# Of a share; with fewer, a person moves it by more than five points.
MIN_CASES = 20
MIN_HOUR_WALK_INS = 10  # walk-ins that arrived in an hour of the day
# With fewer hours, none of them is worth advice.
MIN_HOURS_COMPARED = 3
MAX_QUIET_HOURS = 3
ONE_MINUTE_S = 60
ON_TIME_MIN = int(ON_TIME_WITHIN.total_seconds() / ONE_MINUTE_S)


@dataclass(frozen=True, slots=True)
class HourWait:
    """Waits of the walk-ins that arrived in a local hour of the day, in whole minutes."""

    hour: int
    count: int
    typical_min: int
    long_min: int


@dataclass(frozen=True, slots=True)
class PunctualityReport:
    """The punctuality of an office from `first` to `last`, both included.

    `visits`: those that were called. `in_range`: called within the range shown at issue. `on_time`: punctual
    appointments that were called at most ten minutes after their time. Both are None with too few cases.
    `typical_min`, `long_min`: P50 and P90 of the waits of walk-ins. `quiet_hours`: in order of the day.
    """

    first: date
    last: date
    visits: int
    in_range: Proportion | None = None
    on_time: Proportion | None = None
    typical_min: int | None = None
    long_min: int | None = None
    hours: tuple[HourWait, ...] = ()
    quiet_hours: tuple[int, ...] = ()

    @property
    def quiet_ranges(self) -> list[tuple[int, int]]:
        """Return the quiet hours as periods: first hour, and the hour at its end."""
        ranges: list[tuple[int, int]] = []
        for hour in self.quiet_hours:
            if ranges and ranges[-1][1] == hour:
                ranges[-1] = (ranges[-1][0], hour + 1)
            else:
                ranges.append((hour, hour + 1))
        return ranges

    @property
    def is_shown(self) -> bool:
        """Tell whether there are enough visits for any figure."""
        return self.visits >= MIN_VISITS


def full_weeks_before(today: date) -> tuple[date, date]:
    """Return the first and the last day of the newest full weeks before the week of `today`."""
    monday = today - timedelta(days=today.weekday())
    return monday - timedelta(weeks=WEEKS), monday - timedelta(days=1)


def build_punctuality_report(
    first: date, last: date, visits: Sequence[MeasuredVisit], zone: tzinfo
) -> PunctualityReport:
    """Compute the report of these visits.

    Visits that the citizen postponed, or that a host put first, count only as visits.
    """
    called = [visit for visit in visits if visit.first_called_at is not None]
    if len(called) < MIN_VISITS:
        return PunctualityReport(first, last, len(called))
    usual = [visit for visit in called if not visit.is_excluded]
    figures = visit_figures(usual)
    walk_ins = [(visit, wait_s) for visit in usual if _is_walk_in(visit) and (wait_s := visit.wait_s) is not None]
    waits = distribution([wait_s for _, wait_s in walk_ins])
    hours = _hour_waits(walk_ins, zone)
    has_waits = waits.count >= MIN_CASES
    return PunctualityReport(
        first,
        last,
        len(called),
        in_range=_with_enough_cases(figures.in_range),
        on_time=_with_enough_cases(figures.on_time),
        typical_min=_whole_minutes(waits.p50_s) if has_waits else None,
        long_min=_whole_minutes(waits.p90_s) if has_waits else None,
        hours=hours,
        quiet_hours=find_quiet_hours(hours),
    )


def find_quiet_hours(hours: Sequence[HourWait]) -> tuple[int, ...]:
    """Return the hours with the shortest typical waits, in order of the day.

    Empty if all hours are alike: shorter waits than in the middle hour are needed.
    """
    if len(hours) < MIN_HOURS_COMPARED:
        return ()
    ranked = sorted(hours, key=lambda hour: (hour.typical_min, hour.long_min))
    middle = ranked[len(ranked) // 2]
    quiet = [hour.hour for hour in ranked[:MAX_QUIET_HOURS] if hour.typical_min < middle.typical_min]
    return tuple(sorted(quiet))


def _is_walk_in(visit: MeasuredVisit) -> bool:
    return visit.kind is TicketKind.WALK_IN


def _hour_waits(walk_ins: Sequence[tuple[MeasuredVisit, float]], zone: tzinfo) -> tuple[HourWait, ...]:
    by_hour: dict[int, list[float]] = {}
    for visit, wait_s in walk_ins:
        by_hour.setdefault(visit.arrived_at.astimezone(zone).hour, []).append(wait_s)
    return tuple(
        HourWait(hour, waits.count, _whole_minutes(waits.p50_s), _whole_minutes(waits.p90_s))
        for hour in sorted(by_hour)
        if (waits := distribution(by_hour[hour])).count >= MIN_HOUR_WALK_INS
    )


def _with_enough_cases(found: Proportion) -> Proportion | None:
    return found if found.of >= MIN_CASES else None


def _whole_minutes(seconds: float | None) -> int:
    return round((seconds or 0) / ONE_MINUTE_S)
