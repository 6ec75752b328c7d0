"""The waiting list: whoever found no time is offered one when there is. One entry for each mailbox and service.

As a booking does, asking costs a proof of work, or a letter that is opened (docs/decisions/0020)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.write_conflicts import WriteConflict
from ...core.errors import FieldError, Invalid, NotFound, Refused, Unavailable
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, OfficeService, ServiceMode, all_offices
from ..domain.contact_identifiers import email_key
from ..domain.hold import HOLD_DURATION, HoldPurpose
from ..domain.offer import OfferReason, OfferState, SlotOffer
from ..domain.requester import UNLIMITED_REQUESTER, Requester
from ..domain.waitlist_entry import (
    ENDED_WAITLIST_STATES,
    VERIFY_WITHIN,
    WAITLIST_DURATION,
    WaitlistEntry,
    WaitlistState,
)
from ..events import AppointmentBooked
from ..notify import offer_messages
from ..queries.availability import SlotSearch, check_slot_available
from ..queries.requested_services import require_additional_services, require_office
from ..queries.service_settings import parse_agenda_settings
from ..queries.visit_services import freeze_services
from ..storage import hold_rows, limit_rows, locks, mailbox_rows, offer_rows, waitlist_rows
from . import check_booking_limits, freed_slots
from .hold_slot import hash_holder
from .proof_of_work import proof_used_error
from .waitlist_scan import WAITLIST_SCAN_TIMER

logger = logging.getLogger(__name__)

WAITLIST_END_TIMER = "waiting.end"  # subject: the entry's id
WAITLIST_EMAIL_INTERVAL = timedelta(hours=1)  # anybody can type an address: its mailbox is not filled with letters


@dataclass(frozen=True, slots=True)
class WaitlistRequest:
    """What somebody waits for; `office` and `mode` are None where any will do. `more_services`: slugs of what else
    is to be done in the same visit."""

    service: str
    office: str | None
    mode: ServiceMode | None
    email: str
    language: str
    more_services: tuple[str, ...] = ()


async def join_waitlist(
    runtime: Runtime, request: WaitlistRequest, requester: Requester = UNLIMITED_REQUESTER
) -> WaitlistState:
    """Wait from now on, or write a letter by which the mailbox says that it wants to; nothing is looked for until
    then. Whoever brings no proof of work is asked by the letter.

    The state says which of the two, and nothing of what there was already: that is the mailbox's own to know.
    Raises Invalid, RateLimited, Refused("confirm_first").
    """
    try:
        async with runtime.transaction() as tx:
            return await _join_waitlist_once(tx, request, requester)
    except WriteConflict:  # another request spends this proof in the same moment
        raise proof_used_error() from None


async def _join_waitlist_once(tx: Transaction, request: WaitlistRequest, requester: Requester) -> WaitlistState:
    office = await require_office(tx.session, request.office) if request.office else None
    given = await _offices_with_services(tx.session, request, office)
    where, _ = given[0]
    person = email_key(request.email)
    await locks.acquire_advisory_lock(tx.session, f"mailbox:{person}")
    await check_booking_limits.spend_proof(tx, requester)
    at_once = await check_booking_limits.can_join_waitlist_directly(
        tx, requester, person, where
    ) and not _is_verification_required(requester, given)
    state = WaitlistState.WAITING if at_once else WaitlistState.UNVERIFIED
    entry = await _save_entry(tx, _build_entry(tx, request, requester, office, state), person)
    await _send_status(tx, office, where, entry)
    logger.info("waiting_asked", extra={"waiting": entry.id, "state": state})
    return state


async def _offices_with_services(
    session: AsyncSession, request: WaitlistRequest, office: Office | None
) -> list[tuple[Office, OfficeService]]:
    """The offices that give it, with the (first) service as each gives it. Raises Invalid."""
    offices = [office] if office else await all_offices(session)
    found = [(one, service) for one in offices for service in one.services if service.slug == request.service]
    if not found:
        raise Invalid(FieldError("service", "not_a_choice"))
    given = [(one, service) for one, service in found if request.mode in (None, *service.modes)]
    if not given:
        raise Invalid(FieldError("mode", "not_a_choice"))
    whole = [(one, service) for one, service in given if _has_all_services(one, service, request)]
    if not whole:
        raise Invalid(FieldError("more_services", "not_a_choice"))
    return whole


def _has_all_services(office: Office, service: OfficeService, request: WaitlistRequest) -> bool:
    """Whether all that is asked for can be done there in one visit."""
    for mode in service.modes if request.mode is None else (request.mode,):
        with suppress(Invalid, Unavailable):
            require_additional_services(office, service, mode, request.more_services)
            return True
    return False


def _is_verification_required(requester: Requester, given: Iterable[tuple[Office, OfficeService]]) -> bool:
    """Whether one of these offices has each mailbox verified; rules that nobody understands may say so."""
    if requester.limits is None:
        return False
    try:
        return any(parse_agenda_settings(office, service).verify_email for office, service in given)
    except Unavailable:
        return True


async def _send_status(tx: Transaction, wished: Office | None, where: Office, entry: WaitlistEntry) -> None:
    """That they wait, or that they must say so first: each once an hour."""
    kind = (
        offer_messages.WAITLIST_VERIFY_KIND
        if entry.state is WaitlistState.UNVERIFIED
        else offer_messages.WAITLIST_BEGUN_KIND
    )
    since = tx.now - WAITLIST_EMAIL_INTERVAL
    if not await limit_rows.count_messages_since(tx.session, kind, f"waiting:{entry.id}", since):
        offer_messages.send_waitlist_status(tx, kind, wished, where, entry)


def _build_entry(
    tx: Transaction, request: WaitlistRequest, requester: Requester, office: Office | None, state: WaitlistState
) -> WaitlistEntry:
    return WaitlistEntry(
        id=new_id(),
        state=state,
        service_slug=request.service,
        office_id=office.id if office else None,
        mode=request.mode,
        email=request.email,
        language=request.language,
        asked_at=tx.now,
        expires_at=tx.now + (WAITLIST_DURATION if state is WaitlistState.WAITING else VERIFY_WITHIN),
        address=requester.address if requester.limits else None,
        more_services=request.more_services,
    )


async def _save_entry(tx: Transaction, fresh: WaitlistEntry, person: str) -> WaitlistEntry:
    """The mailbox's entry for this service: a new one, or the one that there is, anew if it had ended; one that
    nobody has confirmed is sure from now on."""
    known = await waitlist_rows.lock_waitlist_entry(tx.session, person, fresh.service_slug)
    if known is None:
        token = hash_token(waitlist_token(tx.runtime, fresh.id))
        await waitlist_rows.insert_waitlist_entry(tx.session, fresh, token, person)
    elif known.state in ENDED_WAITLIST_STATES or known.expires_at <= tx.now:
        fresh = replace(fresh, id=known.id)
        await waitlist_rows.renew_waitlist_entry(tx.session, fresh)
    elif fresh.state is WaitlistState.WAITING and known.state is WaitlistState.UNVERIFIED:
        fresh = replace(fresh, id=known.id, asked_at=known.asked_at)
        await waitlist_rows.renew_waitlist_entry(tx.session, fresh)
    else:
        return known
    await tx.schedule_timer(WAITLIST_END_TIMER, subject=fresh.id, due_at=fresh.expires_at)
    if fresh.state is WaitlistState.WAITING:
        await tx.schedule_timer(WAITLIST_SCAN_TIMER, subject=fresh.service_slug, due_at=tx.now)
    return fresh


def waitlist_token(runtime: Runtime, entry_id: str) -> str:
    """The token of its page's link."""
    return runtime.tokens.derive("waiting", entry_id)


