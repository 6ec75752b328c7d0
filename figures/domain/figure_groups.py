"""Figures of a period in groups: by day, week, hour, service, line or office. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from ...queue.domain.line_statistics import (
    CountedVisit,
    DurationDistribution,
    Proportion,
    VisitFacts,
    VisitFigures,
    visit_figures,
)
from .call_statistics import CallFigures, MeasuredCall, call_figures
from .phone_statistics import MeasuredPhoneVisit, PhoneFigures, phone_figures

__all__ = [
    "DurationDistribution",
    "FigureGrouping",
    "OfficeFigures",
    "PeriodFacts",
    "Proportion",
    "VisitFacts",
    "VisitFigures",
    "compute_figures",
    "group_figures",
]


class FigureGrouping(StrEnum):
    """The values by which a period is split."""

    DAY = "day"
    WEEK = "week"
    HOUR = "hour"
    SERVICE = "service"
    LINE = "line"
    OFFICE = "office"


@dataclass(frozen=True, slots=True)
class PeriodFacts:
    """The visits, video appointments and appointments by telephone of one office in a period."""

    office: str  # slug
    visits: Sequence[VisitFacts] = ()
    calls: Sequence[MeasuredCall] = ()
    phone: Sequence[MeasuredPhoneVisit] = ()


@dataclass(frozen=True, slots=True)
class OfficeFigures:
    """Figures of some visits, video appointments and appointments by telephone.

    `within`: of the visits that were called, those that waited at most some time; None if no time was asked for.
    """

    visits: VisitFigures
    video: CallFigures
    phone: PhoneFigures
    within: Proportion | None = None

    @property
    def has_cases(self) -> bool:
        """Whether there is a visit or an appointment."""
        return bool(self.visits.tickets or self.video.appointments or self.phone.appointments)


def compute_figures(
    facts: Sequence[PeriodFacts], within_s: float | None = None, *, own_service: bool = False
) -> OfficeFigures:
    """Compute the figures of all these facts together.

    `within_s`: the wait of `within`. `own_service`: measure the time of the visit's own service only.
    """
    visits = [visit for one in facts for visit in one.visits]
    measure = _own_service_seconds if own_service else _service_seconds
    return OfficeFigures(
        visits=visit_figures(visits, measure),
        video=call_figures([call for one in facts for call in one.calls]),
        phone=phone_figures([visit for one in facts for visit in one.phone]),
        within=None if within_s is None else _waits_within(visits, within_s),
    )


def group_figures(
    facts: Sequence[PeriodFacts], grouping: FigureGrouping, limits: Mapping[str, float | None] | None = None
) -> dict[str, OfficeFigures]:
    """Compute the figures of each group, sorted by its key.

    The key is an ISO day, the Monday of a week, an hour, or a slug.

    `limits`: the wait of `within` by office, for groups by office. A group without a case is missing. Calls are in
    no line. A group by service measures the time of that service alone.
    """
    visit_key, call_key = _KEYS[grouping]
    groups: dict[str, tuple[list[VisitFacts], list[MeasuredCall], list[MeasuredPhoneVisit]]] = {}
    for one in facts:
        for visit in one.visits:
            groups.setdefault(visit_key(one, visit), ([], [], []))[0].append(visit)
        if call_key is not None:
            for call in one.calls:
                groups.setdefault(call_key(one, call), ([], [], []))[1].append(call)
            for phone_visit in one.phone:
                groups.setdefault(call_key(one, phone_visit), ([], [], []))[2].append(phone_visit)
    own_service = grouping is FigureGrouping.SERVICE
    within = (limits or {}) if grouping is FigureGrouping.OFFICE else {}
    return {
        key: compute_figures([PeriodFacts(key, *groups[key])], within.get(key), own_service=own_service)
        for key in sorted(groups, key=lambda key: (len(key), key) if grouping is FigureGrouping.HOUR else (0, key))
    }


def _waits_within(visits: Sequence[VisitFacts], within_s: float) -> Proportion:
    waits = [visit.wait_s for visit in visits if visit.wait_s is not None]
    return Proportion(len(waits), sum(1 for wait in waits if wait <= within_s))


def _service_seconds(visit: CountedVisit) -> float | None:
    return visit.service_s


def _own_service_seconds(visit: CountedVisit) -> float | None:
    return visit.own_service_s


def _monday(day: date) -> str:
    return (day - timedelta(days=day.weekday())).isoformat()


VisitKey = Callable[[PeriodFacts, VisitFacts], str]
CallKey = Callable[[PeriodFacts, MeasuredCall | MeasuredPhoneVisit], str]
_KEYS: Mapping[FigureGrouping, tuple[VisitKey, CallKey | None]] = {
    FigureGrouping.DAY: (lambda _, visit: visit.day.isoformat(), lambda _, call: call.day.isoformat()),
    FigureGrouping.WEEK: (lambda _, visit: _monday(visit.day), lambda _, call: _monday(call.day)),
    FigureGrouping.HOUR: (lambda _, visit: str(visit.hour), lambda _, call: str(call.hour)),
    FigureGrouping.SERVICE: (lambda _, visit: visit.service, lambda _, call: call.service),
    FigureGrouping.LINE: (lambda _, visit: visit.line, None),
    FigureGrouping.OFFICE: (lambda facts, _: facts.office, lambda facts, _: facts.office),
}
