"""Rescheduling by the office: new times, the message, the audit, concurrent bookings."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.actions.book import book_as_staff
from office360.appointments.queries.new_times import MOVE_NOTICE, propose_new_times
from office360.appointments.service import Appointment, AppointmentState, book_appointment, move_by_office
from office360.core.db.audit_entries import AuditEntryRow
from office360.core.errors import NotAllowed, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office, hours
from sqlalchemy import select

from ....conftest import FakeClock
from ....notifications.support.channels import by_sms
from ...support.agenda_settings import set_agenda
from ...support.database import load_outbox, load_state
from ...support.requesters import AMINA, DIEGO, FRIDAY_AT_9, QUARTER, make_booking_request
from ...support.staff import BORIS, CARMEN

S = AppointmentState
AT_11 = FRIDAY_AT_9 + timedelta(hours=2)

PHONE = "+34600000000"


def open_on_friday(office: Office, *spans: tuple[int, int]) -> Office:
    """Return the office with these hours on Fridays, from and until."""
    intervals = tuple(hours.OpeningInterval(time(opens), time(closes)) for opens, closes in spans)
    return replace(office, hours=replace(office.hours, weekly={**office.hours.weekly, 4: intervals}))


async def book(runtime: Runtime, number: int = 0, **more: Any) -> Appointment:
    person = {"name": f"Persona {number}", "email": f"p{number}@example.org"}
    return await book_appointment(runtime, "centro", make_booking_request(person, **more))


async def propose(runtime: Runtime, office: Office, *appointments: Appointment) -> dict[str, datetime]:
    async with runtime.read_session() as session:
        return await propose_new_times(session, office, appointments, runtime.now())


async def test_move_tells_the_citizen_who_moved_it(runtime: Runtime, office: Office) -> None:
    old = await book_appointment(
        runtime,
        "centro",
        make_booking_request(phone=PHONE, channels=by_sms(PHONE), language="en"),
    )
    new = await move_by_office(runtime, CARMEN, old.id, AT_11)
    assert (new.starts_at, new.moves, new.calendar_uid) == (AT_11, 0, old.calendar_uid)
    assert await load_state(runtime, old.id) is S.RESCHEDULED
    told = [message for message in await load_outbox(runtime) if message.kind == "appointment_rescheduled"]
    assert sorted(message.channel for message in told) == ["email", "sms"]
    assert {message.payload["moved_by"] for message in told} == {"office"}


async def test_move_is_audited_without_names(runtime: Runtime, office: Office) -> None:
    old = await book_appointment(runtime, "centro", make_booking_request())
    await move_by_office(runtime, CARMEN, old.id, AT_11)
    async with runtime.read_session() as session:
        (entry,) = (await session.execute(select(AuditEntryRow))).scalars()
    assert (entry.action, entry.actor_name, entry.office) == ("appointment.moved", "Carmen", "centro")
    assert (entry.subject_id, entry.subject_label) == (old.id, old.locator)
    assert entry.before == {"starts_at": "2026-11-27T08:00:00+00:00"}
    assert entry.after is not None
    assert AMINA["name"] not in str([entry.before, entry.after, entry.subject_label])


async def test_repeated_move_changes_nothing(runtime: Runtime, office: Office) -> None:
    old = await book_appointment(runtime, "centro", make_booking_request())
    both = await asyncio.gather(*(move_by_office(runtime, CARMEN, old.id, AT_11) for _ in range(2)))
    assert both[0] == both[1]
    with pytest.raises(Refused, match="illegal_transition"):
        await move_by_office(runtime, CARMEN, old.id, AT_11 + QUARTER)


async def test_staff_move_after_the_deadline_of_citizens(runtime: Runtime, office: Office) -> None:
    await set_agenda(runtime, office, change_until=43200)
    old = await book_appointment(runtime, "centro", make_booking_request())
    assert (await move_by_office(runtime, CARMEN, old.id, AT_11)).starts_at == AT_11


async def test_agents_and_unknown_people_cannot_move(runtime: Runtime, office: Office) -> None:
    old = await book_appointment(runtime, "centro", make_booking_request())
    with pytest.raises(NotAllowed):
        await move_by_office(runtime, BORIS, old.id, AT_11)
    elsewhere = replace(CARMEN, offices=frozenset({"norte"}))
    with pytest.raises(NotAllowed):
        await move_by_office(runtime, elsewhere, old.id, AT_11)


async def test_slot_booked_meanwhile_is_not_given_twice(runtime: Runtime, office: Office) -> None:
    old = await book_appointment(runtime, "centro", make_booking_request())
    moved, booked = await asyncio.gather(
        move_by_office(runtime, CARMEN, old.id, AT_11),
        book_appointment(runtime, "centro", make_booking_request(DIEGO, starts_at=AT_11)),
        return_exceptions=True,
    )
    assert sorted([isinstance(moved, Refused), isinstance(booked, Refused)]) == [False, True]
    state = await load_state(runtime, old.id)
    assert state is (S.CONFIRMED if isinstance(moved, Refused) else S.RESCHEDULED)


async def test_new_times_are_on_the_same_day_in_order(runtime: Runtime, office: Office) -> None:
    people = [await book(runtime, n, starts_at=FRIDAY_AT_9 + n * QUARTER) for n in range(4)]
    proposed = await propose(runtime, open_on_friday(office, (10, 19)), *reversed(people))
    times = [proposed[one.id] for one in people]
    assert times == sorted(times)
    assert times[0] == FRIDAY_AT_9 + timedelta(hours=1)
    assert {time.date() for time in times} == {FRIDAY_AT_9.date()}


async def test_closed_day_moves_to_the_next_open_day(runtime: Runtime, office: Office) -> None:
    amina = await book(runtime)
    closed = replace(office, hours=replace(office.hours, closures={date(2026, 11, 27): "Fiesta"}))
    assert await propose(runtime, closed, amina) == {amina.id: FRIDAY_AT_9 + timedelta(days=1)}


async def test_proposed_times_share_the_capacity(runtime: Runtime, office: Office) -> None:
    people = [await book(runtime, n, starts_at=FRIDAY_AT_9 + n * QUARTER) for n in range(3)]
    proposed = await propose(runtime, open_on_friday(office, (12, 13)), *people)
    assert len(set(proposed.values())) == 3, "one place by video"


async def test_new_time_is_a_day_away(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    amina = await book(runtime)
    clock.set(FRIDAY_AT_9 - timedelta(hours=2))
    proposed = await propose(runtime, open_on_friday(office, (10, 19)), amina)
    assert proposed[amina.id] >= clock.now() + MOVE_NOTICE


async def test_no_time_for_a_service_that_ended(runtime: Runtime, office: Office) -> None:
    amina = await book(runtime)
    left = tuple(one for one in office.services if one.slug != amina.service_slug)
    assert await propose(runtime, replace(office, services=left), amina) == {}


async def test_clock_change_keeps_the_local_time(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    clock.set(datetime(2027, 3, 20, 9, tzinfo=FRIDAY_AT_9.tzinfo))
    friday = datetime(2027, 3, 26, 8, tzinfo=FRIDAY_AT_9.tzinfo)  # 9:00 in Madrid, two days before the change
    amina = await book(runtime, starts_at=friday)
    closures = {date(2027, 3, 26): "Fiesta", date(2027, 3, 27): "Fiesta"}
    closed = replace(office, hours=replace(office.hours, closures=closures))
    proposed = await propose(runtime, closed, amina)
    assert proposed[amina.id] == datetime(2027, 3, 29, 7, tzinfo=FRIDAY_AT_9.tzinfo)  # 9:00 again


async def test_appointment_at_a_closed_time_is_unfit(runtime: Runtime, office: Office) -> None:
    amina = await book(runtime)
    night = FRIDAY_AT_9 + timedelta(hours=14)
    late = await book_as_staff(
        runtime, CARMEN, "centro", make_booking_request(DIEGO, starts_at=night, override="Visita de noche")
    )
    async with runtime.read_session() as session:
        assert await service.unfit_appointments(session, office, runtime.now()) == {late: "Visita de noche"}
        closed = open_on_friday(office)
        unfit = await service.unfit_appointments(session, closed, runtime.now())
        affected = await service.affected_appointments(session, office, closed, runtime.now())
    assert [one.id for one in unfit] == [amina.id, late.id]
    assert [one.id for one in affected] == [amina.id]
