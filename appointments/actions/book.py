"""Booking of an appointment by a citizen or a host. Limits are in public_limits.py."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal, StaffRole, require_role
from ...core.contact.chosen_channels import channels_for_digest
from ...core.db.audit_entries import AuditActor
from ...core.db.idempotency_keys import RESPONSE_RETENTION
from ...core.db.write_conflicts import retry_on_conflict
from ...core.errors import FieldError, Invalid, Refused
from ...core.i18n.dates import format_rfc3339
from ...core.ids import new_id, new_locator
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, OfficeService
from ..domain.agenda_settings import AgendaSettings
from ..domain.appointment import BOOKED_BY_CITIZEN, Appointment, AppointmentState, BookingRequest
from ..domain.contact_identifiers import appointment_contact_key, contact_keys
from ..domain.hold import hash_holder
from ..domain.needs import needs_in_mode
from ..domain.requester import BOOKING_RATE_WINDOW, UNLIMITED_REQUESTER, UNVERIFIED_HOLD_DURATION, Requester
from ..domain.visit_note import VisitNoteKind, VisitPerson
from ..events import AppointmentBooked
from ..notify import appointment_messages
from ..queries.availability import SlotSearch, check_slot_available
from ..queries.bookable_services import (
    booking_interpreter_notice,
    check_interpreter_notice,
    parse_agenda_settings,
    require_office,
    require_services,
)
from ..queries.visit_services import freeze_services, visit_duration
from ..storage import appointment_rows, hold_rows, locks
from ..storage.audit_rows import audit_appointment
from ..storage.visit_note_rows import insert_visit_note
from . import public_limits, verification_emails

logger = logging.getLogger(__name__)

FORGET_TIMER = "appointment_forget"  # deletes device and address of the requester; stored


async def book_appointment(
    runtime: Runtime,
    office_slug: str,
    booking: BookingRequest,
    *,
    request_key: str | None = None,
    hold_token: str | None = None,
    holder: str | None = None,
    requester: Requester = UNLIMITED_REQUESTER,
    staff: AuditActor | None = None,
) -> Appointment:
    """Book a slot. Idempotent: the same `request_key` returns the same appointment.

    A hold of `hold_token`, or else of `holder`, is used up. If it covers the slot, the slot is booked even if the
    public could not book it any more. Without such a hold the slot must be free.
    Without a proof of work the appointment is `preconfirmed`: it expires after half an hour unless the e-mail is
    verified.
    Without e-mail, which only staff may leave out, the telephone takes the place of the mailbox.
    A second appointment of a mailbox for the service is refused to its device and to staff only, because anyone
    can type an address: others book as if there were none, and the mailbox is told of both.
    `staff`: the member of staff who books, for the audit.
    Raises Refused("slot_taken", nearest=[...]), Refused("duplicate_appointment" | "verify_first" |
    "too_many_appointments" | "interpreter_too_soon"), RateLimited, Invalid.
    """

    async def book_once() -> Appointment:
        async with runtime.transaction() as tx:
            return await _book_once(tx, office_slug, booking, request_key, hold_token, holder, requester, staff)

    try:
        return await retry_on_conflict(book_once)
    except Refused as refusal:
        # in a transaction of its own, because the refusal has rolled back that of the booking
        if requester.limits is not None:
            await verification_emails.notify_after_refusal(runtime, office_slug, booking, requester, refusal.code)
        raise


async def _book_once(
    tx: Transaction,
    office_slug: str,
    booking: BookingRequest,
    request_key: str | None,
    hold_token: str | None,
    holder: str | None,
    requester: Requester,
    staff: AuditActor | None,
) -> Appointment:
    _check_contact(booking, requester)
    office = await require_office(tx.session, office_slug)
    services = require_services(office, booking.service_slugs, booking.mode)
    # The lock comes before the look-up of the key: the second of two equal requests waits for the first, and
    # then finds its appointment.
    await locks.lock_agenda(tx.session, office)
    digest = _request_digest(office_slug, booking)
    if request_key is not None:
        earlier = await appointment_rows.find_booking_by_request_key(
            tx.session, request_key, tx.now - RESPONSE_RETENTION
        )
        if earlier is not None:
            return _check_same_request(earlier, digest)
    # after the look-up of the key, because a repeated request sends the proof that is already spent
    await public_limits.spend_proof(tx, requester)
    service_ids = [service.id for service in services]
    keys = contact_keys(tx.runtime.tokens, booking.email, booking.phone)
    for existing in await appointment_rows.find_active_appointments(tx.session, service_ids, keys, tx.now):
        await verification_emails.refuse_or_announce_existing(tx, office, existing, requester)
    if booking.override is None:
        check_interpreter_notice(office, services, booking.needs, booking.starts_at, tx.now)
    await _claim_slot(tx, office, services, booking, hold_token, holder)
    # the last check, because it locks the address, which is always locked after agenda and mailbox
    is_verified = await public_limits.check_limits(tx, requester, booking.email, office)
    booked = await create_appointment(
        tx,
        office,
        booking,
        request_key=request_key,
        request_digest=digest,
        requester=requester,
        email_verified_at=tx.now if is_verified else None,
    )
    await _record_staff_booking(tx, staff, booked, booking)
    return booked


def _check_contact(booking: BookingRequest, requester: Requester) -> None:
    """Check that the citizen can be reached as the booking requires. Raises Invalid."""
    if booking.email is None and requester.limits is not None:
        raise Invalid(FieldError("email", "required"))
    if booking.mode == "phone" and booking.phone is None:
        raise Invalid(FieldError("phone", "required"))


async def _record_staff_booking(
    tx: Transaction, staff: AuditActor | None, booked: Appointment, booking: BookingRequest
) -> None:
    if staff is None:
        return
    after = {
        "service": booked.service_slug,
        "mode": booked.mode,
        "starts_at": format_rfc3339(booked.starts_at, UTC),
        "state": str(booked.state),
    }
    override = {"override": booking.override} if booking.override is not None else {}
    if booking.override is not None:
        person = VisitPerson(appointment_id=booked.id, email=booked.email, phone=booked.phone)
        await insert_visit_note(tx, booked.office_id, staff, VisitNoteKind.BOOKED, person, booking.override)
    audit_appointment(tx, staff, "booked", booked, after={**after, **override})


async def _claim_slot(
    tx: Transaction,
    office: Office,
    services: Sequence[OfficeService],
    booking: BookingRequest,
    hold_token: str | None,
    holder: str | None,
) -> None:
    """Use up the requester's hold, or check that the slot is free. Raises Refused, Invalid."""
    if booking.override is not None:
        if booking.starts_at < tx.now:  # a host may give any time that is not over
            raise Invalid(FieldError("starts_at", "invalid_time"))
        return
    hold = None
    if hold_token:
        hold = await hold_rows.find_hold_by_token_hash(tx.session, hash_token(hold_token))
    elif holder:
        hold = await hold_rows.find_booking_hold(tx.session, hash_holder(holder))
    # re-read the clock: the hold may have expired while this transaction waited for the lock
    now, service_ids = tx.runtime.now(), tuple(service.id for service in services)
    if hold is None or not hold.covers(service_ids, booking.mode, booking.starts_at, now):
        search = SlotSearch(
            office,
            services,
            booking.mode,
            for_staff=booking.booked_by != BOOKED_BY_CITIZEN,
            excluded_id=hold.id if hold else None,
            notice=booking_interpreter_notice(office, services, booking.needs),
        )
        await check_slot_available(tx, search, booking.starts_at)
    if hold is not None:
        await hold_rows.delete_hold(tx.session, hold.id)


