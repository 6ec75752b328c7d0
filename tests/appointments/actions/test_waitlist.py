"""The waiting list: who is on it, who is offered what in which order, and what becomes of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.actions.proof_of_work import proof_of
from office360.appointments.actions.waitlist import END_TIMER
from office360.appointments.domain.requester import Asker, Limits
from office360.appointments.service import WaitingRequest, WaitingState, book, cancel, token_of
from office360.appointments.storage.tables import HoldRow, MailboxRow, OfferRow, WaitingRow
from office360.core.db.outbox import OutboxRow
from office360.core.db.timers import fire_due
from office360.core.errors import Invalid, NotFound, RateLimited, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_offices
from office360.offices.tables import ServiceRow
from sqlalchemy import select, update

from ...conftest import FakeClock
from ..support.agenda_settings import set_agenda
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, asking, work

NOBODY_ELSE = "device:nobody-else"
ANYBODY = Asker(limits=Limits())  # of the public, without a proof: the mailbox is asked
WIFI = Asker(address="wifi", limits=Limits())


def wanted(email: str = DIEGO["email"], **changes: Any) -> WaitingRequest:
    asked: dict[str, Any] = {"service": "certificate", "office": "centro", "mode": "video", "language": "es"}
    return WaitingRequest(**(asked | {"email": email} | changes))


async def waits(runtime: Runtime, email: str = DIEGO["email"], **changes: Any) -> str:
    """The token of somebody who waits and has shown that the mailbox is theirs."""
    await service.join(runtime, wanted(email, **changes), ANYBODY)
    found = await rows(runtime, WaitingRow, email=email)
    token = service.waiting_token(runtime, found[-1].id)
    await service.confirm_waiting(runtime, token)
    return token


def honest(runtime: Runtime, asker: Asker = WIFI) -> Asker:
    """The same with a good proof of work."""
    return replace(asker, proof=proof_of(runtime.tokens, work(runtime), runtime.now()))


async def rows(runtime: Runtime, table: Any, **equal: Any) -> list[Any]:
    async with runtime.reading() as session:
        return list((await session.execute(select(table).filter_by(**equal).order_by(table.id))).scalars())


async def rows_of_mailboxes(runtime: Runtime) -> int:
    async with runtime.reading() as session:
        return len((await session.execute(select(MailboxRow))).scalars().all())


async def offered(runtime: Runtime, token: str) -> service.Offer | None:
    async with runtime.reading() as session:
        offer = await service.waiting_offer(session, (await service.waiting_by_token(session, token)).id)
    return offer if offer is not None and offer.is_open(runtime.now()) else None


async def worker(runtime: Runtime) -> None:
    await fire_due(runtime, service.TIMERS)


async def close(runtime: Runtime, office: Office, places: int = 0) -> None:
    """The certificate has so many places by video from now on."""
    async with runtime.transaction() as tx:
        row = update(ServiceRow).where(ServiceRow.slug == "certificate")
        await tx.session.execute(row.values(capacity={"in_person": 1, "video": places}))
        await bump_offices(tx.session, [office.id])


async def test_nothing_is_looked_for_before_the_mailbox_says_that_it_wants_to_wait(
    runtime: Runtime, office: Office
) -> None:
    await service.join(runtime, wanted(), ANYBODY)
    await worker(runtime)
    assert [one.state for one in await rows(runtime, WaitingRow)] == ["unverified"]
    assert [one.kind for one in await rows(runtime, OutboxRow)] == ["waiting_joined"]


async def test_a_mailbox_has_one_entry_for_a_service_and_one_letter_an_hour(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    for email in ("diego@example.org", "Diego@Example.ORG"):
        await service.join(runtime, wanted(email), ANYBODY)
    assert len(await rows(runtime, WaitingRow)) == len(await rows(runtime, OutboxRow)) == 1
    clock.advance(hours=1)
    await service.join(runtime, wanted(), ANYBODY)
    assert (len(await rows(runtime, WaitingRow)), len(await rows(runtime, OutboxRow))) == (1, 2)


async def test_asking_with_the_address_of_somebody_who_waits_changes_nothing_for_them(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    token = await waits(runtime)
    clock.advance(minutes=1)
    await service.join(runtime, wanted(mode="in_person"), ANYBODY)
    async with runtime.reading() as session:
        entry = await service.waiting_by_token(session, token)
    assert (entry.mode, entry.state) == ("video", WaitingState.WAITING)


async def test_a_freed_place_goes_to_who_has_a_later_one_and_then_to_the_list(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await book(runtime, "centro", asking(AMINA))
    carmen = await book(
        runtime, "centro", asking(email="carmen@example.org", starts_at=FRIDAY_AT_9 + timedelta(hours=1))
    )
    await service.want_earlier(runtime, token_of(runtime, carmen), service.Wish())
    await close(runtime, office)
    token = await waits(runtime)
    await worker(runtime)
    assert await offered(runtime, token) is None
    await close(runtime, office, 1)
    clock.set(clock.now() + timedelta(seconds=1))
    await cancel(runtime, token_of(runtime, amina))
    (place,) = await rows(runtime, HoldRow)
    async with runtime.transaction() as tx:
        await service.TIMERS["place.freed"](tx, place.id)
    assert [one.taker for one in await rows(runtime, OfferRow)] == ["earlier"]
    clock.advance(minutes=4)
    async with runtime.reading() as session:
        offer = await service.earlier_offer(session, carmen.id)
    assert offer is not None
    await service.refuse_earlier(runtime, token_of(runtime, carmen), offer.id)
    async with runtime.transaction() as tx:
        await service.TIMERS["place.freed"](tx, place.id)
    found = await offered(runtime, token)
    assert found is not None
    assert found.starts_at == FRIDAY_AT_9


async def test_new_dates_are_offered_to_those_who_wait_in_order_a_place_for_each(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await close(runtime, office)
    tokens = []
    for number in range(3):
        tokens.append(await waits(runtime, f"p{number}@example.org"))
        clock.advance(seconds=1)
    await worker(runtime)
    assert await rows(runtime, OfferRow) == []
    await close(runtime, office, 1)
    clock.advance(minutes=5)
    await worker(runtime)
    found = [await offered(runtime, token) for token in tokens]
    times = [one.starts_at for one in found if one is not None]
    assert len(set(times)) == 3
    assert times == sorted(times)


async def test_whoever_let_pass_what_anybody_can_book_is_told_again_a_day_later(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    token = await waits(runtime)
    await worker(runtime)
    first = await offered(runtime, token)
    assert first is not None
    await service.refuse_waiting(runtime, token, first.id)
    for _ in range(3):
        clock.advance(minutes=5)
        await worker(runtime)
    assert await offered(runtime, token) is None
    clock.advance(hours=24)
    await worker(runtime)
    assert await offered(runtime, token) is not None


async def test_accepting_keeps_the_place_for_the_form_and_booking_ends_the_wait(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    runtime.events.on(service.AppointmentBooked, service.on_booked)
    token = await waits(runtime)
    await worker(runtime)
    offer = await offered(runtime, token)
    assert offer is not None
    for _ in range(2):
        assert (await service.accept_waiting(runtime, token, offer.id, NOBODY_ELSE)).id == offer.id
    with pytest.raises(Refused, match="slot_taken"):
        await book(runtime, "centro", asking(AMINA, starts_at=offer.starts_at))
    async with runtime.reading() as session:
        kept = await service.hold_of(session, NOBODY_ELSE)
    assert kept is not None
    asked = asking(DIEGO, starts_at=offer.starts_at)
    await book(runtime, "centro", asked, hold=service.hold_token(runtime, kept))
    async with runtime.reading() as session:
        assert (await service.waiting_by_token(session, token)).state is WaitingState.BOOKED


async def test_a_form_that_comes_to_nothing_gives_the_place_to_the_next(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    clock.advance(hours=8, minutes=1)  # the earliest time is tomorrow's first
    first = await waits(runtime)
    await worker(runtime)
    offer = await offered(runtime, first)
    assert offer is not None
    await service.accept_waiting(runtime, first, offer.id, NOBODY_ELSE)
    clock.advance(seconds=1)
    await service.join(runtime, wanted("next@example.org"), ANYBODY)
    (entry,) = await rows(runtime, WaitingRow, email="next@example.org")
    token = service.waiting_token(runtime, entry.id)
    await service.confirm_waiting(runtime, token)
    async with runtime.transaction() as tx:  # only the place's own way is looked at
        await tx.unschedule("certificate", ["waiting.look"])
    clock.advance(minutes=10)
    await worker(runtime)
    found = await offered(runtime, token)
    assert found is not None
    assert found.place == offer.place


async def test_stopping_gives_what_was_offered_to_the_next(runtime: Runtime, office: Office) -> None:
    token = await waits(runtime)
    await worker(runtime)
    offer = await offered(runtime, token)
    assert offer is not None
    await service.stop_waiting(runtime, token)
    assert [one.state for one in await rows(runtime, OfferRow)] == ["refused"]
    assert [one.email for one in await rows(runtime, WaitingRow)] == [""]
    with pytest.raises(Refused, match="offer_over"):
        await service.accept_waiting(runtime, token, offer.id, NOBODY_ELSE)


async def test_after_thirty_days_one_is_told_and_can_ask_again(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await close(runtime, office)
    token = await waits(runtime)
    clock.advance(days=30)
    await worker(runtime)
    async with runtime.reading() as session:
        assert (await service.waiting_by_token(session, token)).state is WaitingState.EXPIRED
    assert [one.kind for one in await rows(runtime, OutboxRow)] == ["waiting_joined", "waiting_expired"]
    await service.join(runtime, wanted(), ANYBODY)
    assert [one.state for one in await rows(runtime, WaitingRow)] == ["unverified"]


async def test_of_two_workers_at_once_one_tells_that_the_wait_is_over(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await close(runtime, office)
    await waits(runtime)
    (entry,) = await rows(runtime, WaitingRow)
    clock.advance(days=30)

    async def work() -> None:
        async with runtime.transaction() as tx:
            await service.TIMERS[END_TIMER](tx, entry.id)

    await asyncio.gather(*(work() for _ in range(3)))
    assert [one.kind for one in await rows(runtime, OutboxRow)] == ["waiting_joined", "waiting_expired"]


async def test_a_letter_that_nobody_opens_ends_without_a_word(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await service.join(runtime, wanted(), ANYBODY)
    (entry,) = await rows(runtime, WaitingRow)
    clock.advance(hours=24)
    assert (await service.confirm_waiting(runtime, service.waiting_token(runtime, entry.id))).state == "unverified"
    await worker(runtime)
    assert [one.state for one in await rows(runtime, WaitingRow)] == ["expired"]
    assert [one.kind for one in await rows(runtime, OutboxRow)] == ["waiting_joined"]


async def test_by_night_nobody_is_written_to(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    clock.set(FRIDAY_AT_9 - timedelta(hours=10))
    token = await waits(runtime)
    await worker(runtime)
    assert await offered(runtime, token) is None
    clock.set(FRIDAY_AT_9 - timedelta(hours=1))
    await worker(runtime)
    assert await offered(runtime, token) is not None


@pytest.mark.parametrize(
    "wrong", [{"service": "none"}, {"office": "none"}, {"service": "documents", "mode": "video"}]
)
async def test_nobody_waits_for_what_there_is_not(runtime: Runtime, office: Office, wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        await service.join(runtime, wanted(**wrong), ANYBODY)


async def test_an_offer_of_somebody_else_is_not_found(runtime: Runtime, office: Office) -> None:
    first, other = await waits(runtime), await waits(runtime, "other@example.org", mode="in_person")
    await worker(runtime)
    offer = await offered(runtime, first)
    assert offer is not None
    with pytest.raises(NotFound):
        await service.accept_waiting(runtime, other, offer.id, NOBODY_ELSE)
    with pytest.raises(NotFound):
        await service.refuse_waiting(runtime, other, offer.id)


async def test_whoever_brings_a_proof_waits_at_once_and_is_told_so(runtime: Runtime, office: Office) -> None:
    assert await service.join(runtime, wanted(), honest(runtime)) is WaitingState.WAITING
    (entry,) = await rows(runtime, WaitingRow)
    assert (entry.state, entry.expires_at - entry.asked_at) == ("waiting", timedelta(days=30))
    assert [one.kind for one in await rows(runtime, OutboxRow)] == ["waiting_begun"]
    await worker(runtime)
    assert await offered(runtime, service.waiting_token(runtime, entry.id)) is not None


async def test_a_proof_confirms_what_nobody_has_confirmed_and_keeps_its_place_in_the_list(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await service.join(runtime, wanted(), WIFI)
    asked_at = clock.now()
    clock.advance(minutes=1)
    await service.join(runtime, wanted(), honest(runtime))
    (entry,) = await rows(runtime, WaitingRow)
    assert (entry.state, entry.asked_at) == ("waiting", asked_at)


async def test_a_proof_is_good_for_one_wait_also_when_it_is_sent_twice_at_once(
    runtime: Runtime, office: Office
) -> None:
    once = honest(runtime)
    both = await asyncio.gather(
        *(service.join(runtime, wanted(f"p{n}@example.org"), once) for n in range(2)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["Invalid", "WaitingState"]
    (refused,) = (one for one in both if isinstance(one, Invalid))
    assert [(one.field, one.code) for one in refused.fields] == [("altcha", "proof_used")]


async def test_what_is_refused_costs_no_proof(runtime: Runtime, office: Office) -> None:
    once = honest(runtime)
    with pytest.raises(Invalid):
        await service.join(runtime, wanted(service="none"), once)
    assert await service.join(runtime, wanted(), once) is WaitingState.WAITING


async def test_beyond_three_that_nobody_verified_an_address_asks_by_letters_and_only_for_work(
    runtime: Runtime, office: Office
) -> None:
    for number in range(3):
        assert await service.join(runtime, wanted(f"p{number}@example.org"), WIFI) is WaitingState.UNVERIFIED
    with pytest.raises(Refused, match="confirm_first"):
        await service.join(runtime, wanted("fourth@example.org"), WIFI)
    assert await service.join(runtime, wanted("fourth@example.org"), honest(runtime)) is WaitingState.UNVERIFIED
    elsewhere = replace(WIFI, address="elsewhere")
    assert await service.join(runtime, wanted("fifth@example.org"), honest(runtime, elsewhere)) == "waiting"
    first = (await rows(runtime, WaitingRow, email="p0@example.org"))[0]
    await service.confirm_waiting(runtime, service.waiting_token(runtime, first.id))
    for number in (1, 2):
        entry = (await rows(runtime, WaitingRow, email=f"p{number}@example.org"))[0]
        await service.stop_waiting(runtime, service.waiting_token(runtime, entry.id))
    assert await service.join(runtime, wanted("sixth@example.org"), WIFI) is WaitingState.UNVERIFIED


async def test_an_address_asks_twenty_times_an_hour(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    pacing = replace(WIFI, limits=Limits(unverified=0, bookings=2))
    for number in range(2):
        await service.join(runtime, wanted(f"p{number}@example.org"), pacing)
        clock.advance(minutes=10)
    with pytest.raises(RateLimited) as refused:
        await service.join(runtime, wanted("third@example.org"), honest(runtime, pacing))
    assert refused.value.retry_after_s == 40 * 60
    clock.advance(minutes=40)
    await service.join(runtime, wanted("third@example.org"), pacing)


async def test_where_an_office_has_everybody_verified_a_proof_does_not_do(
    runtime: Runtime, office: Office
) -> None:
    await set_agenda(runtime, office, "certificate", verify_email=True)
    assert await service.join(runtime, wanted(), honest(runtime)) is WaitingState.UNVERIFIED
    assert await service.join(runtime, wanted(), replace(WIFI, limits=None)) is WaitingState.WAITING


async def test_a_program_is_excused_from_proving_as_where_it_books(runtime: Runtime, office: Office) -> None:
    program = replace(WIFI, program=True)
    assert await service.join(runtime, wanted(), program) is WaitingState.UNVERIFIED
    lenient = replace(program, limits=Limits(programs_prove=False))
    assert await service.join(runtime, wanted(), lenient) is WaitingState.WAITING


async def test_whoever_takes_an_offer_by_its_letter_has_shown_the_mailbox(
    runtime: Runtime, office: Office
) -> None:
    await service.join(runtime, wanted(), honest(runtime))
    (entry,) = await rows(runtime, WaitingRow)
    await worker(runtime)
    token = service.waiting_token(runtime, entry.id)
    offer = await offered(runtime, token)
    assert offer is not None
    assert await rows_of_mailboxes(runtime) == 0
    await service.accept_waiting(runtime, token, offer.id, NOBODY_ELSE)
    assert await rows_of_mailboxes(runtime) == 1


async def test_a_wait_that_has_ended_keeps_no_address(runtime: Runtime, office: Office) -> None:
    await service.join(runtime, wanted(), WIFI)
    (entry,) = await rows(runtime, WaitingRow)
    assert entry.address == "wifi"
    await service.stop_waiting(runtime, service.waiting_token(runtime, entry.id))
    assert [(one.email, one.address) for one in await rows(runtime, WaitingRow)] == [("", None)]
