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
from ...offices.service import Office, Service, office_by_id
from ..domain.appointment import Appointment, Mode
from ..domain.freed_slot import Share, first_fit, left_of, shares_of, shares_of_hold
from ..domain.hold import Hold, Purpose
from ..domain.offer import GRACE, Offer, OfferState, Taker, ends_at, goes_out_at, rest_of
from ..domain.slots import Slot
from ..notify import offer_messages
from ..queries.availability import more_of
from ..storage import appointment_rows, offer_rows
from .hold_slot import hold_token
from .offer_candidates import Candidate, candidates, free_around

logger = logging.getLogger(__name__)

PLACE_TIMER = "place.freed"  # subject: the hold's id


async def give_back(tx: Transaction, office: Office, service: Service, given: Appointment) -> None:
    """The place of an appointment that does not take place. The caller holds the agenda and has changed its state.

    A place that the public could not book, because it is too near or was given beyond them, is simply gone. Of a
    visit of several services as much is given back in one piece as the public could book so.
    """
    shares = shares_of(service.id, given.starts_at, given.ends_at, given.more_services)
    await _keep_shares(tx, office, shares, given.mode, appointment_rows.email_key(given.email))


async def _keep_shares(tx: Transaction, office: Office, shares: Sequence[Share], mode: Mode, person: str) -> None:
    """Keep shares that follow each other: the longest run that can be booked in one visit, then what is left."""
    left = list(shares)
    while left:
        run, slot = await _longest(tx, office, left, mode)
        if slot is not None:
            await keep(tx, office, run[0], mode, slot, person=person, more=run[1:])
        left = left[max(1, len(run)) :]


async def _longest(
    tx: Transaction, office: Office, shares: Sequence[Share], mode: Mode
) -> tuple[Sequence[Service], Slot | None]:
    """The services of the run and its slot: the times of what was not the first may begin a little later."""
    given = {one.id: one for one in office.services}
    for count in range(len(shares), 0, -1):
        run = [given[one.service_id] for one in shares[:count] if one.service_id in given]
        if len(run) == count:
            free = await free_around(tx, office, run, mode, shares[0].starts_at)
            slot = first_fit(shares[:1], free, run[0].id)
            if slot is not None:
                return run, slot
    return (), None


async def keep(
    tx: Transaction,
    office: Office,
    service: Service,
    mode: Mode,
    slot: Slot,
    *,
    person: str,
    more: Sequence[Service] = (),
) -> Hold:
    """Close a free slot's place to the public until somebody of the lists was asked; `person` gave it back."""
    place = replace(new_place(office, service, mode, slot, tx.now), more_services=more_of(more))
    await appointment_rows.insert_hold(
        tx.session, place, hash_token(hold_token(tx.runtime, place)), person, tx.now
    )
    await tx.schedule(PLACE_TIMER, subject=place.id, due_at=tx.now)
    return place


def new_place(office: Office, service: Service, mode: Mode, slot: Slot, now: datetime) -> Hold:
    """A hold that is on its way to be offered."""
    return Hold(
        id=new_id(),
        purpose=Purpose.OFFER,
        office_id=office.id,
        service_id=service.id,
        mode=mode,
        starts_at=slot.starts_at.astimezone(UTC),
        ends_at=slot.ends_at.astimezone(UTC),
        expires_at=now + GRACE,
    )


async def go_on(tx: Transaction, place_id: str) -> None:
    """The timer of a place: the next person, or rest, or the end of it."""
    place = await appointment_rows.hold_by_id(tx.session, place_id)
    if place is None:
        return
    office = await office_by_id(tx.session, place.office_id)
    await appointment_rows.hold_agenda(tx.session, office)
    place = await appointment_rows.hold_by_id(tx.session, place_id)
    if place is None or await _is_being_answered(tx, place):
        return
    if place.purpose is Purpose.BOOKING and tx.now < place.expires_at:  # whoever accepted fills in the form
        await tx.schedule(PLACE_TIMER, subject=place.id, due_at=place.expires_at)
        return
    if place.purpose is Purpose.REST:
        if place.expires_at <= tx.now:
            await appointment_rows.delete_hold(tx.session, place.id)
        return
    await _next(tx, office, place)


async def _is_being_answered(tx: Transaction, place: Hold) -> bool:
    """Whether its offer is still open; one whose time is over is closed here."""
    offer = await offer_rows.open_offer_of_place(tx.session, place.id)
    if offer is None:
        return False
    if tx.now < offer.expires_at:
        await tx.schedule(PLACE_TIMER, subject=place.id, due_at=offer.expires_at)
        return True
    await offer_rows.close_offer(tx.session, offer.id, OfferState.EXPIRED)
    logger.info("offer_expired", extra={"offer": offer.id})
    return False


async def _next(tx: Transaction, office: Office, place: Hold) -> None:
    """Offer it to the next in the lists. By night it waits for the morning, if somebody wants it then."""
    if not await _is_bookable(tx, office, place):
        await _break_up(tx, office, place)
        return
    begins = goes_out_at(tx.now, office.timezone)
    found = await candidates(tx, office, place, begins)
    if found and begins > tx.now:
        await _wait_for_the_morning(tx, place, begins)
        return
    for one in found:
        if await offer_to(tx, office, place, one, ends_at(begins, one.slot.starts_at, office.timezone)):
            return
    await _rest(tx, place)


async def _is_bookable(tx: Transaction, office: Office, place: Hold) -> bool:
    """Whether the public could book the whole of it now, all of its services being given."""
    given = {one.id: one for one in office.services}
    services = [given[one] for one in place.service_ids if one in given]
    if len(services) < len(place.service_ids):
        return False
    free = await free_around(tx, office, services, place.mode, place.starts_at, without=place.id)
    return any(slot.starts_at == place.starts_at for slot in free)


