"""Visits with several services: booking, rescheduling, holds and messages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.actions.rebook import rebook_appointment, replacement_times
from office360.appointments.queries.availability import SlotSearch
from office360.appointments.queries.first_available import first_available_slots
from office360.appointments.storage.tables import AppointmentRow
from office360.core.auth import StaffRole
from office360.core.db.outbox import OutboxRow
from office360.core.errors import Invalid, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_office_versions
from office360.offices.storage.tables import ServiceRow
from office360.staff.actions.accounts import create_api_key
from sqlalchemy import select, update

from ...conftest import AppServer
from ..support.agenda_settings import set_agenda
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, make_booking_request
from ..support.staff import CARMEN

BOTH: dict[str, Any] = {"service": "documents", "mode": "in_person", "more_services": ("certificate",)}
SLOTS = "/api/v1/offices/centro/slots"
sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


async def test_visit_lasts_as_long_as_all_its_services(runtime: Runtime, office: Office) -> None:
    booked = await service.book_appointment(runtime, "centro", make_booking_request(**BOTH))
    assert booked.ends_at - booked.starts_at == minutes(10 + 15)
    assert booked.service_slugs == ("documents", "certificate")
    async with runtime.read_session() as session:
        assert await service.appointment_by_id(session, booked.id) == booked


async def test_each_service_is_occupied_during_its_own_part(runtime: Runtime, office: Office) -> None:
    await service.book_appointment(
        runtime, "centro", make_booking_request(**BOTH)
    )  # the certificate from 9:10 to 9:25
    for at, is_free in ((0, False), (15, False), (30, True)):
        asked = make_booking_request(DIEGO, mode="in_person", starts_at=FRIDAY_AT_9 + minutes(at))
        if is_free:
            await service.book_appointment(runtime, "centro", asked)
        else:
            with pytest.raises(Refused, match="slot_taken"):
                await service.book_appointment(runtime, "centro", asked)


async def test_changed_minutes_do_not_affect_existing_visits(runtime: Runtime, office: Office) -> None:
    booked = await service.book_appointment(runtime, "centro", make_booking_request(**BOTH))
    async with runtime.transaction() as tx:
        await tx.session.execute(update(ServiceRow).values(minutes=5))
        await bump_office_versions(tx.session, [office.id])
    again = make_booking_request(DIEGO, mode="in_person", starts_at=FRIDAY_AT_9 + minutes(20))
    with pytest.raises(Refused, match="slot_taken"):
        await service.book_appointment(runtime, "centro", again)
    async with runtime.read_session() as session:
        (row,) = (await session.execute(select(AppointmentRow))).scalars()
    assert [one["minutes"] for one in row.more_services] == [15]
    assert row.ends_at == booked.ends_at


async def test_reschedule_keeps_all_services(runtime: Runtime, office: Office) -> None:
    token = service.appointment_token(
        runtime, await service.book_appointment(runtime, "centro", make_booking_request(**BOTH))
    )
    moved = await service.reschedule_appointment(
        runtime, token, FRIDAY_AT_9 + minutes(10)
    )  # overlaps the visit's own second part
    assert moved.service_slugs == ("documents", "certificate")
    assert moved.ends_at - moved.starts_at == minutes(25)


async def test_hold_reserves_the_time_of_all_its_services(runtime: Runtime, office: Office) -> None:
    kept = await service.hold_slot(
        runtime, "centro", "documents", "in_person", FRIDAY_AT_9, more_services=("certificate",), holder="amina"
    )
    token = service.hold_token(runtime, kept)
    assert kept.ends_at - kept.starts_at == minutes(25)
    asked = make_booking_request(
        DIEGO, mode="in_person", starts_at=FRIDAY_AT_9 + minutes(15)
    )  # the time of the hold's second service
    with pytest.raises(Refused, match="slot_taken"):
        await service.book_appointment(runtime, "centro", asked)
    booked = await service.book_appointment(runtime, "centro", make_booking_request(**BOTH), hold_token=token)
    assert booked.ends_at == kept.ends_at


async def test_rebook_keeps_all_services(runtime: Runtime, office: Office) -> None:
    booked = await service.book_appointment(runtime, "centro", make_booking_request(**BOTH))
    token = service.appointment_token(runtime, booked)
    cancelled = await service.cancel_by_office(runtime, CARMEN, booked.id, "Obras.")
    async with runtime.read_session() as session:
        ways = await replacement_times(session, office, cancelled, runtime.now())
        message = (
            await session.execute(select(OutboxRow).where(OutboxRow.kind.like("%office_cancelled")))
        ).scalar_one()
    assert message.payload["more_services"] == ["certificate"]
    assert message.payload["services"] == ["Registro de documentos", "Certificado digital"]
    for way in ways:  # the held slot, then a repeated request
        again = await rebook_appointment(runtime, token, way.starts_at)
        assert again.service_slugs == ("documents", "certificate")
        assert again.ends_at - again.starts_at == minutes(25)


@sqlite_only
@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("complaints",), "not_a_choice"),  # given by video only
        (("unknown",), "not_a_choice"),
        (("documents",), "twice"),
        (("certificate", "certificate"), "twice"),
    ],
)
async def test_invalid_additional_services_are_rejected(
    runtime: Runtime, office: Office, more: tuple[str, ...], code: str
) -> None:
    with pytest.raises(Invalid) as caught:
        await service.book_appointment(runtime, "centro", make_booking_request(**{**BOTH, "more_services": more}))
    assert [(one.field, one.code) for one in caught.value.fields] == [("more_services", code)]


@sqlite_only
async def test_service_limit_per_visit_is_enforced(runtime: Runtime, office: Office) -> None:
    await set_agenda(runtime, office, most_services=1)
    with pytest.raises(Invalid) as caught:
        await service.book_appointment(runtime, "centro", make_booking_request(**BOTH))
    assert [(one.code, one.params) for one in caught.value.fields] == [("too_many", {"max": 0})]


@sqlite_only
async def test_strictest_setting_of_all_services_applies(runtime: Runtime, office: Office) -> None:
    office = await set_agenda(runtime, office, "certificate", lead=24 * 60, change_until=120)
    one, other = office.service("documents"), office.service("certificate")
    async with runtime.read_session() as session:
        search = SlotSearch(office, [one, other], "in_person")
        (first,) = await first_available_slots(session, [search], runtime.now())
    assert first is not None
    assert first.starts_at >= runtime.now() + timedelta(days=1)
    booked = await service.book_appointment(runtime, "centro", make_booking_request(**BOTH))
    assert service.change_limit(office, booked) == timedelta(hours=2)


@sqlite_only
async def test_api_lists_and_books_several_services(app_server: AppServer) -> None:
    query = "service=documents&mode=in_person&from=2026-11-27&days=1"
    async with app_server.client() as client:
        async with client.get(f"{SLOTS}?{query}&more=certificate") as response:
            slots = await response.json()
        assert slots[0] == {
            "starts_at": "2026-11-27T09:00:00+01:00",
            "ends_at": "2026-11-27T09:25:00+01:00",
            "left": 1,
        }
        body = {
            "office": "centro",
            "service": "documents",
            "more_services": ["certificate"],
            "mode": "in_person",
            "starts_at": slots[0]["starts_at"],
            "privacy_accepted": True,
            **AMINA,
        }
        async with client.post("/api/v1/appointments", json=body) as response:
            appointment = await response.json()
        assert (response.status, appointment["more_services"], appointment["ends_at"]) == (
            201,
            ["certificate"],
            slots[0]["ends_at"],
        )
        async with client.get(f"{SLOTS}?{query}&more=documents") as response:
            problem = await response.json()
    assert (response.status, problem["errors"][0]["field"]) == (422, "more")


@sqlite_only
async def test_places_left_depend_on_the_caller_role(app_server: AppServer, office: Office) -> None:
    await set_agenda(app_server.runtime, office, "certificate", internal={"video": 2}, release={"days": 1})
    query = f"{SLOTS}?service=certificate&mode=video&from=2026-11-27&days=1"
    left = {}
    for role in (None, StaffRole.AGENT, StaffRole.INTEGRATION, StaffRole.HOST):
        key = await create_api_key(app_server.runtime, role=role) if role else None
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with app_server.client() as client, client.get(query, headers=headers) as response:
            left[role] = [slot["left"] for slot in await response.json()][:1]
    assert left == {None: [], StaffRole.AGENT: [], StaffRole.INTEGRATION: [], StaffRole.HOST: [3]}


@sqlite_only
@pytest.mark.parametrize(
    ("again", "is_duplicate"),
    [
        ({"service": "certificate", "mode": "video"}, True),  # the second service of the visit
        ({"service": "documents", "mode": "in_person"}, True),
        ({"service": "complaints"}, False),
    ],
)
async def test_each_service_of_a_visit_counts_as_duplicate(
    runtime: Runtime, office: Office, again: dict[str, Any], is_duplicate: bool
) -> None:
    await service.book_appointment(runtime, "centro", make_booking_request(**BOTH))
    asked = make_booking_request(**again, starts_at=FRIDAY_AT_9 + minutes(120))
    if is_duplicate:
        with pytest.raises(Refused, match="duplicate_appointment"):
            await service.book_appointment(runtime, "centro", asked)
    else:
        await service.book_appointment(runtime, "centro", asked)
