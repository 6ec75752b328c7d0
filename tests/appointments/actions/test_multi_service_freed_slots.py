"""Freed slots of multi-service visits: offered whole to an equal visit, or in parts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from office360.appointments import service
from office360.appointments.actions.earlier_slot import refuse_earlier_slot, request_earlier_slot
from office360.appointments.actions.waitlist import accept_waitlist_offer, refuse_waitlist_offer
from office360.appointments.domain.appointment import AdditionalService
from office360.appointments.domain.freed_slot import (
    SlotShare,
    first_fitting_slot,
    remaining_shares,
    split_into_shares,
)
from office360.appointments.domain.offer import EarlierSlotRequest
from office360.appointments.domain.slots import FreeSlot
from office360.appointments.service import Appointment, cancel_appointment, reschedule_appointment
from office360.appointments.storage.tables import HoldRow, OfferRow
from office360.core.db.outbox import OutboxRow
from office360.core.errors import Invalid, Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office, bump_office_versions
from office360.offices.storage.tables import ServiceRow
from sqlalchemy import update

from ...conftest import FakeClock
from ..support.database import appointment_link_token, load_rows, run_due_timers
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, make_booking_request
from .test_earlier_slot import BORIS, CARMEN, accept_open_offer, open_earlier_offer
from .test_waitlist import DEVICE_HOLDER, join_and_confirm, open_waitlist_offer

BOTH: dict[str, Any] = {"service": "documents", "more_services": ("certificate",)}
sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def minutes_after_nine(minutes: int) -> datetime:
    """Return the instant this many minutes after nine on Friday."""
    return FRIDAY_AT_9 + timedelta(minutes=minutes)


async def book_visit(runtime: Runtime, person: dict[str, str], minutes: int = 0, **asked: Any) -> Appointment:
    """Book a visit in person, this many minutes after nine."""
    wanted = make_booking_request(person, mode="in_person", starts_at=minutes_after_nine(minutes), **asked)
    return await service.book_appointment(runtime, "centro", wanted)


async def book_and_request_earlier(
    runtime: Runtime, person: dict[str, str], minutes: int, **asked: Any
) -> Appointment:
    later = await book_visit(runtime, person, minutes, **asked)
    return await request_earlier_slot(runtime, appointment_link_token(runtime, later), EarlierSlotRequest())


async def join_waitlist_for(runtime: Runtime, email: str, **asked: Any) -> str:
    """Join the waitlist and let the offer of a public slot expire. Returns the entry's token."""
    found = await join_and_confirm(runtime, email, mode="in_person", **asked)
    await run_due_timers(runtime)
    told = await open_waitlist_offer(runtime, found)
    assert told is not None
    await refuse_waitlist_offer(runtime, found, told.id)
    await run_due_timers(runtime)
    return found


async def load_holds(runtime: Runtime) -> list[tuple[str, int, int, int]]:
    """Load the holds: purpose, first and last minute after nine, additional services."""
    found = [
        (
            one.purpose,
            (one.starts_at - FRIDAY_AT_9) // timedelta(minutes=1),
            (one.ends_at - FRIDAY_AT_9) // timedelta(minutes=1),
            len(one.more_services),
        )
        for one in await load_rows(runtime, HoldRow)
    ]
    return sorted(found, key=lambda one: one[1])


async def cancel_and_run_timers(runtime: Runtime, cancelled: Appointment) -> None:
    await cancel_appointment(runtime, appointment_link_token(runtime, cancelled))
    await run_due_timers(runtime)


