"""Comparison of simulated days as they are and with a change of desks or hours. Pure.

Both days of a pair have the same citizens: the same arrivals and the same random numbers (common random numbers),
so that a difference comes from the change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from ...appointments.domain.appointment import ON_TIME_WITHIN
from ..domain.service_times import ServiceTimes
from ..domain.ticket import TicketKind, TicketState
from .engine import simulate_day
from .plan import DayPlan, SimulatedDay, TicketOutcome, quantile

MIN_PAIRS = 4  # simulated also when the time is over: fewer say nothing about the range
LOW_SHARE, HIGH_SHARE = 0.1, 0.9  # the range holds 8 of 10 simulated days
NOTICEABLE_MIN = 0.5  # a smaller difference of a mean wait counts as none
MAX_DEVIATION = 0.25  # share of the recorded mean wait by which a replay may miss it
# always allowed: waits are told in whole minutes, and 25 % of two minutes is rounding
MAX_DEVIATION_MIN = 1.0
ONE_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PlanPair:
    """A recorded day, as it is and with the change.

    `recorded_wait_s`: the waits of its people without an appointment; empty for typed people.
    """

    as_is: DayPlan
    changed: DayPlan
    recorded_wait_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class WhatIfTask:
    """The input of a comparison. `target`: the wait that people should not exceed."""

    pairs: Sequence[PlanPair]
    runs: int
    target: timedelta
    zone: tzinfo
    service_times: ServiceTimes


@dataclass(frozen=True, slots=True)
class ReplayCheck:
    """The mean wait of the simulated days in minutes, as recorded and as replayed.

    None: no person without an appointment was called.
    """

    recorded_min: float | None
    replayed_min: float | None

    @property
    def is_close(self) -> bool:
        """Return whether the replay is near enough to the record to be believed."""
        if self.recorded_min is None or self.replayed_min is None:
            return False
        allowed_min = max(MAX_DEVIATION * self.recorded_min, MAX_DEVIATION_MIN)
        return abs(self.replayed_min - self.recorded_min) <= allowed_min


@dataclass(frozen=True, slots=True)
class HourRange:
    """The mean wait of an hour in minutes, and its P10 and P90 over the simulated days."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class HourComparison:
    """Walk-ins that arrive in a local hour.

    `people`: on a mean day. `as_is`, `changed`: None if no such walk-in was called.
    """

    hour: int
    people: float
    as_is: HourRange | None
    changed: HourRange | None


@dataclass(frozen=True, slots=True)
class CaseFigures:
    """Figures of a case over all simulated days. A share is None where there was no case.

    `in_target`: walk-ins that waited at most the target. `refused`, `uncalled`: people on a mean day who got no
    turn, or whose turn ended without a call. `finishes_at`, `latest_finish`: local minutes of the day of the last
    visit's end, on the middle day and on the latest.
    """

    wait_min: float | None
    long_wait_min: float | None
    in_target: float | None
    on_time: float | None
    load: float | None
    refused: float
    uncalled: float
    served: float
    finishes_at: int | None
    latest_finish: int | None


@dataclass(frozen=True, slots=True)
class WhatIfResult:
    """A comparison.

    `shorter`, `longer`: the number of days on which the mean wait fell, or rose.
    """

    days: int
    check: ReplayCheck
    as_is: CaseFigures
    changed: CaseFigures
    hours: tuple[HourComparison, ...]
    shorter: int
    longer: int

    @property
    def busiest(self) -> HourComparison | None:
        """Return the hour with the longest wait as it is."""
        known = [hour for hour in self.hours if hour.as_is is not None and hour.changed is not None]
        return max(known, key=lambda hour: hour.as_is.mean if hour.as_is else 0, default=None)


def compare_cases(task: WhatIfTask, is_time_over: Callable[[], bool]) -> WhatIfResult:
    """Simulate the days in pairs, and summarise them.

    Stops before all runs if the time is over, but not before MIN_PAIRS.
    """
    as_is: list[SimulatedDay] = []
    changed: list[SimulatedDay] = []
    recorded_s: list[float] = []
    for run in range(task.runs):
        if run >= MIN_PAIRS and is_time_over():
            break
        pair = task.pairs[run % len(task.pairs)]
        as_is.append(simulate_day(pair.as_is, run, task.service_times))
        changed.append(simulate_day(pair.changed, run, task.service_times))
        # only of the simulated days: the replay must not be compared with days that were left out
        recorded_s += pair.recorded_wait_s
    return _summarise(task, as_is, changed, recorded_s)


