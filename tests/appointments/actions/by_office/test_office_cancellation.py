"""Cancellation by the office: each person gets the reason and a replacement slot."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import time, timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.actions import office_cancellation
from office360.appointments.actions.book import book_as_staff
from office360.appointments.actions.earlier_slot import accept_earlier_slot, request_earlier_slot
from office360.appointments.actions.office_cancellation import CancellationPeriod, cancel_by_office, cancel_period
from office360.appointments.actions.rebook import ReplacementTime, rebook_appointment, replacement_times
from office360.appointments.domain.offer import EarlierSlotRequest
from office360.appointments.domain.requester import BookingLimits, Requester
from office360.appointments.queries.lookup import appointment_by_locator
from office360.appointments.service import Appointment, AppointmentState, book_appointment
from office360.appointments.storage.tables import ClosedPeriodRow, HoldRow, OfferRow
from office360.core.auth import Principal, StaffRole
from office360.core.db.outbox import OutboxRow
from office360.core.db.timers import fire_due_timers
from office360.core.errors import Invalid, NotAllowed, NotFound, Refused, Unauthenticated
from office360.core.runtime import Runtime
from office360.offices.service import Office

from ....conftest import FakeClock
from ...support.agenda_settings import set_agenda
from ...support.database import appointment_link_token, load_rows
from ...support.requesters import AMINA, DIEGO, FRIDAY_AT_9, QUARTER, make_booking_request
from ...support.staff import BORIS, CARMEN

S = AppointmentState
FRIDAY = FRIDAY_AT_9.date()
PUBLIC_REQUESTER = Requester(address="wifi", device="phone", limits=BookingLimits())
REASON = "El agente está de baja."


async def book_people(runtime: Runtime, count: int, **more: Any) -> list[Appointment]:
    """Book for this many people, one after the other from nine on Friday."""
    return [
        await book_appointment(
            runtime,
            "centro",
            make_booking_request(
                {"name": f"Persona {n}", "email": f"p{n}@example.org"}, starts_at=FRIDAY_AT_9 + n * QUARTER, **more
            ),
        )
        for n in range(count)
    ]


def person(number: int) -> dict[str, str]:
    return {"name": f"Persona {number}", "email": f"p{number}@example.org"}


async def load_replacement_times(
    runtime: Runtime, office: Office, appointment: Appointment
) -> list[ReplacementTime]:
    async with runtime.read_session() as session:
        found = await service.appointment_by_id(session, appointment.id)
        return await replacement_times(session, office, found, runtime.now())


async def test_office_cancellation_sends_reason_and_holds_nearest(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    (amina,) = await book_people(runtime, 1)
    gone = await cancel_by_office(runtime, CARMEN, amina.id, REASON)
    assert (gone.state, gone.cancel_reason, gone.revision) == (S.CANCELLED_OFFICE, REASON, 1)
    (message,) = await load_rows(runtime, OutboxRow, kind="appointment_office_cancelled")
    assert message.payload["reason"] == REASON
    assert message.payload["first_at"] == "2026-11-27T08:15:00+00:00", "not the cancelled time"
    found = await load_replacement_times(runtime, office, gone)
    assert [(way.starts_at - FRIDAY_AT_9) // QUARTER for way in found] == [1, 2, 3]
    assert [way.kept_until for way in found] == [clock.now() + timedelta(hours=24), None, None]
    with pytest.raises(Refused, match="slot_taken"):
        await book_appointment(runtime, "centro", make_booking_request(DIEGO, starts_at=FRIDAY_AT_9 + QUARTER))


async def test_time_cancelled_by_office_stays_closed(runtime: Runtime, office: Office) -> None:
    (amina,) = await book_people(runtime, 1)
    await cancel_by_office(runtime, CARMEN, amina.id, REASON)
    await fire_due_timers(runtime, service.TIMERS)
    with pytest.raises(Refused, match="slot_taken"):
        await book_appointment(runtime, "centro", make_booking_request(DIEGO))


async def test_rebook_uses_the_held_slot_and_known_details(runtime: Runtime, office: Office) -> None:
    amina = await book_appointment(
        runtime, "centro", make_booking_request(phone="+34600000000", needs=("accompanied",), language="en")
    )
    await cancel_by_office(runtime, CARMEN, amina.id, REASON)
    both = await asyncio.gather(
        *(
            rebook_appointment(runtime, appointment_link_token(runtime, amina), FRIDAY_AT_9 + QUARTER)
            for _ in range(2)
        )
    )
    assert both[0] == both[1]
    new = both[0]
    hold = (new.name, new.email, new.phone, new.needs, new.language, new.starts_at)
    assert hold == (amina.name, amina.email, amina.phone, amina.needs, amina.language, FRIDAY_AT_9 + QUARTER)
    assert [one.purpose for one in await load_rows(runtime, HoldRow)] == ["rest"]
    assert await load_replacement_times(runtime, office, amina) == []
    async with runtime.read_session() as session:
        found = await appointment_by_locator(session, amina.locator, amina.email or "")
    assert found.id == new.id


async def test_rebook_at_another_time_releases_the_held_slot(runtime: Runtime, office: Office) -> None:
    (amina,) = await book_people(runtime, 1)
    await cancel_by_office(runtime, CARMEN, amina.id, REASON)
    new = await rebook_appointment(runtime, appointment_link_token(runtime, amina), FRIDAY_AT_9 + 3 * QUARTER)
    assert new.starts_at == FRIDAY_AT_9 + 3 * QUARTER
    assert [one.state for one in await load_rows(runtime, OfferRow)] == ["refused"]


async def test_unused_replacement_slot_becomes_public(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    (amina,) = await book_people(runtime, 1)
    await cancel_by_office(runtime, CARMEN, amina.id, REASON)
    clock.advance(hours=24)
    await fire_due_timers(runtime, service.TIMERS)
    assert [one.state for one in await load_rows(runtime, OfferRow)] == ["expired"]
    clock.advance(minutes=15)
    new = await book_appointment(runtime, "centro", make_booking_request(DIEGO, starts_at=FRIDAY_AT_9 + QUARTER))
    assert new.state is S.CONFIRMED


async def test_invalid_settings_show_no_replacement_times(runtime: Runtime, office: Office) -> None:
    (amina,) = await book_people(runtime, 1)
    await cancel_by_office(runtime, CARMEN, amina.id, REASON)
    broken = await set_agenda(runtime, office, lead="soon")
    assert await load_replacement_times(runtime, broken, amina) == []


async def test_rebook_requires_an_office_cancellation(runtime: Runtime, office: Office) -> None:
    (amina,) = await book_people(runtime, 1)
    with pytest.raises(Refused, match="illegal_transition"):
        await rebook_appointment(runtime, appointment_link_token(runtime, amina), FRIDAY_AT_9 + QUARTER)
    await service.cancel_appointment(runtime, appointment_link_token(runtime, amina))
    with pytest.raises(Refused, match="illegal_transition"):
        await rebook_appointment(runtime, appointment_link_token(runtime, amina), FRIDAY_AT_9 + QUARTER)


async def test_rebook_after_new_booking_is_a_duplicate(runtime: Runtime, office: Office) -> None:
    (one,) = await book_people(runtime, 1)
    await cancel_by_office(runtime, CARMEN, one.id, REASON)
    await book_appointment(
        runtime,
        "centro",
        make_booking_request({"name": one.name, "email": one.email or ""}, starts_at=FRIDAY_AT_9 + 8 * QUARTER),
    )
    with pytest.raises(Refused, match="duplicate_appointment"):
        await rebook_appointment(runtime, appointment_link_token(runtime, one), FRIDAY_AT_9 + QUARTER)


async def test_cancelled_morning_holds_a_distinct_slot_for_each(
    runtime: Runtime, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_cancellation, "BATCH_SIZE", 3)
    people = await book_people(runtime, 8)
    span = CancellationPeriod(FRIDAY, end=time(11), service="certificate", mode="video")
    gone = await cancel_period(runtime, CARMEN, "centro", span, REASON)
    assert [one.id for one in gone] == [one.id for one in people]
    hold = [(await load_replacement_times(runtime, office, one)) for one in people]
    places = [way.starts_at for each in hold for way in each if way.kept_until is not None]
    assert len(set(places)) == 8
    assert all(not FRIDAY_AT_9 <= place < FRIDAY_AT_9 + 8 * QUARTER for place in places)
    assert len(await load_rows(runtime, OutboxRow, kind="appointment_office_cancelled")) == 8
    for one, place in zip(people, places, strict=True):
        assert (await rebook_appointment(runtime, appointment_link_token(runtime, one), place)).starts_at == place


async def test_cancel_period_is_idempotent(runtime: Runtime, office: Office) -> None:
    await book_people(runtime, 2)
    assert len(await cancel_period(runtime, CARMEN, "centro", CancellationPeriod(FRIDAY), REASON)) == 2
    holds = len(await load_rows(runtime, HoldRow))
    assert len(await load_rows(runtime, ClosedPeriodRow)) == 1
    assert await cancel_period(runtime, CARMEN, "centro", CancellationPeriod(FRIDAY), REASON) == []
    assert len(await load_rows(runtime, HoldRow)) == holds
    assert len(await load_rows(runtime, ClosedPeriodRow)) == 1
    assert len(await load_rows(runtime, OutboxRow, kind="appointment_office_cancelled")) == 2


async def test_closed_period_closes_exactly_its_slots(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    span = CancellationPeriod(FRIDAY, start=time(10), end=time(12), service="certificate", mode="video")
    await cancel_period(runtime, CARMEN, "centro", span, REASON)
    async with runtime.read_session() as session:
        certificate = office.service("certificate")
        video = await service.available_slots(
            session, service.SlotSearch(office, [certificate], "video"), clock.now(), FRIDAY, 1
        )
        person = await service.available_slots(
            session, service.SlotSearch(office, [certificate], "in_person"), clock.now(), FRIDAY, 1
        )
    hours = {slot.starts_at.astimezone(office.timezone).hour for slot in video}
    assert hours == {9, 12, 13, 14, 15, 16, 17, 18}
    assert len(person) == 40


async def test_reopened_period_releases_its_cancelled_slots_only(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await book_people(runtime, 2)
    await cancel_period(runtime, CARMEN, "centro", CancellationPeriod(FRIDAY, end=time(12), mode="video"), REASON)
    other = await book_appointment(
        runtime, "centro", make_booking_request(DIEGO, starts_at=FRIDAY_AT_9, mode="in_person")
    )
    await cancel_by_office(runtime, CARMEN, other.id, REASON)
    async with runtime.read_session() as session:
        (closed,) = await service.upcoming_closed_periods(session, office, clock.now())
    with pytest.raises(NotAllowed):
        await service.reopen_period(runtime, BORIS, "centro", closed.id)
    presses = (service.reopen_period(runtime, CARMEN, "centro", closed.id) for _ in range(2))
    done = await asyncio.gather(*presses, return_exceptions=True)
    assert [type(one) for one in done if one is not None] == [NotFound]
    assert await load_rows(runtime, ClosedPeriodRow) == []
    async with runtime.read_session() as session:
        assert await service.upcoming_closed_periods(session, office, clock.now()) == []
    assert (await book_appointment(runtime, "centro", make_booking_request(person(9)))).starts_at == FRIDAY_AT_9
    resting = [one for one in await load_rows(runtime, HoldRow) if one.purpose == "rest"]
    assert [one.mode for one in resting] == ["in_person"]


async def test_closed_period_applies_to_dates_released_later(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    office = await set_agenda(runtime, office, release={"days": 1, "at": "09:00"})
    await cancel_period(runtime, CARMEN, "centro", CancellationPeriod(FRIDAY, end=time(12)), REASON)
    clock.advance(days=1)  # Friday is released on Thursday at nine
    async with runtime.read_session() as session:
        certificate = office.service("certificate")
        free = await service.available_slots(
            session, service.SlotSearch(office, [certificate], "video"), clock.now(), FRIDAY, 1
        )
    assert min(slot.starts_at.astimezone(office.timezone).time() for slot in free) == time(12)


async def test_staff_need_a_reason_to_book_in_a_closed_period(runtime: Runtime, office: Office) -> None:
    await set_agenda(runtime, office, internal={"video": 3})
    await cancel_period(runtime, CARMEN, "centro", CancellationPeriod(FRIDAY), REASON)
    with pytest.raises(Refused, match="slot_taken"):
        await book_as_staff(runtime, CARMEN, "centro", make_booking_request())
    made = await book_as_staff(runtime, CARMEN, "centro", make_booking_request(override="Another agent comes."))
    assert made.state is S.CONFIRMED


async def test_closed_period_covers_visits_with_any_of_its_services(runtime: Runtime, office: Office) -> None:
    both = await book_appointment(
        runtime,
        "centro",
        make_booking_request(service="documents", mode="in_person", more_services=("certificate",)),
    )
    await book_appointment(runtime, "centro", make_booking_request(DIEGO, service="documents", mode="in_person"))
    gone = await cancel_period(
        runtime, CARMEN, "centro", CancellationPeriod(FRIDAY, service="certificate"), REASON
    )
    assert [one.id for one in gone] == [both.id]
    with pytest.raises(Refused, match="slot_taken"):  # the certificate would fall into the closed period
        await book_appointment(
            runtime,
            "centro",
            make_booking_request(
                starts_at=FRIDAY_AT_9 + timedelta(hours=2),
                service="documents",
                mode="in_person",
                more_services=("certificate",),
            ),
        )


async def test_cancel_period_rejects_unknown_service(runtime: Runtime, office: Office) -> None:
    with pytest.raises(Invalid) as refused:
        await cancel_period(runtime, CARMEN, "centro", CancellationPeriod(FRIDAY, service="weddings"), REASON)
    assert [(one.field, one.code) for one in refused.value.fields] == [("service", "not_a_choice")]


async def test_replacement_slot_leaves_interpreter_notice(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    diego = await book_appointment(runtime, "centro", make_booking_request(DIEGO))
    amina = await book_appointment(
        runtime, "centro", make_booking_request(AMINA, starts_at=FRIDAY_AT_9 + QUARTER, needs=("sign_language",))
    )
    clock.set(FRIDAY_AT_9 - timedelta(hours=1))
    await cancel_period(runtime, CARMEN, "centro", CancellationPeriod(FRIDAY, end=time(11)), REASON)
    hold = [
        next(way for way in await load_replacement_times(runtime, office, one) if way.kept_until)
        for one in (diego, amina)
    ]
    assert hold[0].starts_at == FRIDAY_AT_9 + 8 * QUARTER
    assert hold[1].starts_at >= clock.now() + timedelta(hours=48)
    assert hold[1].kept_until == clock.now() + timedelta(hours=24)
    with pytest.raises(Refused, match="slot_taken"):
        await rebook_appointment(runtime, appointment_link_token(runtime, amina), FRIDAY_AT_9 + 12 * QUARTER)
    assert (
        await rebook_appointment(runtime, appointment_link_token(runtime, amina), hold[1].starts_at)
    ).needs == amina.needs


async def test_cancel_period_skips_started_and_other_mode_visits(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    people = await book_people(runtime, 3)
    other = await book_appointment(runtime, "centro", make_booking_request(AMINA, mode="in_person"))
    clock.set(FRIDAY_AT_9 + timedelta(minutes=1))
    gone = await cancel_period(runtime, CARMEN, "centro", CancellationPeriod(FRIDAY, mode="video"), REASON)
    assert [one.id for one in gone] == [one.id for one in people[1:]]
    async with runtime.read_session() as session:
        assert (await service.appointment_by_id(session, other.id)).state is S.CONFIRMED


async def test_cancel_period_includes_unverified_appointments(runtime: Runtime, office: Office) -> None:
    made = await book_appointment(runtime, "centro", make_booking_request(), requester=PUBLIC_REQUESTER)
    assert made.state is S.PRECONFIRMED
    async with runtime.read_session() as session:
        found = await service.appointments_to_cancel(session, office, CancellationPeriod(FRIDAY), runtime.now())
    assert [one.id for one in found] == [made.id]
    gone = await cancel_period(runtime, CARMEN, "centro", CancellationPeriod(FRIDAY), REASON)
    assert [(one.id, one.state) for one in gone] == [(made.id, S.CANCELLED_OFFICE)]
    assert await load_rows(runtime, OfferRow) == []  # a replacement slot is held for verified mailboxes only
    with pytest.raises(Refused, match="illegal_transition"):
        await rebook_appointment(
            runtime, service.appointment_token(runtime, made), FRIDAY_AT_9 + timedelta(days=3)
        )


async def test_closed_period_deletes_booking_holds(runtime: Runtime, office: Office) -> None:
    hold = await service.hold_slot(runtime, "centro", "certificate", "video", FRIDAY_AT_9, holder="device:a")
    await cancel_period(runtime, CARMEN, "centro", CancellationPeriod(FRIDAY), REASON)
    with pytest.raises(Refused, match="slot_taken"):
        await book_appointment(
            runtime, "centro", make_booking_request(), hold_token=service.hold_token(runtime, hold)
        )


async def test_closed_period_ends_open_offers(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    (amina,) = await book_people(runtime, 1)
    later = await book_appointment(
        runtime, "centro", make_booking_request(DIEGO, starts_at=FRIDAY_AT_9 + timedelta(days=3))
    )
    await request_earlier_slot(runtime, appointment_link_token(runtime, later), EarlierSlotRequest())
    await service.cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await fire_due_timers(runtime, service.TIMERS)
    (offer,) = await load_rows(runtime, OfferRow)
    await cancel_period(runtime, CARMEN, "centro", CancellationPeriod(FRIDAY), REASON)
    with pytest.raises(Refused, match="offer_over"):
        await accept_earlier_slot(runtime, appointment_link_token(runtime, later), offer.id)
    clock.advance(hours=1)
    await fire_due_timers(runtime, service.TIMERS)
    with pytest.raises(Refused, match="slot_taken"):
        await book_appointment(runtime, "centro", make_booking_request(AMINA))


async def test_only_hosts_of_the_office_cancel_for_the_office(runtime: Runtime, office: Office) -> None:
    (amina,) = await book_people(runtime, 1)
    stranger = Principal("diego", "Diego", StaffRole.HOST, frozenset({"norte"}))
    for who, error in ((BORIS, NotAllowed), (stranger, NotAllowed), (None, Unauthenticated)):
        with pytest.raises(error):
            await cancel_by_office(runtime, who, amina.id, REASON)
        with pytest.raises(error):
            await cancel_period(runtime, who, "centro", CancellationPeriod(FRIDAY), REASON)
    with pytest.raises(NotFound):
        await cancel_by_office(runtime, CARMEN, "nobody", REASON)


async def test_full_day_is_cancelled_in_batches_with_replacements(runtime: Runtime, office: Office) -> None:
    async with runtime.transaction() as tx:
        for n in range(2 * 60):  # two visits at once, ten minutes each, from nine until seven
            at = FRIDAY_AT_9 + (n // 2) * timedelta(minutes=10)
            await service.create_appointment(
                tx, office, make_booking_request(person(n), service="documents", mode="in_person", starts_at=at)
            )
    gone = await cancel_period(runtime, CARMEN, "centro", CancellationPeriod(FRIDAY), REASON)
    assert len(gone) == 2 * 60
    hold = Counter(one.starts_at for one in await load_rows(runtime, OfferRow, state="open"))
    assert hold.total() == 2 * 60
    assert max(hold.values()) == 2
    assert FRIDAY not in {moment.date() for moment in hold}
