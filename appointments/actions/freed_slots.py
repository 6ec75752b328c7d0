"""What becomes of a place that is given back: offered to those who asked, one at a time; then it rests; then it is
anybody's.

A visit of several services gives back one place, which stays whole until somebody takes a part of it: then what is
left goes the same way. All the way one hold keeps it from the public. What happens next is a timer, so no process
needs to live until then; a timer that comes twice finds that it came already. Where no worker is at hand the hold
runs out, and the place is free.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ...core.ids import new_id
from ...core.runtime import Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, OfficeService, ServiceMode, office_by_id
from ..domain.appointment import Appointment
from ..domain.contact_identifiers import email_key
from ..domain.freed_slot import SlotShare, first_fitting_slot, hold_shares, remaining_shares, split_into_shares
from ..domain.hold import HoldPurpose, SlotHold
from ..domain.offer import (
    WORKER_DELAY_GRACE,
    OfferReason,
    OfferState,
    SlotOffer,
    cooldown,
    earliest_send_time,
    offer_expires_at,
)
from ..domain.slots import FreeSlot
from ..notify import offer_messages
from ..queries.visit_services import freeze_services
from ..storage import hold_rows, locks, offer_rows
from .hold_slot import hold_token
from .offer_candidates import OfferCandidate, available_slots_on_day, find_candidates

logger = logging.getLogger(__name__)

FREED_SLOT_TIMER = "place.freed"  # subject: the hold's id


async def release_slot(tx: Transaction, office: Office, service: OfficeService, ended: Appointment) -> None:
    """The place of an appointment that does not take place. The caller holds the agenda and has changed its state.

    A place that the public could not book, because it is too near or was given beyond them, is simply gone. Of a
    visit of several services as much is given back in one piece as the public could book so.
    """
    shares = split_into_shares(service.id, ended.starts_at, ended.ends_at, ended.more_services)
    await _hold_shares(tx, office, shares, ended.mode, email_key(ended.email))


async def _hold_shares(
    tx: Transaction, office: Office, shares: Sequence[SlotShare], mode: ServiceMode, person: str
) -> None:
    """Keep shares that follow each other: the longest run that can be booked in one visit, then what is left."""
    left = list(shares)
    while left:
        run, slot = await _longest_bookable_run(tx, office, left, mode)
        if slot is not None:
            await hold_freed_slot(tx, office, run[0], mode, slot, person=person, more=run[1:])
        left = left[max(1, len(run)) :]


async def _longest_bookable_run(
    tx: Transaction, office: Office, shares: Sequence[SlotShare], mode: ServiceMode
) -> tuple[Sequence[OfficeService], FreeSlot | None]:
    """The services of the run and its slot: the times of what was not the first may begin a little later."""
    given = {one.id: one for one in office.services}
    for count in range(len(shares), 0, -1):
        run = [given[one.service_id] for one in shares[:count] if one.service_id in given]
        if len(run) == count:
            free = await available_slots_on_day(tx, office, run, mode, shares[0].starts_at)
            slot = first_fitting_slot(shares[:1], free, run[0].id)
            if slot is not None:
                return run, slot
    return (), None


async def hold_freed_slot(
    tx: Transaction,
    office: Office,
    service: OfficeService,
    mode: ServiceMode,
    slot: FreeSlot,
    *,
    person: str,
    more: Sequence[OfficeService] = (),
) -> SlotHold:
    """Close a free slot's place to the public until somebody of the lists was asked; `person` gave it back."""
    place = replace(build_freed_hold(office, service, mode, slot, tx.now), more_services=freeze_services(more))
    await hold_rows.insert_hold(tx.session, place, hash_token(hold_token(tx.runtime, place)), person, tx.now)
    await tx.schedule_timer(FREED_SLOT_TIMER, subject=place.id, due_at=tx.now)
    return place


def build_freed_hold(
    office: Office, service: OfficeService, mode: ServiceMode, slot: FreeSlot, now: datetime
) -> SlotHold:
    """A hold that is on its way to be offered."""
    return SlotHold(
        id=new_id(),
        purpose=HoldPurpose.OFFER,
        office_id=office.id,
        service_id=service.id,
        mode=mode,
        starts_at=slot.starts_at.astimezone(UTC),
        ends_at=slot.ends_at.astimezone(UTC),
        expires_at=now + WORKER_DELAY_GRACE,
    )


