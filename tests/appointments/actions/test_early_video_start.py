"""Nobody came to a video call: who is asked in, for how long, and what it changes. Both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.actions.early_video_start import DUE_TIMER
from office360.appointments.service import Appointment, AppointmentState, Wish, book, entry, token_of
from office360.appointments.storage.tables import OfferRow
from office360.core.db.outbox import OutboxRow
from office360.core.db.timers import fire_due
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from sqlalchemy import select

from ...conftest import FakeClock
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, asking

QUARTER = timedelta(minutes=15)


SIGNING: dict[str, Any] = {"email": "signing@example.org", "needs": ("sign_language",)}


@pytest.fixture(autouse=True)
def watched(runtime: Runtime) -> None:
    runtime.events.on(service.AppointmentBooked, service.watch_booked)
    runtime.events.on(service.AppointmentRescheduled, service.watch_rescheduled)


async def at(runtime: Runtime, person: dict[str, str], quarter: int, *, wants: bool = True) -> Appointment:
    booked = await book(runtime, "centro", asking(person, starts_at=FRIDAY_AT_9 + quarter * QUARTER))
    if wants:
        await service.want_earlier(runtime, token_of(runtime, booked), Wish())
    return booked


async def asked_in(runtime: Runtime, appointment: Appointment) -> service.Offer | None:
    async with runtime.reading() as session:
        return (await service.earlier_of(session, appointment, runtime.now())).now


async def nobody_comes(runtime: Runtime, clock: FakeClock, minutes: int = 10) -> None:
    clock.set(FRIDAY_AT_9 + timedelta(minutes=minutes))
    await fire_due(runtime, service.TIMERS)


async def kinds(runtime: Runtime) -> list[Any]:
    async with runtime.reading() as session:
        found = await session.execute(select(OutboxRow.kind).where(OutboxRow.kind == "come_in_now"))
        return list(found.scalars())


async def test_ten_minutes_late_the_next_who_wants_to_come_earlier_is_asked_in(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await at(runtime, AMINA, 0, wants=False)
    diego = await at(runtime, DIEGO, 8)
    await nobody_comes(runtime, clock, 9)
    assert await asked_in(runtime, diego) is None
    await nobody_comes(runtime, clock)
    offer = await asked_in(runtime, diego)
    assert offer is not None
    assert offer.expires_at == clock.now() + timedelta(minutes=5)
    assert await kinds(runtime) == ["come_in_now"]
    for _ in range(2):
        came = await service.come_in(runtime, token_of(runtime, diego), offer.id)
    assert entry(came, clock.now()) is service.Entry.OPEN
    assert came.starts_at == FRIDAY_AT_9 + 8 * QUARTER, "their own time stays theirs"


async def test_an_agent_who_says_that_nobody_came_need_not_wait(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, diego = await at(runtime, AMINA, 0, wants=False), await at(runtime, DIEGO, 8)
    clock.set(FRIDAY_AT_9 + timedelta(minutes=5))
    async with runtime.transaction() as tx:
        await service.mark_no_show(tx, amina.id)
    await fire_due(runtime, service.TIMERS)
    assert await asked_in(runtime, diego) is not None


async def test_whoever_does_not_come_in_five_minutes_makes_way_for_the_next(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, diego = await at(runtime, AMINA, 0, wants=False), await at(runtime, DIEGO, 8)
    clock.advance(seconds=1)
    boris = await at(runtime, {"name": "Boris Petrov", "email": "boris@example.org"}, 6)
    clock.set(FRIDAY_AT_9 + timedelta(minutes=1))
    async with runtime.transaction() as tx:
        await service.mark_no_show(tx, amina.id)
    await fire_due(runtime, service.TIMERS)
    offer = await asked_in(runtime, diego)
    assert offer is not None
    assert await asked_in(runtime, boris) is None
    clock.advance(minutes=5)
    await fire_due(runtime, service.TIMERS)
    assert await asked_in(runtime, boris) is not None
    with pytest.raises(Refused, match="offer_over"):
        await service.come_in(runtime, token_of(runtime, diego), offer.id)


async def test_two_workers_at_once_ask_in_one(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    amina = await at(runtime, AMINA, 0, wants=False)
    await at(runtime, DIEGO, 8)
    await at(runtime, {"name": "Boris Petrov", "email": "boris@example.org"}, 6)
    clock.set(FRIDAY_AT_9 + timedelta(minutes=10))

    async def work() -> None:
        async with runtime.transaction() as tx:
            await service.TIMERS[DUE_TIMER](tx, amina.id)

    await asyncio.gather(*(work() for _ in range(3)))
    assert await kinds(runtime) == ["come_in_now"]


async def test_nobody_is_asked_in_whose_call_would_run_into_the_next_one(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await at(runtime, AMINA, 0, wants=False)
    await at(runtime, {"name": "Carmen Vega", "email": "carmen@example.org"}, 1, wants=False)
    diego = await at(runtime, DIEGO, 8)
    await nobody_comes(runtime, clock)
    assert await asked_in(runtime, diego) is None


@pytest.mark.parametrize("quarter", [13, 1], ids=["in more than three hours", "who can enter already"])
async def test_nobody_is_asked_in_too_soon_or_for_nothing(
    runtime: Runtime, office: Office, clock: FakeClock, quarter: int
) -> None:
    await at(runtime, AMINA, 0, wants=False)
    diego = await at(runtime, DIEGO, quarter)
    await nobody_comes(runtime, clock)
    assert await asked_in(runtime, diego) is None


async def test_whoever_came_frees_nothing(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    amina, diego = await at(runtime, AMINA, 0, wants=False), await at(runtime, DIEGO, 8)
    clock.set(FRIDAY_AT_9)
    async with runtime.transaction() as tx:
        await service.check_in(tx, amina.id)
    await nobody_comes(runtime, clock)
    assert await asked_in(runtime, diego) is None
    async with runtime.reading() as session:
        assert (await session.execute(select(OfferRow))).first() is None


async def test_an_office_that_runs_late_waits_longer(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    amina, diego = await at(runtime, AMINA, 0, wants=False), await at(runtime, DIEGO, 8)
    assert amina.state is AppointmentState.CONFIRMED
    clock.set(FRIDAY_AT_9 - timedelta(minutes=10))
    async with runtime.transaction() as tx:
        await service.tell_late(tx, amina.id, FRIDAY_AT_9 + timedelta(minutes=20))
    await nobody_comes(runtime, clock)
    assert await asked_in(runtime, diego) is None


async def test_whose_interpreter_comes_at_the_agreed_hour_is_not_asked_in(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await at(runtime, AMINA, 0, wants=False)
    signing = await book(runtime, "centro", asking(starts_at=FRIDAY_AT_9 + 8 * QUARTER, **SIGNING))
    await service.want_earlier(runtime, token_of(runtime, signing), Wish())
    diego = await at(runtime, DIEGO, 9)
    await nobody_comes(runtime, clock)
    assert await asked_in(runtime, signing) is None
    assert await asked_in(runtime, diego) is not None
