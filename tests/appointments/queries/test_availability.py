"""Effects of an office's settings on its agenda, on both databases."""

from __future__ import annotations

import asyncio
from datetime import date, time, timedelta

import pytest
from office360.appointments import service
from office360.appointments.actions.book import book_as_staff
from office360.core.errors import Refused, Unavailable
from office360.core.runtime import Runtime
from office360.offices.service import Office, ServiceMode, bump_office_versions, office_by_slug
from office360.offices.storage.tables import DeskLineRow, OpeningRow
from office360.server.checks.check_result import CheckResult, CheckTopic
from office360.server.installation_check import check_installation
from office360.server.settings import Settings
from sqlalchemy import delete, update

from ...conftest import FakeClock
from ..support.agenda_settings import set_agenda
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, make_booking_request
from ..support.staff import CARMEN

LENA = {"name": "Lena Vogel", "email": "lena@example.org"}


async def slots_on_day(
    runtime: Runtime,
    office: Office,
    first: date,
    days: int = 1,
    *,
    slug: str = "certificate",
    mode: ServiceMode = "video",
) -> list[service.FreeSlot]:
    async with runtime.read_session() as session:
        requested = office.service(slug)
        return await service.available_slots(
            session, service.SlotSearch(office, [requested], mode), runtime.now(), first, days
        )


