"""Giving a place to somebody."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal, StaffRole, require_role
from ...core.db.write_conflicts import retry_on_conflict
from ...core.errors import FieldError, Invalid, Refused
from ...core.i18n.dates import format_rfc3339
from ...core.ids import new_id, new_locator
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, OfficeService
from ..domain.agenda_settings import AgendaSettings
from ..domain.appointment import BOOKED_BY_CITIZEN, Appointment, AppointmentState, BookingRequest
from ..domain.requester import BOOKING_RATE_WINDOW, UNLIMITED_REQUESTER, UNVERIFIED_HOLD_DURATION, Requester
from ..events import AppointmentBooked
from ..notify import appointment_messages
from ..queries.availability import SlotSearch, check_slot_available
from ..queries.requested_services import require_additional_services, require_office, require_service
from ..queries.service_settings import booking_interpreter_notice, check_interpreter_notice, parse_agenda_settings
from ..queries.visit_services import freeze_services, visit_duration
from ..storage import appointment_rows, hold_rows, locks
from . import check_booking_limits, verification_emails
from .hold_slot import hold_by_token

logger = logging.getLogger(__name__)

FORGET_TIMER = "appointment_forget"  # the timer that forgets from where an appointment was booked
REQUEST_KEY_RETENTION = timedelta(hours=24)  # contract.md: an Idempotency-Key is kept for a day


async def book_appointment(
    runtime: Runtime,
    office_slug: str,
    booking: BookingRequest,
    *,
    request_key: str | None = None,
    hold_token: str | None = None,
    requester: Requester = UNLIMITED_REQUESTER,
) -> Appointment:
    """Give a free place to somebody; the same `request_key` gives the same appointment again.

    `hold`: the token of a hold, whose place is given even if nobody else could have it any more. One that ran
    out, was used or is unknown costs nothing: the place is given if it is free. Whoever brings no proof of work
    is `preconfirmed`: the place is kept until the e-mail is verified, half an hour at most.
    Raises Refused("slot_taken", nearest=[...]), Refused("duplicate_appointment" | "verify_first" |
    "too_many_appointments" | "interpreter_too_soon"), RateLimited, Invalid.
    """
    asked = _BookingCommand(booking, request_key, hold_token, requester)

    async def book_once() -> Appointment:
        async with runtime.transaction() as tx:
            return await _book_once(tx, office_slug, asked)

    try:
        return await retry_on_conflict(book_once)
    except Refused as refusal:
        if requester.limits is not None:
            await verification_emails.notify_after_refusal(runtime, office_slug, booking, requester, refusal.code)
        raise


@dataclass(frozen=True, slots=True)
class _BookingCommand:
    """One request to book, with everything that came along."""

    booking: BookingRequest
    request_key: str | None
    hold: str | None
    requester: Requester


async def _book_once(tx: Transaction, office_slug: str, asked: _BookingCommand) -> Appointment:
    booking, asker = asked.booking, asked.requester
    office = await require_office(tx.session, office_slug)
    service = require_service(office, booking.service, booking.mode)
    more = require_additional_services(office, service, booking.mode, booking.more_services)
    await locks.lock_agenda(tx.session, office)
    digest = _request_digest(office_slug, booking)
    if asked.request_key is not None:
        earlier = await appointment_rows.find_booking_by_request_key(
            tx.session, asked.request_key, tx.now - REQUEST_KEY_RETENTION
        )
        if earlier is not None:
            return _check_same_request(earlier, digest)
    services = (service, *more)
    await check_booking_limits.spend_proof(tx, asker)
    if (
        await appointment_rows.find_active_appointment(
            tx.session, [one.id for one in services], booking.email, tx.now
        )
        is not None
    ):
        raise Refused("duplicate_appointment")
    if booking.override is None:
        check_interpreter_notice(office, services, booking.needs, booking.starts_at, tx.now)
    await _claim_slot(tx, office, services, booking, asked.hold)
    await check_booking_limits.check_limits(tx, asker, booking.email, office)
    return await create_appointment(
        tx, office, booking, request_key=asked.request_key, request_digest=digest, requester=asker
    )


async def _claim_slot(
    tx: Transaction, office: Office, services: Sequence[OfficeService], booking: BookingRequest, token: str | None
) -> None:
    """The place must be kept by this hold, or free; the hold is used up. Raises Refused, Invalid."""
    if booking.override is not None:
        if booking.starts_at < tx.now:  # any other time is the host's to give
            raise Invalid(FieldError("starts_at", "invalid_time"))
        return
    kept = await hold_by_token(tx.session, token) if token else None
    # The clock is read again: others may have been given the place while this transaction waited for the agenda.
    now = tx.runtime.now()
    if kept is None or not kept.covers(tuple(one.id for one in services), booking.mode, booking.starts_at, now):
        await check_slot_available(
            tx,
            SlotSearch(
                office,
                services,
                booking.mode,
                excluded_id=kept.id if kept else None,
                for_staff=booking.booked_by != BOOKED_BY_CITIZEN,
                notice=booking_interpreter_notice(office, services, booking.needs),
            ),
            booking.starts_at,
        )
    if kept is not None:
        await hold_rows.delete_hold(tx.session, kept.id)


async def book_as_staff(
    runtime: Runtime,
    principal: Principal,
    office_slug: str,
    booking: BookingRequest,
    *,
    request_key: str | None = None,
) -> Appointment:
    """`book` by a host; with `override` at any time to come. Raises as `book`, and NotAllowed."""
    require_role(principal, StaffRole.HOST, office_slug)
    asked = dataclasses.replace(booking, booked_by=f"staff:{principal.id}")
    return await book_appointment(runtime, office_slug, asked, request_key=request_key)


def can_book_as_staff(principal: Principal | None, office_slug: str) -> bool:
    """Whether this is somebody who gives places that the public cannot have."""
    return (
        principal is not None and principal.has_role(StaffRole.HOST) and principal.can_access_office(office_slug)
    )


async def create_appointment(
    tx: Transaction,
    office: Office,
    booking: BookingRequest,
    *,
    request_key: str | None = None,
    request_digest: str | None = None,
    requester: Requester = UNLIMITED_REQUESTER,
) -> Appointment:
    """Write an appointment and its letter without asking whether the place is free: the caller has."""
    service = require_service(office, booking.service, booking.mode)
    more = require_additional_services(office, service, booking.mode, booking.more_services)
    made = build_appointment(tx, office, service, booking, more)
    appointment = _apply_requester(
        made, requester, (parse_agenda_settings(office, one) for one in (service, *more)), tx.now
    )
    await save_appointment(
        tx,
        appointment,
        request_key=request_key,
        request_digest=request_digest,
        booked_by=booking.booked_by,
        override=booking.override,
    )
    if appointment.state is AppointmentState.PRECONFIRMED:
        await verification_emails.request_verification(tx, office, appointment)
    else:
        await appointment_messages.send_confirmation(
            tx,
            office,
            appointment,
            verify=await check_booking_limits.should_ask_for_verification(tx, appointment, requester),
        )
        await tx.emit(AppointmentBooked(appointment))
    logger.info("appointment_booked", extra={"appointment": appointment.id, "office": office.slug})
    return appointment


def _apply_requester(
    appointment: Appointment, requester: Requester, rules: Iterable[AgendaSettings], now: datetime
) -> Appointment:
    """With whom to count it, and only kept for a while if the e-mail has to be verified first."""
    if requester.limits is None:
        return appointment
    counted = dataclasses.replace(appointment, device=requester.device, address=requester.address)
    if not requester.must_verify and not any(one.verify_email for one in rules):
        return counted
    kept_until = min(now + UNVERIFIED_HOLD_DURATION, appointment.starts_at)
    return dataclasses.replace(counted, state=AppointmentState.PRECONFIRMED, kept_until=kept_until)


async def save_appointment(
    tx: Transaction,
    appointment: Appointment,
    *,
    request_key: str | None = None,
    request_digest: str | None = None,
    booked_by: str = "citizen",
    override: str | None = None,
) -> None:
    """Write the row, and set the timer that forgets who booked it. Raises store.Collision."""
    await appointment_rows.insert_appointment(
        tx.session,
        appointment,
        request_key=request_key,
        request_digest=request_digest,
        booked_by=booked_by,
        override=override,
    )
    if appointment.address is not None or appointment.device is not None:
        due_at = max(appointment.ends_at, tx.now + BOOKING_RATE_WINDOW)
        await tx.schedule_timer(FORGET_TIMER, subject=appointment.id, due_at=due_at)


async def find_booking_with_request_key(session: AsyncSession, request_key: str) -> Appointment | None:
    """What a request with this key made, whenever that was."""
    earlier = await appointment_rows.find_booking_by_request_key(
        session, request_key, datetime.min.replace(tzinfo=UTC)
    )
    return None if earlier is None else earlier.appointment


async def find_own_duplicate(
    runtime: Runtime, office_slug: str, booking: BookingRequest, requester: Requester
) -> Appointment | None:
    """What the mailbox has already, if this very device booked it. Anybody can type an address."""
    async with runtime.read_session() as session:
        office = await require_office(session, office_slug)
        service = require_service(office, booking.service, booking.mode)
        more = require_additional_services(office, service, booking.mode, booking.more_services)
        ids = [one.id for one in (service, *more)]
        found = await appointment_rows.find_active_appointment(session, ids, booking.email, runtime.now())
    return (
        found if found is not None and requester.device is not None and found.device == requester.device else None
    )


def hash_request_key(*scope: str) -> str:
    """The key under which a request is kept: caller, route and the caller's own key, hashed."""
    return hashlib.sha256("\0".join(scope).encode()).hexdigest()