async def _break_up(tx: Transaction, office: Office, place: Hold) -> None:
    """Somebody else has some of it, or it cannot be booked any more: what still can be is kept, smaller."""
    person = await appointment_rows.holder_of(tx.session, place.id)
    await appointment_rows.delete_hold(tx.session, place.id)
    if place.more_services:
        await _keep_shares(tx, office, shares_of_hold(place), place.mode, person or "")


async def _wait_for_the_morning(tx: Transaction, place: Hold, begins: datetime) -> None:
    await appointment_rows.change_hold(tx.session, place.id, purpose=Purpose.OFFER, expires_at=begins + GRACE)
    await tx.schedule(PLACE_TIMER, subject=place.id, due_at=begins)


async def _rest(tx: Transaction, place: Hold) -> None:
    """Nobody of the lists wants it. Whoever cancels and books again by a program cannot know when to."""
    length = rest_of(place.id, tx.now, place.starts_at)
    if not length:
        await appointment_rows.delete_hold(tx.session, place.id)
        return
    await appointment_rows.change_hold(tx.session, place.id, purpose=Purpose.REST, expires_at=tx.now + length)
    await tx.schedule(PLACE_TIMER, subject=place.id, due_at=tx.now + length)


# Offering


async def offer_to(tx: Transaction, office: Office, place: Hold, candidate: Candidate, until: datetime) -> bool:
    """Write the offer and its letters, and keep the whole place until it is answered. False when they are offered
    something else."""
    service, slot = candidate.services[0], candidate.slot
    whole = new_offer(tx, place, candidate.taker, candidate.taker_id, until)
    begins, ends = slot.starts_at.astimezone(UTC), slot.ends_at.astimezone(UTC)
    offer = replace(whole, service_id=service.id, starts_at=begins, ends_at=ends)
    if not await offer_rows.insert_offer(tx.session, offer, f"person:{candidate.person}"):
        return False
    await appointment_rows.change_hold(tx.session, place.id, purpose=Purpose.OFFER, expires_at=until + GRACE)
    await tx.schedule(PLACE_TIMER, subject=place.id, due_at=until)
    if isinstance(candidate.about, Appointment):
        await offer_messages.earlier_offered(tx, office, candidate.about, offer)
    else:
        offer_messages.waiting_offered(tx, office, candidate.about, offer)
    logger.info("place_offered", extra={"offer": offer.id, "taker": offer.taker, "office": office.slug})
    return True


def new_offer(tx: Transaction, place: Hold, taker: Taker, taker_id: str, until: datetime) -> Offer:
    return Offer(
        id=new_id(),
        place=place.id,
        taker=taker,
        taker_id=taker_id,
        office_id=place.office_id,
        service_id=place.service_id,
        mode=place.mode,
        starts_at=place.starts_at,
        ends_at=place.ends_at,
        state=OfferState.OPEN,
        created_at=tx.now,
        expires_at=until,
    )


# Somebody takes it, or a part of it


@dataclass(frozen=True, slots=True)
class Whole:
    """A place before somebody takes it or a part of it, and who had given it back."""

    place: Hold
    person: str


async def seen(tx: Transaction, place_id: str) -> Whole | None:
    """The place as it is now; None when it is gone."""
    place = await appointment_rows.hold_by_id(tx.session, place_id)
    return None if place is None else Whole(place, await appointment_rows.holder_of(tx.session, place_id) or "")


async def take_out(tx: Transaction, place_id: str) -> Whole | None:
    """Let a place go, for its visit is written in the same transaction; then `keep_rest`."""
    found = await seen(tx, place_id)
    if found is not None:
        await appointment_rows.delete_hold(tx.session, place_id)
    return found


async def keep_rest(tx: Transaction, office: Office, whole: Whole, starts_at: datetime, ends_at: datetime) -> None:
    """What a visit leaves of the place is offered on by itself; the caller has written the visit."""
    for run in left_of(shares_of_hold(whole.place), starts_at, ends_at):
        await _keep_shares(tx, office, run, whole.place.mode, whole.person)


# What is over before its time


async def withdraw(tx: Transaction, taker_id: str) -> None:
    """Whoever was offered something no longer needs it: their offers go on to the next."""
    for offer in await offer_rows.open_offers_to(tx.session, taker_id):
        if await offer_rows.close_offer(tx.session, offer.id, OfferState.REFUSED):
            await pass_on(tx, offer)  # of an agent's free time no hold is kept, and nothing is passed on


async def pass_on(tx: Transaction, offer: Offer) -> None:
    """The place of an offer that was closed goes to the next at once."""
    await tx.schedule(PLACE_TIMER, subject=offer.place, due_at=tx.now)


async def take_out_own(
    tx: Transaction, service_id: str, mode: Mode, starts_at: datetime, person: str
) -> Whole | None:
    """Whoever wants the very place back that they gave up a moment ago need not wait for its rest; only if it is
    being offered to somebody, it is theirs to answer first. As `take_out`."""
    place = await appointment_rows.own_place(tx.session, service_id, mode, starts_at, person)
    if place is None or await offer_rows.open_offer_of_place(tx.session, place.id) is not None:
        return None
    await appointment_rows.delete_hold(tx.session, place.id)
    return Whole(place, person)


async def office_and_service(tx: Transaction, offer: Offer) -> tuple[Office, Service | None]:
    """Of an offer; None when the service is no longer given."""
    office = await office_by_id(tx.session, offer.office_id)
    return office, next((one for one in office.services if one.id == offer.service_id), None)
