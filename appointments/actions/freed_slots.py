"""Freed slots: offered to the candidates in turn, then in a cool-down, then public.

The slot of a visit with several services stays whole until a part of it is booked; then the remainder is offered
too. All the while one hold keeps the slot from the public. A timer makes each next step, so that no process has to
run until then, and its handler is idempotent. Without a worker the hold expires, and the slot becomes public.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ...core.errors import NotFound
from ...core.ids import new_id
from ...core.runtime import Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, OfficeService, ServiceMode, office_by_id
from ..domain.appointment import Appointment
from ..domain.contact_identifiers import appointment_contact_key
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

FREED_SLOT_TIMER = "place.freed"  # subject: the id of the hold


async def release_slot(tx: Transaction, office: Office, service: OfficeService, ended: Appointment) -> None:
    """Hold the slot of a cancelled or moved appointment, to offer it.

    The caller has locked the agenda and saved the new state. A slot that the public could not book, because it is
    too near or was never public, is not held. Services that can be booked in one visit stay one slot.
    """
    shares = split_into_shares(service.id, ended.starts_at, ended.ends_at, ended.more_services)
    await _hold_shares(tx, office, shares, ended.mode, appointment_contact_key(tx.runtime.tokens, ended))


async def _hold_shares(
    tx: Transaction, office: Office, shares: Sequence[SlotShare], mode: ServiceMode, person: str
) -> None:
    """Hold consecutive shares of a slot: the longest run bookable in one visit, then the rest."""
    left = list(shares)
    while left:
        run, slot = await _longest_bookable_run(tx, office, left, mode)
        if slot is not None:
            await hold_freed_slot(tx, office, run[0], mode, slot, person=person, more=run[1:])
        left = left[max(1, len(run)) :]


async def _longest_bookable_run(
    tx: Transaction, office: Office, shares: Sequence[SlotShare], mode: ServiceMode
) -> tuple[Sequence[OfficeService], FreeSlot | None]:
    """Find the longest bookable run and its slot, which may begin a little later."""
    provided = {service.id: service for service in office.services}
    for count in range(len(shares), 0, -1):
        run = [provided[share.service_id] for share in shares[:count] if share.service_id in provided]
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
    """Hold a slot until it was offered.

    `person`: the mailbox that released it, which gets no offer.
    """
    hold = replace(build_freed_hold(office, service, mode, slot, tx.now), more_services=freeze_services(more))
    await hold_rows.insert_hold(tx.session, hold, hash_token(hold_token(tx.runtime, hold)), person, tx.now)
    await tx.schedule_timer(FREED_SLOT_TIMER, subject=hold.id, due_at=tx.now)
    return hold


def build_freed_hold(
    office: Office, service: OfficeService, mode: ServiceMode, slot: FreeSlot, now: datetime
) -> SlotHold:
    """Build a hold for a slot that is going to be offered. Inserts nothing."""
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
    """Offer the slot to the next candidate, start its cool-down, or release it. Timer handler."""
    # read without a lock, only to learn which agenda to lock
    hold = await hold_rows.find_hold(tx.session, hold_id)
    if hold is None:
        return
    office = await office_by_id(tx.session, hold.office_id)
    await locks.lock_agenda(tx.session, office)
    hold = await hold_rows.find_hold(tx.session, hold_id)  # re-read under the lock
    if hold is None or await _has_open_offer(tx, hold):
        return
    # an accepted offer is a hold of the citizen who fills in the form
    if hold.purpose is HoldPurpose.BOOKING and tx.now < hold.expires_at:
        await tx.schedule_timer(FREED_SLOT_TIMER, subject=hold.id, due_at=hold.expires_at)
        return
    if hold.purpose is HoldPurpose.COOLDOWN:
        if hold.expires_at <= tx.now:
            await hold_rows.delete_hold(tx.session, hold.id)
        return
    await _offer_to_next(tx, office, hold)


async def _has_open_offer(tx: Transaction, hold: SlotHold) -> bool:
    """Return whether the slot has an open offer. An expired offer is closed."""
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
    """Offer the slot to the next candidate, at night in the morning.

    Without a candidate start the cool-down.
    """
    if not await _is_bookable(tx, office, hold):
        await _shrink_or_release(tx, office, hold)
        return
    send_at = earliest_send_time(tx.now, office.timezone)
    candidates = await find_candidates(tx, office, hold, send_at)
    # no offer is sent at night (docs/decisions/0023); the timer searches for candidates again in the morning
    if candidates and send_at > tx.now:
        await _postpone_to_morning(tx, hold, send_at)
        return
    for candidate in candidates:
        until = offer_expires_at(send_at, candidate.slot.starts_at, office.timezone)
        if await offer_freed_slot(tx, office, hold, candidate, until):
            return
    await _start_cooldown(tx, hold)


async def _is_bookable(tx: Transaction, office: Office, hold: SlotHold) -> bool:
    """Return whether the public could book the whole slot now, with all of its services."""
    provided = {service.id: service for service in office.services}
    services = [provided[service_id] for service_id in hold.service_ids if service_id in provided]
    if len(services) < len(hold.service_ids):
        return False
    free = await available_slots_on_day(tx, office, services, hold.mode, hold.starts_at, excluded_hold_id=hold.id)
    return any(slot.starts_at == hold.starts_at for slot in free)


async def _shrink_or_release(tx: Transaction, office: Office, hold: SlotHold) -> None:
    """Release a slot that cannot be booked whole any more, and hold the parts that can."""
    person = await hold_rows.find_holder(tx.session, hold.id)
    await hold_rows.delete_hold(tx.session, hold.id)
    if hold.more_services:
        await _hold_shares(tx, office, hold_shares(hold), hold.mode, person or "")


async def _postpone_to_morning(tx: Transaction, hold: SlotHold, send_at: datetime) -> None:
    await hold_rows.update_hold(
        tx.session, hold.id, purpose=HoldPurpose.OFFER, expires_at=send_at + WORKER_DELAY_GRACE
    )
    await tx.schedule_timer(FREED_SLOT_TIMER, subject=hold.id, due_at=send_at)


async def _start_cooldown(tx: Transaction, hold: SlotHold) -> None:
    """Hold the slot for a random time, so that no program can predict when it becomes public."""
    length = cooldown(hold.id, tx.now, hold.starts_at)
    if not length:  # the visit begins soon, and an empty desk helps no one (docs/decisions/0023)
        await hold_rows.delete_hold(tx.session, hold.id)
        return
    await hold_rows.update_hold(tx.session, hold.id, purpose=HoldPurpose.COOLDOWN, expires_at=tx.now + length)
    await tx.schedule_timer(FREED_SLOT_TIMER, subject=hold.id, due_at=tx.now + length)


# Offering


async def offer_freed_slot(
    tx: Transaction, office: Office, hold: SlotHold, candidate: OfferCandidate, until: datetime
) -> bool:
    """Save the offer and its message, and hold the whole slot until `until`.

    Returns False if the person has another open offer.
    """
    offer = replace(
        build_offer(tx, hold, candidate.reason, candidate.taker_id, until),
        service_id=candidate.services[0].id,
        starts_at=candidate.slot.starts_at.astimezone(UTC),
        ends_at=candidate.slot.ends_at.astimezone(UTC),
    )
    # a unique column enforces one open offer for each person (docs/decisions/0023)
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
    """Build an offer of the whole slot. Inserts nothing."""
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


# Claiming a slot or a part of it


@dataclass(frozen=True, slots=True)
class FreedSlot:
    """A freed slot that is not claimed yet, whole or in part.

    `released_by`: the mailbox that released it.
    """

    hold: SlotHold
    released_by: str


async def load_freed_slot(tx: Transaction, hold_id: str) -> FreedSlot | None:
    """Load the slot and the mailbox that released it; None if the hold is gone."""
    hold = await hold_rows.find_hold(tx.session, hold_id)
    return None if hold is None else FreedSlot(hold, await hold_rows.find_holder(tx.session, hold_id) or "")


async def claim_freed_slot(tx: Transaction, hold_id: str) -> FreedSlot | None:
    """Delete the hold of a slot that is booked in this transaction.

    `release_remainder` follows.
    """
    freed = await load_freed_slot(tx, hold_id)
    if freed is not None:
        await hold_rows.delete_hold(tx.session, hold_id)
    return freed


async def release_remainder(
    tx: Transaction, office: Office, freed: FreedSlot, starts_at: datetime, ends_at: datetime
) -> None:
    """Hold what a visit leaves of the slot, to offer it. The caller has saved the visit."""
    for run in remaining_shares(hold_shares(freed.hold), starts_at, ends_at):
        await _hold_shares(tx, office, run, freed.hold.mode, freed.released_by)


# Offers that end early


async def withdraw_offers(tx: Transaction, taker_id: str) -> None:
    """Close the open offers to this taker; their slots go to the next candidates."""
    for offer in await offer_rows.open_offers_to_taker(tx.session, taker_id):
        if await offer_rows.close_offer(tx.session, offer.id, OfferState.REFUSED):
            # an early video start has no hold, so that this timer finds nothing to offer
            await _schedule_next_offer(tx, offer)


async def refuse_offer(tx: Transaction, offer: SlotOffer) -> None:
    """Close an open offer as refused; its slot goes to the next candidate."""
    if await offer_rows.close_offer(tx.session, offer.id, OfferState.REFUSED):
        await _schedule_next_offer(tx, offer)
        logger.info("offer_refused", extra={"offer": offer.id})


async def _schedule_next_offer(tx: Transaction, offer: SlotOffer) -> None:
    """Advance the slot of a closed offer at once."""
    await tx.schedule_timer(FREED_SLOT_TIMER, subject=offer.place, due_at=tx.now)


async def reclaim_own_slot(
    tx: Transaction, service_id: str, mode: ServiceMode, starts_at: datetime, mailbox_keys: Sequence[str]
) -> FreedSlot | None:
    """Claim the slot that this person released before, without waiting for its cool-down.

    Returns None if there is none, or if it is offered to another person, who may answer first.
    """
    hold = await hold_rows.find_released_hold(tx.session, service_id, mode, starts_at, mailbox_keys)
    if hold is None or await offer_rows.find_open_offer_for_hold(tx.session, hold.id) is not None:
        return None
    await hold_rows.delete_hold(tx.session, hold.id)
    return FreedSlot(hold, mailbox_keys[0])


async def find_own_offer(tx: Transaction, offer_id: str, reason: OfferReason, taker_id: str) -> SlotOffer:
    """Find an offer made to this taker for this reason. Raises NotFound."""
    offer = await offer_rows.find_offer(tx.session, offer_id)
    if offer is None or (offer.taker, offer.taker_id) != (reason, taker_id):
        raise NotFound
    return offer
