"""What an office's own numbers do to its agenda, on both databases."""

from __future__ import annotations

import asyncio
from datetime import date, time, timedelta

import pytest
from office360.appointments import service
from office360.core.auth import Principal, Role
from office360.core.errors import Refused, Unavailable
from office360.core.runtime import Runtime
from office360.offices.service import Mode, Office, bump_offices, office_by_slug
from office360.offices.tables import DeskLineRow, OpeningRow
from office360.server.installation_check import Finding, findings
from office360.server.settings import Settings
from sqlalchemy import delete, update

from ...conftest import FakeClock
from ..support.agenda_settings import set_agenda
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, asking

CARMEN = Principal("carmen", "Carmen", Role.HOST, frozenset({"centro"}))
LENA = {"name": "Lena Vogel", "email": "lena@example.org"}


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


# Desks, breaks and internal places


async def serve_only(runtime: Runtime, office: Office, desks: dict[str, list[str]]) -> None:
    """Let the named desks serve these lines, and the others none."""
    line_ids = {line.slug: line.id for line in office.lines}
    async with runtime.transaction() as tx:
        await tx.session.execute(delete(DeskLineRow))
        for desk in office.desks:
            for preference, line in enumerate(desks.get(desk.name, [])):
                tx.session.add(DeskLineRow(desk_id=desk.id, line_id=line_ids[line], preference=preference))
        await bump_offices(tx.session, [office.id])


async def test_services_of_several_lines_share_the_desks_that_serve_them(runtime: Runtime, office: Office) -> None:
    await serve_only(runtime, office, {"1": ["registry", "identity"], "2": ["identity"]})
    await service.book(runtime, "centro", asking(AMINA, service="documents", mode="in_person"))
    with pytest.raises(Refused, match="slot_taken"):  # a second place, but no second desk
        await service.book(runtime, "centro", asking(DIEGO, service="documents", mode="in_person"))
    await service.book(runtime, "centro", asking(DIEGO, mode="in_person"))
    await service.book(runtime, "centro", asking(DIEGO, service="complaints"))  # by video nobody needs one


async def test_clients_of_two_services_that_race_for_one_desk_get_it_once(
    runtime: Runtime, office: Office
) -> None:
    await serve_only(runtime, office, {"1": ["registry", "identity"]})
    people = [{"name": f"Citizen {number}", "email": f"citizen{number}@example.org"} for number in range(12)]

    async def try_to_book(number: int) -> bool:
        try:
            slug = ("documents", "certificate")[number % 2]
            await service.book(runtime, "centro", asking(people[number], service=slug, mode="in_person"))
        except Refused:
            return False
        return True

    assert sum(await asyncio.gather(*map(try_to_book, range(12)))) == 1


async def test_a_break_is_two_openings_and_holds_no_visit(runtime: Runtime, office: Office) -> None:
    async with runtime.transaction() as tx:
        friday = OpeningRow.office_id == office.id, OpeningRow.weekday == FRIDAY_AT_9.weekday()
        await tx.session.execute(update(OpeningRow).where(*friday).values(closes=time(10)))
        tx.session.add(OpeningRow(office_id=office.id, weekday=4, opens=time(10, 20), closes=time(11)))
        await bump_offices(tx.session, [office.id])
    async with runtime.reading() as session:
        office = await office_by_slug(session, "centro")
    found = [slot.starts_at - FRIDAY_AT_9 for slot in await free(runtime, office, FRIDAY_AT_9.date())]
    assert [one // timedelta(minutes=1) for one in found] == [0, 15, 30, 45, 80, 95]


async def test_staff_give_the_internal_places_that_the_public_does_not_see(
    runtime: Runtime, office: Office
) -> None:
    office = await set_agenda(runtime, office, "certificate", internal={"video": 1})
    await service.book_inside(runtime, CARMEN, "centro", asking(AMINA))
    assert (await free(runtime, office, FRIDAY_AT_9.date()))[0] == service.Slot(
        FRIDAY_AT_9, FRIDAY_AT_9 + timedelta(minutes=15), 1
    )
    await service.book(runtime, "centro", asking(DIEGO))
    for book in (
        service.book(runtime, "centro", asking(LENA)),
        service.book_inside(runtime, CARMEN, "centro", asking(LENA)),
    ):
        with pytest.raises(Refused, match="slot_taken"):
            await book


async def test_a_desk_is_kept_free_around_visits_that_were_booked_before(runtime: Runtime, office: Office) -> None:
    await service.book(runtime, "centro", asking(AMINA, starts_at=FRIDAY_AT_9 + timedelta(minutes=30)))
    office = await set_agenda(runtime, office, buffer_after=10)
    starts = [slot.starts_at - FRIDAY_AT_9 for slot in await free(runtime, office, FRIDAY_AT_9.date())]
    assert [one // timedelta(minutes=1) for one in starts][:3] == [0, 60, 75]
