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

from ...core.auth import Principal, Role, require
from ...core.errors import FieldError, Invalid, Refused
from ...core.i18n.dates import rfc3339
from ...core.ids import new_id, new_locator
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, Service
from ..domain.agenda_settings import BookingRules
from ..domain.appointment import CITIZEN, Appointment, AppointmentState, BookingRequest
from ..domain.requester import BOOKINGS_WINDOW, INSIDE, UNVERIFIED_KEPT, Asker
from ..events import AppointmentBooked
from ..notify import appointment_messages
from ..queries.availability import (
    check_free,
    check_interpreter,
    length_of,
    more_of,
    more_services_of,
    notice_for,
    office_of,
    rules_of,
    service_of,
)
from ..storage import appointment_rows
from . import check_booking_limits, verification_emails
from .hold_slot import hold_by_token

logger = logging.getLogger(__name__)

ATTEMPTS = 3  # a locator or a request's key that two transactions wrote at once; the second look finds it
FORGET = "appointment_forget"  # the timer that forgets from where an appointment was booked
REQUEST_KEPT = timedelta(hours=24)  # contract.md: an Idempotency-Key is kept for a day


async def book(
    runtime: Runtime,
    office_slug: str,
    booking: BookingRequest,
    *,
    request_key: str | None = None,
    hold: str | None = None,
    asker: Asker = INSIDE,
) -> Appointment:
    """Give a free place to somebody; the same `request_key` gives the same appointment again.

    `hold`: the token of a hold, whose place is given even if nobody else could have it any more. One that ran
    out, was used or is unknown costs nothing: the place is given if it is free. Whoever brings no proof of work
    is `preconfirmed`: the place is kept until the e-mail is verified, half an hour at most.
    Raises Refused("slot_taken", nearest=[...]), Refused("duplicate_appointment" | "verify_first" |
    "too_many_appointments" | "interpreter_too_soon"), RateLimited, Invalid.
    """
    asked = _Asked(booking, request_key, hold, asker)
    try:
        return await _booked(runtime, office_slug, asked)
    except Refused as refusal:
        if asker.limits is not None:
            await verification_emails.after_refusal(runtime, office_slug, booking, asker, refusal.code)
        raise


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request to book, with everything that came along."""

    booking: BookingRequest
    request_key: str | None
    hold: str | None
    asker: Asker


async def _booked(runtime: Runtime, office_slug: str, asked: _Asked) -> Appointment:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with runtime.transaction() as tx:
                return await _book(tx, office_slug, asked)
        except appointment_rows.Collision:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


async def _book(tx: Transaction, office_slug: str, asked: _Asked) -> Appointment:
    booking, asker = asked.booking, asked.asker
    office = await office_of(tx.session, office_slug)
    service = service_of(office, booking.service, booking.mode)
    more = more_services_of(office, service, booking.mode, booking.more_services)
    await appointment_rows.hold_agenda(tx.session, office)
    digest = _digest(office_slug, booking)
    if asked.request_key is not None:
        earlier = await appointment_rows.by_request(tx.session, asked.request_key, tx.now - REQUEST_KEPT)
        if earlier is not None:
            return _same_request(earlier, digest)
    services = (service, *more)
    await check_booking_limits.spend(tx, asker)
    if (
        await appointment_rows.active_of(tx.session, [one.id for one in services], booking.email, tx.now)
        is not None
    ):
        raise Refused("duplicate_appointment")
    if booking.override is None:
        check_interpreter(office, services, booking.needs, booking.starts_at, tx.now)
    await _take_place(tx, office, services, booking, asked.hold)
    await check_booking_limits.check(tx, asker, booking.email, office)
    return await enter(tx, office, booking, request_key=asked.request_key, request_digest=digest, asker=asker)


async def _take_place(
    tx: Transaction, office: Office, services: Sequence[Service], booking: BookingRequest, token: str | None
) -> None:
    """The place must be kept by this hold, or free; the hold is used up. Raises Refused, Invalid."""
    if booking.override is not None:
        if booking.starts_at < tx.now:  # any other time is the host's to give
            raise Invalid(FieldError("starts_at", "invalid_time"))
        return
    kept = await hold_by_token(tx.session, token) if token else None
    # The clock is read again: others may have been given the place while this transaction waited for the agenda.
    now = tx.runtime.now()
    if kept is None or not kept.keeps(tuple(one.id for one in services), booking.mode, booking.starts_at, now):
        await check_free(
            tx,
            office,
            services[0],
            booking.mode,
            booking.starts_at,
            more=services[1:],
            without=kept.id if kept else None,
            inside=booking.booked_by != CITIZEN,
            notice=notice_for(office, services, booking.needs),
        )
    if kept is not None:
        await appointment_rows.delete_hold(tx.session, kept.id)


async def book_inside(
    runtime: Runtime,
    principal: Principal,
    office_slug: str,
    booking: BookingRequest,
    *,
    request_key: str | None = None,
) -> Appointment:
    """`book` by a host; with `override` at any time to come. Raises as `book`, and NotAllowed."""
    require(principal, Role.HOST, office_slug)
    asked = dataclasses.replace(booking, booked_by=f"staff:{principal.id}")
    return await book(runtime, office_slug, asked, request_key=request_key)


def may_book_inside(principal: Principal | None, office_slug: str) -> bool:
    """Whether this is somebody who gives places that the public cannot have."""
    return principal is not None and principal.at_least(Role.HOST) and principal.works_in(office_slug)


async def enter(
    tx: Transaction,
    office: Office,
    booking: BookingRequest,
    *,
    request_key: str | None = None,
    request_digest: str | None = None,
    asker: Asker = INSIDE,
) -> Appointment:
    """Write an appointment and its letter without asking whether the place is free: the caller has."""
    service = service_of(office, booking.service, booking.mode)
    more = more_services_of(office, service, booking.mode, booking.more_services)
    made = new_appointment(tx, office, service, booking, more)
    appointment = _for_asker(made, asker, (rules_of(office, one) for one in (service, *more)), tx.now)
    await write(
        tx,
        appointment,
        request_key=request_key,
        request_digest=request_digest,
        booked_by=booking.booked_by,
        override=booking.override,
    )
    if appointment.state is AppointmentState.PRECONFIRMED:
        await verification_emails.ask_to_verify(tx, office, appointment)
    else:
        await appointment_messages.confirmed(
            tx, office, appointment, verify=await check_booking_limits.is_worth_verifying(tx, appointment, asker)
        )
        await tx.emit(AppointmentBooked(appointment))
    logger.info("appointment_booked", extra={"appointment": appointment.id, "office": office.slug})
    return appointment


def _for_asker(
    appointment: Appointment, asker: Asker, rules: Iterable[BookingRules], now: datetime
) -> Appointment:
    """With whom to count it, and only kept for a while if the e-mail has to be verified first."""
    if asker.limits is None:
        return appointment
    counted = dataclasses.replace(appointment, device=asker.device, address=asker.address)
    if not asker.must_verify and not any(one.verify_email for one in rules):
        return counted
    kept_until = min(now + UNVERIFIED_KEPT, appointment.starts_at)
    return dataclasses.replace(counted, state=AppointmentState.PRECONFIRMED, kept_until=kept_until)


async def write(
    tx: Transaction,
    appointment: Appointment,
    *,
    request_key: str | None = None,
    request_digest: str | None = None,
    booked_by: str = "citizen",
    override: str | None = None,
) -> None:
    """Write the row, and set the timer that forgets who booked it. Raises store.Collision."""
    await appointment_rows.insert(
        tx.session,
        appointment,
        request_key=request_key,
        request_digest=request_digest,
        booked_by=booked_by,
        override=override,
    )
    if appointment.address is not None or appointment.device is not None:
        due_at = max(appointment.ends_at, tx.now + BOOKINGS_WINDOW)
        await tx.schedule(FORGET, subject=appointment.id, due_at=due_at)


async def booked_with(session: AsyncSession, request_key: str) -> Appointment | None:
    """What a request with this key made, whenever that was."""
    earlier = await appointment_rows.by_request(session, request_key, datetime.min.replace(tzinfo=UTC))
    return None if earlier is None else earlier.appointment


async def own_duplicate(
    runtime: Runtime, office_slug: str, booking: BookingRequest, asker: Asker
) -> Appointment | None:
    """What the mailbox has already, if this very device booked it. Anybody can type an address."""
    async with runtime.reading() as session:
        office = await office_of(session, office_slug)
        service = service_of(office, booking.service, booking.mode)
        more = more_services_of(office, service, booking.mode, booking.more_services)
        ids = [one.id for one in (service, *more)]
        found = await appointment_rows.active_of(session, ids, booking.email, runtime.now())
    return found if found is not None and asker.device is not None and found.device == asker.device else None


def request_key_of(*scope: str) -> str:
    """The key under which a request is kept: caller, route and the caller's own key, hashed."""
    return hashlib.sha256("\0".join(scope).encode()).hexdigest()


def _same_request(earlier: appointment_rows.EarlierRequest, digest: str) -> Appointment:
    if earlier.digest != digest:
        raise Invalid(FieldError("request_key", "idempotency_mismatch"))
    return earlier.appointment


def _digest(office_slug: str, booking: BookingRequest) -> str:
    asked = dataclasses.asdict(booking) | {"office": office_slug, "starts_at": rfc3339(booking.starts_at, UTC)}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def new_appointment(
    tx: Transaction, office: Office, service: Service, booking: BookingRequest, more: Sequence[Service] = ()
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
        ends_at=starts_at + length_of((service, *more)),
        more_services=more_of(more),
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
