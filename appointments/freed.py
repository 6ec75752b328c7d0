"""What becomes of a place that is given back: offered to those who asked, one at a time; then it rests; then it is
anybody's.

All the way one hold keeps it from the public. What happens next is a timer, so no process needs to live until
then; a timer that comes twice finds that it came already. Where no worker is at hand the hold runs out, and the
place is free.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from ..core.errors import Unavailable
from ..core.ids import new_id
from ..core.pruning import in_batches
from ..core.runtime import Runtime, Transaction
from ..core.tokens import hash_token
from ..offices.service import Office, Service, office_by_id
from . import offer_letters, offer_store, store
from .agenda import also_given, free_time, interpreter_notice
from .appointment import Appointment, Mode
from .hold import Hold, Purpose
from .holding import hold_token
from .offer import GRACE, Offer, OfferState, Taker, ends_at, goes_out_at, is_worth_it, rest_of
from .slots import Slot
from .waiting_entry import Waiting

logger = logging.getLogger(__name__)

PLACE_TIMER = "place.freed"  # subject: the hold's id


async def give_back(tx: Transaction, office: Office, service: Service, given: Appointment) -> None:
    """The place of an appointment that does not take place. The caller holds the agenda and has changed its state.

    A place that the public could not book, because it is too near or was given beyond them, is simply gone. Of a
    visit of several services a place of each is given back.
    """
    begins = given.starts_at
    for one in (service, *also_given(office, given)):
        slot = await free_slot(tx, office, one, given.mode, begins)
        if slot is not None:
            await keep(tx, office, one, given.mode, slot, person=store.email_key(given.email))
        begins += timedelta(minutes=one.minutes)


async def keep(tx: Transaction, office: Office, service: Service, mode: Mode, slot: Slot, *, person: str) -> Hold:
    """Close a free slot's place to the public until somebody of the lists was asked; `person` gave it back."""
    place = new_place(office, service, mode, slot, tx.now)
    await store.insert_hold(tx.session, place, hash_token(hold_token(tx.runtime, place)), person, tx.now)
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


async def free_slot(
    tx: Transaction,
    office: Office,
    service: Service,
    mode: Mode,
    starts_at: datetime,
    *,
    more: Sequence[Service] = (),
    without: str | None = None,
) -> Slot | None:
    """The slot at this time if the public can book it now, as if the hold `without` were not there.

    None too where nobody understands the agenda's rules: giving back is possible all the same.
    """
    try:
        return await free_time(tx.session, office, service, mode, tx.now, starts_at, more=more, without=without)
    except Unavailable:
        return None


async def go_on(tx: Transaction, place_id: str) -> None:
    """The timer of a place: the next person, or rest, or the end of it."""
    place = await store.hold_by_id(tx.session, place_id)
    if place is None:
        return
    office, service = await office_and_service(tx, place)
    if service is None:  # it is no longer given
        await store.delete_hold(tx.session, place.id)
        return
    await store.hold_agenda(tx.session, office)
    place = await store.hold_by_id(tx.session, place_id)
    if place is None or await _is_being_answered(tx, place):
        return
    if place.purpose is Purpose.BOOKING and tx.now < place.expires_at:  # whoever accepted fills in the form
        await tx.schedule(PLACE_TIMER, subject=place.id, due_at=place.expires_at)
        return
    if place.purpose is Purpose.REST:
        if place.expires_at <= tx.now:
            await store.delete_hold(tx.session, place.id)
        return
    await _next(tx, office, service, place)


async def _is_being_answered(tx: Transaction, place: Hold) -> bool:
    """Whether its offer is still open; one whose time is over is closed here."""
    offer = await offer_store.open_offer_of_place(tx.session, place.id)
    if offer is None:
        return False
    if tx.now < offer.expires_at:
        await tx.schedule(PLACE_TIMER, subject=place.id, due_at=offer.expires_at)
        return True
    await offer_store.close_offer(tx.session, offer.id, OfferState.EXPIRED)
    logger.info("offer_expired", extra={"offer": offer.id})
    return False


async def _next(tx: Transaction, office: Office, service: Service, place: Hold) -> None:
    """Offer it to the next in the lists. By night it waits for the morning, if somebody wants it then."""
    if await free_slot(tx, office, service, place.mode, place.starts_at, without=place.id) is None:
        await store.delete_hold(tx.session, place.id)  # somebody else has it, or it cannot be booked any more
        return
    begins = goes_out_at(tx.now, office.timezone)
    until = ends_at(begins, place.starts_at, office.timezone)
    is_worth = is_worth_it(begins, place.starts_at)
    candidates = await _candidates(tx, office, service, place, until) if is_worth else []
    if candidates and begins > tx.now:
        await _wait_for_the_morning(tx, place, begins)
        return
    for candidate in candidates:
        if await offer_to(tx, office, service, place, candidate, until):
            return
    await _rest(tx, place)