def _summarise(
    task: WhatIfTask,
    as_is: Sequence[SimulatedDay],
    changed: Sequence[SimulatedDay],
    recorded_s: Sequence[float],
) -> WhatIfResult:
    waits_as_is = [_waits_by_hour(day, task.zone) for day in as_is]
    waits_changed = [_waits_by_hour(day, task.zone) for day in changed]
    hours = sorted({hour for waits in (*waits_as_is, *waits_changed) for hour in waits})
    means = [
        (_mean_min(_all_waits(before)), _mean_min(_all_waits(after)))
        for before, after in zip(waits_as_is, waits_changed, strict=True)
    ]
    differences = [after - before for before, after in means if before is not None and after is not None]
    case_as_is = _case_figures(as_is, task)
    recorded_min = sum(recorded_s) / len(recorded_s) / 60 if recorded_s else None
    return WhatIfResult(
        days=len(as_is),
        check=ReplayCheck(recorded_min, case_as_is.wait_min),
        as_is=case_as_is,
        changed=_case_figures(changed, task),
        hours=tuple(
            HourComparison(
                hour,
                sum(len(waits.get(hour, ())) for waits in waits_as_is) / len(as_is),
                _hour_range(waits_as_is, hour),
                _hour_range(waits_changed, hour),
            )
            for hour in hours
        ),
        shorter=sum(1 for difference in differences if difference <= -NOTICEABLE_MIN),
        longer=sum(1 for difference in differences if difference >= NOTICEABLE_MIN),
    )


def _waits_by_hour(day: SimulatedDay, zone: tzinfo) -> dict[int, list[timedelta]]:
    found: dict[int, list[timedelta]] = {}
    for outcome in day.outcomes:
        if _is_judged_walk_in(outcome) and outcome.waited is not None:
            found.setdefault(outcome.issued_at.astimezone(zone).hour, []).append(outcome.waited)
    return found


def _is_judged_walk_in(outcome: TicketOutcome) -> bool:
    """Tell whether the wait is that of a usual walk-in."""
    return outcome.kind is TicketKind.WALK_IN and not outcome.is_excluded and not outcome.preferential


def _all_waits(by_hour: Mapping[int, Sequence[timedelta]]) -> list[timedelta]:
    return [wait for waits in by_hour.values() for wait in waits]


def _mean_min(waits: Sequence[timedelta]) -> float | None:
    return sum(waits, timedelta()) / len(waits) / ONE_MINUTE if waits else None


def _hour_range(days: Sequence[Mapping[int, Sequence[timedelta]]], hour: int) -> HourRange | None:
    mean = _mean_min([wait for day in days for wait in day.get(hour, ())])
    if mean is None:
        return None
    by_day = sorted(sum(day[hour], timedelta()) / len(day[hour]) for day in days if day.get(hour))
    return HourRange(mean, quantile(by_day, LOW_SHARE) / ONE_MINUTE, quantile(by_day, HIGH_SHARE) / ONE_MINUTE)


def _case_figures(days: Sequence[SimulatedDay], task: WhatIfTask) -> CaseFigures:
    outcomes = [outcome for day in days for outcome in day.outcomes]
    waits = sorted(
        outcome.waited for outcome in outcomes if _is_judged_walk_in(outcome) and outcome.waited is not None
    )
    punctual = [
        outcome.waited
        for outcome in outcomes
        if outcome.kind is TicketKind.APPOINTMENT and not outcome.is_late and outcome.waited is not None
    ]
    finishes = sorted(finish for day in days if (finish := _finish_minute(day, task.zone)) is not None)
    open_time = sum((day.open_time for day in days), timedelta())
    return CaseFigures(
        wait_min=_mean_min(waits),
        long_wait_min=quantile(waits, HIGH_SHARE) / ONE_MINUTE if waits else None,
        in_target=sum(1 for wait in waits if wait <= task.target) / len(waits) if waits else None,
        on_time=sum(1 for wait in punctual if wait <= ON_TIME_WITHIN) / len(punctual) if punctual else None,
        load=sum((day.busy_time for day in days), timedelta()) / open_time if open_time else None,
        refused=sum(sum(day.refused.values()) for day in days) / len(days),
        uncalled=sum(1 for outcome in outcomes if outcome.called_at is None) / len(days),
        served=sum(1 for outcome in outcomes if outcome.state is TicketState.FINISHED) / len(days),
        finishes_at=finishes[len(finishes) // 2] if finishes else None,
        latest_finish=finishes[-1] if finishes else None,
    )


def _finish_minute(day: SimulatedDay, zone: tzinfo) -> int | None:
    """Return the local minute of the day at which the last visit ended."""
    ends = [outcome.ended_at for outcome in day.outcomes if outcome.state is TicketState.FINISHED]
    return _minute_of_day(max(ends), zone) if ends else None


def _minute_of_day(moment: datetime, zone: tzinfo) -> int:
    local = moment.astimezone(zone)
    return local.hour * 60 + local.minute
