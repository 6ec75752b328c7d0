"""Freed slots: candidates, order, time to answer, and answers. Both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.actions.earlier_slot import (
    accept_earlier_slot,
    cancel_earlier_request,
    earlier_slot_status,
    refuse_earlier_slot,
    request_earlier_slot,
)
from office360.appointments.domain.offer import (
    COOLDOWN_MAX,
    COOLDOWN_MIN,
    EarlierSlotRequest,
    OfferReason,
    SlotOffer,
)
from office360.appointments.service import (
    Appointment,
    AppointmentState,
    book_appointment,
    cancel_appointment,
    reschedule_appointment,
)
from office360.appointments.storage import offer_rows
from office360.appointments.storage.tables import HoldRow, OfferRow
from office360.core.db.outbox import OutboxRow
from office360.core.errors import NotFound, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office

from ...conftest import FakeClock
from ..support.agenda_settings import set_agenda
from ..support.database import appointment_link_token, is_free, load_rows, run_due_timers
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, QUARTER, make_booking_request

S = AppointmentState
BORIS = {"name": "Boris Petrov", "email": "boris@example.org"}
LATER = {"name": "Persona 4", "email": "p4@example.org"}
CARMEN = {"name": "Carmen Vega", "email": "carmen@example.org"}


async def book_at_quarter(runtime: Runtime, person: dict[str, str], quarter: int = 0, **more: Any) -> Appointment:
    """Book an appointment this many quarters of an hour after nine on Friday."""
    return await book_appointment(
        runtime, "centro", make_booking_request(person, starts_at=FRIDAY_AT_9 + quarter * QUARTER, **more)
    )


async def book_with_earlier_request(
    runtime: Runtime, person: dict[str, str], quarter: int, wish: EarlierSlotRequest | None = None, **more: Any
) -> Appointment:
    """Book a later time for this person and ask for an earlier one."""
    later = await book_at_quarter(runtime, person, quarter, **more)
    return await request_earlier_slot(
        runtime, appointment_link_token(runtime, later), wish or EarlierSlotRequest()
    )


async def open_earlier_offer(runtime: Runtime, appointment: Appointment) -> SlotOffer | None:
    """Load the open offer of an earlier slot for this appointment."""
    async with runtime.read_session() as session:
        offer = await offer_rows.latest_offer_to_taker(session, appointment.id, OfferReason.EARLIER)
    return offer if offer is not None and offer.is_open(runtime.now()) else None


async def load_earlier_request(runtime: Runtime, appointment: Appointment) -> EarlierSlotRequest | None:
    async with runtime.read_session() as session:
        return (await earlier_slot_status(session, appointment, runtime.now())).wish


async def accept_open_offer(runtime: Runtime, appointment: Appointment) -> Appointment:
    offer = await open_earlier_offer(runtime, appointment)
    assert offer is not None
    return await accept_earlier_slot(runtime, appointment_link_token(runtime, appointment), offer.id)


# Cool-down


async def test_unwanted_freed_slot_cools_down_then_is_public(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await cancel_appointment(runtime, appointment_link_token(runtime, await book_at_quarter(runtime, AMINA)))
    assert not await is_free(runtime, office)
    await run_due_timers(runtime)
    (place,) = await load_rows(runtime, HoldRow)
    assert place.purpose == "rest"
    assert COOLDOWN_MIN <= place.expires_at - clock.now() <= COOLDOWN_MAX
    with pytest.raises(Refused, match="slot_taken"):
        await book_at_quarter(runtime, DIEGO)
    clock.set(place.expires_at)
    assert await is_free(runtime, office)
    await run_due_timers(runtime)
    assert await load_rows(runtime, HoldRow) == []
    assert (await book_at_quarter(runtime, DIEGO)).state is S.CONFIRMED


async def test_freed_slot_becomes_public_without_a_worker(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await cancel_appointment(runtime, appointment_link_token(runtime, await book_at_quarter(runtime, AMINA)))
    clock.advance(minutes=5)
    assert await is_free(runtime, office)
    assert (await book_at_quarter(runtime, DIEGO)).state is S.CONFIRMED
    await run_due_timers(runtime)  # the late worker finds the slot booked by another person
    assert await load_rows(runtime, HoldRow) == []


async def test_slot_within_two_hours_has_no_cooldown(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    amina = await book_at_quarter(runtime, AMINA)
    clock.set(FRIDAY_AT_9 - timedelta(minutes=119))
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await run_due_timers(runtime)
    assert await is_free(runtime, office)


async def test_slot_within_lead_time_is_not_held(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    amina = await book_at_quarter(runtime, AMINA)
    clock.set(FRIDAY_AT_9 - timedelta(minutes=20))
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    assert await load_rows(runtime, HoldRow) == []


async def test_rescheduled_person_can_reclaim_own_slot(runtime: Runtime, office: Office) -> None:
    amina = await book_at_quarter(runtime, AMINA)
    moved = await reschedule_appointment(runtime, appointment_link_token(runtime, amina), FRIDAY_AT_9 + QUARTER)
    await run_due_timers(runtime)
    with pytest.raises(Refused, match="slot_taken"):
        await book_at_quarter(runtime, DIEGO)
    back = await reschedule_appointment(runtime, appointment_link_token(runtime, moved), FRIDAY_AT_9)
    assert back.starts_at == FRIDAY_AT_9


async def test_concurrent_cancels_free_one_slot(runtime: Runtime, office: Office) -> None:
    amina = await book_at_quarter(runtime, AMINA)
    both = await asyncio.gather(
        *(cancel_appointment(runtime, appointment_link_token(runtime, amina)) for _ in range(2))
    )
    assert [one.state for one in both] == [S.CANCELLED_CITIZEN] * 2
    assert len(await load_rows(runtime, HoldRow)) == 1
    assert len([one for one in await load_rows(runtime, OutboxRow) if one.kind == "appointment_cancelled"]) == 1


async def test_concurrent_cancel_and_reschedule_have_one_winner(runtime: Runtime, office: Office) -> None:
    mine = appointment_link_token(runtime, await book_at_quarter(runtime, AMINA))
    done = await asyncio.gather(
        cancel_appointment(runtime, mine),
        reschedule_appointment(runtime, mine, FRIDAY_AT_9 + QUARTER),
        return_exceptions=True,
    )
    assert len([one for one in done if isinstance(one, Refused)]) == 1


# Offers


async def test_freed_slot_is_offered_to_the_first_requester(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await book_at_quarter(runtime, AMINA)
    diego = await book_with_earlier_request(runtime, DIEGO, 8)
    clock.advance(seconds=1)
    boris = await book_with_earlier_request(runtime, BORIS, 4)
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await run_due_timers(runtime)
    offer = await open_earlier_offer(runtime, diego)
    assert offer is not None
    assert (offer.starts_at, offer.expires_at) == (FRIDAY_AT_9, clock.now() + timedelta(minutes=30))
    assert await open_earlier_offer(runtime, boris) is None
    message = next(one for one in await load_rows(runtime, OutboxRow) if one.kind == "earlier_offer")
    assert (message.recipient, message.payload["offered_starts_at"]) == (
        DIEGO["email"],
        "2026-11-27T08:00:00+00:00",
    )


async def test_accept_moves_appointment_and_frees_its_later_slot(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, diego = await book_at_quarter(runtime, AMINA), await book_with_earlier_request(runtime, DIEGO, 8)
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await run_due_timers(runtime)
    new = await accept_open_offer(runtime, diego)
    assert (new.starts_at, new.state, new.email) == (FRIDAY_AT_9, S.CONFIRMED, DIEGO["email"])
    assert new.moves == 0, "an accepted offer does not count as a move"
    await run_due_timers(runtime)
    (place,) = await load_rows(runtime, HoldRow)
    assert (place.purpose, place.starts_at) == ("rest", FRIDAY_AT_9 + 8 * QUARTER)
    assert await load_earlier_request(runtime, new) is None


async def test_accept_twice_moves_once(runtime: Runtime, office: Office) -> None:
    amina, diego = await book_at_quarter(runtime, AMINA), await book_with_earlier_request(runtime, DIEGO, 8)
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await run_due_timers(runtime)
    offer = await open_earlier_offer(runtime, diego)
    assert offer is not None
    both = await asyncio.gather(
        *(accept_earlier_slot(runtime, appointment_link_token(runtime, diego), offer.id) for _ in range(2))
    )
    assert both[0] == both[1]


async def test_chain_of_accepted_offers_serves_every_requester(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await book_at_quarter(runtime, AMINA)
    waiting = []
    for place, person in enumerate((DIEGO, BORIS, CARMEN), 1):
        waiting.append(await book_with_earlier_request(runtime, person, place))
        clock.advance(seconds=1)
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    for place, one in enumerate(waiting):
        await run_due_timers(runtime)
        assert (await accept_open_offer(runtime, one)).starts_at == FRIDAY_AT_9 + place * QUARTER


async def test_unanswered_offer_goes_to_the_next_person(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await book_at_quarter(runtime, AMINA)
    diego = await book_with_earlier_request(runtime, DIEGO, 8)
    clock.advance(seconds=1)
    boris = await book_with_earlier_request(runtime, BORIS, 4)
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await run_due_timers(runtime)
    late = await open_earlier_offer(runtime, diego)
    assert late is not None
    clock.set(late.expires_at)
    await run_due_timers(runtime)
    assert await open_earlier_offer(runtime, boris) is not None
    with pytest.raises(Refused, match="offer_over"):
        await accept_earlier_slot(runtime, appointment_link_token(runtime, diego), late.id)
    clock.advance(minutes=30)
    await run_due_timers(runtime)
    assert [one.purpose for one in await load_rows(runtime, HoldRow)] == ["rest"], "one offer a person"


async def test_refusing_person_keeps_position_in_the_list(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, carmen = await book_at_quarter(runtime, AMINA), await book_at_quarter(runtime, CARMEN, 1)
    diego = await book_with_earlier_request(runtime, DIEGO, 8)
    clock.advance(seconds=1)
    boris = await book_with_earlier_request(runtime, BORIS, 4)
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await run_due_timers(runtime)
    first = await open_earlier_offer(runtime, diego)
    assert first is not None
    await refuse_earlier_slot(runtime, appointment_link_token(runtime, diego), first.id)
    await run_due_timers(runtime)
    assert await open_earlier_offer(runtime, boris) is not None
    await cancel_appointment(runtime, appointment_link_token(runtime, carmen))
    await run_due_timers(runtime)
    second = await open_earlier_offer(runtime, diego)
    assert second is not None
    assert second.starts_at == FRIDAY_AT_9 + QUARTER


async def test_person_has_at_most_one_open_offer(runtime: Runtime, office: Office) -> None:
    amina, boris = await book_at_quarter(runtime, AMINA), await book_at_quarter(runtime, BORIS, 1)
    diego = await book_with_earlier_request(runtime, DIEGO, 8)
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await cancel_appointment(runtime, appointment_link_token(runtime, boris))
    await run_due_timers(runtime)
    assert await open_earlier_offer(runtime, diego) is not None
    assert [one.state for one in await load_rows(runtime, OfferRow)] == ["open"]
    assert sorted(one.purpose for one in await load_rows(runtime, HoldRow)) == ["offer", "rest"]


async def test_cancelled_request_passes_open_offer_on(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    amina = await book_at_quarter(runtime, AMINA)
    diego = await book_with_earlier_request(runtime, DIEGO, 8)
    clock.advance(seconds=1)
    boris = await book_with_earlier_request(runtime, BORIS, 4)
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await run_due_timers(runtime)
    await cancel_earlier_request(runtime, appointment_link_token(runtime, diego))
    await run_due_timers(runtime)
    assert await open_earlier_offer(runtime, diego) is None
    assert await open_earlier_offer(runtime, boris) is not None


async def test_cancel_with_open_offer_passes_offer_on(runtime: Runtime, office: Office) -> None:
    amina, diego = await book_at_quarter(runtime, AMINA), await book_with_earlier_request(runtime, DIEGO, 8)
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await run_due_timers(runtime)
    await cancel_appointment(runtime, appointment_link_token(runtime, diego))
    await run_due_timers(runtime)
    assert [one.purpose for one in await load_rows(runtime, HoldRow)] == ["rest", "rest"]
    assert [one.state for one in await load_rows(runtime, OfferRow)] == ["refused"]


async def test_earlier_request_follows_rescheduled_appointment(runtime: Runtime, office: Office) -> None:
    amina, diego = (
        await book_at_quarter(runtime, AMINA),
        await book_with_earlier_request(runtime, DIEGO, 8, EarlierSlotRequest(part="morning")),
    )
    moved = await reschedule_appointment(
        runtime, appointment_link_token(runtime, diego), FRIDAY_AT_9 + 6 * QUARTER
    )
    assert await load_earlier_request(runtime, moved) == EarlierSlotRequest(part="morning")
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await run_due_timers(runtime)
    assert await open_earlier_offer(runtime, moved) is not None


@pytest.mark.parametrize(
    ("quarter", "more"),
    [
        (8, {"wish": EarlierSlotRequest(part="afternoon")}),
        (8, {"wish": EarlierSlotRequest(not_before=(FRIDAY_AT_9 + timedelta(days=1)).date())}),
        (8, {"mode": "in_person"}),
    ],
    ids=["another part of the day", "another day", "the other mode"],
)
async def test_unsuitable_slot_is_not_offered(
    runtime: Runtime, office: Office, quarter: int, more: dict[str, Any]
) -> None:
    amina, diego = (
        await book_at_quarter(runtime, AMINA),
        await book_with_earlier_request(runtime, DIEGO, quarter, **more),
    )
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await run_due_timers(runtime)
    assert await open_earlier_offer(runtime, diego) is None


async def test_slot_later_than_own_appointment_is_not_offered(runtime: Runtime, office: Office) -> None:
    boris, diego = await book_at_quarter(runtime, BORIS, 8), await book_with_earlier_request(runtime, DIEGO, 4)
    await cancel_appointment(runtime, appointment_link_token(runtime, boris))
    await run_due_timers(runtime)
    assert await open_earlier_offer(runtime, diego) is None


@pytest.mark.parametrize(("minutes", "is_offered"), [(30, True), (29, False)])
async def test_offer_leaves_interpreter_notice_after_answer(
    runtime: Runtime, office: Office, clock: FakeClock, minutes: int, is_offered: bool
) -> None:
    amina = await book_at_quarter(runtime, AMINA)
    diego = await book_with_earlier_request(runtime, DIEGO, 8, needs=("sign_language",))
    clock.set(FRIDAY_AT_9 - timedelta(hours=24, minutes=minutes))
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await run_due_timers(runtime)
    assert (await open_earlier_offer(runtime, diego) is not None) is is_offered
    if is_offered:
        clock.advance(minutes=29)
        moved = await accept_open_offer(runtime, diego)
        assert (moved.starts_at, moved.needs) == (FRIDAY_AT_9, ("sign_language",))


async def test_earlier_request_without_interpreter_notice_is_refused(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await book_at_quarter(runtime, AMINA, needs=("sign_language",))
    clock.set(FRIDAY_AT_9 - timedelta(hours=24))
    with pytest.raises(Refused, match="bound_to_the_time"):
        await request_earlier_slot(runtime, appointment_link_token(runtime, amina), EarlierSlotRequest())
    await set_agenda(runtime, office, "certificate", interpreter_notice=60)
    await request_earlier_slot(runtime, appointment_link_token(runtime, amina), EarlierSlotRequest())


async def test_booking_and_reschedule_respect_interpreter_notice(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    clock.set(FRIDAY_AT_9 - timedelta(hours=23))
    with pytest.raises(Refused, match="interpreter_too_soon") as refused:
        await book_at_quarter(runtime, AMINA, needs=("sign_language",))
    assert refused.value.details["earliest"] == "2026-11-27T10:00:00+01:00"
    assert refused.value.details["hours"] == 24
    await book_at_quarter(runtime, AMINA, needs=("step_free",))
    diego = await book_at_quarter(runtime, DIEGO, 8, needs=("sign_language",))
    with pytest.raises(Refused, match="slot_taken") as taken:
        await reschedule_appointment(runtime, appointment_link_token(runtime, diego), FRIDAY_AT_9 + 3 * QUARTER)
    assert taken.value.details["nearest"][0] == "2026-11-27T10:00:00+01:00"
    await book_at_quarter(runtime, BORIS, 4)
    with pytest.raises(Refused, match="slot_taken") as taken:  # the alternatives leave interpreter notice, too
        await book_at_quarter(runtime, LATER, 4, needs=("sign_language",))
    assert taken.value.details["nearest"][0] == "2026-11-27T10:15:00+01:00"
    moved = await reschedule_appointment(
        runtime, appointment_link_token(runtime, diego), FRIDAY_AT_9 + 5 * QUARTER
    )
    assert moved.starts_at == FRIDAY_AT_9 + 5 * QUARTER
    inside = await book_at_quarter(runtime, LATER, 2, needs=("sign_language",), override="She brings her own.")
    assert inside.state is S.CONFIRMED


async def test_slot_freed_at_night_is_offered_in_the_morning(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, diego = await book_at_quarter(runtime, AMINA), await book_with_earlier_request(runtime, DIEGO, 8)
    clock.set(FRIDAY_AT_9 - timedelta(hours=33, minutes=30))  # 23:30 on Wednesday
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await run_due_timers(runtime)
    assert await open_earlier_offer(runtime, diego) is None
    clock.advance(hours=8)
    assert not await is_free(runtime, office)
    clock.advance(minutes=30)
    await run_due_timers(runtime)
    offer = await open_earlier_offer(runtime, diego)
    assert offer is not None
    assert offer.expires_at == clock.now() + timedelta(minutes=30)


async def test_offer_to_another_person_is_not_found(runtime: Runtime, office: Office) -> None:
    amina, diego = await book_at_quarter(runtime, AMINA), await book_with_earlier_request(runtime, DIEGO, 8)
    boris = await book_at_quarter(runtime, BORIS, 2)
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await run_due_timers(runtime)
    offer = await open_earlier_offer(runtime, diego)
    assert offer is not None
    for answer in (accept_earlier_slot, refuse_earlier_slot):
        with pytest.raises(NotFound):
            await answer(runtime, appointment_link_token(runtime, boris), offer.id)


async def test_repeated_timer_makes_one_offer(runtime: Runtime, office: Office) -> None:
    amina, diego = await book_at_quarter(runtime, AMINA), await book_with_earlier_request(runtime, DIEGO, 8)
    await book_with_earlier_request(runtime, BORIS, 4)
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    (place,) = await load_rows(runtime, HoldRow)
    for _ in range(3):
        async with runtime.transaction() as tx:
            await service.TIMERS["place.freed"](tx, place.id)
    await asyncio.gather(run_due_timers(runtime), run_due_timers(runtime))
    assert [(one.taker_id, one.state) for one in await load_rows(runtime, OfferRow)] == [(diego.id, "open")]


async def test_concurrent_accept_and_refuse_have_one_winner(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, diego = await book_at_quarter(runtime, AMINA), await book_with_earlier_request(runtime, DIEGO, 8)
    boris = await book_with_earlier_request(runtime, BORIS, 4)
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    await run_due_timers(runtime)
    offer = await open_earlier_offer(runtime, diego)
    assert offer is not None
    clock.set(offer.expires_at - timedelta(microseconds=1))

    async def refuse_then_next() -> None:
        await refuse_earlier_slot(runtime, appointment_link_token(runtime, diego), offer.id)
        await run_due_timers(runtime)
        if (next_one := await open_earlier_offer(runtime, boris)) is not None:
            await accept_earlier_slot(runtime, appointment_link_token(runtime, boris), next_one.id)

    await asyncio.gather(
        accept_earlier_slot(runtime, appointment_link_token(runtime, diego), offer.id),
        refuse_then_next(),
        return_exceptions=True,
    )
    async with runtime.read_session() as session:
        there = await service.appointments_of_day(session, office.id, FRIDAY_AT_9, FRIDAY_AT_9 + QUARTER, "video")
    assert len(there) == 1


# Limits of rescheduling


async def test_fourth_reschedule_is_refused(runtime: Runtime, office: Office) -> None:
    amina = await book_at_quarter(runtime, AMINA)
    for quarter in (1, 2, 3):
        amina = await reschedule_appointment(
            runtime, appointment_link_token(runtime, amina), FRIDAY_AT_9 + quarter * QUARTER
        )
    assert amina.moves == 3
    with pytest.raises(Refused, match="too_many_moves"):
        await reschedule_appointment(runtime, appointment_link_token(runtime, amina), FRIDAY_AT_9 + 4 * QUARTER)
