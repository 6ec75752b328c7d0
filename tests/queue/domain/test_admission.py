"""When a ticket is issued, and the reason when it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from office360.queue.domain.admission import Refusal, Situation, appointment, walk_in
from office360.queue.domain.ticket import LineRules
from office360.queue.domain.wait_estimate import Forecast, Range

from ..support.tickets import at

OPEN = Situation(
    paused=False,
    closing=at(120),
    opens_at=None,
    stopped=False,
    quota=None,
    walk_ins=40,
    forecast=Forecast(Range(at(10), at(20)), at(30), timedelta(minutes=2)),
)


def _foreseen(finished: float, delay: float = 0) -> Forecast:
    return Forecast(Range(at(10), at(20)), at(finished), timedelta(minutes=delay))


def test_an_open_office_with_time_left_gives_a_ticket() -> None:
    assert walk_in(OPEN) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"closing": None}, "closed"),
        ({"paused": True}, "paused"),
        ({"stopped": True}, "walk_ins_stopped"),
        ({"quota": 40}, "quota_reached"),
        ({"forecast": _foreseen(115.1)}, "no_capacity"),
        ({"forecast": _foreseen(30, delay=10.1)}, "no_capacity"),
    ],
)
def test_each_reason_not_to_give_one_has_its_code(changes: dict[str, object], code: str) -> None:
    refusal = walk_in(replace(OPEN, **changes))  # type: ignore[arg-type]
    assert refusal is not None
    assert refusal.code == code


def test_a_closed_office_says_when_it_opens() -> None:
    assert walk_in(replace(OPEN, closing=None, opens_at=at(600))) == Refusal("closed", at(600))


def test_the_last_visit_ends_five_minutes_before_closing() -> None:
    assert walk_in(replace(OPEN, forecast=_foreseen(115))) is None


def test_a_line_has_its_own_margin_before_closing() -> None:
    early = replace(OPEN, rules=LineRules.of({"closing_margin": 1800}))
    assert walk_in(replace(early, forecast=_foreseen(90))) is None
    assert walk_in(replace(early, forecast=_foreseen(90.1))) == Refusal("no_capacity")


def test_no_ticket_is_given_while_appointments_wait_longer_than_they_should() -> None:
    assert walk_in(replace(OPEN, forecast=_foreseen(30, delay=10))) is None
    patient = replace(OPEN, rules=LineRules.of({"appointment_delay": 1200}))
    assert walk_in(replace(patient, forecast=_foreseen(30, delay=20))) is None


def test_the_quota_counts_those_given_out_today() -> None:
    assert walk_in(replace(OPEN, quota=41)) is None


def test_when_nobody_can_say_how_long_it_takes_the_ticket_is_given() -> None:
    assert walk_in(replace(OPEN, forecast=None)) is None


# With an appointment at 10:30


def _ask(minute: float, *, paused: bool = False) -> Refusal | None:
    return appointment(at(0), at(minute), paused=paused, rules=LineRules())


def test_check_in_opens_a_quarter_of_an_hour_before() -> None:
    assert _ask(-15.1) == Refusal("too_early", at(-15))
    assert _ask(-15) is None


def test_half_an_hour_late_the_entrance_decides() -> None:
    assert _ask(29.9) is None
    assert _ask(30) == Refusal("too_late_for_turn")


def test_an_office_that_is_paused_gives_no_ticket_to_anybody() -> None:
    assert _ask(0, paused=True) == Refusal("paused")