async def advance_freed_slot(tx: Transaction, hold_id: str) -> None:
    """The timer of a place: the next person, or rest, or the end of it."""
    place = await hold_rows.find_hold(tx.session, hold_id)
    if place is None:
        return
    office = await office_by_id(tx.session, place.office_id)
    await locks.lock_agenda(tx.session, office)
    place = await hold_rows.find_hold(tx.session, hold_id)
    if place is None or await _has_open_offer(tx, place):
        return
    if place.purpose is HoldPurpose.BOOKING and tx.now < place.expires_at:  # whoever accepted fills in the form
        await tx.schedule_timer(FREED_SLOT_TIMER, subject=place.id, due_at=place.expires_at)
        return
    if place.purpose is HoldPurpose.COOLDOWN:
        if place.expires_at <= tx.now:
            await hold_rows.delete_hold(tx.session, place.id)
        return
    await _offer_to_next(tx, office, place)


async def _has_open_offer(tx: Transaction, hold: SlotHold) -> bool:
    """Whether its offer is still open; one whose time is over is closed here."""
    offer = await offer_rows.find_open_offer_for_hold(tx.session, hold.id)
    if offer is None:
        return False
    if tx.now < offer.expires_at:
        await tx.schedule_timer(FREED_SLOT_TIMER, subject=hold.id, due_at=offer.expires_at)
        return True
    await offer_rows.close_offer(tx.session, offer.id, OfferState.EXPIRED)
    logger.info("offer_expired", extra={"offer": offer.id})
    return False


async def _offer_to_next(tx: Transaction, office: Office, hold: SlotHold) -> None:
    """Offer it to the next in the lists. By night it waits for the morning, if somebody wants it then."""
    if not await _is_bookable(tx, office, hold):
        await _shrink_or_release(tx, office, hold)
        return
    begins = earliest_send_time(tx.now, office.timezone)
    found = await find_candidates(tx, office, hold, begins)
    if found and begins > tx.now:
        await _postpone_to_morning(tx, hold, begins)
        return
    for one in found:
        if await offer_freed_slot(
            tx, office, hold, one, offer_expires_at(begins, one.slot.starts_at, office.timezone)
        ):
            return
    await _start_cooldown(tx, hold)


async def _is_bookable(tx: Transaction, office: Office, hold: SlotHold) -> bool:
    """Whether the public could book the whole of it now, all of its services being given."""
    given = {one.id: one for one in office.services}
    services = [given[one] for one in hold.service_ids if one in given]
    if len(services) < len(hold.service_ids):
        return False
    free = await available_slots_on_day(tx, office, services, hold.mode, hold.starts_at, excluded_hold_id=hold.id)
    return any(slot.starts_at == hold.starts_at for slot in free)


async def _shrink_or_release(tx: Transaction, office: Office, hold: SlotHold) -> None:
    """Somebody else has some of it, or it cannot be booked any more: what still can be is kept, smaller."""
    person = await hold_rows.find_holder(tx.session, hold.id)
    await hold_rows.delete_hold(tx.session, hold.id)
    if hold.more_services:
        await _hold_shares(tx, office, hold_shares(hold), hold.mode, person or "")


async def _postpone_to_morning(tx: Transaction, hold: SlotHold, begins: datetime) -> None:
    await hold_rows.update_hold(
        tx.session, hold.id, purpose=HoldPurpose.OFFER, expires_at=begins + WORKER_DELAY_GRACE
    )
    await tx.schedule_timer(FREED_SLOT_TIMER, subject=hold.id, due_at=begins)


async def _start_cooldown(tx: Transaction, hold: SlotHold) -> None:
    """Nobody of the lists wants it. Whoever cancels and books again by a program cannot know when to."""
    length = cooldown(hold.id, tx.now, hold.starts_at)
    if not length:
        await hold_rows.delete_hold(tx.session, hold.id)
        return
    await hold_rows.update_hold(tx.session, hold.id, purpose=HoldPurpose.COOLDOWN, expires_at=tx.now + length)
    await tx.schedule_timer(FREED_SLOT_TIMER, subject=hold.id, due_at=tx.now + length)


# Offering


