"""Figures of a period in groups: by day, week, hour, service, line or office. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeVar

from ...queue.domain.line_statistics import (
    WAIT,
    DurationDistribution,
    Proportion,
    VisitFigures,
    tallied_visit_figures,
)
from ...queue.domain.tally import Tally
from .call_statistics import CallFigures, tallied_call_figures
from .figure_cells import CaseKind, FigureCell
from .phone_statistics import PhoneFigures, tallied_phone_figures

__all__ = [
    "DurationDistribution",
    "FigureGrouping",
    "OfficeFigures",
    "PeriodCells",
    "PeriodTallies",
    "Proportion",
    "VisitFigures",
    "add_up",
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
class PeriodCells:
    """The cases of an office in a period, by local day.

    `days` may be an iterator that decodes one day at a time: a year has thousands of cells.
    """

    office: str  # slug
    days: Iterable[tuple[date, Sequence[FigureCell]]]


class CellKey(NamedTuple):
    """The values by which cells are grouped."""

    office: str
    line: str | None
    service: str
    hour: int


class DayKey(NamedTuple):
    """An office and a day."""

    office: str
    day: date


KeyT = TypeVar("KeyT", bound=Hashable)
Tallies = dict[KeyT, dict[CaseKind, Tally]]


@dataclass(frozen=True, slots=True)
class PeriodTallies:
    """The cases of offices in a period, added up by cell and by day, with sorted values.

    Groups are added up from these few tallies, so that values are hardly sorted again.
    """

    by_cell: Tallies[CellKey]
    by_day: Tallies[DayKey]


def add_up(periods: Iterable[PeriodCells]) -> PeriodTallies:
    """Add up the cells of some offices. Each day is read once."""
    by_cell: Tallies[CellKey] = {}
    by_day: Tallies[DayKey] = {}
    for period in periods:
        for day, cells in period.days:
            for cell in cells:
                key = CellKey(period.office, cell.line, cell.service, cell.hour)
                _include(by_cell, key, cell.kind, cell.tally)
                _include(by_day, DayKey(period.office, day), cell.kind, cell.tally)
    return PeriodTallies(_sorted(by_cell), _sorted(by_day))


def _include(tallies: Tallies[KeyT], key: KeyT, kind: CaseKind, tally: Tally) -> None:
    by_kind = tallies.setdefault(key, {})
    if kind not in by_kind:
        by_kind[kind] = Tally()
    by_kind[kind].include(tally)


def _sorted(tallies: Tallies[KeyT]) -> Tallies[KeyT]:
    for by_kind in tallies.values():
        for tally in by_kind.values():
            tally.sort()
    return tallies


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
        """Tell whether there is a visit or an appointment."""
        return bool(self.visits.tickets or self.video.appointments or self.phone.appointments)


def compute_figures(tallies: PeriodTallies, within_s: float | None = None) -> OfficeFigures:
    """Compute the figures of all offices and days together. `within_s`: the wait of `within`."""
    return _figures(_regroup(tallies.by_cell, lambda _: "").get("", {}), within_s)


def group_figures(
    tallies: PeriodTallies, grouping: FigureGrouping, limits: Mapping[str, float | None] | None = None
) -> dict[str, OfficeFigures]:
    """Compute the figures of each group, sorted by its key.

    The key is an ISO day, the Monday of a week, an hour, or a slug.

    `limits`: the wait of `within` by office, for groups by office. A group without a case is missing. Calls are in
    no line. A group by service measures the time of that service alone.
    """
    if grouping in _DAY_KEYS:
        groups = _regroup(tallies.by_day, _DAY_KEYS[grouping])
    else:
        groups = _regroup(tallies.by_cell, _CELL_KEYS[grouping])
    within = (limits or {}) if grouping is FigureGrouping.OFFICE else {}
    own_service = grouping is FigureGrouping.SERVICE
    return {
        key: _figures(groups[key], within.get(key), own_service=own_service)
        for key in sorted(groups, key=lambda key: (len(key), key) if grouping is FigureGrouping.HOUR else (0, key))
    }


def _regroup(tallies: Tallies[KeyT], group_key: Callable[[KeyT], str | None]) -> Tallies[str]:
    """Add up tallies by the keys of their groups. Those of no group are left out."""
    groups: Tallies[str] = {}
    for key, by_kind in tallies.items():
        group = group_key(key)
        if group is not None:
            for kind, tally in by_kind.items():
                _include(groups, group, kind, tally)
    return groups


def _figures(
    tallies: Mapping[CaseKind, Tally], within_s: float | None = None, *, own_service: bool = False
) -> OfficeFigures:
    visits = tallies.get(CaseKind.VISIT, Tally())
    return OfficeFigures(
        visits=tallied_visit_figures(visits, own_service=own_service),
        video=tallied_call_figures(tallies.get(CaseKind.VIDEO, Tally())),
        phone=tallied_phone_figures(tallies.get(CaseKind.PHONE, Tally())),
        within=None if within_s is None else _waits_within(visits.measured(WAIT), within_s),
    )


def _waits_within(waits: Sequence[float], within_s: float) -> Proportion:
    return Proportion(len(waits), sum(1 for wait in waits if wait <= within_s))


def _monday(day: date) -> str:
    return (day - timedelta(days=day.weekday())).isoformat()


_DAY_KEYS: Mapping[FigureGrouping, Callable[[DayKey], str]] = {
    FigureGrouping.DAY: lambda key: key.day.isoformat(),
    FigureGrouping.WEEK: lambda key: _monday(key.day),
}
_CELL_KEYS: Mapping[FigureGrouping, Callable[[CellKey], str | None]] = {
    FigureGrouping.HOUR: lambda key: str(key.hour),
    FigureGrouping.SERVICE: lambda key: key.service,
    FigureGrouping.LINE: lambda key: key.line,
    FigureGrouping.OFFICE: lambda key: key.office,
}