async def waitlist_entry_by_token(session: AsyncSession, token: str) -> WaitlistEntry:
    """Raises NotFound."""
    entry = await waitlist_rows.find_waitlist_entry_by_token_hash(session, hash_token(token))
    if entry is None:
        raise NotFound
    return entry


async def latest_waitlist_offer(session: AsyncSession, entry_id: str) -> SlotOffer | None:
    """The latest place that was offered, whatever became of it."""
    return await offer_rows.latest_offer_to_taker(session, entry_id, OfferReason.WAITLIST)


async def confirm_waitlist_entry(runtime: Runtime, token: str) -> WaitlistEntry:
    """The mailbox is theirs: from now on places are looked for. Twice is once. Raises NotFound."""
    async with runtime.transaction() as tx:
        entry = await waitlist_entry_by_token(tx.session, token)
        if entry.state is not WaitlistState.UNVERIFIED or entry.expires_at <= tx.now:
            return entry
        waits = replace(entry, state=WaitlistState.WAITING, expires_at=tx.now + WAITLIST_DURATION)
        values = {"state": waits.state, "expires_at": waits.expires_at}
        await waitlist_rows.update_waitlist_entry(tx.session, entry.id, entry.state, **values)
        await mailbox_rows.mark_mailbox_verified(tx.session, email_key(entry.email), tx.now)
        await tx.schedule_timer(WAITLIST_END_TIMER, subject=entry.id, due_at=waits.expires_at)
        await tx.schedule_timer(WAITLIST_SCAN_TIMER, subject=entry.service_slug, due_at=tx.now)
        logger.info("waiting_confirmed", extra={"waiting": entry.id})
        return waits


async def leave_waitlist(runtime: Runtime, token: str) -> None:
    """They no longer wait; what is being offered goes to the next. Raises NotFound."""
    async with runtime.transaction() as tx:
        entry = await waitlist_entry_by_token(tx.session, token)
        if entry.state not in ENDED_WAITLIST_STATES:
            await _end_entry(tx, entry, WaitlistState.STOPPED)


