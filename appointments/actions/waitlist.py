"""The waiting list: whoever found no time is offered one when there is. One entry for each mailbox and service.

As a booking does, asking costs a proof of work, or a letter that is opened (docs/decisions/0020)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import FieldError, Invalid, NotFound, Refused, Unavailable
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, Service, all_offices
from ..domain.appointment import Mode
from ..domain.hold import HOLD, Purpose
from ..domain.offer import Offer, OfferState, Taker
from ..domain.requester import INSIDE, Asker
from ..domain.waitlist_entry import ENDED, STANDS, TO_VERIFY, Waiting, WaitingState
from ..events import AppointmentBooked
from ..notify import offer_messages
from ..queries.availability import check_free, more_of, more_services_of, office_of, rules_of
from ..storage import appointment_rows, limit_rows, offer_rows
from . import check_booking_limits, freed_slots
from .hold_slot import hashed
from .proof_of_work import spent
from .waitlist_scan import LOOK_TIMER

logger = logging.getLogger(__name__)

END_TIMER = "waiting.end"  # subject: the entry's id
LETTER_EVERY = timedelta(hours=1)  # anybody can type an address: its mailbox is not filled with letters


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """What somebody waits for; `office` and `mode` are None where any will do. `more_services`: slugs of what else
    is to be done in the same visit."""

    service: str
    office: str | None
    mode: Mode | None
    email: str
    language: str
    more_services: tuple[str, ...] = ()


async def join(runtime: Runtime, asked: WaitingRequest, asker: Asker = INSIDE) -> WaitingState:
    """Wait from now on, or write a letter by which the mailbox says that it wants to; nothing is looked for until
    then. Whoever brings no proof of work is asked by the letter.

    The state says which of the two, and nothing of what there was already: that is the mailbox's own to know.
    Raises Invalid, RateLimited, Refused("confirm_first").
    """
    try:
        async with runtime.transaction() as tx:
            return await _join(tx, asked, asker)
    except appointment_rows.Collision:  # another request spends this proof in the same moment
        raise spent() from None


async def _join(tx: Transaction, asked: WaitingRequest, asker: Asker) -> WaitingState:
    office = await office_of(tx.session, asked.office) if asked.office else None
    given = await _given(tx.session, asked, office)
    where, _ = given[0]
    person = appointment_rows.email_key(asked.email)
    await appointment_rows.hold_alone(tx.session, f"mailbox:{person}")
    await check_booking_limits.spend(tx, asker)
    at_once = await check_booking_limits.may_wait(tx, asker, person, where) and not _asks_everybody(asker, given)
    state = WaitingState.WAITING if at_once else WaitingState.UNVERIFIED
    entry = await _entry(tx, _fresh(tx, asked, asker, office, state), person)
    await _tell(tx, office, where, entry)
    logger.info("waiting_asked", extra={"waiting": entry.id, "state": state})
    return state


async def _given(
    session: AsyncSession, asked: WaitingRequest, office: Office | None
) -> list[tuple[Office, Service]]:
    """The offices that give it, with the (first) service as each gives it. Raises Invalid."""
    offices = [office] if office else await all_offices(session)
    found = [(one, service) for one in offices for service in one.services if service.slug == asked.service]
    if not found:
        raise Invalid(FieldError("service", "not_a_choice"))
    given = [(one, service) for one, service in found if asked.mode in (None, *service.modes)]
    if not given:
        raise Invalid(FieldError("mode", "not_a_choice"))
    whole = [(one, service) for one, service in given if _gives_all(one, service, asked)]
    if not whole:
        raise Invalid(FieldError("more_services", "not_a_choice"))
    return whole


def _gives_all(office: Office, service: Service, asked: WaitingRequest) -> bool:
    """Whether all that is asked for can be done there in one visit."""
    for mode in service.modes if asked.mode is None else (asked.mode,):
        with suppress(Invalid, Unavailable):
            more_services_of(office, service, mode, asked.more_services)
            return True
    return False


def _asks_everybody(asker: Asker, given: Iterable[tuple[Office, Service]]) -> bool:
    """Whether one of these offices has each mailbox verified; rules that nobody understands may say so."""
    if asker.limits is None:
        return False
    try:
        return any(rules_of(office, service).verify_email for office, service in given)
    except Unavailable:
        return True


async def _tell(tx: Transaction, wished: Office | None, where: Office, entry: Waiting) -> None:
    """That they wait, or that they must say so first: each once an hour."""
    kind = offer_messages.JOINED if entry.state is WaitingState.UNVERIFIED else offer_messages.BEGUN
    since = tx.now - LETTER_EVERY
    if not await limit_rows.written_since(tx.session, kind, f"waiting:{entry.id}", since):
        offer_messages.waiting_joined(tx, kind, wished, where, entry)


def _fresh(
    tx: Transaction, asked: WaitingRequest, asker: Asker, office: Office | None, state: WaitingState
) -> Waiting:
    return Waiting(
        id=new_id(),
        state=state,
        service_slug=asked.service,
        office_id=office.id if office else None,
        mode=asked.mode,
        email=asked.email,
        language=asked.language,
        asked_at=tx.now,
        expires_at=tx.now + (STANDS if state is WaitingState.WAITING else TO_VERIFY),
        address=asker.address if asker.limits else None,
        more_services=asked.more_services,
    )


async def _entry(tx: Transaction, fresh: Waiting, person: str) -> Waiting:
    """The mailbox's entry for this service: a new one, or the one that there is, anew if it had ended; one that
    nobody has confirmed is sure from now on."""
    known = await offer_rows.waiting_of(tx.session, person, fresh.service_slug)
    if known is None:
        token = hash_token(waiting_token(tx.runtime, fresh.id))
        await offer_rows.insert_waiting(tx.session, fresh, token, person)
    elif known.state in ENDED or known.expires_at <= tx.now:
        fresh = replace(fresh, id=known.id)
        await offer_rows.renew_waiting(tx.session, fresh)
    elif fresh.state is WaitingState.WAITING and known.state is WaitingState.UNVERIFIED:
        fresh = replace(fresh, id=known.id, asked_at=known.asked_at)
        await offer_rows.renew_waiting(tx.session, fresh)
    else:
        return known
    await tx.schedule(END_TIMER, subject=fresh.id, due_at=fresh.expires_at)
    if fresh.state is WaitingState.WAITING:
        await tx.schedule(LOOK_TIMER, subject=fresh.service_slug, due_at=tx.now)
    return fresh


def waiting_token(runtime: Runtime, entry_id: str) -> str:
    """The token of its page's link."""
    return runtime.tokens.derive("waiting", entry_id)


