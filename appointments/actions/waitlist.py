"""The waitlist: citizens who found no time get an offer.

An entry for each mailbox and service.
Like a booking, an entry costs a proof of work or a confirmation by e-mail (docs/decisions/0020).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.write_conflicts import WriteConflict
from ...core.errors import FieldError, Invalid, NotFound, Refused, Unavailable
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, OfficeService, ServiceMode, office_by_id, public_offices
from ..domain.contact_identifiers import email_key, email_keys
from ..domain.hold import HOLD_DURATION, HoldPurpose, hash_holder
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
from ..queries.bookable_services import parse_agenda_settings, require_additional_services, require_office
from ..queries.visit_services import freeze_services
from ..storage import hold_rows, limit_rows, locks, offer_rows, waitlist_rows
from . import freed_slots, public_limits
from .verification_emails import MAILBOX_EMAIL_INTERVAL
from .waitlist_scan import WAITLIST_SCAN_TIMER

logger = logging.getLogger(__name__)

WAITLIST_END_TIMER = "waiting.end"  # subject: the id of the entry


@dataclass(frozen=True, slots=True)
class WaitlistRequest:
    """The wanted visit; `office` and `mode` are None if any will do.

    `more_services`: slugs of the additional services of the same visit.
    """

    service: str
    office: str | None
    mode: ServiceMode | None
    email: str
    language: str
    more_services: tuple[str, ...] = ()


async def join_waitlist(
    runtime: Runtime, request: WaitlistRequest, requester: Requester = UNLIMITED_REQUESTER
) -> WaitlistState:
    """Join the waitlist. Without a proof of work the entry waits for a confirmation by e-mail.

    The returned state tells only that, not whether the mailbox had an entry before: only its owner may know.
    Raises Invalid, RateLimited, Refused("confirm_first").
    """
    try:
        async with runtime.transaction() as tx:
            return await _join_waitlist_once(tx, request, requester)
    except WriteConflict:  # another request spent this proof at the same moment
        raise public_limits.proof_used_error() from None


async def _join_waitlist_once(tx: Transaction, request: WaitlistRequest, requester: Requester) -> WaitlistState:
    office = await require_office(tx.session, request.office) if request.office else None
    providers = await _offices_with_services(tx.session, request, office)
    first_office, _ = providers[0]
    mailbox_keys = email_keys(tx.runtime.tokens, request.email)
    await locks.acquire_advisory_lock(tx.session, f"mailbox:{mailbox_keys[0]}")
    await public_limits.spend_proof(tx, requester)
    can_wait_at_once = await public_limits.can_join_waitlist_directly(tx, requester, mailbox_keys, first_office)
    if _is_verification_required(requester, providers):
        can_wait_at_once = False
    state = WaitlistState.WAITING if can_wait_at_once else WaitlistState.UNVERIFIED
    entry = await _save_entry(tx, _build_entry(tx, request, requester, office, state), mailbox_keys)
    await _send_status(tx, office, first_office, entry)
    logger.info("waiting_asked", extra={"waiting": entry.id, "state": state})
    return state


async def check_wanted_visit(session: AsyncSession, request: WaitlistRequest) -> None:
    """Check that an office provides the visit, whatever the rest of the form. Raises Invalid."""
    office = await require_office(session, request.office) if request.office else None
    await _offices_with_services(session, request, office)


async def _offices_with_services(
    session: AsyncSession, request: WaitlistRequest, office: Office | None
) -> list[tuple[Office, OfficeService]]:
    """Find the offices that provide the whole visit, each with its first service.

    Raises Invalid.
    """
    offices = [office] if office else await public_offices(session)
    found = [(each, service) for each in offices for service in each.services if service.slug == request.service]
    if not found:
        raise Invalid(FieldError("service", "not_a_choice"))
    in_mode = [(each, service) for each, service in found if request.mode in (None, *service.modes)]
    if not in_mode:
        raise Invalid(FieldError("mode", "not_a_choice"))
    complete = [(each, service) for each, service in in_mode if _has_all_services(each, service, request)]
    if not complete:
        raise Invalid(FieldError("more_services", "not_a_choice"))
    return complete


def _has_all_services(office: Office, service: OfficeService, request: WaitlistRequest) -> bool:
    """Return whether the office can do all wanted services in one visit."""
    for mode in service.modes if request.mode is None else (request.mode,):
        with suppress(Invalid, Unavailable):
            require_additional_services(office, service, mode, request.more_services)
            return True
    return False


def _is_verification_required(requester: Requester, providers: Iterable[tuple[Office, OfficeService]]) -> bool:
    """Return whether any of these offices verifies every mailbox.

    Invalid settings count as yes.
    """
    if requester.limits is None:
        return False
    try:
        return any(parse_agenda_settings(office, service).verify_email for office, service in providers)
    except Unavailable:
        return True


async def _send_status(
    tx: Transaction, wanted_office: Office | None, first_office: Office, entry: WaitlistEntry
) -> None:
    """Send that the entry waits, or that it must be confirmed; each of them once an hour."""
    is_unverified = entry.state is WaitlistState.UNVERIFIED
    kind = offer_messages.WAITLIST_VERIFY_KIND if is_unverified else offer_messages.WAITLIST_BEGUN_KIND
    since = tx.now - MAILBOX_EMAIL_INTERVAL
    if not await limit_rows.count_messages_since(tx.session, kind, f"waiting:{entry.id}", since):
        offer_messages.send_waitlist_status(tx, kind, wanted_office, first_office, entry)


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


async def _save_entry(tx: Transaction, entry: WaitlistEntry, mailbox_keys: Sequence[str]) -> WaitlistEntry:
    """Save the mailbox's only entry for this service.

    An ended entry is renewed, and an unconfirmed entry becomes active if the new request is trusted.
    """
    known = await waitlist_rows.lock_waitlist_entry(tx.session, mailbox_keys, entry.service_slug)
    if known is None:
        token = hash_token(waitlist_token(tx.runtime, entry.id))
        await waitlist_rows.insert_waitlist_entry(tx.session, entry, token, mailbox_keys[0])
    elif known.state in ENDED_WAITLIST_STATES or known.expires_at <= tx.now:
        entry = replace(entry, id=known.id)
        await waitlist_rows.renew_waitlist_entry(tx.session, entry)
    elif entry.state is WaitlistState.WAITING and known.state is WaitlistState.UNVERIFIED:
        entry = replace(entry, id=known.id, asked_at=known.asked_at)
        await waitlist_rows.renew_waitlist_entry(tx.session, entry)
    else:
        return known
    await tx.schedule_timer(WAITLIST_END_TIMER, subject=entry.id, due_at=entry.expires_at)
    if entry.state is WaitlistState.WAITING:
        await tx.schedule_timer(WAITLIST_SCAN_TIMER, subject=entry.service_slug, due_at=tx.now)
    return entry


def waitlist_token(runtime: Runtime, entry_id: str) -> str:
    """Derive the token of the link to the entry's page."""
    return runtime.tokens.derive("waiting", entry_id)


