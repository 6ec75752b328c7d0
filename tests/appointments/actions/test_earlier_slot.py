"""A place that is given back: who is offered it, in which order, until when, and what they answer."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.domain.offer import REST_LEAST, REST_MOST, Wish
from office360.appointments.service import Appointment, AppointmentState, book, cancel, reschedule
from office360.appointments.storage.tables import HoldRow, OfferRow
from office360.core.db.outbox import OutboxRow
from office360.core.db.timers import fire_due
from office360.core.errors import NotFound, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from sqlalchemy import select

from ...conftest import FakeClock
from ..support.agenda_settings import set_agenda
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, asking

S = AppointmentState
BORIS = {"name": "Boris Petrov", "email": "boris@example.org"}
LATER = {"name": "Persona 4", "email": "p4@example.org"}
CARMEN = {"name": "Carmen Vega", "email": "carmen@example.org"}
QUARTER = timedelta(minutes=15)


def token(runtime: Runtime, appointment: Appointment) -> str:
    return service.token_of(runtime, appointment)


async def booked(runtime: Runtime, person: dict[str, str], quarter: int = 0, **more: Any) -> Appointment:
    """An appointment so many quarters of an hour after nine on Friday."""
    return await book(runtime, "centro", asking(person, starts_at=FRIDAY_AT_9 + quarter * QUARTER, **more))


async def wanting(
    runtime: Runtime, person: dict[str, str], quarter: int, wish: Wish | None = None, **more: Any
) -> Appointment:
    """Somebody with a later time who wants an earlier one."""
    later = await booked(runtime, person, quarter, **more)
    return await service.want_earlier(runtime, token(runtime, later), wish or Wish())


async def worker(runtime: Runtime) -> None:
    await fire_due(runtime, service.TIMERS)


async def rows(runtime: Runtime, table: Any) -> list[Any]:
    async with runtime.reading() as session:
        return list((await session.execute(select(table).order_by(table.id))).scalars())


async def offer_to(runtime: Runtime, appointment: Appointment) -> service.Offer | None:
    """What this appointment is offered at this moment."""
    async with runtime.reading() as session:
        offer = await service.earlier_offer(session, appointment.id)
    return offer if offer is not None and offer.is_open(runtime.now()) else None


async def wish_of(runtime: Runtime, appointment: Appointment) -> Wish | None:
    async with runtime.reading() as session:
        return (await service.earlier_of(session, appointment, runtime.now())).wish


async def is_free(runtime: Runtime, office: Office, starts_at: datetime = FRIDAY_AT_9) -> bool:
    async with runtime.reading() as session:
        certificate = office.service("certificate")
        found = await service.free_times(session, office, certificate, "video", runtime.now(), starts_at.date(), 1)
    return starts_at in {slot.starts_at for slot in found}


async def accept(runtime: Runtime, appointment: Appointment) -> Appointment:
    offer = await offer_to(runtime, appointment)
    assert offer is not None
    return await service.accept_earlier(runtime, token(runtime, appointment), offer.id)


# Rest


async def test_a_place_that_nobody_asked_for_rests_and_is_free_again(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await cancel(runtime, token(runtime, await booked(runtime, AMINA)))
    assert not await is_free(runtime, office)
    await worker(runtime)
    (place,) = await rows(runtime, HoldRow)
    assert place.purpose == "rest"
    assert REST_LEAST <= place.expires_at - clock.now() <= REST_MOST
    with pytest.raises(Refused, match="slot_taken"):
        await booked(runtime, DIEGO)
    clock.set(place.expires_at)
    assert await is_free(runtime, office)
    await worker(runtime)
    assert await rows(runtime, HoldRow) == []
    assert (await booked(runtime, DIEGO)).state is S.CONFIRMED


async def test_a_place_is_free_in_the_end_though_no_worker_lives(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await cancel(runtime, token(runtime, await booked(runtime, AMINA)))
    clock.advance(minutes=5)
    assert await is_free(runtime, office)
    assert (await booked(runtime, DIEGO)).state is S.CONFIRMED
    await worker(runtime)  # at last: it finds that the place is somebody's
    assert await rows(runtime, HoldRow) == []


async def test_a_place_of_a_visit_within_two_hours_does_not_rest(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await booked(runtime, AMINA)
    clock.set(FRIDAY_AT_9 - timedelta(minutes=119))
    await cancel(runtime, token(runtime, amina))
    await worker(runtime)
    assert await is_free(runtime, office)


async def test_a_place_too_near_to_be_booked_is_kept_for_nobody(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await booked(runtime, AMINA)
    clock.set(FRIDAY_AT_9 - timedelta(minutes=20))
    await cancel(runtime, token(runtime, amina))
    assert await rows(runtime, HoldRow) == []


async def test_whoever_moved_away_can_come_back_at_once(runtime: Runtime, office: Office) -> None:
    amina = await booked(runtime, AMINA)
    moved = await reschedule(runtime, token(runtime, amina), FRIDAY_AT_9 + QUARTER)
    await worker(runtime)
    with pytest.raises(Refused, match="slot_taken"):
        await booked(runtime, DIEGO)
    back = await reschedule(runtime, token(runtime, moved), FRIDAY_AT_9)
    assert back.starts_at == FRIDAY_AT_9


async def test_two_devices_that_cancel_at_once_cancel_once_and_free_one_place(
    runtime: Runtime, office: Office
) -> None:
    amina = await booked(runtime, AMINA)
    both = await asyncio.gather(*(cancel(runtime, token(runtime, amina)) for _ in range(2)))
    assert [one.state for one in both] == [S.CANCELLED_CITIZEN] * 2
    assert len(await rows(runtime, HoldRow)) == 1
    assert len([one for one in await rows(runtime, OutboxRow) if one.kind == "appointment_cancelled"]) == 1


async def test_cancelling_and_moving_at_once_has_one_winner(runtime: Runtime, office: Office) -> None:
    mine = token(runtime, await booked(runtime, AMINA))
    done = await asyncio.gather(
        cancel(runtime, mine), reschedule(runtime, mine, FRIDAY_AT_9 + QUARTER), return_exceptions=True
    )
    assert len([one for one in done if isinstance(one, Refused)]) == 1


# Offers


async def test_a_freed_place_is_offered_to_who_asked_first(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await booked(runtime, AMINA)
    diego = await wanting(runtime, DIEGO, 8)
    clock.advance(seconds=1)
    boris = await wanting(runtime, BORIS, 4)
    await cancel(runtime, token(runtime, amina))
    await worker(runtime)
    offer = await offer_to(runtime, diego)
    assert offer is not None
    assert (offer.starts_at, offer.expires_at) == (FRIDAY_AT_9, clock.now() + timedelta(minutes=30))
    assert await offer_to(runtime, boris) is None
    letter = next(one for one in await rows(runtime, OutboxRow) if one.kind == "earlier_offer")
    assert (letter.recipient, letter.payload["offered_starts_at"]) == (
        DIEGO["email"],
        "2026-11-27T08:00:00+00:00",
    )


async def test_accepting_moves_the_appointment_and_frees_the_later_place(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, diego = await booked(runtime, AMINA), await wanting(runtime, DIEGO, 8)
    await cancel(runtime, token(runtime, amina))
    await worker(runtime)
    new = await accept(runtime, diego)
    assert (new.starts_at, new.state, new.email) == (FRIDAY_AT_9, S.CONFIRMED, DIEGO["email"])
    assert new.moves == 0, "what somebody was offered is not one of their moves"
    await worker(runtime)
    (place,) = await rows(runtime, HoldRow)
    assert (place.purpose, place.starts_at) == ("rest", FRIDAY_AT_9 + 8 * QUARTER)
    assert await wish_of(runtime, new) is None


async def test_accepting_twice_moves_once(runtime: Runtime, office: Office) -> None:
    amina, diego = await booked(runtime, AMINA), await wanting(runtime, DIEGO, 8)
    await cancel(runtime, token(runtime, amina))
    await worker(runtime)
    offer = await offer_to(runtime, diego)
    assert offer is not None
    both = await asyncio.gather(
        *(service.accept_earlier(runtime, token(runtime, diego), offer.id) for _ in range(2))
    )
    assert both[0] == both[1]


async def test_a_chain_of_moves_serves_everybody_who_asked(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await booked(runtime, AMINA)
    waiting = []
    for place, person in enumerate((DIEGO, BORIS, CARMEN), 1):
        waiting.append(await wanting(runtime, person, place))
        clock.advance(seconds=1)
    await cancel(runtime, token(runtime, amina))
    for place, one in enumerate(waiting):
        await worker(runtime)
        assert (await accept(runtime, one)).starts_at == FRIDAY_AT_9 + place * QUARTER


async def test_an_offer_that_is_not_answered_goes_to_the_next(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await booked(runtime, AMINA)
    diego = await wanting(runtime, DIEGO, 8)
    clock.advance(seconds=1)
    boris = await wanting(runtime, BORIS, 4)
    await cancel(runtime, token(runtime, amina))
    await worker(runtime)
    late = await offer_to(runtime, diego)
    assert late is not None
    clock.set(late.expires_at)
    await worker(runtime)
    assert await offer_to(runtime, boris) is not None
    with pytest.raises(Refused, match="offer_over"):
        await service.accept_earlier(runtime, token(runtime, diego), late.id)
    clock.advance(minutes=30)
    await worker(runtime)
    assert [one.purpose for one in await rows(runtime, HoldRow)] == ["rest"], "nobody is offered it twice"


async def test_whoever_refuses_keeps_their_place_in_the_list(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, carmen = await booked(runtime, AMINA), await booked(runtime, CARMEN, 1)
    diego = await wanting(runtime, DIEGO, 8)
    clock.advance(seconds=1)
    boris = await wanting(runtime, BORIS, 4)
    await cancel(runtime, token(runtime, amina))
    await worker(runtime)
    first = await offer_to(runtime, diego)
    assert first is not None
    await service.refuse_earlier(runtime, token(runtime, diego), first.id)
    await worker(runtime)
    assert await offer_to(runtime, boris) is not None
    await cancel(runtime, token(runtime, carmen))
    await worker(runtime)
    second = await offer_to(runtime, diego)
    assert second is not None
    assert second.starts_at == FRIDAY_AT_9 + QUARTER


async def test_nobody_is_offered_two_places_at_once(runtime: Runtime, office: Office) -> None:
    amina, boris = await booked(runtime, AMINA), await booked(runtime, BORIS, 1)
    diego = await wanting(runtime, DIEGO, 8)
    await cancel(runtime, token(runtime, amina))
    await cancel(runtime, token(runtime, boris))
    await worker(runtime)
    assert await offer_to(runtime, diego) is not None
    assert [one.state for one in await rows(runtime, OfferRow)] == ["open"]
    assert sorted(one.purpose for one in await rows(runtime, HoldRow)) == ["offer", "rest"]


async def test_stopping_passes_on_what_was_being_offered(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await booked(runtime, AMINA)
    diego = await wanting(runtime, DIEGO, 8)
    clock.advance(seconds=1)
    boris = await wanting(runtime, BORIS, 4)
    await cancel(runtime, token(runtime, amina))
    await worker(runtime)
    await service.stop_wanting(runtime, token(runtime, diego))
    await worker(runtime)
    assert await offer_to(runtime, diego) is None
    assert await offer_to(runtime, boris) is not None


async def test_cancelling_while_something_is_offered_passes_it_on(runtime: Runtime, office: Office) -> None:
    amina, diego = await booked(runtime, AMINA), await wanting(runtime, DIEGO, 8)
    await cancel(runtime, token(runtime, amina))
    await worker(runtime)
    await cancel(runtime, token(runtime, diego))
    await worker(runtime)
    assert [one.purpose for one in await rows(runtime, HoldRow)] == ["rest", "rest"]
    assert [one.state for one in await rows(runtime, OfferRow)] == ["refused"]


async def test_a_wish_goes_along_when_its_appointment_is_moved(runtime: Runtime, office: Office) -> None:
    amina, diego = await booked(runtime, AMINA), await wanting(runtime, DIEGO, 8, Wish(part="morning"))
    moved = await reschedule(runtime, token(runtime, diego), FRIDAY_AT_9 + 6 * QUARTER)
    assert await wish_of(runtime, moved) == Wish(part="morning")
    await cancel(runtime, token(runtime, amina))
    await worker(runtime)
    assert await offer_to(runtime, moved) is not None


@pytest.mark.parametrize(
    ("quarter", "more"),
    [
        (8, {"wish": Wish(part="afternoon")}),
        (8, {"wish": Wish(not_before=(FRIDAY_AT_9 + timedelta(days=1)).date())}),
        (8, {"mode": "in_person"}),
    ],
    ids=["another part of the day", "another day", "the other mode"],
)
async def test_a_place_that_does_not_fit_is_not_offered(
    runtime: Runtime, office: Office, quarter: int, more: dict[str, Any]
) -> None:
    amina, diego = await booked(runtime, AMINA), await wanting(runtime, DIEGO, quarter, **more)
    await cancel(runtime, token(runtime, amina))
    await worker(runtime)
    assert await offer_to(runtime, diego) is None


async def test_an_earlier_time_is_offered_to_nobody_who_comes_before_it(runtime: Runtime, office: Office) -> None:
    boris, diego = await booked(runtime, BORIS, 8), await wanting(runtime, DIEGO, 4)
    await cancel(runtime, token(runtime, boris))
    await worker(runtime)
    assert await offer_to(runtime, diego) is None


@pytest.mark.parametrize(("minutes", "is_offered"), [(30, True), (29, False)])
async def test_whoever_needs_an_interpreter_is_offered_what_leaves_time_to_ask_for_one_after_the_answer(
    runtime: Runtime, office: Office, clock: FakeClock, minutes: int, is_offered: bool
) -> None:
    amina = await booked(runtime, AMINA)
    diego = await wanting(runtime, DIEGO, 8, needs=("sign_language",))
    clock.set(FRIDAY_AT_9 - timedelta(hours=24, minutes=minutes))
    await cancel(runtime, token(runtime, amina))
    await worker(runtime)
    assert (await offer_to(runtime, diego) is not None) is is_offered
    if is_offered:
        clock.advance(minutes=29)
        moved = await accept(runtime, diego)
        assert (moved.starts_at, moved.needs) == (FRIDAY_AT_9, ("sign_language",))


async def test_whoever_needs_an_interpreter_who_cannot_come_before_is_told_that_their_time_stands(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await booked(runtime, AMINA, needs=("sign_language",))
    clock.set(FRIDAY_AT_9 - timedelta(hours=24))
    with pytest.raises(Refused, match="bound_to_the_time"):
        await service.want_earlier(runtime, token(runtime, amina), Wish())
    await set_agenda(runtime, office, "certificate", interpreter_notice=60)
    await service.want_earlier(runtime, token(runtime, amina), Wish())


async def test_nobody_books_or_moves_to_a_time_at_which_no_interpreter_could_be_there(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    clock.set(FRIDAY_AT_9 - timedelta(hours=23))
    with pytest.raises(Refused, match="interpreter_too_soon") as refused:
        await booked(runtime, AMINA, needs=("sign_language",))
    assert refused.value.details["earliest"] == "2026-11-27T10:00:00+01:00"
    assert refused.value.details["hours"] == 24
    await booked(runtime, AMINA, needs=("step_free",))
    diego = await booked(runtime, DIEGO, 8, needs=("sign_language",))
    with pytest.raises(Refused, match="slot_taken") as taken:
        await reschedule(runtime, token(runtime, diego), FRIDAY_AT_9 + 3 * QUARTER)
    assert taken.value.details["nearest"][0] == "2026-11-27T10:00:00+01:00"
    await booked(runtime, BORIS, 4)
    with pytest.raises(Refused, match="slot_taken") as taken:  # what is offered instead leaves the time, too
        await booked(runtime, LATER, 4, needs=("sign_language",))
    assert taken.value.details["nearest"][0] == "2026-11-27T10:15:00+01:00"
    moved = await reschedule(runtime, token(runtime, diego), FRIDAY_AT_9 + 5 * QUARTER)
    assert moved.starts_at == FRIDAY_AT_9 + 5 * QUARTER
    inside = await booked(runtime, LATER, 2, needs=("sign_language",), override="She brings her own.")
    assert inside.state is S.CONFIRMED


async def test_by_night_nobody_is_written_to_and_the_place_waits_for_the_morning(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, diego = await booked(runtime, AMINA), await wanting(runtime, DIEGO, 8)
    clock.set(FRIDAY_AT_9 - timedelta(hours=33, minutes=30))  # 23:30 on Wednesday
    await cancel(runtime, token(runtime, amina))
    await worker(runtime)
    assert await offer_to(runtime, diego) is None
    clock.advance(hours=8)
    assert not await is_free(runtime, office)
    clock.advance(minutes=30)
    await worker(runtime)
    offer = await offer_to(runtime, diego)
    assert offer is not None
    assert offer.expires_at == clock.now() + timedelta(minutes=30)


async def test_an_offer_of_somebody_else_is_not_found(runtime: Runtime, office: Office) -> None:
    amina, diego = await booked(runtime, AMINA), await wanting(runtime, DIEGO, 8)
    boris = await booked(runtime, BORIS, 2)
    await cancel(runtime, token(runtime, amina))
    await worker(runtime)
    offer = await offer_to(runtime, diego)
    assert offer is not None
    for answer in (service.accept_earlier, service.refuse_earlier):
        with pytest.raises(NotFound):
            await answer(runtime, token(runtime, boris), offer.id)


async def test_a_timer_that_comes_twice_offers_once(runtime: Runtime, office: Office) -> None:
    amina, diego = await booked(runtime, AMINA), await wanting(runtime, DIEGO, 8)
    await wanting(runtime, BORIS, 4)
    await cancel(runtime, token(runtime, amina))
    (place,) = await rows(runtime, HoldRow)
    for _ in range(3):
        async with runtime.transaction() as tx:
            await service.TIMERS["place.freed"](tx, place.id)
    await asyncio.gather(worker(runtime), worker(runtime))
    assert [(one.taker_id, one.state) for one in await rows(runtime, OfferRow)] == [(diego.id, "open")]


async def test_an_offer_and_the_end_of_its_time_at_once_have_one_winner(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, diego = await booked(runtime, AMINA), await wanting(runtime, DIEGO, 8)
    boris = await wanting(runtime, BORIS, 4)
    await cancel(runtime, token(runtime, amina))
    await worker(runtime)
    offer = await offer_to(runtime, diego)
    assert offer is not None
    clock.set(offer.expires_at - timedelta(microseconds=1))

    async def refuse_then_next() -> None:
        await service.refuse_earlier(runtime, token(runtime, diego), offer.id)
        await worker(runtime)
        if (next_one := await offer_to(runtime, boris)) is not None:
            await service.accept_earlier(runtime, token(runtime, boris), next_one.id)

    await asyncio.gather(
        service.accept_earlier(runtime, token(runtime, diego), offer.id),
        refuse_then_next(),
        return_exceptions=True,
    )
    async with runtime.reading() as session:
        there = await service.appointments_of_day(session, office.id, FRIDAY_AT_9, FRIDAY_AT_9 + QUARTER, "video")
    assert len(there) == 1


# Limits of moving


async def test_the_fourth_move_is_refused(runtime: Runtime, office: Office) -> None:
    amina = await booked(runtime, AMINA)
    for quarter in (1, 2, 3):
        amina = await reschedule(runtime, token(runtime, amina), FRIDAY_AT_9 + quarter * QUARTER)
    assert amina.moves == 3
    with pytest.raises(Refused, match="too_many_moves"):
        await reschedule(runtime, token(runtime, amina), FRIDAY_AT_9 + 4 * QUARTER)