async def waiting_by_token(session: AsyncSession, token: str) -> Waiting:
    """Raises NotFound."""
    entry = await offer_rows.waiting_by_token_hash(session, hash_token(token))
    if entry is None:
        raise NotFound
    return entry


async def waiting_offer(session: AsyncSession, entry_id: str) -> Offer | None:
    """The latest place that was offered, whatever became of it."""
    return await offer_rows.last_offer_to(session, entry_id, Taker.WAITING)


async def confirm_waiting(runtime: Runtime, token: str) -> Waiting:
    """The mailbox is theirs: from now on places are looked for. Twice is once. Raises NotFound."""
    async with runtime.transaction() as tx:
        entry = await waiting_by_token(tx.session, token)
        if entry.state is not WaitingState.UNVERIFIED or entry.expires_at <= tx.now:
            return entry
        waits = replace(entry, state=WaitingState.WAITING, expires_at=tx.now + STANDS)
        values = {"state": waits.state, "expires_at": waits.expires_at}
        await offer_rows.change_waiting(tx.session, entry.id, entry.state, **values)
        await limit_rows.verify_mailbox(tx.session, appointment_rows.email_key(entry.email), tx.now)
        await tx.schedule(END_TIMER, subject=entry.id, due_at=waits.expires_at)
        await tx.schedule(LOOK_TIMER, subject=entry.service_slug, due_at=tx.now)
        logger.info("waiting_confirmed", extra={"waiting": entry.id})
        return waits


async def stop_waiting(runtime: Runtime, token: str) -> None:
    """They no longer wait; what is being offered goes to the next. Raises NotFound."""
    async with runtime.transaction() as tx:
        entry = await waiting_by_token(tx.session, token)
        if entry.state not in ENDED:
            await _end(tx, entry, WaitingState.STOPPED)