async def test_service_sets_its_own_lead_time(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    office = await set_agenda(runtime, office, "certificate", lead=120)
    first = (await slots_on_day(runtime, office, clock.now().date()))[0].starts_at
    assert first == clock.now() + timedelta(hours=2)


async def test_unreleased_date_cannot_be_booked(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    office = await set_agenda(runtime, office, release={"days": 2, "at": "11:00"})  # it is 10:30
    assert await slots_on_day(runtime, office, FRIDAY_AT_9.date()) == []
    with pytest.raises(Refused, match="slot_taken"):
        await service.book_appointment(runtime, "centro", make_booking_request(AMINA))
    clock.advance(minutes=30)
    assert (await slots_on_day(runtime, office, FRIDAY_AT_9.date()))[0].starts_at == FRIDAY_AT_9
    await service.book_appointment(runtime, "centro", make_booking_request(AMINA))


async def test_after_change_limit_only_the_office_cancels(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await set_agenda(runtime, office, change_until=60)
    token = service.appointment_token(
        runtime, await service.book_appointment(runtime, "centro", make_booking_request(AMINA))
    )
    clock.set(FRIDAY_AT_9 - timedelta(minutes=59))
    with pytest.raises(Refused, match="change_closed"):
        await service.cancel_appointment(runtime, token)
    with pytest.raises(Refused, match="change_closed"):
        await service.reschedule_appointment(runtime, token, FRIDAY_AT_9 + timedelta(hours=2))
    assert (await service.cancel_appointment(runtime, token, by="office")).state == "cancelled_office"


async def test_invalid_settings_stop_the_agenda_and_are_reported(
    runtime: Runtime, office: Office, settings: Settings
) -> None:
    booked = await service.book_appointment(runtime, "centro", make_booking_request(AMINA))
    office = await set_agenda(runtime, office, "certificate", lead="an hour")
    with pytest.raises(Unavailable, match="agenda_unavailable"):
        await slots_on_day(runtime, office, FRIDAY_AT_9.date())
    with pytest.raises(Unavailable, match="agenda_unavailable"):
        await service.book_appointment(runtime, "centro", make_booking_request(DIEGO, mode="in_person"))
    assert len(await slots_on_day(runtime, office, FRIDAY_AT_9.date(), slug="complaints")) > 0
    assert CheckResult(
        CheckTopic.AGENDA, "booking.lead is not a whole number", subject="of certificate in centro"
    ) in await check_installation(settings)
    assert (
        await service.cancel_appointment(runtime, service.appointment_token(runtime, booked))
    ).state == "cancelled_citizen"


# Desks, breaks and internal places


async def set_desk_lines(runtime: Runtime, office: Office, desks: dict[str, list[str]]) -> None:
    """Assign lines to the named desks, and none to the others."""
    line_ids = {line.slug: line.id for line in office.lines}
    async with runtime.transaction() as tx:
        await tx.session.execute(delete(DeskLineRow))
        for desk in office.desks:
            for preference, line in enumerate(desks.get(desk.name, [])):
                tx.session.add(DeskLineRow(desk_id=desk.id, line_id=line_ids[line], preference=preference))
        await bump_office_versions(tx.session, [office.id])


async def test_services_of_two_lines_share_their_desks(runtime: Runtime, office: Office) -> None:
    await set_desk_lines(runtime, office, {"1": ["registry", "identity"], "2": ["identity"]})
    await service.book_appointment(
        runtime, "centro", make_booking_request(AMINA, service="documents", mode="in_person")
    )
    with pytest.raises(Refused, match="slot_taken"):  # there is a second place, but no second desk
        await service.book_appointment(
            runtime, "centro", make_booking_request(DIEGO, service="documents", mode="in_person")
        )
    await service.book_appointment(runtime, "centro", make_booking_request(DIEGO, mode="in_person"))
    await service.book_appointment(
        runtime, "centro", make_booking_request(DIEGO, service="complaints")
    )  # a video visit needs no desk


async def test_concurrent_bookings_for_one_desk_give_one_appointment(runtime: Runtime, office: Office) -> None:
    await set_desk_lines(runtime, office, {"1": ["registry", "identity"]})
    people = [{"name": f"Citizen {number}", "email": f"citizen{number}@example.org"} for number in range(12)]

    async def try_to_book(number: int) -> bool:
        try:
            slug = ("documents", "certificate")[number % 2]
            await service.book_appointment(
                runtime, "centro", make_booking_request(people[number], service=slug, mode="in_person")
            )
        except Refused:
            return False
        return True

    assert sum(await asyncio.gather(*map(try_to_book, range(12)))) == 1


async def test_break_between_openings_has_no_slots(runtime: Runtime, office: Office) -> None:
    async with runtime.transaction() as tx:
        friday = OpeningRow.office_id == office.id, OpeningRow.weekday == FRIDAY_AT_9.weekday()
        await tx.session.execute(update(OpeningRow).where(*friday).values(closes=time(10)))
        tx.session.add(OpeningRow(office_id=office.id, weekday=4, opens=time(10, 20), closes=time(11)))
        await bump_office_versions(tx.session, [office.id])
    async with runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
    found = [slot.starts_at - FRIDAY_AT_9 for slot in await slots_on_day(runtime, office, FRIDAY_AT_9.date())]
    assert [offset // timedelta(minutes=1) for offset in found] == [0, 15, 30, 45, 80, 95]


async def test_internal_places_are_bookable_by_staff_only(runtime: Runtime, office: Office) -> None:
    office = await set_agenda(runtime, office, "certificate", internal={"video": 1})
    await book_as_staff(runtime, CARMEN, "centro", make_booking_request(AMINA))
    assert (await slots_on_day(runtime, office, FRIDAY_AT_9.date()))[0] == service.FreeSlot(
        FRIDAY_AT_9, FRIDAY_AT_9 + timedelta(minutes=15), 1
    )
    await service.book_appointment(runtime, "centro", make_booking_request(DIEGO))
    for book in (
        service.book_appointment(runtime, "centro", make_booking_request(LENA)),
        book_as_staff(runtime, CARMEN, "centro", make_booking_request(LENA)),
    ):
        with pytest.raises(Refused, match="slot_taken"):
            await book


async def test_buffer_applies_around_existing_appointments(runtime: Runtime, office: Office) -> None:
    await service.book_appointment(
        runtime, "centro", make_booking_request(AMINA, starts_at=FRIDAY_AT_9 + timedelta(minutes=30))
    )
    office = await set_agenda(runtime, office, buffer_after=10)
    starts = [slot.starts_at - FRIDAY_AT_9 for slot in await slots_on_day(runtime, office, FRIDAY_AT_9.date())]
    assert [offset // timedelta(minutes=1) for offset in starts][:3] == [0, 60, 75]
