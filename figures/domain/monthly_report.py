"""A month of an office against two earlier months. Pure: no clock, no SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from .figure_groups import OfficeFigures
from .figure_period import FigurePeriod
from .target_verdict import TargetVerdict, judge_targets

MarkUnit = Literal["count", "minutes", "percent"]

# Waits in an hour of the day, before it is called the best or the worst.
MIN_HOUR_WAITS = 10
MIN_HOURS_COMPARED = 2
MINUTE_S = 60
WORKING_DAYS = range(5)  # Monday to Friday
# From the first of a month, for a day on which an office opens.
SEARCHED_DAYS = 14


@dataclass(frozen=True, slots=True)
class MonthlyMark:
    """A figure of three months, in whole units. None: without a case.

    `target` and `is_reached` are None if the office has no target for it.
    """

    key: str
    unit: MarkUnit
    value: int | None
    before: int | None
    year_before: int | None
    target: int | None = None
    is_reached: bool | None = None


@dataclass(frozen=True, slots=True)
class HourMark:
    """An hour of the day and the usual wait of those who arrived in it."""

    hour: int
    wait_min: int


@dataclass(frozen=True, slots=True)
class MonthlySentence:
    """A sentence about the month: its code, for the template, and its numbers."""

    code: str
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OfficeMonth:
    """The part of the e-mail about a single office."""

    slug: str
    name: str
    marks: tuple[MonthlyMark, ...]
    sentences: tuple[MonthlySentence, ...]
    best: HourMark | None = None
    worst: HourMark | None = None


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """The figures of an office in a month, and of each hour of the day."""

    total: OfficeFigures
    hours: Mapping[str, OfficeFigures]


@dataclass(frozen=True, slots=True)
class _MarkRule:
    key: str
    unit: MarkUnit
    measure: Callable[[OfficeFigures], float | None]
    target: str | None = None


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / MINUTE_S


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


MARK_RULES: tuple[_MarkRule, ...] = (
    _MarkRule("tickets", "count", lambda found: found.visits.tickets),
    _MarkRule("wait_p50", "minutes", lambda found: _minutes(found.visits.wait.p50_s)),
    _MarkRule("wait_p90", "minutes", lambda found: _minutes(found.visits.wait.p90_s), "wait_p90_min"),
    _MarkRule(
        "within",
        "percent",
        lambda found: _percent(found.within.share if found.within else None),
        "wait_within_pct",
    ),
    _MarkRule("on_time", "percent", lambda found: _percent(found.visits.on_time.share), "on_time_pct"),
    _MarkRule("in_range", "percent", lambda found: _percent(found.visits.in_range.share), "promise_pct"),
    _MarkRule("no_shows", "percent", lambda found: _percent(found.visits.no_shows.share), "no_show_pct"),
    _MarkRule("video", "count", lambda found: found.video.held),
    _MarkRule("good_calls", "percent", lambda found: _percent(found.video.good.share), "good_calls_pct"),
)
ALWAYS_SHOWN = {"tickets", "wait_p50", "wait_p90"}


def previous_month(day: date) -> FigurePeriod:
    """Return the month before the month of `day`."""
    last = day.replace(day=1) - timedelta(days=1)
    return FigurePeriod(last.replace(day=1), last)


def same_month_a_year_before(month: FigurePeriod) -> FigurePeriod:
    """Return the same month of the year before."""
    first = month.first.replace(year=month.first.year - 1)
    following = month.first.replace(day=28) + timedelta(days=4)
    end = following.replace(day=1, year=following.year - 1)
    return FigurePeriod(first, end - timedelta(days=1))


def first_working_day(first: date, is_open: Callable[[date], bool]) -> date:
    """Return the first day from Monday to Friday on which an office opens.

    `first`: the first of the month. If no office opens in two weeks, the first day from Monday to Friday.
    """
    days = [first + timedelta(days=offset) for offset in range(SEARCHED_DAYS)]
    weekdays = [day for day in days if day.weekday() in WORKING_DAYS]
    return next((day for day in weekdays if is_open(day)), weekdays[0])


def build_office_month(
    slug: str,
    name: str,
    targets: Mapping[str, int],
    month: MonthFigures,
    before: OfficeFigures,
    year_before: OfficeFigures,
) -> OfficeMonth:
    """Compare a month of an office. A month without a visit or call has no figures."""
    earlier = before if before.has_cases else None
    last_year = year_before if year_before.has_cases else None
    marks = _build_marks(targets, month.total, earlier, last_year)
    best, worst = _best_and_worst_hours(month.hours)
    return OfficeMonth(slug, name, marks, _build_sentences(marks), best, worst)


def _build_marks(
    targets: Mapping[str, int], total: OfficeFigures, before: OfficeFigures | None, year: OfficeFigures | None
) -> tuple[MonthlyMark, ...]:
    judged = judge_targets(targets, total)
    marks = []
    for rule in MARK_RULES:
        judgement = judged.get(rule.target) if rule.target else None
        mark = MonthlyMark(
            rule.key,
            rule.unit,
            _whole(rule.measure(total)) if total.has_cases else None,
            _whole(rule.measure(before)) if before else None,
            _whole(rule.measure(year)) if year else None,
            judgement.target if judgement else None,
            judgement.verdict is TargetVerdict.REACHED if judgement else None,
        )
        if rule.key in ALWAYS_SHOWN or mark.value or mark.before:
            marks.append(mark)
    return tuple(marks)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _best_and_worst_hours(hours: Mapping[str, OfficeFigures]) -> tuple[HourMark | None, HourMark | None]:
    known = [
        HourMark(int(hour), round(found.visits.wait.p50_s / MINUTE_S))
        for hour, found in hours.items()
        if found.visits.wait.p50_s is not None and found.visits.wait.count >= MIN_HOUR_WAITS
    ]
    if len(known) < MIN_HOURS_COMPARED:
        return None, None
    best = min(known, key=lambda mark: (mark.wait_min, mark.hour))
    worst = max(known, key=lambda mark: (mark.wait_min, -mark.hour))
    return (best, worst) if best.wait_min < worst.wait_min else (None, None)


def _build_sentences(marks: Sequence[MonthlyMark]) -> tuple[MonthlySentence, ...]:
    """Return at most three sentences: on visits, wait, and targets or appointments."""
    by_key = {mark.key: mark for mark in marks}
    visits = by_key["tickets"]
    found = [_visits_sentence(visits), _wait_sentence(by_key["wait_p50"]), _targets_sentence(marks)]
    if found[2] is None and (on_time := by_key.get("on_time")) and on_time.value is not None:
        found[2] = MonthlySentence("on_time", {"percent": on_time.value})
    return tuple(sentence for sentence in found if sentence is not None)


def _visits_sentence(mark: MonthlyMark) -> MonthlySentence:
    if not mark.value:
        return MonthlySentence("no_visits")
    if not mark.before:
        return MonthlySentence("visits", {"num": mark.value})
    percent = round(100 * (mark.value - mark.before) / mark.before)
    code = "visits_more" if percent > 0 else "visits_fewer" if percent < 0 else "visits_same"
    return MonthlySentence(code, {"num": mark.value, "percent": abs(percent)})


def _wait_sentence(mark: MonthlyMark) -> MonthlySentence | None:
    if mark.value is None:
        return None
    if mark.before is None:
        return MonthlySentence("wait", {"num": mark.value})
    more = mark.value - mark.before
    code = "wait_longer" if more > 0 else "wait_shorter" if more < 0 else "wait_same"
    return MonthlySentence(code, {"num": mark.value, "by": abs(more)})


def _targets_sentence(marks: Sequence[MonthlyMark]) -> MonthlySentence | None:
    judged = [mark for mark in marks if mark.is_reached is not None]
    if not judged:
        return None
    reached = sum(1 for mark in judged if mark.is_reached)
    code = "targets_all" if reached == len(judged) else "targets_some" if reached else "targets_none"
    return MonthlySentence(code, {"reached": reached, "num": len(judged)})