async def accept_waiting(runtime: Runtime, token: str, offer_id: str, holder: str) -> Offer:
    """Keep the offered place for this device's form, as long as any form keeps one. A second press is the first.

    `holder`: as `holding.hold` takes it. Raises NotFound, Refused("offer_over" | "slot_taken").
    """
    async with runtime.transaction() as tx:
        entry = await waiting_by_token(tx.session, token)
        offer = await _own_offer(tx, entry, offer_id)
        office, service = await freed_slots.office_and_service(tx, offer)
        more = office.services_of(entry.more_services)
        if service is None or len(more) < len(entry.more_services):
            raise Refused("offer_over")
        await appointment_rows.hold_agenda(tx.session, office)
        offer = await _own_offer(tx, entry, offer_id)
        if offer.state is OfferState.ACCEPTED:
            return offer
        if not offer.is_open(tx.runtime.now()):
            raise Refused("offer_over")
        await check_free(tx, office, service, offer.mode, offer.starts_at, more=more, without=offer.place)
        await _give_to_form(tx, office, offer, more, holder)
        await limit_rows.verify_mailbox(
            tx.session, appointment_rows.email_key(entry.email), tx.now
        )  # whence the link is
        await offer_rows.close_offer(tx.session, offer.id, OfferState.ACCEPTED)
        logger.info("offer_accepted", extra={"offer": offer.id})
        return offer


async def _give_to_form(
    tx: Transaction, office: Office, offer: Offer, more: Sequence[Service], holder: str
) -> None:
    """From now on it is a hold as any other; if nothing comes of it, it goes to the next. What is left of a longer
    place goes on by itself."""
    earlier = await appointment_rows.hold_of(tx.session, hashed(holder))
    if earlier is not None:
        await appointment_rows.delete_hold(tx.session, earlier.id)
    until = tx.now + HOLD
    whole = await freed_slots.seen(tx, offer.place)
    part = {"service_id": offer.service_id, "starts_at": offer.starts_at, "ends_at": offer.ends_at}
    part["more_services"] = [asdict(one) for one in more_of(more)]
    changed = {"purpose": Purpose.BOOKING, "holder": hashed(holder), "expires_at": until}
    await appointment_rows.change_hold(tx.session, offer.place, **part, **changed)
    if whole is not None:
        await freed_slots.keep_rest(tx, office, whole, offer.starts_at, offer.ends_at)
    await tx.schedule(freed_slots.PLACE_TIMER, subject=offer.place, due_at=until)


async def refuse_waiting(runtime: Runtime, token: str, offer_id: str) -> None:
    """Not this one; they keep their place in the list. Raises NotFound."""
    async with runtime.transaction() as tx:
        offer = await _own_offer(tx, await waiting_by_token(tx.session, token), offer_id)
        if await offer_rows.close_offer(tx.session, offer.id, OfferState.REFUSED):
            await freed_slots.pass_on(tx, offer)
            logger.info("offer_refused", extra={"offer": offer.id})


async def on_booked(tx: Transaction, event: AppointmentBooked) -> None:
    """Whoever has an appointment waits for none."""
    booked = event.appointment
    for slug in booked.service_slugs:
        entry = await offer_rows.waiting_of(tx.session, appointment_rows.email_key(booked.email), slug)
        if entry is not None and entry.state is WaitingState.WAITING:
            await _end(tx, entry, WaitingState.BOOKED)


async def expire(tx: Transaction, entry_id: str) -> None:
    """The timer: thirty days are over, and they are told; or nobody opened the letter, and nothing is said."""
    entry = await offer_rows.waiting_by_id(tx.session, entry_id)
    if entry is None or entry.state in ENDED or tx.now < entry.expires_at:
        return
    if await _end(tx, entry, WaitingState.EXPIRED) and entry.state is WaitingState.WAITING:
        more = entry.more_services
        asked = WaitingRequest(entry.service_slug, None, None, entry.email, entry.language, more)
        try:
            where, _ = (await _given(tx.session, asked, None))[0]
        except Invalid:  # it is no longer given anywhere
            return
        offer_messages.waiting_expired(tx, where, entry)


async def _end(tx: Transaction, entry: Waiting, state: WaitingState) -> bool:
    """False when another request or worker got there first. Nobody needs the addresses any more; the mailbox's key
    stays."""
    ended = {"state": state, "email": "", "address": None}
    if not await offer_rows.change_waiting(tx.session, entry.id, entry.state, **ended):
        return False
    await tx.void(f"waiting:{entry.id}")
    await freed_slots.withdraw(tx, entry.id)
    logger.info("waiting_ended", extra={"waiting": entry.id, "state": state})
    return True


async def _own_offer(tx: Transaction, entry: Waiting, offer_id: str) -> Offer:
    offer = await offer_rows.offer_by_id(tx.session, offer_id)
    if offer is None or (offer.taker, offer.taker_id) != (Taker.WAITING, entry.id):
        raise NotFound
    return offer