async def _wait_for_the_morning(tx: Transaction, place: Hold, begins: datetime) -> None:
    await store.change_hold(tx.session, place.id, purpose=Purpose.OFFER, expires_at=begins + GRACE)
    await tx.schedule(PLACE_TIMER, subject=place.id, due_at=begins)


async def _rest(tx: Transaction, place: Hold) -> None:
    """Nobody of the lists wants it. Whoever cancels and books again by a program cannot know when to."""
    length = rest_of(place.id, tx.now, place.starts_at)
    if not length:
        await store.delete_hold(tx.session, place.id)
        return
    await store.change_hold(tx.session, place.id, purpose=Purpose.REST, expires_at=tx.now + length)
    await tx.schedule(PLACE_TIMER, subject=place.id, due_at=tx.now + length)


# To whom


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody of the lists: with an appointment that is later, or with an entry of the waiting list."""

    taker: Taker
    taker_id: str
    person: str
    about: Appointment | Waiting


async def _candidates(
    tx: Transaction, office: Office, service: Service, place: Hold, until: datetime
) -> list[Candidate]:
    """Those with a later time, then those with none; each list in the order of asking. Not who gave it back, nor
    whoever needs somebody else who could not be asked any more when they answer (`until`)."""
    session, gave_it_back = tx.session, await store.holder_of(tx.session, place.id)
    later = await offer_store.who_wants_earlier(session, service.id, place.mode, place.starts_at, place.id)
    found = [
        Candidate(Taker.EARLIER, appointment.id, person, appointment)
        for appointment, person, wish in later
        if wish.suits(place.starts_at, office.timezone)
        and until + interpreter_notice(office, appointment) <= place.starts_at
        and await _has_room(tx, office, service, place, appointment)
    ]
    waiting = await offer_store.who_waits(session, service.slug, office.id, place.mode, tx.now, place.id)
    found += [
        Candidate(Taker.WAITING, entry.id, person, entry)
        for entry, person in waiting
        if await store.active_of(session, [service.id], entry.email, tx.now) is None
    ]
    return [one for one in found if one.person != gave_it_back]


async def _has_room(
    tx: Transaction, office: Office, service: Service, place: Hold, appointment: Appointment
) -> bool:
    """A visit of several services is longer than the place: what follows it must be free too."""
    more = also_given(office, appointment)
    if not more:
        return True
    slot = await free_slot(tx, office, service, place.mode, place.starts_at, more=more, without=place.id)
    return slot is not None


async def offer_to(
    tx: Transaction, office: Office, service: Service, place: Hold, candidate: Candidate, until: datetime
) -> bool:
    """Write the offer and its letters, and keep the place for it. False when they are offered something else."""
    offer = new_offer(tx, place, candidate.taker, candidate.taker_id, until)
    if not await offer_store.insert_offer(tx.session, offer, f"person:{candidate.person}"):
        return False
    await store.change_hold(tx.session, place.id, purpose=Purpose.OFFER, expires_at=until + GRACE)
    await tx.schedule(PLACE_TIMER, subject=place.id, due_at=until)
    if isinstance(candidate.about, Appointment):
        await offer_letters.earlier_offered(tx, office, candidate.about, offer)
    else:
        offer_letters.waiting_offered(tx, office, service, candidate.about, offer)
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


# What is over before its time


async def forget_offers(runtime: Runtime, before: datetime) -> None:
    """Delete what was offered of times that are over, and who waited or wished for something until then."""
    for forget in (offer_store.forget_offers, offer_store.forget_wishes, offer_store.forget_waits):
        await in_batches(runtime, partial(forget, before=before))


async def withdraw(tx: Transaction, taker_id: str) -> None:
    """Whoever was offered something no longer needs it: their offers go on to the next."""
    for offer in await offer_store.open_offers_to(tx.session, taker_id):
        if await offer_store.close_offer(tx.session, offer.id, OfferState.REFUSED):
            await pass_on(tx, offer)  # of an agent's free time no hold is kept, and nothing is passed on


async def pass_on(tx: Transaction, offer: Offer) -> None:
    """The place of an offer that was closed goes to the next at once."""
    await tx.schedule(PLACE_TIMER, subject=offer.place, due_at=tx.now)


async def give_back_own(tx: Transaction, service_id: str, mode: Mode, starts_at: datetime, person: str) -> None:
    """Whoever wants the very place back that they gave up a moment ago need not wait for its rest; only if it is
    being offered to somebody, it is theirs to answer first."""
    place = await store.own_place(tx.session, service_id, mode, starts_at, person)
    if place is not None and await offer_store.open_offer_of_place(tx.session, place.id) is None:
        await store.delete_hold(tx.session, place.id)


async def office_and_service(tx: Transaction, place: Hold | Offer) -> tuple[Office, Service | None]:
    office = await office_by_id(tx.session, place.office_id)
    return office, next((one for one in office.services if one.id == place.service_id), None)
