"""Admission of walk-ins and appointments, and the reasons for a refusal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from office360.queue.domain.admission import AdmissionContext, AdmissionRefusal, check_appointment, check_walk_in
from office360.queue.domain.line_settings import LineSettings
from office360.queue.domain.wait_estimate import ForecastRange, NewTicketForecast

from ..support.tickets import at_minute

OPEN_CONTEXT = AdmissionContext(
    paused=False,
    closes_at=at_minute(120),
    opens_at=None,
    walk_ins_stopped=False,
    daily_quota=None,
    walk_ins_today=40,
    forecast=lambda: _forecast_ending(30, delay=2),
)


def _forecast_ending(finished: float, delay: float = 0) -> NewTicketForecast:
    return NewTicketForecast(
        ForecastRange(at_minute(10), at_minute(20)), at_minute(finished), timedelta(minutes=delay)
    )


def test_open_office_with_time_left_issues_ticket() -> None:
    assert check_walk_in(OPEN_CONTEXT) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"closes_at": None}, "closed"),
        ({"paused": True}, "paused"),
        ({"walk_ins_stopped": True}, "walk_ins_stopped"),
        ({"daily_quota": 40}, "quota_reached"),
        ({"forecast": lambda: _forecast_ending(115.1)}, "no_capacity"),
        ({"forecast": lambda: _forecast_ending(30, delay=10.1)}, "no_capacity"),
    ],
)
def test_walk_in_refusal_has_code_of_its_reason(changes: dict[str, object], code: str) -> None:
    refusal = check_walk_in(replace(OPEN_CONTEXT, **changes))  # type: ignore[arg-type]
    assert refusal is not None
    assert refusal.code == code


@pytest.mark.parametrize(
    ("changes", "lasts"),
    [
        ({"forecast": lambda: _forecast_ending(115.1), "earliest_finish": at_minute(115)}, False),
        ({"forecast": lambda: _forecast_ending(115.1), "earliest_finish": at_minute(115.1)}, True),
        ({"forecast": lambda: _forecast_ending(30, delay=10.1), "earliest_finish": at_minute(30)}, False),
        ({"daily_quota": 40}, True),
        ({"walk_ins_stopped": True}, False),
        ({"paused": True}, False),
    ],
)
def test_refusal_lasts_today_unless_a_desk_may_end_it(changes: dict[str, object], lasts: bool) -> None:
    refusal = check_walk_in(replace(OPEN_CONTEXT, **changes))  # type: ignore[arg-type]
    assert refusal is not None
    assert refusal.lasts_today is lasts


def test_forecast_is_asked_last() -> None:
    asked = []
    context = replace(OPEN_CONTEXT, forecast=lambda: asked.append(1))
    for changes in ({"closes_at": None}, {"paused": True}, {"walk_ins_stopped": True}, {"daily_quota": 40}):
        check_walk_in(replace(context, **changes))
    assert asked == []
    check_walk_in(context)
    assert asked == [1]


def test_closed_office_refusal_names_next_opening() -> None:
    assert check_walk_in(replace(OPEN_CONTEXT, closes_at=None, opens_at=at_minute(600))) == AdmissionRefusal(
        "closed", at_minute(600)
    )


def test_last_visit_may_end_five_minutes_before_closing() -> None:
    assert check_walk_in(replace(OPEN_CONTEXT, forecast=lambda: _forecast_ending(115))) is None


def test_line_setting_changes_margin_before_closing() -> None:
    early = replace(OPEN_CONTEXT, settings=LineSettings.from_overrides({"closing_margin": 1800}))
    assert check_walk_in(replace(early, forecast=lambda: _forecast_ending(90))) is None
    late = replace(early, forecast=lambda: _forecast_ending(90.1))
    assert check_walk_in(late) == AdmissionRefusal("no_capacity")


def test_line_setting_changes_accepted_appointment_delay() -> None:
    assert check_walk_in(replace(OPEN_CONTEXT, forecast=lambda: _forecast_ending(30, delay=10))) is None
    patient = replace(OPEN_CONTEXT, settings=LineSettings.from_overrides({"appointment_delay": 1200}))
    assert check_walk_in(replace(patient, forecast=lambda: _forecast_ending(30, delay=20))) is None


def test_quota_above_tickets_issued_today_admits_walk_in() -> None:
    assert check_walk_in(replace(OPEN_CONTEXT, daily_quota=41)) is None


def test_missing_forecast_does_not_prevent_ticket() -> None:
    assert check_walk_in(replace(OPEN_CONTEXT, forecast=lambda: None)) is None


# Check-in for an appointment at 10:30


def _check_in_at(minute: float, *, paused: bool = False) -> AdmissionRefusal | None:
    return check_appointment(at_minute(0), at_minute(minute), paused=paused, settings=LineSettings())


def test_check_in_opens_15_minutes_before_appointment() -> None:
    assert _check_in_at(-15.1) == AdmissionRefusal("too_early", at_minute(-15))
    assert _check_in_at(-15) is None


def test_check_in_is_refused_30_minutes_after_appointment() -> None:
    assert _check_in_at(29.9) is None
    assert _check_in_at(30) == AdmissionRefusal("too_late_for_turn")


def test_paused_office_refuses_check_in() -> None:
    assert _check_in_at(0, paused=True) == AdmissionRefusal("paused")
