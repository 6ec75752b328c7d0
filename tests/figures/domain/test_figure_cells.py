"""Figures from counts of days against figures from every single case. Pure."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from office360.appointments.domain.appointment import AppointmentState
from office360.appointments.domain.phone_call import PhoneCall, PhoneCallResult
from office360.figures.domain.call_statistics import TEST_GRADES, MeasuredCall
from office360.figures.domain.figure_cells import count_cases, decode_cells, encode_cells
from office360.figures.domain.figure_groups import (
    FigureGrouping,
    PeriodCells,
    add_up,
    compute_figures,
    group_figures,
)
from office360.figures.domain.phone_statistics import MeasuredPhoneVisit
from office360.queue.domain.line_statistics import VisitFacts
from office360.queue.domain.ticket import TicketKind, TicketState
from office360.rooms.domain.call_quality import CallQuality
from office360.rooms.domain.call_record import CallRecord
from office360.rooms.domain.call_survey import Rating, SurveyAnswer

from ..support.figures_by_case import PeriodFacts, compute_from_cases, group_from_cases

AT = datetime(2026, 11, 25, 11, tzinfo=UTC)
WORDS = "too quiet"
SERVICES = st.sampled_from(["documents", "certificate", "payments"])
DAYS = st.sampled_from([date(2026, 11, 1) + timedelta(days=number) for number in range(9)])  # of two weeks
HOURS = st.integers(0, 23)
SECONDS = st.floats(0, 90_000) | st.integers(0, 90_000).map(float)
MOMENTS = st.timedeltas(timedelta(hours=-1), timedelta(hours=2)).map(lambda since: AT + since)
RATINGS = st.sampled_from(Rating)

VISITS = st.builds(
    VisitFacts,
    line=st.sampled_from(["registry", "cash"]),
    service=SERVICES,
    day=DAYS,
    hour=HOURS,
    kind=st.sampled_from(TicketKind),
    state=st.sampled_from(TicketState),
    wait_s=st.none() | SECONDS,
    way_s=st.none() | SECONDS,
    service_s=st.none() | SECONDS,
    own_service_s=st.none() | SECONDS,
    is_in_time=st.booleans(),
    is_in_range=st.none() | st.booleans(),
    is_by_latest=st.booleans(),
)
RECORDS = st.builds(
    CallRecord,
    joined_at=st.none() | MOMENTS,
    admitted_at=st.none() | MOMENTS,
    began_at=st.none() | MOMENTS,
    ended_at=st.none() | MOMENTS,
    end_reason=st.sampled_from([None, "ended", "time_over"]),
    outcome=st.sampled_from([None, "resolved", "referred"]),
    by_phone_at=st.none() | MOMENTS,
)
QUALITIES = st.builds(
    CallQuality, st.integers(1, 50), st.integers(0, 9), st.none() | st.floats(0, 900), st.none() | st.floats(0, 50)
)
ANSWERS = st.builds(SurveyAnswer, RATINGS, st.none() | RATINGS, st.none() | RATINGS, st.just(WORDS))
CALLS = st.builds(
    MeasuredCall,
    service=SERVICES,
    day=DAYS,
    hour=HOURS,
    state=st.sampled_from(AppointmentState),
    starts_at=MOMENTS,
    due_at=MOMENTS,
    record=st.none() | RECORDS,
    quality=st.none() | QUALITIES,
    test=st.sampled_from([*TEST_GRADES, "unheard of"]),
    answers=st.lists(ANSWERS, max_size=2),
)
PHONE_CALLS = st.builds(
    PhoneCall,
    id=st.just("the id of a call"),
    appointment_id=st.just("the id of an appointment"),
    agent_id=st.just("boris"),
    called_at=MOMENTS,
    ended_at=st.none() | MOMENTS,
    result=st.none() | st.sampled_from(PhoneCallResult),
    expected_at=st.none() | MOMENTS,
)
PHONE = st.builds(
    MeasuredPhoneVisit,
    service=SERVICES,
    day=DAYS,
    hour=HOURS,
    state=st.sampled_from(AppointmentState),
    due_at=MOMENTS,
    calls=st.lists(PHONE_CALLS, max_size=3).map(tuple),
)
PERIODS = st.lists(
    st.builds(
        PeriodFacts,
        st.just(""),
        st.lists(VISITS, max_size=30),
        st.lists(CALLS, max_size=8),
        st.lists(PHONE, max_size=5),
    ),
    min_size=1,
    max_size=2,
)


def count_days(facts: PeriodFacts) -> PeriodCells:
    """Count each day, and read the counts back from their stored form."""
    days = {case.day for cases in (facts.visits, facts.calls, facts.phone) for case in cases}
    return PeriodCells(facts.office, [(day, decode_cells(encode_day(facts, day))) for day in days])


def encode_day(facts: PeriodFacts, day: date) -> bytes:
    return encode_cells(
        count_cases(
            [visit for visit in facts.visits if visit.day == day],
            [call for call in facts.calls if call.day == day],
            [visit for visit in facts.phone if visit.day == day],
        )
    )


@given(PERIODS, st.none() | st.integers(0, 3_000))
def test_figures_from_counts_equal_those_from_cases(facts: Sequence[PeriodFacts], within_s: int | None) -> None:
    """Use the place in the list as the office of a fact, so that no two offices merge."""
    named = [replace(period, office=f"office{number}") for number, period in enumerate(facts)]
    tallies = add_up([count_days(period) for period in named])
    limits = {period.office: within_s for period in named}
    assert compute_figures(tallies, within_s) == compute_from_cases(named, within_s)
    for grouping in FigureGrouping:
        counted = group_figures(tallies, grouping, limits)
        expected = group_from_cases(named, grouping, limits)
        assert counted == expected
        assert list(counted) == list(expected)


@given(st.lists(CALLS), st.lists(PHONE))
def test_stored_counts_have_no_words_ids_or_agents(
    calls: Sequence[MeasuredCall], phone: Sequence[MeasuredPhoneVisit]
) -> None:
    stored = list(texts_in(json.loads(zlib.decompress(encode_cells(count_cases(calls=calls, phone=phone))))))
    for personal in (WORDS, "the id of", "boris", "2026"):
        assert not [text for text in stored if personal in text]


def texts_in(value: object) -> Iterator[str]:
    """Yield every text of a JSON value: a number may have the digits of a year by chance."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from texts_in(part)
    elif isinstance(value, dict):
        yield from texts_in([*value, *value.values()])