async def waitlist_entry_by_token(session: AsyncSession, token: str) -> WaitlistEntry:
    """Find the entry of this token. Raises NotFound."""
    entry = await waitlist_rows.find_waitlist_entry_by_token_hash(session, hash_token(token))
    if entry is None:
        raise NotFound
    return entry


async def confirm_waitlist_entry(runtime: Runtime, token: str) -> WaitlistEntry:
    """Confirm an entry, so that it gets offers. Idempotent. Raises NotFound."""
    async with runtime.transaction() as tx:
        entry = await waitlist_entry_by_token(tx.session, token)
        if entry.state is not WaitlistState.UNVERIFIED or entry.expires_at <= tx.now:
            return entry
        active = replace(
            entry, state=WaitlistState.WAITING, expires_at=tx.now + WAITLIST_DURATION, verified_at=tx.now
        )
        values = {"state": active.state, "expires_at": active.expires_at, "verified_at": active.verified_at}
        await waitlist_rows.update_waitlist_entry(tx.session, entry.id, entry.state, **values)
        await tx.schedule_timer(WAITLIST_END_TIMER, subject=entry.id, due_at=active.expires_at)
        await tx.schedule_timer(WAITLIST_SCAN_TIMER, subject=entry.service_slug, due_at=tx.now)
        logger.info("waiting_confirmed", extra={"waiting": entry.id})
        return active


async def leave_waitlist(runtime: Runtime, token: str) -> None:
    """End the entry; an open offer goes to the next candidate. Idempotent. Raises NotFound."""
    async with runtime.transaction() as tx:
        entry = await waitlist_entry_by_token(tx.session, token)
        if entry.state not in ENDED_WAITLIST_STATES:
            await _end_entry(tx, entry, WaitlistState.STOPPED)


