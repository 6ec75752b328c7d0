"""A race of fifty people in two processes books no slot twice, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from office360.core.events import EventRegistry
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.server.runtime import make_runtime
from office360.server.settings import Settings

from ...conftest import FakeClock
from ..support.race import TARGETS, BookingRace
from ..support.requesters import FRIDAY_AT_9

CLIENTS = 50


@pytest.fixture
async def second_runtime(settings: Settings, clock: FakeClock) -> AsyncIterator[Runtime]:
    """Start a second runtime on the same database, as a second process would."""
    appointment = make_runtime(settings, clock, EventRegistry())
    yield appointment
    await appointment.bus.close()
    await appointment.db.close()


async def test_fifty_concurrent_people_get_exactly_all_slots(
    runtime: Runtime, second_runtime: Runtime, office: Office
) -> None:
    race = BookingRace([runtime, second_runtime], office, FRIDAY_AT_9, timedelta(minutes=20), CLIENTS)
    outcome = await race.run(seed=1)
    assert outcome.places == 8
    assert (outcome.given, outcome.double) == (outcome.places, 0)


async def test_concurrent_holds_and_cancels_never_double_book(
    runtime: Runtime, second_runtime: Runtime, office: Office
) -> None:
    race = BookingRace(
        [runtime, second_runtime], office, FRIDAY_AT_9, timedelta(minutes=60), CLIENTS, gives_back=40
    )
    outcome = await race.run(seed=2)
    assert outcome.double == 0
    assert {"held", "let be", "booked", "cancelled", "slot_taken"} <= set(outcome.did)
    assert 0 < outcome.given <= outcome.places
    assert len(TARGETS) == 4
