"""The waitlist: joining, order of offers, answers, and ends. Both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.actions.earlier_slot import (
    refuse_earlier_slot,
    request_earlier_slot,
)
from office360.appointments.actions.waitlist import (
    WAITLIST_END_TIMER,
    WaitlistRequest,
    accept_waitlist_offer,
    confirm_waitlist_entry,
    join_waitlist,
    leave_waitlist,
    refuse_waitlist_offer,
    waitlist_entry_by_token,
    waitlist_token,
)
from office360.appointments.domain.offer import EarlierSlotRequest, OfferReason, SlotOffer
from office360.appointments.domain.requester import BookingLimits, Requester
from office360.appointments.domain.waitlist_entry import WaitlistState
from office360.appointments.service import appointment_token, book_appointment, cancel_appointment
from office360.appointments.storage import offer_rows
from office360.appointments.storage.tables import HoldRow, OfferRow, VerifiedMailboxRow, WaitlistEntryRow
from office360.core.db.outbox import OutboxRow
from office360.core.errors import Invalid, NotFound, RateLimited, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_office_versions
from office360.offices.storage.tables import ServiceRow
from sqlalchemy import select, update

from ...conftest import FakeClock
from ..support.agenda_settings import set_agenda
from ..support.database import load_rows, run_due_timers
from ..support.requesters import (
    AMINA,
    DIEGO,
    FRIDAY_AT_9,
    WIFI_REQUESTER,
    make_booking_request,
    with_fresh_proof,
)

DEVICE_HOLDER = "device:nobody-else"
PUBLIC_REQUESTER = Requester(limits=BookingLimits())  # a citizen without proof of work, who has to open an e-mail


def make_waitlist_request(email: str = DIEGO["email"], **changes: Any) -> WaitlistRequest:
    wanted: dict[str, Any] = {"service": "certificate", "office": "centro", "mode": "video", "language": "es"}
    return WaitlistRequest(**(wanted | {"email": email} | changes))


async def join_and_confirm(runtime: Runtime, email: str = DIEGO["email"], **changes: Any) -> str:
    """Join the waitlist and confirm by e-mail. Returns the entry's token."""
    await join_waitlist(runtime, make_waitlist_request(email, **changes), PUBLIC_REQUESTER)
    found = await load_rows(runtime, WaitlistEntryRow, email=email)
    token = waitlist_token(runtime, found[-1].id)
    await confirm_waitlist_entry(runtime, token)
    return token


async def count_verified_mailboxes(runtime: Runtime) -> int:
    async with runtime.read_session() as session:
        return len((await session.execute(select(VerifiedMailboxRow))).scalars().all())


async def open_waitlist_offer(runtime: Runtime, token: str) -> SlotOffer | None:
    async with runtime.read_session() as session:
        offer = await offer_rows.latest_offer_to_taker(
            session, (await waitlist_entry_by_token(session, token)).id, OfferReason.WAITLIST
        )
    return offer if offer is not None and offer.is_open(runtime.now()) else None


async def set_video_places(runtime: Runtime, office: Office, places: int = 0) -> None:
    """Set the number of places for certificates by video."""
    async with runtime.transaction() as tx:
        row = update(ServiceRow).where(ServiceRow.slug == "certificate")
        await tx.session.execute(row.values(capacity={"in_person": 1, "video": places}))
        await bump_office_versions(tx.session, [office.id])


async def test_unverified_waitlist_entry_gets_no_offer(runtime: Runtime, office: Office) -> None:
    await join_waitlist(runtime, make_waitlist_request(), PUBLIC_REQUESTER)
    await run_due_timers(runtime)
    assert [one.state for one in await load_rows(runtime, WaitlistEntryRow)] == ["unverified"]
    assert [one.kind for one in await load_rows(runtime, OutboxRow)] == ["waiting_joined"]