async def accept_waitlist_offer(runtime: Runtime, token: str, offer_id: str, holder: str) -> SlotOffer:
    """Hold the offered slot while the citizen fills in the booking form. Idempotent.

    `holder`: as for `hold_slot`. Raises NotFound, Refused("offer_over" | "slot_taken").
    """
    async with runtime.transaction() as tx:
        entry = await waitlist_entry_by_token(tx.session, token)
        offer = await freed_slots.find_own_offer(tx, offer_id, OfferReason.WAITLIST, entry.id)
        office = await office_by_id(tx.session, offer.office_id)
        service = next((service for service in office.services if service.id == offer.service_id), None)
        more = office.services_by_slugs(entry.more_services)
        if service is None or len(more) < len(entry.more_services):
            raise Refused("offer_over")
        await locks.lock_agenda(tx.session, office)
        offer = await freed_slots.find_own_offer(tx, offer_id, OfferReason.WAITLIST, entry.id)  # under the lock
        if offer.state is OfferState.ACCEPTED:
            return offer
        # re-read the clock: the offer may have ended while this transaction waited for the lock
        if not offer.is_open(tx.runtime.now()):
            raise Refused("offer_over")
        search = SlotSearch(office, [service, *more], offer.mode, excluded_id=offer.place)
        await check_slot_available(tx, search, offer.starts_at)
        await _convert_to_booking_hold(tx, office, offer, more, hash_holder(holder))
        # the link of the offer was sent to this mailbox only
        await limit_rows.mark_mailbox_verified(tx.session, email_key(tx.runtime.tokens, entry.email), tx.now)
        await offer_rows.close_offer(tx.session, offer.id, OfferState.ACCEPTED)
        logger.info("offer_accepted", extra={"offer": offer.id})
        return offer


async def _convert_to_booking_hold(
    tx: Transaction, office: Office, offer: SlotOffer, more: Sequence[OfficeService], holder_hash: str
) -> None:
    """Turn the hold of an offer into a booking hold, and release the rest of the slot.

    If the hold expires without a booking, its timer offers the slot to the next candidate.
    """
    # a holder has one hold at a time, as in hold_slot.py
    earlier = await hold_rows.find_booking_hold(tx.session, holder_hash)
    if earlier is not None:
        await hold_rows.delete_hold(tx.session, earlier.id)
    freed = await freed_slots.load_freed_slot(tx, offer.place)
    expires_at = tx.now + HOLD_DURATION
    await hold_rows.update_hold(
        tx.session,
        offer.place,
        purpose=HoldPurpose.BOOKING,
        holder=holder_hash,
        service_id=offer.service_id,
        more_services=[asdict(service) for service in freeze_services(more)],
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        expires_at=expires_at,
    )
    if freed is not None:
        await freed_slots.release_remainder(tx, office, freed, offer.starts_at, offer.ends_at)
    await tx.schedule_timer(freed_slots.FREED_SLOT_TIMER, subject=offer.place, due_at=expires_at)


async def refuse_waitlist_offer(runtime: Runtime, token: str, offer_id: str) -> None:
    """Refuse an offer; the entry stays on the waitlist. Raises NotFound."""
    async with runtime.transaction() as tx:
        entry = await waitlist_entry_by_token(tx.session, token)
        offer = await freed_slots.find_own_offer(tx, offer_id, OfferReason.WAITLIST, entry.id)
        await freed_slots.refuse_offer(tx, offer)


async def remove_from_waitlist(tx: Transaction, event: AppointmentBooked) -> None:
    """End the entries of a mailbox for the services that it has booked."""
    booked = event.appointment
    if booked.email is None:  # entries are known by their e-mail
        return
    mailbox_keys = email_keys(tx.runtime.tokens, booked.email)
    for slug in booked.service_slugs:
        entry = await waitlist_rows.lock_waitlist_entry(tx.session, mailbox_keys, slug)
        if entry is not None and entry.state is WaitlistState.WAITING:
            await _end_entry(tx, entry, WaitlistState.BOOKED)


async def expire_waitlist_entry(tx: Transaction, entry_id: str) -> None:
    """End an entry after thirty days, and tell its mailbox unless it never confirmed.

    Timer handler.
    """
    entry = await waitlist_rows.find_waitlist_entry(tx.session, entry_id)
    if entry is None or entry.state in ENDED_WAITLIST_STATES or tx.now < entry.expires_at:
        return
    if await _end_entry(tx, entry, WaitlistState.EXPIRED) and entry.state is WaitlistState.WAITING:
        request = WaitlistRequest(entry.service_slug, None, None, entry.email, entry.language, entry.more_services)
        try:
            first_office, _ = (await _offices_with_services(tx.session, request, None))[0]
        except Invalid:  # no office provides the service any more
            return
        offer_messages.send_waitlist_expired(tx, first_office, entry)


async def _end_entry(tx: Transaction, entry: WaitlistEntry, state: WaitlistState) -> bool:
    """End an entry and delete its addresses.

    Returns False if another transaction ended it first.
    """
    ended = {"state": state, "email": "", "address": None}
    if not await waitlist_rows.update_waitlist_entry(tx.session, entry.id, entry.state, **ended):
        return False
    await tx.void_messages(f"waiting:{entry.id}")
    await freed_slots.withdraw_offers(tx, entry.id)
    logger.info("waiting_ended", extra={"waiting": entry.id, "state": state})
    return True
