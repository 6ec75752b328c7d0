"""What an office's own numbers do to its agenda, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from office360.appointments import service
from office360.core.errors import Refused, Unavailable
from office360.core.runtime import Runtime
from office360.offices.service import Mode, Office
from office360.server.check import Finding, findings
from office360.server.settings import Settings

from ..conftest import FakeClock
from .agendas import set_agenda
from .people import AMINA, DIEGO, FRIDAY_AT_9, asking


async def free(
    runtime: Runtime,
    office: Office,
    first: date,
    days: int = 1,
    *,
    slug: str = "certificate",
    mode: Mode = "video",
) -> list[service.Slot]:
    async with runtime.reading() as session:
        one = office.service(slug)
        return await service.free_times(session, office, one, mode, runtime.now(), first, days)


async def test_how_late_one_may_book_is_the_services_own(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    office = await set_agenda(runtime, office, "certificate", lead=120)
    first = (await free(runtime, office, clock.now().date()))[0].starts_at
    assert first == clock.now() + timedelta(hours=2)


async def test_dates_that_are_not_released_cannot_be_booked(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    office = await set_agenda(runtime, office, release={"days": 2, "at": "11:00"})  # it is 10:30
    assert await free(runtime, office, FRIDAY_AT_9.date()) == []
    with pytest.raises(Refused, match="slot_taken"):
        await service.book(runtime, "centro", asking(AMINA))
    clock.advance(minutes=30)
    assert (await free(runtime, office, FRIDAY_AT_9.date()))[0].starts_at == FRIDAY_AT_9
    await service.book(runtime, "centro", asking(AMINA))


async def test_after_the_limit_only_the_office_cancels(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    await set_agenda(runtime, office, change_until=60)
    token = service.token_of(runtime, await service.book(runtime, "centro", asking(AMINA)))
    clock.set(FRIDAY_AT_9 - timedelta(minutes=59))
    with pytest.raises(Refused, match="change_closed"):
        await service.cancel(runtime, token)
    with pytest.raises(Refused, match="change_closed"):
        await service.reschedule(runtime, token, FRIDAY_AT_9 + timedelta(hours=2))
    assert (await service.cancel(runtime, token, by="office")).state == "cancelled_office"


async def test_numbers_that_make_no_sense_stop_the_agenda_and_are_named(
    runtime: Runtime, office: Office, settings: Settings
) -> None:
    booked = await service.book(runtime, "centro", asking(AMINA))
    office = await set_agenda(runtime, office, "certificate", lead="an hour")
    with pytest.raises(Unavailable, match="agenda_unavailable"):
        await free(runtime, office, FRIDAY_AT_9.date())
    with pytest.raises(Unavailable, match="agenda_unavailable"):
        await service.book(runtime, "centro", asking(DIEGO, mode="in_person"))
    assert len(await free(runtime, office, FRIDAY_AT_9.date(), slug="complaints")) > 0
    assert Finding("agenda of certificate in centro", "booking.lead is not a whole number") in await findings(
        settings
    )
    assert (await service.cancel(runtime, service.token_of(runtime, booked))).state == "cancelled_citizen"