async def book_as_staff(
    runtime: Runtime,
    principal: Principal,
    office_slug: str,
    booking: BookingRequest,
    *,
    request_key: str | None = None,
) -> Appointment:
    """Book for a citizen as a host; with `override` at any coming time.

    Raises as `book_appointment`, and NotAllowed.
    """
    require_role(principal, StaffRole.HOST, office_slug)
    by_host = dataclasses.replace(booking, booked_by=f"staff:{principal.id}")
    staff = AuditActor.from_principal(principal)
    return await book_appointment(runtime, office_slug, by_host, request_key=request_key, staff=staff)


def can_book_as_staff(principal: Principal | None, office_slug: str) -> bool:
    """Return whether this principal may book slots that the public cannot book."""
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
    email_verified_at: datetime | None = None,
) -> Appointment:
    """Create an appointment and its message. The caller has checked that the slot is free."""
    services = require_services(office, booking.service_slugs, booking.mode)
    settings = (parse_agenda_settings(office, service) for service in services)
    built = dataclasses.replace(
        build_appointment(tx, office, services, booking), email_verified_at=email_verified_at
    )
    appointment = _apply_requester(built, requester, settings, tx.now)
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
            verify=await public_limits.should_ask_for_verification(tx, appointment, requester),
        )
        await tx.emit(AppointmentBooked(appointment))
    logger.info("appointment_booked", extra={"appointment": appointment.id, "office": office.slug})
    return appointment


