"""Figures computed from every single case, as the first version of the product did.

The reference of the counts of days: no tallies, no cells, nothing stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from office360.appointments.domain.appointment import ON_TIME_WITHIN, AppointmentState
from office360.appointments.domain.phone_call import PhoneCallResult
from office360.core.runtime import Runtime
from office360.figures.domain.call_statistics import (
    TEST_GRADES,
    CallFigures,
    MeasuredCall,
    SurveyFigures,
    TestedCalls,
)
from office360.figures.domain.figure_groups import FigureGrouping, OfficeFigures
from office360.figures.domain.figure_period import FigurePeriod
from office360.figures.domain.phone_statistics import MeasuredPhoneVisit, PhoneFigures
from office360.figures.queries.call_facts import load_call_facts, load_phone_facts
from office360.offices.service import Office, hours
from office360.queue.domain.line_statistics import Proportion, VisitFacts, VisitFigures, distribution
from office360.queue.domain.ticket import TicketKind, TicketState
from office360.queue.service import visit_facts_of_day
from office360.rooms.domain.call_survey import Rating, SurveyAnswer


@dataclass(frozen=True, slots=True)
class PeriodFacts:
    """The visits, video appointments and appointments by telephone of an office in a period."""

    office: str  # slug
    visits: Sequence[VisitFacts] = ()
    calls: Sequence[MeasuredCall] = ()
    phone: Sequence[MeasuredPhoneVisit] = ()


async def load_period_facts(runtime: Runtime, office: Office, period: FigurePeriod) -> PeriodFacts:
    """Read every case of a period from SQL, one day at a time."""
    visits: list[VisitFacts] = []
    calls: list[MeasuredCall] = []
    phone: list[MeasuredPhoneVisit] = []
    for day in period.days():
        start, end = hours.day_bounds(office.hours, day)
        async with runtime.read_session() as session:
            visits += await visit_facts_of_day(session, office, day)
            calls += await load_call_facts(session, office, start, end)
            phone += await load_phone_facts(session, office, start, end)
    return PeriodFacts(office.slug, visits, calls, phone)


def compute_from_cases(
    facts: Sequence[PeriodFacts], within_s: float | None = None, *, own_service: bool = False
) -> OfficeFigures:
    """Compute the figures of all these facts together.

    `within_s`: the wait of `within`. `own_service`: measure the time of the visit's own service only.
    """
    visits = [visit for period in facts for visit in period.visits]
    measure = _own_service_seconds if own_service else _service_seconds
    return OfficeFigures(
        visits=_visit_figures(visits, measure),
        video=_call_figures([call for period in facts for call in period.calls]),
        phone=_phone_figures([visit for period in facts for visit in period.phone]),
        within=None if within_s is None else _waits_within(visits, within_s),
    )


def group_from_cases(
    facts: Sequence[PeriodFacts], grouping: FigureGrouping, limits: Mapping[str, float | None] | None = None
) -> dict[str, OfficeFigures]:
    """Compute the figures of each group, sorted by its key.

    The key is an ISO day, the Monday of a week, an hour, or a slug.

    `limits`: the wait of `within` by office, for groups by office. A group without a case is missing. Calls are in
    no line. A group by service measures the time of that service alone.
    """
    visit_key, call_key = _KEYS[grouping]
    groups: dict[str, tuple[list[VisitFacts], list[MeasuredCall], list[MeasuredPhoneVisit]]] = {}
    for period in facts:
        for visit in period.visits:
            groups.setdefault(visit_key(period, visit), ([], [], []))[0].append(visit)
        if call_key is not None:
            for call in period.calls:
                groups.setdefault(call_key(period, call), ([], [], []))[1].append(call)
            for phone_visit in period.phone:
                groups.setdefault(call_key(period, phone_visit), ([], [], []))[2].append(phone_visit)
    own_service = grouping is FigureGrouping.SERVICE
    within = (limits or {}) if grouping is FigureGrouping.OFFICE else {}
    return {
        key: compute_from_cases([PeriodFacts(key, *groups[key])], within.get(key), own_service=own_service)
        for key in sorted(groups, key=lambda key: (len(key), key) if grouping is FigureGrouping.HOUR else (0, key))
    }


def _waits_within(visits: Sequence[VisitFacts], within_s: float) -> Proportion:
    waits = [visit.wait_s for visit in visits if visit.wait_s is not None]
    return Proportion(len(waits), sum(1 for wait in waits if wait <= within_s))


def _service_seconds(visit: VisitFacts) -> float | None:
    return visit.service_s


def _own_service_seconds(visit: VisitFacts) -> float | None:
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


VisitMeasure = Callable[[VisitFacts], float | None]


def _visit_figures(visits: Sequence[VisitFacts], measure_service: VisitMeasure) -> VisitFigures:
    """Compute the statistics of these visits.

    `measure_service` returns the service time of a visit.
    """
    states = [visit.state for visit in visits]
    ended = sum(states.count(state) for state in (TicketState.FINISHED, TicketState.NO_SHOW))
    delays = _measured_values(visits, lambda visit: visit.wait_s if visit.is_in_time else None)
    judged = [visit for visit in visits if visit.is_in_range is not None]
    return VisitFigures(
        tickets=len(visits),
        walk_ins=sum(1 for visit in visits if visit.kind is TicketKind.WALK_IN),
        appointments=sum(1 for visit in visits if visit.kind is TicketKind.APPOINTMENT),
        served=states.count(TicketState.FINISHED),
        left=states.count(TicketState.LEFT),
        expired=states.count(TicketState.EXPIRED),
        wait=distribution(_measured_values(visits, lambda visit: visit.wait_s)),
        way=distribution(_measured_values(visits, lambda visit: visit.way_s)),
        service=distribution(_measured_values(visits, measure_service)),
        no_shows=Proportion(ended, states.count(TicketState.NO_SHOW)),
        delay=distribution(delays),
        on_time=Proportion(len(delays), sum(1 for delay_s in delays if delay_s <= ON_TIME_WITHIN.total_seconds())),
        in_range=Proportion(len(judged), sum(1 for visit in judged if visit.is_in_range)),
        by_latest=Proportion(len(judged), sum(1 for visit in judged if visit.is_by_latest)),
    )


def _measured_values(visits: Iterable[VisitFacts], measure: VisitMeasure) -> list[float]:
    return [value for visit in visits if (value := measure(visit)) is not None]


def _call_figures(calls: Sequence[MeasuredCall]) -> CallFigures:
    """Compute the statistics of these calls."""
    held = [call for call in calls if call.is_held]
    waits = [wait for call in held if (wait := call.wait_s) is not None]
    punctual = [wait for call in held if call.is_in_time and (wait := call.wait_s) is not None]
    lengths = [length for call in held if (length := call.length_s) is not None]
    records = [call.record for call in held if call.record is not None]
    return CallFigures(
        appointments=len(calls),
        held=len(held),
        no_shows=_no_shows(calls),
        wait=distribution(waits),
        length=distribution(lengths),
        on_time=Proportion(len(punctual), sum(1 for wait in punctual if wait <= ON_TIME_WITHIN.total_seconds())),
        good=_good_calls(held),
        rtt_ms=_median(call.quality.rtt_ms for call in held if call.quality),
        loss_pct=_median(call.quality.loss_pct for call in held if call.quality),
        tests={grade: _tested_calls([call for call in calls if call.test == grade]) for grade in TEST_GRADES},
        ends=_counts((record.end_reason or "ended") if record.ended_at else "open" for record in records),
        outcomes=_counts(record.outcome for record in records if record.outcome),
        by_phone=sum(1 for call in held if call.is_by_phone),
        survey=_survey_figures([answer for call in calls for answer in call.answers]),
    )


def _survey_figures(answers: Sequence[SurveyAnswer]) -> SurveyFigures:
    """Compute how people rated calls."""
    return SurveyFigures(
        answers=len(answers),
        satisfied=_good_ratings(answer.overall for answer in answers),
        good_sound=_good_ratings(answer.sound for answer in answers),
        good_picture=_good_ratings(answer.picture for answer in answers),
    )


def _good_ratings(ratings: Iterable[Rating | None]) -> Proportion:
    given = [rating for rating in ratings if rating is not None]
    return Proportion(len(given), given.count(Rating.GOOD))


def _no_shows(calls: Iterable[MeasuredCall]) -> Proportion:
    ended = [call for call in calls if call.is_held or call.is_no_show]
    return Proportion(len(ended), sum(1 for call in ended if call.is_no_show))


def _good_calls(calls: Iterable[MeasuredCall]) -> Proportion:
    measured = [call for call in calls if call.has_problems is not None]
    return Proportion(len(measured), sum(1 for call in measured if not call.has_problems))


def _tested_calls(calls: Sequence[MeasuredCall]) -> TestedCalls:
    held = sum(1 for call in calls if call.is_held)
    return TestedCalls(len(calls), held, _no_shows(calls), _good_calls(calls))


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _counts(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _phone_figures(visits: Sequence[MeasuredPhoneVisit]) -> PhoneFigures:
    """Compute the statistics of these appointments."""
    held = sum(1 for visit in visits if visit.state is AppointmentState.SERVED)
    missed = sum(1 for visit in visits if visit.state is AppointmentState.NO_SHOW)
    results = [call.result for visit in visits for call in visit.counted_calls if call.result is not None]
    delays = [delay for visit in visits if (delay := visit.delay_s) is not None]
    return PhoneFigures(
        appointments=len(visits),
        held=held,
        not_reached=Proportion(held + missed, missed),
        attempts=Proportion(len(results), results.count(PhoneCallResult.NO_ANSWER)),
        delay=distribution(delays),
        on_time=Proportion(len(delays), sum(1 for delay in delays if delay <= ON_TIME_WITHIN.total_seconds())),
        length=distribution([length for visit in visits if (length := visit.length_s) is not None]),
    )