def _check_same_request(earlier: appointment_rows.IdempotentBooking, digest: str) -> Appointment:
    if earlier.digest != digest:
        raise Invalid(FieldError("request_key", "idempotency_mismatch"))
    return earlier.appointment


def _request_digest(office_slug: str, booking: BookingRequest) -> str:
    asked = dataclasses.asdict(booking) | {
        "office": office_slug,
        "starts_at": format_rfc3339(booking.starts_at, UTC),
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def build_appointment(
    tx: Transaction,
    office: Office,
    service: OfficeService,
    booking: BookingRequest,
    more: Sequence[OfficeService] = (),
) -> Appointment:
    """What is asked for, with its own id, locator and token; not written yet."""
    appointment_id = new_id()
    starts_at = booking.starts_at.astimezone(UTC)
    return Appointment(
        id=appointment_id,
        locator=new_locator(),
        state=AppointmentState.CONFIRMED,
        office_id=office.id,
        office_slug=office.slug,
        service_slug=service.slug,
        service_id=service.id,
        service_names=dict(service.names),
        mode=booking.mode,
        starts_at=starts_at,
        ends_at=starts_at + visit_duration((service, *more)),
        more_services=freeze_services(more),
        name=booking.name,
        email=booking.email,
        phone=booking.phone,
        document=booking.document,
        language=booking.language,
        needs=booking.needs,
        needs_note=booking.needs_note,
        token_hash=hash_token(tx.runtime.tokens.derive("appointment", appointment_id)),
        created_at=tx.now,
        calendar_uid=appointment_id,
        remind_by_sms=booking.remind_by_sms,
    )