def _apply_requester(
    appointment: Appointment, requester: Requester, settings: Iterable[AgendaSettings], now: datetime
) -> Appointment:
    """Record device and address, and decide whether the e-mail must be verified."""
    if requester.limits is None:
        return appointment
    counted = dataclasses.replace(appointment, device=requester.device, address=requester.address)
    if not requester.must_verify and not any(each.verify_email for each in settings):
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
    """Insert the row, and schedule the deletion of device and address. Raises WriteConflict."""
    await appointment_rows.insert_appointment(
        tx.session,
        appointment,
        contact_key=appointment_contact_key(tx.runtime.tokens, appointment),
        request_key=request_key,
        request_digest=request_digest,
        booked_by=booked_by,
        override=override,
    )
    if appointment.address is not None or appointment.device is not None:
        # until then the limits count this appointment by device and address
        due_at = max(appointment.ends_at, tx.now + BOOKING_RATE_WINDOW)
        await tx.schedule_timer(FORGET_TIMER, subject=appointment.id, due_at=due_at)


async def find_booking_with_request_key(session: AsyncSession, request_key: str) -> Appointment | None:
    """Find the appointment that a request with this key made, at any time."""
    earlier = await appointment_rows.find_booking_by_request_key(
        session, request_key, datetime.min.replace(tzinfo=UTC)
    )
    return None if earlier is None else earlier.appointment


async def find_own_duplicate(
    runtime: Runtime, office_slug: str, booking: BookingRequest, requester: Requester
) -> Appointment | None:
    """Find the appointment of this mailbox, but only for the device that booked it.

    Without that check anyone could look up a mailbox by typing its address.
    """
    async with runtime.read_session() as session:
        office = await require_office(session, office_slug)
        services = require_services(office, booking.service_slugs, booking.mode)
        service_ids = [service.id for service in services]
        found = await appointment_rows.find_active_appointments(
            session, service_ids, contact_keys(runtime.tokens, booking.email, booking.phone), runtime.now()
        )
    own = (each for each in found if requester.device is not None and each.device == requester.device)
    return next(own, None)


def hash_request_key(*scope: str) -> str:
    """Hash caller, route and the caller's key into the key under which a request is stored."""
    return hashlib.sha256("\0".join(scope).encode()).hexdigest()


def _check_same_request(earlier: appointment_rows.IdempotentBooking, digest: str) -> Appointment:
    if earlier.digest != digest:
        raise Invalid(FieldError("request_key", "idempotency_mismatch"))
    return earlier.appointment


def _request_digest(office_slug: str, booking: BookingRequest) -> str:
    values = dataclasses.asdict(dataclasses.replace(booking, channels=())) | {
        "office": office_slug,
        "starts_at": format_rfc3339(booking.starts_at, UTC),
    }
    del values["channels"]
    # a request with SMS that is repeated across an upgrade must have the digest of the older version
    values |= channels_for_digest(booking.channels, "remind_by_sms")
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def build_repeat_request(
    appointment: Appointment, starts_at: datetime, *, service: str, more_services: tuple[str, ...] = ()
) -> BookingRequest:
    """Build a request for another time with the details of an appointment."""
    return BookingRequest(
        service=service,
        mode=appointment.mode,
        starts_at=starts_at,
        name=appointment.name,
        email=appointment.email,
        phone=appointment.phone,
        document=appointment.document,
        language=appointment.language,
        needs=appointment.needs,
        needs_note=appointment.needs_note,
        channels=appointment.channels,
        details=appointment.details,
        more_services=more_services,
    )


def build_appointment(
    tx: Transaction, office: Office, services: Sequence[OfficeService], booking: BookingRequest
) -> Appointment:
    """Build the appointment with an id, a locator and a token of its own. Inserts nothing."""
    appointment_id, first = new_id(), services[0]
    starts_at = booking.starts_at.astimezone(UTC)
    return Appointment(
        id=appointment_id,
        locator=new_locator(),
        state=AppointmentState.CONFIRMED,
        office_id=office.id,
        office_slug=office.slug,
        service_slug=first.slug,
        service_id=first.id,
        service_names=dict(first.names),
        mode=booking.mode,
        starts_at=starts_at,
        ends_at=starts_at + visit_duration(services),
        more_services=freeze_services(services[1:]),
        name=booking.name,
        email=booking.email,
        phone=booking.phone,
        document=booking.document,
        language=booking.language,
        needs=needs_in_mode(booking.needs, booking.mode),
        needs_note=booking.needs_note,
        details=booking.details,
        token_hash=hash_token(tx.runtime.tokens.derive("appointment", appointment_id)),
        created_at=tx.now,
        calendar_uid=appointment_id,
        channels=booking.channels,
    )
