"""Double booking is impossible: fifty people after the last places, on both databases, at two processes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from office360.core.events import Events
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.server.lifespan import make_runtime
from office360.server.settings import Settings

from ...conftest import FakeClock
from ..support.race import GOALS, Race
from ..support.requesters import FRIDAY_AT_9

CLIENTS = 50


@pytest.fixture
async def another(settings: Settings, clock: FakeClock) -> AsyncIterator[Runtime]:
    """A second process at the same database."""
    made = make_runtime(settings, clock, Events())
    yield made
    await made.bus.close()
    await made.db.close()


async def test_of_fifty_people_as_many_get_a_place_as_there_are(
    runtime: Runtime, another: Runtime, office: Office
) -> None:
    race = Race([runtime, another], office, FRIDAY_AT_9, timedelta(minutes=20), CLIENTS)
    outcome = await race.run(seed=1)
    assert outcome.places == 8
    assert (outcome.given, outcome.double) == (outcome.places, 0)


async def test_holds_bookings_and_cancellations_side_by_side_never_give_a_place_twice(
    runtime: Runtime, another: Runtime, office: Office
) -> None:
    race = Race([runtime, another], office, FRIDAY_AT_9, timedelta(minutes=60), CLIENTS, gives_back=40)
    outcome = await race.run(seed=2)
    assert outcome.double == 0
    assert {"held", "let be", "booked", "cancelled", "slot_taken"} <= set(outcome.did)
    assert 0 < outcome.given <= outcome.places
    assert len(GOALS) == 4