async def offer_freed_slot(
    tx: Transaction, office: Office, hold: SlotHold, candidate: OfferCandidate, until: datetime
) -> bool:
    """Write the offer and its letters, and keep the whole place until it is answered. False when they are offered
    something else."""
    service, slot = candidate.services[0], candidate.slot
    whole = build_offer(tx, hold, candidate.reason, candidate.taker_id, until)
    begins, ends = slot.starts_at.astimezone(UTC), slot.ends_at.astimezone(UTC)
    offer = replace(whole, service_id=service.id, starts_at=begins, ends_at=ends)
    if not await offer_rows.insert_offer(tx.session, offer, f"person:{candidate.person}"):
        return False
    await hold_rows.update_hold(
        tx.session, hold.id, purpose=HoldPurpose.OFFER, expires_at=until + WORKER_DELAY_GRACE
    )
    await tx.schedule_timer(FREED_SLOT_TIMER, subject=hold.id, due_at=until)
    if isinstance(candidate.appointment_or_entry, Appointment):
        await offer_messages.send_earlier_offer(tx, office, candidate.appointment_or_entry, offer)
    else:
        offer_messages.send_waitlist_offer(tx, office, candidate.appointment_or_entry, offer)
    logger.info("place_offered", extra={"offer": offer.id, "taker": offer.taker, "office": office.slug})
    return True


def build_offer(tx: Transaction, hold: SlotHold, reason: OfferReason, taker_id: str, until: datetime) -> SlotOffer:
    return SlotOffer(
        id=new_id(),
        place=hold.id,
        taker=reason,
        taker_id=taker_id,
        office_id=hold.office_id,
        service_id=hold.service_id,
        mode=hold.mode,
        starts_at=hold.starts_at,
        ends_at=hold.ends_at,
        state=OfferState.OPEN,
        created_at=tx.now,
        expires_at=until,
    )


# Somebody takes it, or a part of it


@dataclass(frozen=True, slots=True)
class FreedSlot:
    """A place before somebody takes it or a part of it, and who had given it back."""

    hold: SlotHold
    released_by: str


async def load_freed_slot(tx: Transaction, hold_id: str) -> FreedSlot | None:
    """The place as it is now; None when it is gone."""
    place = await hold_rows.find_hold(tx.session, hold_id)
    return None if place is None else FreedSlot(place, await hold_rows.find_holder(tx.session, hold_id) or "")


async def claim_freed_slot(tx: Transaction, hold_id: str) -> FreedSlot | None:
    """Let a place go, for its visit is written in the same transaction; then `keep_rest`."""
    found = await load_freed_slot(tx, hold_id)
    if found is not None:
        await hold_rows.delete_hold(tx.session, hold_id)
    return found


async def release_remainder(
    tx: Transaction, office: Office, freed: FreedSlot, starts_at: datetime, ends_at: datetime
) -> None:
    """What a visit leaves of the place is offered on by itself; the caller has written the visit."""
    for run in remaining_shares(hold_shares(freed.hold), starts_at, ends_at):
        await _hold_shares(tx, office, run, freed.hold.mode, freed.released_by)


# What is over before its time


async def withdraw_offers(tx: Transaction, taker_id: str) -> None:
    """Whoever was offered something no longer needs it: their offers go on to the next."""
    for offer in await offer_rows.open_offers_to_taker(tx.session, taker_id):
        if await offer_rows.close_offer(tx.session, offer.id, OfferState.REFUSED):
            await schedule_next_offer(
                tx, offer
            )  # of an agent's free time no hold is kept, and nothing is passed on


async def schedule_next_offer(tx: Transaction, offer: SlotOffer) -> None:
    """The place of an offer that was closed goes to the next at once."""
    await tx.schedule_timer(FREED_SLOT_TIMER, subject=offer.place, due_at=tx.now)


async def reclaim_own_slot(
    tx: Transaction, service_id: str, mode: ServiceMode, starts_at: datetime, person: str
) -> FreedSlot | None:
    """Whoever wants the very place back that they gave up a moment ago need not wait for its rest; only if it is
    being offered to somebody, it is theirs to answer first. As `take_out`."""
    place = await hold_rows.find_released_hold(tx.session, service_id, mode, starts_at, person)
    if place is None or await offer_rows.find_open_offer_for_hold(tx.session, place.id) is not None:
        return None
    await hold_rows.delete_hold(tx.session, place.id)
    return FreedSlot(place, person)


async def offer_office_and_service(tx: Transaction, offer: SlotOffer) -> tuple[Office, OfficeService | None]:
    """Of an offer; None when the service is no longer given."""
    office = await office_by_id(tx.session, offer.office_id)
    return office, next((one for one in office.services if one.id == offer.service_id), None)
