"""Ranges of admission from the lobby, checked against simulated days."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from office360.rooms.domain.admission_forecast import (
    CallLengthSpread,
    OngoingCall,
    WaitingVisit,
    forecast_admissions,
    measure_spread,
)

NOW = datetime(2026, 3, 2, 10, 2, tzinfo=UTC)
PLANNED = timedelta(minutes=15)
SPREAD = CallLengthSpread(0.5, 1.5)


def visit(id: str, minutes: float = 0) -> WaitingVisit:
    return WaitingVisit(id, NOW + timedelta(minutes=minutes), PLANNED)


def minutes_until(moment: datetime) -> float:
    return (moment - NOW) / timedelta(minutes=1)


def test_range_is_rounded_outwards_to_five_minutes() -> None:
    ongoing = [OngoingCall(NOW - timedelta(minutes=5), PLANNED)]  # ends 2.5 to 17.5 minutes from now
    found = forecast_admissions([visit("amina")], ongoing, 0, SPREAD, NOW)["amina"]
    assert (found.earliest, found.latest) == (NOW.replace(minute=0), NOW.replace(minute=25))


def test_range_begins_no_earlier_than_the_appointment() -> None:
    found = forecast_admissions([visit("amina", 13)], [], 1, SPREAD, NOW)["amina"]
    assert found.earliest == NOW.replace(minute=15)


def test_without_agent_only_future_starts_have_a_range() -> None:
    found = forecast_admissions([visit("amina", -1), visit("elena", 8)], [], 0, SPREAD, NOW)
    assert set(found) == {"elena"}
    assert (found["elena"].earliest, found["elena"].latest) == (NOW.replace(minute=10), NOW.replace(minute=25))


def test_call_past_its_long_length_still_delays_the_next() -> None:
    ongoing = [OngoingCall(NOW - timedelta(hours=1), PLANNED)]
    found = forecast_admissions([visit("amina")], ongoing, 0, SPREAD, NOW)["amina"]
    assert minutes_until(found.latest) >= PLANNED / timedelta(minutes=4)


def test_spread_needs_enough_calls() -> None:
    assert measure_spread([5.0] * 9) == CallLengthSpread()
    measured = measure_spread([0.2 + step / 100 for step in range(100)])
    assert 0.25 < measured.short < 0.35
    assert 1.05 < measured.long < 1.15


def test_simulated_admissions_lie_in_their_ranges() -> None:
    """Nine of ten people are let in within the range that they were told when they joined."""
    chance = random.Random(13)
    shares = [chance.lognormvariate(-0.1, 0.4) for _ in range(200)]
    spread, hits, total = measure_spread(shares), 0, 0
    for _ in range(300):
        agents = chance.randint(1, 4)
        began = [NOW - PLANNED * chance.random() for _ in range(agents)]
        waiting = [visit(str(place), chance.uniform(-20, 5)) for place in range(chance.randint(1, 8))]
        told = forecast_admissions(waiting, [OngoingCall(at, PLANNED) for at in began], 0, spread, NOW)
        free_at = sorted(max(NOW, at + PLANNED * chance.choice(shares)) for at in began)
        for each in waiting:
            start = max(free_at.pop(0), each.starts_at) + timedelta(minutes=chance.uniform(0, 3))
            free_at = sorted([*free_at, start + PLANNED * chance.choice(shares)])
            found = told[each.appointment_id]
            hits += found.earliest <= start <= found.latest
            total += 1
    assert hits / total > 0.9