async def test_mailbox_has_one_entry_and_one_email_an_hour(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    for email in ("diego@example.org", "Diego@Example.ORG"):
        await join_waitlist(runtime, make_waitlist_request(email), PUBLIC_REQUESTER)
    assert len(await load_rows(runtime, WaitlistEntryRow)) == len(await load_rows(runtime, OutboxRow)) == 1
    clock.advance(hours=1)
    await join_waitlist(runtime, make_waitlist_request(), PUBLIC_REQUESTER)
    assert (len(await load_rows(runtime, WaitlistEntryRow)), len(await load_rows(runtime, OutboxRow))) == (1, 2)


async def test_join_with_known_mailbox_keeps_existing_entry(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    token = await join_and_confirm(runtime)
    clock.advance(minutes=1)
    await join_waitlist(runtime, make_waitlist_request(mode="in_person"), PUBLIC_REQUESTER)
    async with runtime.read_session() as session:
        entry = await waitlist_entry_by_token(session, token)
    assert (entry.mode, entry.state) == ("video", WaitlistState.WAITING)


async def test_freed_slot_goes_to_later_appointments_then_waitlist(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await book_appointment(runtime, "centro", make_booking_request(AMINA))
    carmen = await book_appointment(
        runtime,
        "centro",
        make_booking_request(email="carmen@example.org", starts_at=FRIDAY_AT_9 + timedelta(hours=1)),
    )
    await request_earlier_slot(runtime, appointment_token(runtime, carmen), EarlierSlotRequest())
    await set_video_places(runtime, office)
    token = await join_and_confirm(runtime)
    await run_due_timers(runtime)
    assert await open_waitlist_offer(runtime, token) is None
    await set_video_places(runtime, office, 1)
    clock.set(clock.now() + timedelta(seconds=1))
    await cancel_appointment(runtime, appointment_token(runtime, amina))
    (place,) = await load_rows(runtime, HoldRow)
    async with runtime.transaction() as tx:
        await service.TIMERS["place.freed"](tx, place.id)
    assert [one.taker for one in await load_rows(runtime, OfferRow)] == ["earlier"]
    clock.advance(minutes=4)
    async with runtime.read_session() as session:
        offer = await offer_rows.latest_offer_to_taker(session, carmen.id, OfferReason.EARLIER)
    assert offer is not None
    await refuse_earlier_slot(runtime, appointment_token(runtime, carmen), offer.id)
    async with runtime.transaction() as tx:
        await service.TIMERS["place.freed"](tx, place.id)
    found = await open_waitlist_offer(runtime, token)
    assert found is not None
    assert found.starts_at == FRIDAY_AT_9


async def test_new_slots_are_offered_in_waitlist_order(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    await set_video_places(runtime, office)
    tokens = []
    for number in range(3):
        tokens.append(await join_and_confirm(runtime, f"p{number}@example.org"))
        clock.advance(seconds=1)
    await run_due_timers(runtime)
    assert await load_rows(runtime, OfferRow) == []
    await set_video_places(runtime, office, 1)
    clock.advance(minutes=5)
    await run_due_timers(runtime)
    found = [await open_waitlist_offer(runtime, token) for token in tokens]
    times = [one.starts_at for one in found if one is not None]
    assert len(set(times)) == 3
    assert times == sorted(times)


async def test_refused_public_slot_is_offered_again_after_a_day(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    token = await join_and_confirm(runtime)
    await run_due_timers(runtime)
    first = await open_waitlist_offer(runtime, token)
    assert first is not None
    await refuse_waitlist_offer(runtime, token, first.id)
    for _ in range(3):
        clock.advance(minutes=5)
        await run_due_timers(runtime)
    assert await open_waitlist_offer(runtime, token) is None
    clock.advance(hours=24)
    await run_due_timers(runtime)
    assert await open_waitlist_offer(runtime, token) is not None


async def test_accepted_offer_is_held_and_booking_ends_the_entry(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    runtime.events.register_handler(service.AppointmentBooked, service.remove_from_waitlist)
    token = await join_and_confirm(runtime)
    await run_due_timers(runtime)
    offer = await open_waitlist_offer(runtime, token)
    assert offer is not None
    for _ in range(2):
        assert (await accept_waitlist_offer(runtime, token, offer.id, DEVICE_HOLDER)).id == offer.id
    with pytest.raises(Refused, match="slot_taken"):
        await book_appointment(runtime, "centro", make_booking_request(AMINA, starts_at=offer.starts_at))
    async with runtime.read_session() as session:
        hold = await service.hold_by_holder(session, DEVICE_HOLDER)
    assert hold is not None
    booking = make_booking_request(DIEGO, starts_at=offer.starts_at)
    await book_appointment(runtime, "centro", booking, hold_token=service.hold_token(runtime, hold))
    async with runtime.read_session() as session:
        assert (await waitlist_entry_by_token(session, token)).state is WaitlistState.BOOKED


async def test_abandoned_form_passes_the_slot_to_the_next_entry(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    clock.advance(hours=8, minutes=1)  # after closing, so that the earliest slot is tomorrow's first
    first = await join_and_confirm(runtime)
    await run_due_timers(runtime)
    offer = await open_waitlist_offer(runtime, first)
    assert offer is not None
    await accept_waitlist_offer(runtime, first, offer.id, DEVICE_HOLDER)
    clock.advance(seconds=1)
    await join_waitlist(runtime, make_waitlist_request("next@example.org"), PUBLIC_REQUESTER)
    (entry,) = await load_rows(runtime, WaitlistEntryRow, email="next@example.org")
    token = waitlist_token(runtime, entry.id)
    await confirm_waitlist_entry(runtime, token)
    async with runtime.transaction() as tx:  # leave only the timer of the freed slot
        await tx.cancel_timers("certificate", ["waiting.look"])
    clock.advance(minutes=10)
    await run_due_timers(runtime)
    found = await open_waitlist_offer(runtime, token)
    assert found is not None
    assert found.place == offer.place


async def test_leaving_the_waitlist_withdraws_the_open_offer(runtime: Runtime, office: Office) -> None:
    token = await join_and_confirm(runtime)
    await run_due_timers(runtime)
    offer = await open_waitlist_offer(runtime, token)
    assert offer is not None
    await leave_waitlist(runtime, token)
    assert [one.state for one in await load_rows(runtime, OfferRow)] == ["refused"]
    assert [one.email for one in await load_rows(runtime, WaitlistEntryRow)] == [""]
    with pytest.raises(Refused, match="offer_over"):
        await accept_waitlist_offer(runtime, token, offer.id, DEVICE_HOLDER)


async def test_waitlist_entry_expires_after_thirty_days(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await set_video_places(runtime, office)
    token = await join_and_confirm(runtime)
    clock.advance(days=30)
    await run_due_timers(runtime)
    async with runtime.read_session() as session:
        assert (await waitlist_entry_by_token(session, token)).state is WaitlistState.EXPIRED
    assert [one.kind for one in await load_rows(runtime, OutboxRow)] == ["waiting_joined", "waiting_expired"]
    await join_waitlist(runtime, make_waitlist_request(), PUBLIC_REQUESTER)
    assert [one.state for one in await load_rows(runtime, WaitlistEntryRow)] == ["unverified"]


async def test_concurrent_workers_send_one_expiry_message(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await set_video_places(runtime, office)
    await join_and_confirm(runtime)
    (entry,) = await load_rows(runtime, WaitlistEntryRow)
    clock.advance(days=30)

    async def work() -> None:
        async with runtime.transaction() as tx:
            await service.TIMERS[WAITLIST_END_TIMER](tx, entry.id)

    await asyncio.gather(*(work() for _ in range(3)))
    assert [one.kind for one in await load_rows(runtime, OutboxRow)] == ["waiting_joined", "waiting_expired"]


async def test_unverified_entry_expires_without_a_message(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await join_waitlist(runtime, make_waitlist_request(), PUBLIC_REQUESTER)
    (entry,) = await load_rows(runtime, WaitlistEntryRow)
    clock.advance(hours=24)
    assert (await confirm_waitlist_entry(runtime, waitlist_token(runtime, entry.id))).state == "unverified"
    await run_due_timers(runtime)
    assert [one.state for one in await load_rows(runtime, WaitlistEntryRow)] == ["expired"]
    assert [one.kind for one in await load_rows(runtime, OutboxRow)] == ["waiting_joined"]


async def test_waitlist_offers_are_not_sent_at_night(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    clock.set(FRIDAY_AT_9 - timedelta(hours=10))
    token = await join_and_confirm(runtime)
    await run_due_timers(runtime)
    assert await open_waitlist_offer(runtime, token) is None
    clock.set(FRIDAY_AT_9 - timedelta(hours=1))
    await run_due_timers(runtime)
    assert await open_waitlist_offer(runtime, token) is not None


@pytest.mark.parametrize(
    "wrong", [{"service": "none"}, {"office": "none"}, {"service": "documents", "mode": "video"}]
)
async def test_waitlist_rejects_unknown_service_office_or_mode(
    runtime: Runtime, office: Office, wrong: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        await join_waitlist(runtime, make_waitlist_request(**wrong), PUBLIC_REQUESTER)


async def test_waitlist_offer_to_another_entry_is_not_found(runtime: Runtime, office: Office) -> None:
    first, other = (
        await join_and_confirm(runtime),
        await join_and_confirm(runtime, "other@example.org", mode="in_person"),
    )
    await run_due_timers(runtime)
    offer = await open_waitlist_offer(runtime, first)
    assert offer is not None
    with pytest.raises(NotFound):
        await accept_waitlist_offer(runtime, other, offer.id, DEVICE_HOLDER)
    with pytest.raises(NotFound):
        await refuse_waitlist_offer(runtime, other, offer.id)


async def test_join_with_proof_waits_at_once(runtime: Runtime, office: Office) -> None:
    assert (
        await join_waitlist(runtime, make_waitlist_request(), with_fresh_proof(runtime)) is WaitlistState.WAITING
    )
    (entry,) = await load_rows(runtime, WaitlistEntryRow)
    assert (entry.state, entry.expires_at - entry.asked_at) == ("waiting", timedelta(days=30))
    assert [one.kind for one in await load_rows(runtime, OutboxRow)] == ["waiting_begun"]
    await run_due_timers(runtime)
    assert await open_waitlist_offer(runtime, waitlist_token(runtime, entry.id)) is not None


async def test_proof_verifies_entry_and_keeps_its_position(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await join_waitlist(runtime, make_waitlist_request(), WIFI_REQUESTER)
    asked_at = clock.now()
    clock.advance(minutes=1)
    await join_waitlist(runtime, make_waitlist_request(), with_fresh_proof(runtime))
    (entry,) = await load_rows(runtime, WaitlistEntryRow)
    assert (entry.state, entry.asked_at) == ("waiting", asked_at)


async def test_concurrent_use_of_one_proof_joins_once(runtime: Runtime, office: Office) -> None:
    once = with_fresh_proof(runtime)
    both = await asyncio.gather(
        *(join_waitlist(runtime, make_waitlist_request(f"p{n}@example.org"), once) for n in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in both) == ["Invalid", "WaitlistState"]
    (refused,) = (one for one in both if isinstance(one, Invalid))
    assert [(one.field, one.code) for one in refused.fields] == [("altcha", "proof_used")]


async def test_rejected_join_spends_no_proof(runtime: Runtime, office: Office) -> None:
    once = with_fresh_proof(runtime)
    with pytest.raises(Invalid):
        await join_waitlist(runtime, make_waitlist_request(service="none"), once)
    assert await join_waitlist(runtime, make_waitlist_request(), once) is WaitlistState.WAITING


async def test_fourth_unverified_waitlist_entry_needs_proof_of_work(runtime: Runtime, office: Office) -> None:
    for number in range(3):
        assert (
            await join_waitlist(runtime, make_waitlist_request(f"p{number}@example.org"), WIFI_REQUESTER)
            is WaitlistState.UNVERIFIED
        )
    with pytest.raises(Refused, match="confirm_first"):
        await join_waitlist(runtime, make_waitlist_request("fourth@example.org"), WIFI_REQUESTER)
    assert (
        await join_waitlist(runtime, make_waitlist_request("fourth@example.org"), with_fresh_proof(runtime))
        is WaitlistState.UNVERIFIED
    )
    elsewhere = replace(WIFI_REQUESTER, address="elsewhere")
    assert (
        await join_waitlist(
            runtime, make_waitlist_request("fifth@example.org"), with_fresh_proof(runtime, elsewhere)
        )
        == "waiting"
    )
    first = (await load_rows(runtime, WaitlistEntryRow, email="p0@example.org"))[0]
    await confirm_waitlist_entry(runtime, waitlist_token(runtime, first.id))
    for number in (1, 2):
        entry = (await load_rows(runtime, WaitlistEntryRow, email=f"p{number}@example.org"))[0]
        await leave_waitlist(runtime, waitlist_token(runtime, entry.id))
    assert (
        await join_waitlist(runtime, make_waitlist_request("sixth@example.org"), WIFI_REQUESTER)
        is WaitlistState.UNVERIFIED
    )


async def test_address_hourly_waitlist_limit_is_enforced(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    pacing = replace(WIFI_REQUESTER, limits=BookingLimits(unverified=0, bookings=2))
    for number in range(2):
        await join_waitlist(runtime, make_waitlist_request(f"p{number}@example.org"), pacing)
        clock.advance(minutes=10)
    with pytest.raises(RateLimited) as refused:
        await join_waitlist(runtime, make_waitlist_request("third@example.org"), with_fresh_proof(runtime, pacing))
    assert refused.value.retry_after_s == 40 * 60
    clock.advance(minutes=40)
    await join_waitlist(runtime, make_waitlist_request("third@example.org"), pacing)


async def test_verify_email_setting_applies_to_the_waitlist(runtime: Runtime, office: Office) -> None:
    await set_agenda(runtime, office, "certificate", verify_email=True)
    assert (
        await join_waitlist(runtime, make_waitlist_request(), with_fresh_proof(runtime))
        is WaitlistState.UNVERIFIED
    )
    assert (
        await join_waitlist(runtime, make_waitlist_request(), replace(WIFI_REQUESTER, limits=None))
        is WaitlistState.WAITING
    )


async def test_proof_exemption_applies_to_waitlist_api_clients(runtime: Runtime, office: Office) -> None:
    program = replace(WIFI_REQUESTER, program=True)
    assert await join_waitlist(runtime, make_waitlist_request(), program) is WaitlistState.UNVERIFIED
    lenient = replace(program, limits=BookingLimits(programs_prove=False))
    assert await join_waitlist(runtime, make_waitlist_request(), lenient) is WaitlistState.WAITING


async def test_accepting_by_email_link_verifies_the_mailbox(runtime: Runtime, office: Office) -> None:
    await join_waitlist(runtime, make_waitlist_request(), with_fresh_proof(runtime))
    (entry,) = await load_rows(runtime, WaitlistEntryRow)
    await run_due_timers(runtime)
    token = waitlist_token(runtime, entry.id)
    offer = await open_waitlist_offer(runtime, token)
    assert offer is not None
    assert await count_verified_mailboxes(runtime) == 0
    await accept_waitlist_offer(runtime, token, offer.id, DEVICE_HOLDER)
    assert await count_verified_mailboxes(runtime) == 1


async def test_ended_waitlist_entry_keeps_no_address(runtime: Runtime, office: Office) -> None:
    await join_waitlist(runtime, make_waitlist_request(), WIFI_REQUESTER)
    (entry,) = await load_rows(runtime, WaitlistEntryRow)
    assert entry.address == "wifi"
    await leave_waitlist(runtime, waitlist_token(runtime, entry.id))
    assert [(one.email, one.address) for one in await load_rows(runtime, WaitlistEntryRow)] == [("", None)]
