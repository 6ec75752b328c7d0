"""The use cases, on both databases."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.service import AppointmentState, book
from office360.appointments.storage.tables import AppointmentRow
from office360.core.db.outbox import OutboxRow
from office360.core.errors import Conflict, Invalid, NotFound, RateLimited, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from sqlalchemy import func, select

from ...conftest import FakeClock
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, asking

S = AppointmentState


async def outbox(runtime: Runtime) -> list[OutboxRow]:
    async with runtime.reading() as session:
        return list((await session.execute(select(OutboxRow).order_by(OutboxRow.id))).scalars())


async def state_of(runtime: Runtime, appointment_id: str) -> AppointmentState:
    async with runtime.reading() as session:
        return (await service.appointment_by_id(session, appointment_id)).state


async def free(runtime: Runtime, office: Office, first: date = FRIDAY_AT_9.date()) -> list[service.Slot]:
    certificate = office.service("certificate")
    async with runtime.reading() as session:
        return await service.free_times(session, office, certificate, "video", runtime.now(), first, 1)


def recorder(runtime: Runtime, kind: type[Any]) -> list[Any]:
    """The events of one kind, as other folders hear them."""
    heard: list[Any] = []

    async def hear(_tx: Any, event: Any) -> None:
        heard.append(event)

    runtime.events.on(kind, hear)
    return heard


# Free times


async def test_nothing_is_offered_within_the_lead_time(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    today = clock.now().date()
    first = (await free(runtime, office, first=today))[0].starts_at
    assert first == clock.now() + timedelta(minutes=30)
    clock.advance(seconds=1)
    assert (await free(runtime, office, first=today))[0].starts_at == first + timedelta(minutes=15)


async def test_nothing_is_offered_beyond_the_horizon(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    today = clock.now().date()
    async with runtime.reading() as session:
        certificate = office.service("certificate")
        found = await service.free_times(session, office, certificate, "video", clock.now(), today, 400)
    assert found[-1].starts_at.date() <= today + timedelta(days=service.HORIZON_DAYS)
    assert found[-1].starts_at.date() > today + timedelta(days=service.HORIZON_DAYS - 3)


async def test_the_past_is_not_offered(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    found = await free(runtime, office, first=clock.now().date() - timedelta(days=3))
    assert all(slot.starts_at >= clock.now() for slot in found)


async def test_the_same_service_is_found_elsewhere_soonest_first(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    async with runtime.reading() as session:
        found = await service.alternatives(
            session, [office], office, office.service("certificate"), "video", clock.now()
        )
    assert [(one.office.slug, one.mode) for one in found] == [("centro", "in_person")]


# Booking


async def test_a_booked_place_is_confirmed_and_a_letter_waits(runtime: Runtime, office: Office) -> None:
    heard = recorder(runtime, service.AppointmentBooked)
    booked = await book(runtime, "centro", asking(needs=("sign_language",), language="en"))
    assert booked.state is S.CONFIRMED
    assert booked.ends_at - booked.starts_at == timedelta(minutes=15)
    assert [event.appointment for event in heard] == [booked]
    (letter,) = await outbox(runtime)
    assert (letter.kind, letter.recipient, letter.language) == ("appointment_confirmed", AMINA["email"], "en")
    assert letter.subject == f"appointment:{booked.id}"
    assert letter.payload["service"] == "Digital certificate"
    assert letter.payload["starts_at"] == "2026-11-27T08:00:00+00:00"
    assert letter.payload["entry_opens_at"] == "2026-11-27T07:45:00+00:00"


async def test_a_letter_holds_no_token(runtime: Runtime, office: Office) -> None:
    booked = await book(runtime, "centro", asking())
    (letter,) = await outbox(runtime)
    assert service.token_of(runtime, booked) not in str(letter.payload)


async def test_the_token_that_is_derived_again_finds_the_appointment(runtime: Runtime, office: Office) -> None:
    booked = await book(runtime, "centro", asking())
    async with runtime.reading() as session:
        assert await service.appointment_by_token(session, service.token_of(runtime, booked)) == booked
        with pytest.raises(NotFound):
            await service.appointment_by_token(session, "no-such-token")


async def test_a_taken_time_is_refused_with_the_three_nearest(runtime: Runtime, office: Office) -> None:
    await book(runtime, "centro", asking())
    with pytest.raises(Refused) as refusal:
        await book(runtime, "centro", asking(DIEGO))
    assert refusal.value.code == "slot_taken"
    assert refusal.value.details["nearest"] == [
        "2026-11-27T09:15:00+01:00",
        "2026-11-27T09:30:00+01:00",
        "2026-11-27T09:45:00+01:00",
    ]


@pytest.mark.parametrize("minutes", [7, -24 * 60 * 5, 24 * 60 * 100, 12 * 60])
async def test_a_time_that_is_not_offered_is_refused_in_the_same_way(
    runtime: Runtime, office: Office, minutes: int
) -> None:
    with pytest.raises(Refused, match="slot_taken"):
        await book(runtime, "centro", asking(starts_at=FRIDAY_AT_9 + timedelta(minutes=minutes)))


async def test_the_other_mode_has_places_of_its_own(runtime: Runtime, office: Office) -> None:
    await book(runtime, "centro", asking())
    booked = await book(runtime, "centro", asking(DIEGO, mode="in_person"))
    assert booked.starts_at == FRIDAY_AT_9


@pytest.mark.parametrize(
    ("changes", "field"), [({"service": "unknown"}, "service"), ({"service": "documents"}, "mode")]
)
async def test_what_the_office_does_not_give_is_invalid(
    runtime: Runtime, office: Office, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await book(runtime, "centro", asking(**changes))
    assert [one.field for one in refusal.value.fields] == [field]


async def test_a_person_has_one_active_appointment_of_a_service(runtime: Runtime, office: Office) -> None:
    first = await book(runtime, "centro", asking())
    again = asking(email="Amina@Example.org", mode="in_person")
    with pytest.raises(Refused, match="duplicate_appointment"):
        await book(runtime, "centro", again)
    await service.cancel(runtime, service.token_of(runtime, first))
    assert (await book(runtime, "centro", again)).state is S.CONFIRMED


async def test_an_appointment_that_is_over_does_not_stand_in_the_way(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await book(runtime, "centro", asking())
    clock.set(FRIDAY_AT_9 + timedelta(hours=1))
    assert await book(runtime, "centro", asking(starts_at=FRIDAY_AT_9 + timedelta(days=3)))


async def test_another_service_is_another_appointment(runtime: Runtime, office: Office) -> None:
    await book(runtime, "centro", asking())
    assert await book(runtime, "centro", asking(service="complaints"))


async def test_a_double_tap_is_one_appointment(runtime: Runtime, office: Office) -> None:
    both = await asyncio.gather(*(book(runtime, "centro", asking(), request_key="k") for _ in range(2)))
    assert both[0] == both[1]
    assert len(await outbox(runtime)) == 1


async def test_a_key_used_for_something_else_is_refused(runtime: Runtime, office: Office) -> None:
    await book(runtime, "centro", asking(), request_key="k")
    with pytest.raises(Invalid) as refusal:
        await book(runtime, "centro", asking(DIEGO), request_key="k")
    assert refusal.value.code == "idempotency_mismatch"


async def test_a_key_is_forgotten_after_a_day(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    await book(runtime, "centro", asking(), request_key="k")
    clock.advance(hours=24, seconds=1)
    other = await book(runtime, "centro", asking(DIEGO, mode="in_person"), request_key="k")
    assert other.email == DIEGO["email"]


async def test_two_who_want_the_last_place_get_one(runtime: Runtime, office: Office) -> None:
    async def attempt(number: int) -> str:
        try:
            await book(runtime, "centro", asking(email=f"person{number}@example.org"))
        except Refused as refusal:
            return refusal.code
        return "booked"

    outcomes = await asyncio.gather(*(attempt(number) for number in range(8)))
    assert sorted(outcomes) == ["booked"] + ["slot_taken"] * 7


async def test_a_crowd_never_gets_more_than_the_places_there_are(runtime: Runtime, office: Office) -> None:
    async def attempt(number: int) -> bool:
        wanted = asking(email=f"person{number}@example.org", service="documents", mode="in_person")
        try:
            await book(runtime, "centro", wanted)
        except Refused:
            return False
        return True

    outcomes = await asyncio.gather(*(attempt(number) for number in range(9)))
    assert sum(outcomes) == office.service("documents").capacity["in_person"] == 2


async def test_one_person_in_two_windows_gets_one_appointment(runtime: Runtime, office: Office) -> None:
    async def attempt(mode: str) -> str:
        try:
            await book(runtime, "centro", asking(mode=mode))
        except Refused as refusal:
            return refusal.code
        return "booked"

    outcomes = await asyncio.gather(attempt("video"), attempt("in_person"))
    assert sorted(outcomes) == ["booked", "duplicate_appointment"]


# Changing


async def test_cancelling_gives_the_place_back_and_tells(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    heard = recorder(runtime, service.AppointmentCancelled)
    booked = await book(runtime, "centro", asking())
    cancelled = await service.cancel(runtime, service.token_of(runtime, booked))
    assert cancelled.state is S.CANCELLED_CITIZEN
    assert [event.appointment.id for event in heard] == [booked.id]
    clock.advance(minutes=15)  # the longest rest of a place that was given back
    assert (await free(runtime, office))[0].starts_at == FRIDAY_AT_9
    first, second = await outbox(runtime)
    assert (first.state, second.kind, second.state) == ("void", "appointment_cancelled", "pending")
    assert second.payload["revision"] == 1


async def test_cancelling_twice_is_no_fault_and_no_second_letter(runtime: Runtime, office: Office) -> None:
    token = service.token_of(runtime, await book(runtime, "centro", asking()))
    first = await service.cancel(runtime, token)
    assert await service.cancel(runtime, token) == first
    assert len(await outbox(runtime)) == 2


async def test_what_a_handler_refuses_cancels_nothing(runtime: Runtime, office: Office) -> None:
    async def refuse(_tx: Any, _event: Any) -> None:
        raise Refused("not_now")

    booked = await book(runtime, "centro", asking())
    runtime.events.on(service.AppointmentCancelled, refuse)
    with pytest.raises(Refused, match="not_now"):
        await service.cancel(runtime, service.token_of(runtime, booked))
    assert await state_of(runtime, booked.id) is S.CONFIRMED


async def test_moving_makes_a_new_one_to_which_the_old_one_leads(runtime: Runtime, office: Office) -> None:
    heard = recorder(runtime, service.AppointmentRescheduled)
    old = await book(runtime, "centro", asking(phone="+34612345678"))
    later = FRIDAY_AT_9 + timedelta(minutes=30)
    new = await service.reschedule(runtime, service.token_of(runtime, old), later)
    assert (new.starts_at, new.state, new.phone) == (later, S.CONFIRMED, "+34612345678")
    assert new.id != old.id
    assert new.locator != old.locator
    async with runtime.reading() as session:
        moved = await service.appointment_by_id(session, old.id)
    assert (moved.state, moved.rescheduled_to) == (S.RESCHEDULED, new.id)
    assert [(event.old.id, event.new) for event in heard] == [(old.id, new)]
    letter = (await outbox(runtime))[-1]
    assert letter.kind == "appointment_rescheduled"
    assert letter.payload["previous_starts_at"] == "2026-11-27T08:00:00+00:00"
    assert (letter.payload["calendar_uid"], letter.payload["revision"]) == (old.calendar_uid, 1)


async def test_moving_frees_the_old_time(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    old = await book(runtime, "centro", asking())
    await service.reschedule(runtime, service.token_of(runtime, old), FRIDAY_AT_9 + timedelta(hours=1))
    clock.advance(minutes=15)
    assert (await book(runtime, "centro", asking(DIEGO))).starts_at == FRIDAY_AT_9


async def test_moving_to_a_taken_time_changes_nothing(runtime: Runtime, office: Office) -> None:
    old = await book(runtime, "centro", asking())
    later = FRIDAY_AT_9 + timedelta(minutes=15)
    await book(runtime, "centro", asking(DIEGO, starts_at=later))
    with pytest.raises(Refused, match="slot_taken"):
        await service.reschedule(runtime, service.token_of(runtime, old), later)
    assert await state_of(runtime, old.id) is S.CONFIRMED


async def test_a_double_tap_moves_once(runtime: Runtime, office: Office) -> None:
    token = service.token_of(runtime, await book(runtime, "centro", asking()))
    later = FRIDAY_AT_9 + timedelta(minutes=30)
    both = await asyncio.gather(*(service.reschedule(runtime, token, later) for _ in range(2)))
    assert both[0].id == both[1].id


async def test_moving_to_its_own_time_changes_nothing(runtime: Runtime, office: Office) -> None:
    booked = await book(runtime, "centro", asking())
    assert await service.reschedule(runtime, service.token_of(runtime, booked), FRIDAY_AT_9) == booked


async def test_a_cancelled_one_cannot_be_moved(runtime: Runtime, office: Office) -> None:
    token = service.token_of(runtime, await book(runtime, "centro", asking()))
    await service.cancel(runtime, token)
    with pytest.raises(Refused, match="illegal_transition"):
        await service.reschedule(runtime, token, FRIDAY_AT_9 + timedelta(hours=1))


async def test_two_who_move_to_the_same_place_get_it_once(runtime: Runtime, office: Office) -> None:
    tokens = [
        service.token_of(
            runtime,
            await book(
                runtime,
                "centro",
                asking(email=f"p{number}@example.org", starts_at=FRIDAY_AT_9 + timedelta(minutes=15 * number)),
            ),
        )
        for number in range(4)
    ]

    async def attempt(token: str) -> str:
        try:
            await service.reschedule(runtime, token, FRIDAY_AT_9 + timedelta(hours=3))
        except Refused as refusal:
            return refusal.code
        return "moved"

    outcomes = await asyncio.gather(*(attempt(token) for token in tokens))
    assert sorted(outcomes) == ["moved"] + ["slot_taken"] * 3


async def test_cancelling_and_checking_in_at_once_leave_one_winner(runtime: Runtime, office: Office) -> None:
    booked = await book(runtime, "centro", asking())

    async def come() -> str:
        try:
            async with runtime.transaction() as tx:
                await service.check_in(tx, booked.id)
        except Refused:
            return "refused"
        return "checked_in"

    async def stay_away() -> str:
        try:
            await service.cancel(runtime, service.token_of(runtime, booked))
        except Refused:
            return "refused"
        return "cancelled_citizen"

    outcomes = set(await asyncio.gather(come(), stay_away()))
    assert "refused" in outcomes
    assert await state_of(runtime, booked.id) in outcomes


# The visit


async def test_a_visit_goes_from_the_door_to_served(runtime: Runtime, office: Office) -> None:
    booked = await book(runtime, "centro", asking())
    for step, state in [
        (service.check_in, S.CHECKED_IN),
        (service.undo_check_in, S.CONFIRMED),
        (service.check_in, S.CHECKED_IN),
        (service.mark_served, S.SERVED),
    ]:
        async with runtime.transaction() as tx:
            assert (await step(tx, booked.id)).state is state
        assert await state_of(runtime, booked.id) is state


async def test_who_took_a_turn_and_did_not_come_is_a_no_show(runtime: Runtime, office: Office) -> None:
    booked = await book(runtime, "centro", asking(mode="in_person"))
    async with runtime.transaction() as tx:
        await service.check_in(tx, booked.id)
        await service.mark_no_show(tx, booked.id)
    assert await state_of(runtime, booked.id) is S.NO_SHOW


async def test_an_illegal_step_changes_nothing(runtime: Runtime, office: Office) -> None:
    booked = await book(runtime, "centro", asking())
    with pytest.raises(Refused, match="illegal_transition"):
        async with runtime.transaction() as tx:
            await service.mark_served(tx, booked.id)
    assert await state_of(runtime, booked.id) is S.CONFIRMED


async def test_the_day_lists_who_keeps_their_place_by_time(runtime: Runtime, office: Office) -> None:
    later = await book(runtime, "centro", asking(starts_at=FRIDAY_AT_9 + timedelta(hours=1)))
    first = await book(runtime, "centro", asking(DIEGO, mode="in_person"))
    gone = await book(runtime, "centro", asking(email="gone@example.org"))
    await service.cancel(runtime, service.token_of(runtime, gone))
    start = FRIDAY_AT_9 - timedelta(hours=9)
    async with runtime.reading() as session:
        day = await service.appointments_of_day(session, office.id, start, start + timedelta(days=1))
        by_video = await service.appointments_of_day(session, office.id, start, start + timedelta(days=1), "video")
    assert [one.id for one in day] == [first.id, later.id]
    assert [one.id for one in by_video] == [later.id]


# Finding


@pytest.mark.parametrize("contact", ["amina@example.org", " AMINA@example.org ", "612 345 678", "12345678-z"])
async def test_locator_and_any_contact_find_it(runtime: Runtime, office: Office, contact: str) -> None:
    booked = await book(runtime, "centro", asking(phone="+34612345678", document="12345678Z"))
    spoken = f"{booked.locator[:4]}-{booked.locator[4:]}".lower()
    assert (await service.find(runtime, spoken, contact, "192.0.2.1")).id == booked.id


async def test_a_moved_one_is_found_where_it_is_now(runtime: Runtime, office: Office) -> None:
    old = await book(runtime, "centro", asking())
    new = await service.reschedule(runtime, service.token_of(runtime, old), FRIDAY_AT_9 + timedelta(minutes=30))
    assert (await service.find(runtime, old.locator, AMINA["email"], "192.0.2.1")).id == new.id


async def test_five_wrong_guesses_are_enough_for_a_quarter_of_an_hour(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    booked = await book(runtime, "centro", asking())
    for wrong in (("00000000", AMINA["email"]), (booked.locator, "other@example.org")) * 3:
        with pytest.raises((NotFound, RateLimited)) as last:
            await service.find(runtime, *wrong, "192.0.2.1")
    assert isinstance(last.value, RateLimited)
    with pytest.raises(RateLimited):
        await service.find(runtime, booked.locator, AMINA["email"], "192.0.2.1")
    assert await service.find(runtime, booked.locator, AMINA["email"], "198.51.100.7")
    clock.advance(minutes=15, seconds=1)
    assert await service.find(runtime, booked.locator, AMINA["email"], "192.0.2.1")


async def test_guesses_sent_side_by_side_are_counted_before_they_are_looked_at(
    runtime: Runtime, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = []
    look_up = service.appointment_by_locator

    async def counted(*asked: Any) -> service.Appointment:
        looked_at.append(asked)
        return await look_up(*asked)

    monkeypatch.setattr(service, "appointment_by_locator", counted)
    guesses = (service.find(runtime, "AAAAAAAA", "amina@example.org", "192.0.2.1") for _ in range(20))
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    assert all(isinstance(one, NotFound | RateLimited) for one in answers)
    assert len(looked_at) <= 5


async def test_ones_own_appointment_does_not_reset_the_counter(runtime: Runtime, office: Office) -> None:
    mine = await book(runtime, "centro", asking())
    for _ in range(4):
        with pytest.raises(NotFound):
            await service.find(runtime, "AAAAAAAA", "amina@example.org", "192.0.2.1")
        await service.find(runtime, mine.locator, mine.email, "192.0.2.1")
    with pytest.raises(NotFound):
        await service.find(runtime, "AAAAAAAA", "amina@example.org", "192.0.2.1")
    with pytest.raises(RateLimited):
        await service.find(runtime, mine.locator, mine.email, "192.0.2.1")


async def test_the_numbers_in_the_table_are_those_that_were_told(runtime: Runtime, office: Office) -> None:
    await book(runtime, "centro", asking())
    async with runtime.reading() as session:
        count = (await session.execute(select(func.count()).select_from(AppointmentRow))).scalar_one()
    assert count == 1
    assert issubclass(Conflict, Refused)
