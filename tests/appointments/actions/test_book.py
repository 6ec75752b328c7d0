"""Free slots, booking, changing, attendance and look-up, on both databases."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.queries import lookup
from office360.appointments.queries.first_available import alternative_slots
from office360.appointments.service import AppointmentState, SlotSearch, book_appointment
from office360.appointments.storage.tables import AppointmentRow
from office360.core.db.outbox import OutboxRow
from office360.core.errors import Invalid, NotFound, RateLimited, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from sqlalchemy import func, select

from ...conftest import FakeClock
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, make_booking_request

S = AppointmentState


async def load_outbox(runtime: Runtime) -> list[OutboxRow]:
    async with runtime.read_session() as session:
        return list((await session.execute(select(OutboxRow).order_by(OutboxRow.id))).scalars())


async def load_state(runtime: Runtime, appointment_id: str) -> AppointmentState:
    async with runtime.read_session() as session:
        return (await service.appointment_by_id(session, appointment_id)).state


async def slots_on_day(
    runtime: Runtime, office: Office, first: date = FRIDAY_AT_9.date()
) -> list[service.FreeSlot]:
    certificate = office.service("certificate")
    async with runtime.read_session() as session:
        return await service.available_slots(
            session, service.SlotSearch(office, [certificate], "video"), runtime.now(), first, 1
        )


def record_events(runtime: Runtime, kind: type[Any]) -> list[Any]:
    """Record the events of one kind, as a handler of another feature receives them."""
    heard: list[Any] = []

    async def hear(_tx: Any, event: Any) -> None:
        heard.append(event)

    runtime.events.register_handler(kind, hear)
    return heard


# Free slots


async def test_no_slot_within_the_lead_time(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    today = clock.now().date()
    first = (await slots_on_day(runtime, office, first=today))[0].starts_at
    assert first == clock.now() + timedelta(minutes=30)
    clock.advance(seconds=1)
    assert (await slots_on_day(runtime, office, first=today))[0].starts_at == first + timedelta(minutes=15)


async def test_no_slot_beyond_the_horizon(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    today = clock.now().date()
    async with runtime.read_session() as session:
        certificate = office.service("certificate")
        found = await service.available_slots(
            session, service.SlotSearch(office, [certificate], "video"), clock.now(), today, 400
        )
    assert found[-1].starts_at.date() <= today + timedelta(days=service.HORIZON_DAYS)
    assert found[-1].starts_at.date() > today + timedelta(days=service.HORIZON_DAYS - 3)


async def test_no_slot_in_the_past(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    found = await slots_on_day(runtime, office, first=clock.now().date() - timedelta(days=3))
    assert all(slot.starts_at >= clock.now() for slot in found)


async def test_alternatives_list_other_modes_soonest_first(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    async with runtime.read_session() as session:
        found = await alternative_slots(
            session, [office], SlotSearch(office, [office.service("certificate")], "video"), clock.now()
        )
    assert [(one.office.slug, one.mode) for one in found] == [("centro", "in_person")]


# Booking


async def test_booking_is_confirmed_and_enqueues_its_email(runtime: Runtime, office: Office) -> None:
    heard = record_events(runtime, service.AppointmentBooked)
    booked = await book_appointment(
        runtime, "centro", make_booking_request(needs=("sign_language",), language="en")
    )
    assert booked.state is S.CONFIRMED
    assert booked.ends_at - booked.starts_at == timedelta(minutes=15)
    assert [event.appointment for event in heard] == [booked]
    (message,) = await load_outbox(runtime)
    assert (message.kind, message.recipient, message.language) == ("appointment_confirmed", AMINA["email"], "en")
    assert message.subject == f"appointment:{booked.id}"
    assert message.payload["service"] == "Digital certificate"
    assert message.payload["starts_at"] == "2026-11-27T08:00:00+00:00"
    assert message.payload["entry_opens_at"] == "2026-11-27T07:45:00+00:00"


async def test_email_payload_contains_no_token(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())
    (message,) = await load_outbox(runtime)
    assert service.appointment_token(runtime, booked) not in str(message.payload)


async def test_derived_token_finds_the_appointment(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())
    async with runtime.read_session() as session:
        assert await service.appointment_by_token(session, service.appointment_token(runtime, booked)) == booked
        with pytest.raises(NotFound):
            await service.appointment_by_token(session, "no-such-token")


async def test_taken_slot_is_refused_with_three_nearest(runtime: Runtime, office: Office) -> None:
    await book_appointment(runtime, "centro", make_booking_request())
    with pytest.raises(Refused) as refusal:
        await book_appointment(runtime, "centro", make_booking_request(DIEGO))
    assert refusal.value.code == "slot_taken"
    assert refusal.value.details["nearest"] == [
        "2026-11-27T09:15:00+01:00",
        "2026-11-27T09:30:00+01:00",
        "2026-11-27T09:45:00+01:00",
    ]


@pytest.mark.parametrize("minutes", [7, -24 * 60 * 5, 24 * 60 * 100, 12 * 60])
async def test_time_outside_the_slots_is_refused_as_taken(runtime: Runtime, office: Office, minutes: int) -> None:
    with pytest.raises(Refused, match="slot_taken"):
        await book_appointment(
            runtime, "centro", make_booking_request(starts_at=FRIDAY_AT_9 + timedelta(minutes=minutes))
        )


async def test_other_mode_has_its_own_capacity(runtime: Runtime, office: Office) -> None:
    await book_appointment(runtime, "centro", make_booking_request())
    booked = await book_appointment(runtime, "centro", make_booking_request(DIEGO, mode="in_person"))
    assert booked.starts_at == FRIDAY_AT_9


@pytest.mark.parametrize(
    ("changes", "field"), [({"service": "unknown"}, "service"), ({"service": "documents"}, "mode")]
)
async def test_unknown_service_or_mode_is_invalid(
    runtime: Runtime, office: Office, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await book_appointment(runtime, "centro", make_booking_request(**changes))
    assert [one.field for one in refusal.value.fields] == [field]


async def test_mailbox_has_one_active_appointment_per_service(runtime: Runtime, office: Office) -> None:
    first = await book_appointment(runtime, "centro", make_booking_request())
    again = make_booking_request(email="Amina@Example.org", mode="in_person")
    with pytest.raises(Refused, match="duplicate_appointment"):
        await book_appointment(runtime, "centro", again)
    await service.cancel_appointment(runtime, service.appointment_token(runtime, first))
    assert (await book_appointment(runtime, "centro", again)).state is S.CONFIRMED


async def test_ended_appointment_is_not_a_duplicate(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    await book_appointment(runtime, "centro", make_booking_request())
    clock.set(FRIDAY_AT_9 + timedelta(hours=1))
    assert await book_appointment(
        runtime, "centro", make_booking_request(starts_at=FRIDAY_AT_9 + timedelta(days=3))
    )


async def test_other_service_is_not_a_duplicate(runtime: Runtime, office: Office) -> None:
    await book_appointment(runtime, "centro", make_booking_request())
    assert await book_appointment(runtime, "centro", make_booking_request(service="complaints"))


async def test_repeated_request_key_books_once(runtime: Runtime, office: Office) -> None:
    both = await asyncio.gather(
        *(book_appointment(runtime, "centro", make_booking_request(), request_key="k") for _ in range(2))
    )
    assert both[0] == both[1]
    assert len(await load_outbox(runtime)) == 1


async def test_request_key_with_other_content_is_rejected(runtime: Runtime, office: Office) -> None:
    await book_appointment(runtime, "centro", make_booking_request(), request_key="k")
    with pytest.raises(Invalid) as refusal:
        await book_appointment(runtime, "centro", make_booking_request(DIEGO), request_key="k")
    assert refusal.value.code == "idempotency_mismatch"


async def test_request_key_expires_after_a_day(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    await book_appointment(runtime, "centro", make_booking_request(), request_key="k")
    clock.advance(hours=24, seconds=1)
    other = await book_appointment(
        runtime, "centro", make_booking_request(DIEGO, mode="in_person"), request_key="k"
    )
    assert other.email == DIEGO["email"]


async def test_concurrent_bookings_give_the_last_slot_once(runtime: Runtime, office: Office) -> None:
    async def attempt(number: int) -> str:
        try:
            await book_appointment(runtime, "centro", make_booking_request(email=f"person{number}@example.org"))
        except Refused as refusal:
            return refusal.code
        return "booked"

    outcomes = await asyncio.gather(*(attempt(number) for number in range(8)))
    assert sorted(outcomes) == ["booked"] + ["slot_taken"] * 7


async def test_concurrent_bookings_never_exceed_capacity(runtime: Runtime, office: Office) -> None:
    async def attempt(number: int) -> bool:
        wanted = make_booking_request(email=f"person{number}@example.org", service="documents", mode="in_person")
        try:
            await book_appointment(runtime, "centro", wanted)
        except Refused:
            return False
        return True

    outcomes = await asyncio.gather(*(attempt(number) for number in range(9)))
    assert sum(outcomes) == office.service("documents").capacity["in_person"] == 2


async def test_concurrent_bookings_of_one_person_give_one(runtime: Runtime, office: Office) -> None:
    async def attempt(mode: str) -> str:
        try:
            await book_appointment(runtime, "centro", make_booking_request(mode=mode))
        except Refused as refusal:
            return refusal.code
        return "booked"

    outcomes = await asyncio.gather(attempt("video"), attempt("in_person"))
    assert sorted(outcomes) == ["booked", "duplicate_appointment"]


# Changing


async def test_cancel_frees_the_slot_and_sends_a_message(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    heard = record_events(runtime, service.AppointmentCancelled)
    booked = await book_appointment(runtime, "centro", make_booking_request())
    cancelled = await service.cancel_appointment(runtime, service.appointment_token(runtime, booked))
    assert cancelled.state is S.CANCELLED_CITIZEN
    assert [event.appointment.id for event in heard] == [booked.id]
    clock.advance(minutes=15)  # the longest cool-down of a freed slot
    assert (await slots_on_day(runtime, office))[0].starts_at == FRIDAY_AT_9
    first, second = await load_outbox(runtime)
    assert (first.state, second.kind, second.state) == ("void", "appointment_cancelled", "pending")
    assert second.payload["revision"] == 1


async def test_cancel_is_idempotent_and_sends_one_email(runtime: Runtime, office: Office) -> None:
    token = service.appointment_token(runtime, await book_appointment(runtime, "centro", make_booking_request()))
    first = await service.cancel_appointment(runtime, token)
    assert await service.cancel_appointment(runtime, token) == first
    assert len(await load_outbox(runtime)) == 2


async def test_cancel_refused_by_event_handler_changes_nothing(runtime: Runtime, office: Office) -> None:
    async def refuse(_tx: Any, _event: Any) -> None:
        raise Refused("not_now")

    booked = await book_appointment(runtime, "centro", make_booking_request())
    runtime.events.register_handler(service.AppointmentCancelled, refuse)
    with pytest.raises(Refused, match="not_now"):
        await service.cancel_appointment(runtime, service.appointment_token(runtime, booked))
    assert await load_state(runtime, booked.id) is S.CONFIRMED


async def test_reschedule_links_old_appointment_to_the_new(runtime: Runtime, office: Office) -> None:
    heard = record_events(runtime, service.AppointmentRescheduled)
    old = await book_appointment(runtime, "centro", make_booking_request(phone="+34612345678"))
    later = FRIDAY_AT_9 + timedelta(minutes=30)
    new = await service.reschedule_appointment(runtime, service.appointment_token(runtime, old), later)
    assert (new.starts_at, new.state, new.phone) == (later, S.CONFIRMED, "+34612345678")
    assert new.id != old.id
    assert new.locator != old.locator
    async with runtime.read_session() as session:
        moved = await service.appointment_by_id(session, old.id)
    assert (moved.state, moved.rescheduled_to) == (S.RESCHEDULED, new.id)
    assert [(event.old.id, event.new) for event in heard] == [(old.id, new)]
    message = (await load_outbox(runtime))[-1]
    assert message.kind == "appointment_rescheduled"
    assert message.payload["previous_starts_at"] == "2026-11-27T08:00:00+00:00"
    assert (message.payload["calendar_uid"], message.payload["revision"]) == (old.calendar_uid, 1)


async def test_reschedule_frees_the_old_slot(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    old = await book_appointment(runtime, "centro", make_booking_request())
    await service.reschedule_appointment(
        runtime, service.appointment_token(runtime, old), FRIDAY_AT_9 + timedelta(hours=1)
    )
    clock.advance(minutes=15)
    assert (await book_appointment(runtime, "centro", make_booking_request(DIEGO))).starts_at == FRIDAY_AT_9


async def test_reschedule_to_taken_slot_changes_nothing(runtime: Runtime, office: Office) -> None:
    old = await book_appointment(runtime, "centro", make_booking_request())
    later = FRIDAY_AT_9 + timedelta(minutes=15)
    await book_appointment(runtime, "centro", make_booking_request(DIEGO, starts_at=later))
    with pytest.raises(Refused, match="slot_taken"):
        await service.reschedule_appointment(runtime, service.appointment_token(runtime, old), later)
    assert await load_state(runtime, old.id) is S.CONFIRMED


async def test_concurrent_reschedules_move_once(runtime: Runtime, office: Office) -> None:
    token = service.appointment_token(runtime, await book_appointment(runtime, "centro", make_booking_request()))
    later = FRIDAY_AT_9 + timedelta(minutes=30)
    both = await asyncio.gather(*(service.reschedule_appointment(runtime, token, later) for _ in range(2)))
    assert both[0].id == both[1].id


async def test_reschedule_to_own_time_changes_nothing(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())
    assert (
        await service.reschedule_appointment(runtime, service.appointment_token(runtime, booked), FRIDAY_AT_9)
        == booked
    )


async def test_cancelled_appointment_cannot_be_rescheduled(runtime: Runtime, office: Office) -> None:
    token = service.appointment_token(runtime, await book_appointment(runtime, "centro", make_booking_request()))
    await service.cancel_appointment(runtime, token)
    with pytest.raises(Refused, match="illegal_transition"):
        await service.reschedule_appointment(runtime, token, FRIDAY_AT_9 + timedelta(hours=1))


async def test_concurrent_reschedules_to_one_slot_have_one_winner(runtime: Runtime, office: Office) -> None:
    tokens = [
        service.appointment_token(
            runtime,
            await book_appointment(
                runtime,
                "centro",
                make_booking_request(
                    email=f"p{number}@example.org", starts_at=FRIDAY_AT_9 + timedelta(minutes=15 * number)
                ),
            ),
        )
        for number in range(4)
    ]

    async def attempt(token: str) -> str:
        try:
            await service.reschedule_appointment(runtime, token, FRIDAY_AT_9 + timedelta(hours=3))
        except Refused as refusal:
            return refusal.code
        return "moved"

    outcomes = await asyncio.gather(*(attempt(token) for token in tokens))
    assert sorted(outcomes) == ["moved"] + ["slot_taken"] * 3


async def test_concurrent_cancel_and_check_in_have_one_winner(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())

    async def come() -> str:
        try:
            async with runtime.transaction() as tx:
                await service.check_in(tx, booked.id)
        except Refused:
            return "refused"
        return "checked_in"

    async def stay_away() -> str:
        try:
            await service.cancel_appointment(runtime, service.appointment_token(runtime, booked))
        except Refused:
            return "refused"
        return "cancelled_citizen"

    outcomes = set(await asyncio.gather(come(), stay_away()))
    assert "refused" in outcomes
    assert await load_state(runtime, booked.id) in outcomes


# Attendance


async def test_visit_passes_from_check_in_to_served(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())
    for step, state in [
        (service.check_in, S.CHECKED_IN),
        (service.undo_check_in, S.CONFIRMED),
        (service.check_in, S.CHECKED_IN),
        (service.mark_served, S.SERVED),
    ]:
        async with runtime.transaction() as tx:
            assert (await step(tx, booked.id)).state is state
        assert await load_state(runtime, booked.id) is state


async def test_checked_in_person_can_become_no_show(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request(mode="in_person"))
    async with runtime.transaction() as tx:
        await service.check_in(tx, booked.id)
        await service.mark_no_show(tx, booked.id)
    assert await load_state(runtime, booked.id) is S.NO_SHOW


async def test_illegal_transition_changes_nothing(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())
    with pytest.raises(Refused, match="illegal_transition"):
        async with runtime.transaction() as tx:
            await service.mark_served(tx, booked.id)
    assert await load_state(runtime, booked.id) is S.CONFIRMED


async def test_day_lists_active_appointments_by_time(runtime: Runtime, office: Office) -> None:
    later = await book_appointment(
        runtime, "centro", make_booking_request(starts_at=FRIDAY_AT_9 + timedelta(hours=1))
    )
    first = await book_appointment(runtime, "centro", make_booking_request(DIEGO, mode="in_person"))
    gone = await book_appointment(runtime, "centro", make_booking_request(email="gone@example.org"))
    await service.cancel_appointment(runtime, service.appointment_token(runtime, gone))
    start = FRIDAY_AT_9 - timedelta(hours=9)
    async with runtime.read_session() as session:
        day = await service.appointments_of_day(session, office.id, start, start + timedelta(days=1))
        by_video = await service.appointments_of_day(session, office.id, start, start + timedelta(days=1), "video")
    assert [one.id for one in day] == [first.id, later.id]
    assert [one.id for one in by_video] == [later.id]


# Look-up by locator


@pytest.mark.parametrize("contact", ["amina@example.org", " AMINA@example.org ", "612 345 678", "12345678-z"])
async def test_locator_with_any_contact_finds_the_appointment(
    runtime: Runtime, office: Office, contact: str
) -> None:
    booked = await book_appointment(
        runtime, "centro", make_booking_request(phone="+34612345678", document="12345678Z")
    )
    spoken = f"{booked.locator[:4]}-{booked.locator[4:]}".lower()
    assert (await service.look_up_appointment(runtime, spoken, contact, "192.0.2.1")).id == booked.id


async def test_rescheduled_locator_finds_the_new_appointment(runtime: Runtime, office: Office) -> None:
    old = await book_appointment(runtime, "centro", make_booking_request())
    new = await service.reschedule_appointment(
        runtime, service.appointment_token(runtime, old), FRIDAY_AT_9 + timedelta(minutes=30)
    )
    assert (await service.look_up_appointment(runtime, old.locator, AMINA["email"], "192.0.2.1")).id == new.id


async def test_five_wrong_guesses_block_for_fifteen_minutes(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())
    for wrong in (("00000000", AMINA["email"]), (booked.locator, "other@example.org")) * 3:
        with pytest.raises((NotFound, RateLimited)) as last:
            await service.look_up_appointment(runtime, *wrong, "192.0.2.1")
    assert isinstance(last.value, RateLimited)
    with pytest.raises(RateLimited):
        await service.look_up_appointment(runtime, booked.locator, AMINA["email"], "192.0.2.1")
    assert await service.look_up_appointment(runtime, booked.locator, AMINA["email"], "198.51.100.7")
    clock.advance(minutes=15, seconds=1)
    assert await service.look_up_appointment(runtime, booked.locator, AMINA["email"], "192.0.2.1")


async def test_concurrent_guesses_are_counted_before_lookup(
    runtime: Runtime, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookups: list[str] = []
    appointment_by_locator = lookup.appointment_by_locator

    async def count_lookup(session: Any, locator: str, contact: str) -> service.Appointment:
        lookups.append(locator)
        return await appointment_by_locator(session, locator, contact)

    monkeypatch.setattr(lookup, "appointment_by_locator", count_lookup)

    async def guess() -> service.Appointment:
        return await service.look_up_appointment(runtime, "AAAAAAAA", "amina@example.org", "192.0.2.1")

    with pytest.raises(NotFound):
        await guess()
    assert len(lookups) == 1
    answers = await asyncio.gather(*(guess() for _ in range(20)), return_exceptions=True)
    assert all(isinstance(one, NotFound | RateLimited) for one in answers)
    assert len(lookups) <= 5  # PostgreSQL may refuse all of them, because each one counts the others


async def test_correct_lookup_does_not_reset_the_guess_counter(runtime: Runtime, office: Office) -> None:
    booked = await book_appointment(runtime, "centro", make_booking_request())
    for _ in range(4):
        with pytest.raises(NotFound):
            await service.look_up_appointment(runtime, "AAAAAAAA", "amina@example.org", "192.0.2.1")
        await service.look_up_appointment(runtime, booked.locator, booked.email, "192.0.2.1")
    with pytest.raises(NotFound):
        await service.look_up_appointment(runtime, "AAAAAAAA", "amina@example.org", "192.0.2.1")
    with pytest.raises(RateLimited):
        await service.look_up_appointment(runtime, booked.locator, booked.email, "192.0.2.1")


async def test_booking_inserts_exactly_one_row(runtime: Runtime, office: Office) -> None:
    await book_appointment(runtime, "centro", make_booking_request())
    async with runtime.read_session() as session:
        count = (await session.execute(select(func.count()).select_from(AppointmentRow))).scalar_one()
    assert count == 1
