"""A host books for somebody, also at a time that the public cannot have, on both databases."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import pytest
from office360.appointments import service
from office360.appointments.storage.tables import AppointmentRow
from office360.core.auth import Principal, Role
from office360.core.errors import Invalid, NotAllowed, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from sqlalchemy import select

from ...conftest import FakeClock
from ..support.requesters import AMINA, FRIDAY_AT_9, asking

CARMEN = Principal("carmen", "Carmen", Role.HOST, frozenset({"centro"}))
BORIS = Principal("boris", "Boris", Role.AGENT, frozenset({"centro"}))
HOST_ELSEWHERE = Principal("fatima", "Fatima", Role.HOST, frozenset({"elsewhere"}))
SUNDAY_NIGHT = FRIDAY_AT_9 + timedelta(days=2, hours=13)
WHY = "Works at night."


async def test_a_host_books_as_the_public_does(runtime: Runtime, office: Office) -> None:
    await service.book_inside(runtime, CARMEN, "centro", asking(AMINA))
    with pytest.raises(Refused, match="duplicate_appointment"):
        await service.book_inside(runtime, CARMEN, "centro", asking(AMINA))


async def test_with_a_reason_a_host_gives_a_time_that_the_public_cannot_have(
    runtime: Runtime, office: Office
) -> None:
    asked = dataclasses.replace(asking(AMINA), starts_at=SUNDAY_NIGHT)
    with pytest.raises(Refused, match="slot_taken"):
        await service.book_inside(runtime, CARMEN, "centro", asked)
    made = await service.book_inside(runtime, CARMEN, "centro", dataclasses.replace(asked, override=WHY))
    assert made.starts_at == SUNDAY_NIGHT
    async with runtime.reading() as session:
        row = (await session.execute(select(AppointmentRow))).scalar_one()
    assert (row.booked_by, row.override) == ("staff:carmen", WHY)


async def test_nobody_gives_a_time_that_is_past(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    past = dataclasses.replace(asking(AMINA), starts_at=clock.now() - timedelta(hours=1), override=WHY)
    with pytest.raises(Invalid):
        await service.book_inside(runtime, CARMEN, "centro", past)


async def test_only_hosts_of_the_office_book_inside(runtime: Runtime, office: Office) -> None:
    for stranger in (BORIS, HOST_ELSEWHERE):
        with pytest.raises(NotAllowed):
            await service.book_inside(runtime, stranger, "centro", asking(AMINA))


async def test_a_double_tap_books_once(runtime: Runtime, office: Office) -> None:
    asked = dataclasses.replace(asking(AMINA), starts_at=SUNDAY_NIGHT, override=WHY)
    both = await asyncio.gather(
        *(service.book_inside(runtime, CARMEN, "centro", asked, request_key="tap") for _ in range(2))
    )
    assert len({one.id for one in both}) == 1