async def accept_waitlist_offer(runtime: Runtime, token: str, offer_id: str, holder: str) -> SlotOffer:
    """Keep the offered place for this device's form, as long as any form keeps one. A second press is the first.

    `holder`: as `holding.hold` takes it. Raises NotFound, Refused("offer_over" | "slot_taken").
    """
    async with runtime.transaction() as tx:
        entry = await waitlist_entry_by_token(tx.session, token)
        offer = await _find_own_offer(tx, entry, offer_id)
        office, service = await freed_slots.offer_office_and_service(tx, offer)
        more = office.services_by_slugs(entry.more_services)
        if service is None or len(more) < len(entry.more_services):
            raise Refused("offer_over")
        await locks.lock_agenda(tx.session, office)
        offer = await _find_own_offer(tx, entry, offer_id)
        if offer.state is OfferState.ACCEPTED:
            return offer
        if not offer.is_open(tx.runtime.now()):
            raise Refused("offer_over")
        await check_slot_available(
            tx, SlotSearch(office, [service, *more], offer.mode, excluded_id=offer.place), offer.starts_at
        )
        await _convert_to_booking_hold(tx, office, offer, more, holder)
        await mailbox_rows.mark_mailbox_verified(tx.session, email_key(entry.email), tx.now)  # whence the link is
        await offer_rows.close_offer(tx.session, offer.id, OfferState.ACCEPTED)
        logger.info("offer_accepted", extra={"offer": offer.id})
        return offer


async def _convert_to_booking_hold(
    tx: Transaction, office: Office, offer: SlotOffer, more: Sequence[OfficeService], holder: str
) -> None:
    """From now on it is a hold as any other; if nothing comes of it, it goes to the next. What is left of a longer
    place goes on by itself."""
    earlier = await hold_rows.find_booking_hold(tx.session, hash_holder(holder))
    if earlier is not None:
        await hold_rows.delete_hold(tx.session, earlier.id)
    until = tx.now + HOLD_DURATION
    whole = await freed_slots.load_freed_slot(tx, offer.place)
    part = {"service_id": offer.service_id, "starts_at": offer.starts_at, "ends_at": offer.ends_at}
    part["more_services"] = [asdict(one) for one in freeze_services(more)]
    changed = {"purpose": HoldPurpose.BOOKING, "holder": hash_holder(holder), "expires_at": until}
    await hold_rows.update_hold(tx.session, offer.place, **part, **changed)
    if whole is not None:
        await freed_slots.release_remainder(tx, office, whole, offer.starts_at, offer.ends_at)
    await tx.schedule_timer(freed_slots.FREED_SLOT_TIMER, subject=offer.place, due_at=until)


async def refuse_waitlist_offer(runtime: Runtime, token: str, offer_id: str) -> None:
    """Not this one; they keep their place in the list. Raises NotFound."""
    async with runtime.transaction() as tx:
        offer = await _find_own_offer(tx, await waitlist_entry_by_token(tx.session, token), offer_id)
        if await offer_rows.close_offer(tx.session, offer.id, OfferState.REFUSED):
            await freed_slots.schedule_next_offer(tx, offer)
            logger.info("offer_refused", extra={"offer": offer.id})


async def remove_from_waitlist(tx: Transaction, event: AppointmentBooked) -> None:
    """Whoever has an appointment waits for none."""
    booked = event.appointment
    for slug in booked.service_slugs:
        entry = await waitlist_rows.lock_waitlist_entry(tx.session, email_key(booked.email), slug)
        if entry is not None and entry.state is WaitlistState.WAITING:
            await _end_entry(tx, entry, WaitlistState.BOOKED)


async def expire_waitlist_entry(tx: Transaction, entry_id: str) -> None:
    """The timer: thirty days are over, and they are told; or nobody opened the letter, and nothing is said."""
    entry = await waitlist_rows.find_waitlist_entry(tx.session, entry_id)
    if entry is None or entry.state in ENDED_WAITLIST_STATES or tx.now < entry.expires_at:
        return
    if await _end_entry(tx, entry, WaitlistState.EXPIRED) and entry.state is WaitlistState.WAITING:
        more = entry.more_services
        asked = WaitlistRequest(entry.service_slug, None, None, entry.email, entry.language, more)
        try:
            where, _ = (await _offices_with_services(tx.session, asked, None))[0]
        except Invalid:  # it is no longer given anywhere
            return
        offer_messages.send_waitlist_expired(tx, where, entry)


async def _end_entry(tx: Transaction, entry: WaitlistEntry, state: WaitlistState) -> bool:
    """False when another request or worker got there first. Nobody needs the addresses any more; the mailbox's key
    stays."""
    ended = {"state": state, "email": "", "address": None}
    if not await waitlist_rows.update_waitlist_entry(tx.session, entry.id, entry.state, **ended):
        return False
    await tx.void_messages(f"waiting:{entry.id}")
    await freed_slots.withdraw_offers(tx, entry.id)
    logger.info("waiting_ended", extra={"waiting": entry.id, "state": state})
    return True


async def _find_own_offer(tx: Transaction, entry: WaitlistEntry, offer_id: str) -> SlotOffer:
    offer = await offer_rows.find_offer(tx.session, offer_id)
    if offer is None or (offer.taker, offer.taker_id) != (OfferReason.WAITLIST, entry.id):
        raise NotFound
    return offer