async def test_request_of_same_services_gets_the_whole_slot(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, diego = (
        await book_visit(runtime, AMINA, **BOTH),
        await book_and_request_earlier(runtime, DIEGO, 180, **BOTH),
    )
    await cancel_and_run_timers(runtime, amina)
    offer = await open_earlier_offer(runtime, diego)
    assert offer is not None
    assert (offer.starts_at, offer.ends_at) == (FRIDAY_AT_9, minutes_after_nine(25))
    with pytest.raises(Refused, match="slot_taken"):
        await book_visit(runtime, CARMEN, 15)  # the certificate's part of the slot is held too
    moved = await accept_open_offer(runtime, diego)
    assert (moved.starts_at, moved.service_slugs) == (FRIDAY_AT_9, ("documents", "certificate"))
    await run_due_timers(runtime)
    assert await load_holds(runtime) == [("rest", 180, 205, 1)]


async def test_first_requester_takes_part_and_remainder_is_offered(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, boris = (
        await book_visit(runtime, AMINA, **BOTH),
        await book_and_request_earlier(runtime, BORIS, 120, service="documents"),
    )
    carmen = await join_waitlist_for(runtime, CARMEN["email"])
    await cancel_and_run_timers(runtime, amina)
    offer = await open_earlier_offer(runtime, boris)
    assert offer is not None
    assert (offer.starts_at, offer.ends_at) == (FRIDAY_AT_9, minutes_after_nine(10))
    assert ("offer", 0, 25, 1) in await load_holds(runtime), "the slot stays whole until he answers"
    assert await open_waitlist_offer(runtime, carmen) is None
    assert (await accept_open_offer(runtime, boris)).starts_at == FRIDAY_AT_9
    await run_due_timers(runtime)
    left = await open_waitlist_offer(runtime, carmen)
    assert left is not None
    assert (left.starts_at, left.ends_at) == (minutes_after_nine(15), minutes_after_nine(30)), (
        "where the certificate's own times begin"
    )


async def test_refused_part_lets_next_person_take_the_whole(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, boris = (
        await book_visit(runtime, AMINA, **BOTH),
        await book_and_request_earlier(runtime, BORIS, 120, service="documents"),
    )
    clock.advance(seconds=1)
    diego = await book_and_request_earlier(runtime, DIEGO, 180, **BOTH)
    await cancel_and_run_timers(runtime, amina)
    offer = await open_earlier_offer(runtime, boris)
    assert offer is not None
    await refuse_earlier_slot(runtime, appointment_link_token(runtime, boris), offer.id)
    await run_due_timers(runtime)
    whole = await open_earlier_offer(runtime, diego)
    assert whole is not None
    assert whole.ends_at - whole.starts_at == timedelta(minutes=25)
    assert (await accept_open_offer(runtime, diego)).starts_at == FRIDAY_AT_9


async def test_waitlist_hold_covers_the_accepted_part_only(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await book_visit(runtime, AMINA, **BOTH)
    diego = await join_waitlist_for(runtime, DIEGO["email"], service="documents")
    await cancel_and_run_timers(runtime, amina)
    offer = await open_waitlist_offer(runtime, diego)
    assert offer is not None
    assert (offer.starts_at, offer.ends_at) == (FRIDAY_AT_9, minutes_after_nine(10))
    await accept_waitlist_offer(runtime, diego, offer.id, DEVICE_HOLDER)
    await run_due_timers(runtime)
    assert await load_holds(runtime) == [("booking", 0, 10, 0), ("rest", 15, 30, 0)]
    async with runtime.read_session() as session:
        hold = await service.hold_by_holder(session, DEVICE_HOLDER)
    assert hold is not None
    assert hold.covers((office.service("documents").id,), "in_person", FRIDAY_AT_9, clock.now())


async def test_multi_service_waitlist_entry_needs_room_for_all(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina, carmen = (
        await book_visit(runtime, AMINA, **BOTH),
        await book_visit(runtime, CARMEN, 30, service="documents"),
    )
    await book_visit(runtime, BORIS, 30)  # leaves no room for a certificate after Carmen's documents
    diego = await join_waitlist_for(runtime, DIEGO["email"], **BOTH)
    (told,) = await load_rows(runtime, OfferRow)
    assert told.ends_at - told.starts_at == timedelta(minutes=25)
    await cancel_and_run_timers(runtime, carmen)
    assert await open_waitlist_offer(runtime, diego) is None
    await cancel_and_run_timers(runtime, amina)
    offer = await open_waitlist_offer(runtime, diego)
    assert offer is not None
    assert (offer.starts_at, offer.ends_at) == (FRIDAY_AT_9, minutes_after_nine(25))
    await accept_waitlist_offer(runtime, diego, offer.id, DEVICE_HOLDER)
    assert ("booking", 0, 25, 1) in await load_holds(runtime)
    both = tuple(office.service(slug).id for slug in ("documents", "certificate"))
    async with runtime.read_session() as session:
        hold = await service.hold_by_holder(session, DEVICE_HOLDER)
    assert hold is not None
    assert hold.covers(both, "in_person", FRIDAY_AT_9, clock.now())
    message = next(one for one in await load_rows(runtime, OutboxRow) if one.kind == "waiting_offer")
    assert message.payload["service"] == "Registro de documentos, Certificado digital"


@sqlite_only
async def test_waitlist_rejects_services_not_combinable(runtime: Runtime, office: Office) -> None:
    for more in (("complaints",), ("documents",), ("unknown",)):
        with pytest.raises(Invalid) as caught:
            await join_and_confirm(
                runtime, DIEGO["email"], service="documents", more_services=more, mode="in_person"
            )
        assert [(one.field, one.code) for one in caught.value.fields] == [("more_services", "not_a_choice")]


async def test_unwanted_long_slot_cools_down_whole(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    await cancel_and_run_timers(runtime, await book_visit(runtime, AMINA, **BOTH))
    (place,) = await load_rows(runtime, HoldRow)
    assert await load_holds(runtime) == [("rest", 0, 25, 1)]
    clock.set(place.expires_at)
    await run_due_timers(runtime)
    assert (await book_visit(runtime, DIEGO, **BOTH)).ends_at == minutes_after_nine(25)


async def test_bookable_part_of_a_long_slot_is_held(runtime: Runtime, office: Office, clock: FakeClock) -> None:
    amina = await book_visit(runtime, AMINA, **BOTH)
    await cancel_appointment(runtime, appointment_link_token(runtime, amina))
    async with runtime.transaction() as tx:  # the office stops giving certificates in person
        row = update(ServiceRow).where(ServiceRow.slug == "certificate")
        await tx.session.execute(row.values(capacity={"video": 1}))
        await bump_office_versions(tx.session, [office.id])
    for _ in range(2):
        await run_due_timers(runtime)
    assert await load_holds(runtime) == [("rest", 0, 10, 0)]


@sqlite_only
async def test_rescheduled_long_visit_can_reclaim_its_slot(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    amina = await book_visit(runtime, AMINA, **BOTH)
    moved = await reschedule_appointment(runtime, appointment_link_token(runtime, amina), minutes_after_nine(60))
    await run_due_timers(runtime)
    back = await reschedule_appointment(runtime, appointment_link_token(runtime, moved), FRIDAY_AT_9)
    assert (back.starts_at, back.service_slugs) == (FRIDAY_AT_9, ("documents", "certificate"))


@sqlite_only
async def test_reclaimed_part_leaves_the_remainder_held(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    await cancel_and_run_timers(runtime, await book_visit(runtime, AMINA, **BOTH))
    again = await book_visit(runtime, AMINA, 60, service="documents")
    assert (
        await reschedule_appointment(runtime, appointment_link_token(runtime, again), FRIDAY_AT_9)
    ).ends_at == minutes_after_nine(10)
    await run_due_timers(runtime)
    assert await load_holds(runtime) == [("rest", 15, 30, 0), ("rest", 60, 70, 0)]


# Shares of a slot, without a database


def make_shares(*minutes: int) -> tuple[SlotShare, ...]:
    more = [AdditionalService(f"s{number}", f"s{number}", one) for number, one in enumerate(minutes)][1:]
    return split_into_shares("s0", FRIDAY_AT_9, minutes_after_nine(sum(minutes)), more)


def test_each_service_has_its_share_of_a_slot() -> None:
    found = [(one.service_id, one.starts_at, one.ends_at) for one in make_shares(10, 15, 5)]
    assert found == [
        ("s0", minutes_after_nine(0), minutes_after_nine(10)),
        ("s1", minutes_after_nine(10), minutes_after_nine(25)),
        ("s2", minutes_after_nine(25), minutes_after_nine(30)),
    ]


def test_first_fitting_slot_lies_in_share_of_its_service() -> None:
    free = [FreeSlot(minutes_after_nine(at), minutes_after_nine(at + 15), 1) for at in (0, 15, 20, 30)]
    assert first_fitting_slot(make_shares(10, 15), free, "s1") == free[1]
    assert first_fitting_slot(make_shares(10, 5), free, "s1") is None
    assert first_fitting_slot(make_shares(10, 5), free, "other") is None


@pytest.mark.parametrize(
    ("begins", "ends", "left"),
    [
        (0, 10, [("s1", "s2")]),
        (10, 25, [("s0",), ("s2",)]),
        (15, 30, [("s0",)]),
        (0, 30, []),
        (25, 30, [("s0", "s1")]),
    ],
)
def test_remaining_shares_stay_in_one_run(begins: int, ends: int, left: list[tuple[str, ...]]) -> None:
    runs = remaining_shares(make_shares(10, 15, 5), minutes_after_nine(begins), minutes_after_nine(ends))
    assert [tuple(one.service_id for one in run) for run in runs] == left
