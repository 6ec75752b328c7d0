"""Booking, changing and cancelling a visit: one function per use case. The door of this folder."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ..core.auth import Principal, Role, require
from ..core.dates import rfc3339
from ..core.errors import Conflict, FieldError, Invalid, NotFound, Refused
from ..core.ids import new_id, new_locator, normalise_locator
from ..core.ratelimit import spend_guess, take_back_guess
from ..core.runtime import Runtime, Transaction
from ..core.tokens import hash_token
from ..offices.service import Office, Service, hours, office_by_id, office_by_slug
from . import letters, slots, store
from .appointment import (
    CANCELLED,
    ENTRY_OPENS,
    Appointment,
    AppointmentState,
    BookingRequest,
    By,
    Entry,
    Mode,
    check_changeable,
    entry,
    entry_closes_at,
    entry_opens_at,
    move,
)
from .contact import contacts_of
from .events import AppointmentBooked, AppointmentCancelled, AppointmentRescheduled, AskLastTest, LastTest
from .slots import HORIZON_DAYS, LEAD, Slot

__all__ = [
    "ENTRY_OPENS",
    "HORIZON_DAYS",
    "Alternative",
    "Appointment",
    "AppointmentBooked",
    "AppointmentCancelled",
    "AppointmentRescheduled",
    "AppointmentState",
    "AskLastTest",
    "BookingRequest",
    "Entry",
    "LastTest",
    "Mode",
    "Slot",
    "alternatives",
    "appointment_by_id",
    "appointment_by_locator",
    "appointment_by_token",
    "appointments_of_day",
    "attendance",
    "book",
    "book_inside",
    "booked_with",
    "cancel",
    "check_in",
    "contacts_of",
    "enter",
    "entry",
    "entry_closes_at",
    "entry_opens_at",
    "find",
    "first_free",
    "free_times",
    "mark_no_show",
    "mark_served",
    "nearest_times",
    "request_key_of",
    "reschedule",
    "token_of",
    "undo_check_in",
]

logger = logging.getLogger(__name__)

ATTEMPTS = 3  # a locator or a request's key that two transactions wrote at once; the second look finds it
REQUEST_KEPT = timedelta(hours=24)  # contract.md: an Idempotency-Key is kept for a day
SOON_DAYS = 7  # where free times are looked for first: most agendas have one within a week


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to get the same service: other office or other mode, and its first free time."""

    office: Office
    mode: Mode
    first: Slot


# Free times


async def free_times(
    session: AsyncSession,
    office: Office,
    service: Service,
    mode: Mode,
    now: datetime,
    first_day: date,
    days: int,
    *,
    without: str | None = None,
) -> list[Slot]:
    """The slots that can be booked on these local days. `without`: as if this appointment were not there."""
    today = hours.local_day(office.hours, now)
    first_day, horizon = max(first_day, today), today + timedelta(days=HORIZON_DAYS)
    if first_day > horizon or mode not in service.modes:
        return []
    last_day = min(first_day + timedelta(days=days - 1), horizon)
    openings = [
        opening
        for ahead in range((last_day - first_day).days + 1)
        for opening in hours.opening_on(office.hours, first_day + timedelta(days=ahead))
    ]
    if not openings:
        return []
    busy = await store.busy(session, service.id, mode, openings[0][0], openings[-1][1], without=without)
    agenda = slots.Agenda(timedelta(minutes=service.minutes), service.capacity.get(mode, 0))
    return slots.free_slots(agenda, openings, busy, now + LEAD)


async def first_free(
    session: AsyncSession, office: Office, service: Service, mode: Mode, now: datetime
) -> Slot | None:
    """The first slot that can be booked at all."""
    today = hours.local_day(office.hours, now)
    soon = await free_times(session, office, service, mode, now, today, SOON_DAYS)
    later = soon or await free_times(
        session, office, service, mode, now, today + timedelta(days=SOON_DAYS), HORIZON_DAYS
    )
    return later[0] if later else None


async def nearest_times(
    session: AsyncSession,
    office: Office,
    service: Service,
    mode: Mode,
    now: datetime,
    wanted: datetime,
    *,
    without: str | None = None,
) -> list[Slot]:
    """The three free slots closest to a time that is gone; looks within a week of it first."""
    around = hours.local_day(office.hours, wanted) - timedelta(days=SOON_DAYS)
    close = await free_times(session, office, service, mode, now, around, 2 * SOON_DAYS + 1, without=without)
    if len(close) < slots.NEAREST:
        today = hours.local_day(office.hours, now)
        close = await free_times(session, office, service, mode, now, today, HORIZON_DAYS + 1, without=without)
    return slots.nearest(close, wanted)


async def alternatives(
    session: AsyncSession, offices: Iterable[Office], office: Office, service: Service, mode: Mode, now: datetime
) -> list[Alternative]:
    """The same service in the other mode and in the other offices, where there is a free time; soonest first."""
    found = []
    for other in offices:
        for same in (one for one in other.services if one.slug == service.slug):
            for other_mode in same.modes:
                if (other.id, other_mode) == (office.id, mode):
                    continue
                first = await first_free(session, other, same, other_mode, now)
                if first is not None:
                    found.append(Alternative(other, other_mode, first))
    return sorted(found, key=lambda one: one.first.starts_at)


# Booking


async def book(
    runtime: Runtime, office_slug: str, booking: BookingRequest, *, request_key: str | None = None
) -> Appointment:
    """Give a free place to somebody; the same `request_key` gives the same appointment again.

    Raises Refused("slot_taken", nearest=[...]), Refused("duplicate_appointment"), Invalid.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with runtime.transaction() as tx:
                return await _book(tx, office_slug, booking, request_key)
        except store.Collision:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


async def _book(
    tx: Transaction, office_slug: str, booking: BookingRequest, request_key: str | None
) -> Appointment:
    office = await _office_of(tx.session, office_slug)
    service = _service_of(office, booking.service, booking.mode)
    await store.hold_agenda(tx.session, service.id)
    digest = _digest(office_slug, booking)
    if request_key is not None:
        earlier = await store.by_request(tx.session, request_key, tx.now - REQUEST_KEPT)
        if earlier is not None:
            return _same_request(earlier, digest)
    if await store.has_active(tx.session, service.id, booking.email, tx.now):
        raise Refused("duplicate_appointment")
    if booking.override is None:
        await _check_free(tx, office, service, booking.mode, booking.starts_at)
    elif booking.starts_at < tx.now:  # any other time is the host's to give
        raise Invalid(FieldError("starts_at", "invalid_time"))
    return await enter(tx, office, booking, request_key=request_key, request_digest=digest)


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


async def enter(
    tx: Transaction,
    office: Office,
    booking: BookingRequest,
    *,
    request_key: str | None = None,
    request_digest: str | None = None,
) -> Appointment:
    """Write an appointment and its letter without asking whether the place is free: the caller has."""
    service = _service_of(office, booking.service, booking.mode)
    appointment = _new_appointment(tx, office, service, booking)
    await store.insert(
        tx.session,
        appointment,
        service_id=service.id,
        request_key=request_key,
        request_digest=request_digest,
        booked_by=booking.booked_by,
        override=booking.override,
    )
    letters.confirmed(tx, office, appointment)
    await tx.emit(AppointmentBooked(appointment))
    logger.info("appointment_booked", extra={"appointment": appointment.id, "office": office.slug})
    return appointment


async def booked_with(session: AsyncSession, request_key: str) -> Appointment | None:
    """What a request with this key made, whenever that was."""
    earlier = await store.by_request(session, request_key, datetime.min.replace(tzinfo=UTC))
    return None if earlier is None else earlier.appointment


def request_key_of(*scope: str) -> str:
    """The key under which a request is kept: caller, route and the caller's own key, hashed."""
    return hashlib.sha256("\0".join(scope).encode()).hexdigest()


def _same_request(earlier: store.EarlierRequest, digest: str) -> Appointment:
    if earlier.digest != digest:
        raise Invalid(FieldError("request_key", "idempotency_mismatch"))
    return earlier.appointment


def _digest(office_slug: str, booking: BookingRequest) -> str:
    asked = dataclasses.asdict(booking) | {"office": office_slug, "starts_at": rfc3339(booking.starts_at, UTC)}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _new_appointment(tx: Transaction, office: Office, service: Service, booking: BookingRequest) -> Appointment:
    appointment_id = new_id()
    starts_at = booking.starts_at.astimezone(UTC)
    return Appointment(
        id=appointment_id,
        locator=new_locator(),
        state=AppointmentState.CONFIRMED,
        office_id=office.id,
        office_slug=office.slug,
        service_slug=service.slug,
        mode=booking.mode,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=service.minutes),
        name=booking.name,
        email=booking.email,
        phone=booking.phone,
        document=booking.document,
        language=booking.language,
        needs=booking.needs,
        token_hash=hash_token(tx.runtime.tokens.derive("appointment", appointment_id)),
        created_at=tx.now,
        calendar_uid=appointment_id,
    )


async def _office_of(session: AsyncSession, slug: str) -> Office:
    try:
        return await office_by_slug(session, slug)
    except NotFound:
        raise Invalid(FieldError("office", "not_a_choice")) from None


def _service_of(office: Office, slug: str, mode: str) -> Service:
    try:
        service = office.service(slug)
    except NotFound:
        raise Invalid(FieldError("service", "not_a_choice")) from None
    if mode not in service.modes:
        raise Invalid(FieldError("mode", "not_a_choice"))
    return service


async def _check_free(
    tx: Transaction,
    office: Office,
    service: Service,
    mode: Mode,
    starts_at: datetime,
    *,
    without: str | None = None,
) -> None:
    day = hours.local_day(office.hours, starts_at)
    free = await free_times(tx.session, office, service, mode, tx.now, day, 1, without=without)
    if any(slot.starts_at == starts_at for slot in free):
        return
    near = await nearest_times(tx.session, office, service, mode, tx.now, starts_at, without=without)
    raise Refused("slot_taken", nearest=[rfc3339(slot.starts_at, office.timezone) for slot in near])


# Finding


async def appointment_by_token(session: AsyncSession, token: str) -> Appointment:
    """Raises NotFound."""
    return _found(await store.by_token_hash(session, hash_token(token)))


async def appointment_by_id(session: AsyncSession, appointment_id: str) -> Appointment:
    """Raises NotFound."""
    return _found(await store.by_id(session, appointment_id))


async def appointment_by_locator(session: AsyncSession, locator: str, contact: str) -> Appointment:
    """By locator and e-mail, phone or document. One NotFound for all that can be wrong: guesses learn nothing.

    A moved appointment leads to the one it became. Whoever lets the public call this counts guesses; `find` does.
    """
    contacts = contacts_of(contact)
    found = await store.by_locator(session, normalise_locator(locator), contacts) if contacts else None
    while found is not None and found.rescheduled_to is not None:
        found = await store.by_id(session, found.rescheduled_to)
    return _found(found)


async def find(runtime: Runtime, locator: str, contact: str, address: str) -> Appointment:
    """`appointment_by_locator` for the public: after five wrong guesses in 15 minutes, RateLimited."""
    # Only this guess is taken back: with an appointment of one's own one could else go on guessing for ever.
    guess_id = await spend_guess(runtime, f"locator:{address}")
    async with runtime.reading() as session:
        found = await appointment_by_locator(session, locator, contact)
    await take_back_guess(runtime, guess_id)
    return found


async def appointments_of_day(
    session: AsyncSession, office_id: str, start: datetime, end: datetime, mode: str | None = None
) -> list[Appointment]:
    """Those that start in [start, end) and were not cancelled or moved, by time."""
    return await store.of_day(session, office_id, start, end, mode)


async def attendance(session: AsyncSession, office_id: str, start: datetime, end: datetime) -> tuple[int, int]:
    """Of the appointments in person that started in [start, end): how many came, and how many were expected."""
    found = await store.counts(session, office_id, start, end, "in_person")
    came = sum(found.get(state, 0) for state in (AppointmentState.CHECKED_IN, AppointmentState.SERVED))
    stayed_away = sum(found.get(state, 0) for state in (AppointmentState.CONFIRMED, AppointmentState.NO_SHOW))
    return came, came + stayed_away


def token_of(runtime: Runtime, appointment: Appointment) -> str:
    """The token of its link, derived again."""
    return runtime.tokens.derive("appointment", appointment.id, appointment.token_hash)


def _found(appointment: Appointment | None) -> Appointment:
    if appointment is None:
        raise NotFound("not_found")
    return appointment


# Changing


async def cancel(runtime: Runtime, token: str, by: By = "citizen") -> Appointment:
    """Give the place back. Once cancelled, it stays so, and asking again is no fault.

    Raises NotFound, Refused("illegal_transition" | "too_late").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        state = CANCELLED[by]
        if appointment.state == state:
            return appointment
        check_changeable(appointment, state, tx.now)
        office = await office_by_id(tx.session, appointment.office_id)
        cancelled = dataclasses.replace(appointment, state=state, revision=appointment.revision + 1)
        # Others first: they lock lines before appointments, as everybody who holds both does.
        await tx.emit(AppointmentCancelled(cancelled))
        await _change(tx, appointment, state=state, revision=cancelled.revision)
        await letters.cancelled(tx, office, cancelled)
        logger.info("appointment_cancelled", extra={"appointment": appointment.id, "by": by})
        return cancelled


async def reschedule(runtime: Runtime, token: str, starts_at: datetime) -> Appointment:
    """Move it to another free time: a new appointment, to which the old one leads. Its own time changes nothing.

    Raises NotFound, Refused("slot_taken", nearest=[...] | "illegal_transition" | "too_late").
    """
    async with runtime.transaction() as tx:
        old = await appointment_by_token(tx.session, token)
        office = await office_by_id(tx.session, old.office_id)
        service = office.service(old.service_slug)
        await store.hold_agenda(tx.session, service.id)
        old = await appointment_by_token(tx.session, token)  # as it is now that nobody else moves it
        if (same := await _already_there(tx.session, old, starts_at)) is not None:
            return same
        check_changeable(old, AppointmentState.RESCHEDULED, tx.now)
        await _check_free(tx, office, service, old.mode, starts_at, without=old.id)
        return await _move(tx, office, service, old, starts_at)


async def _already_there(session: AsyncSession, old: Appointment, starts_at: datetime) -> Appointment | None:
    """The answer to a second press: what the first one made."""
    if old.state == AppointmentState.RESCHEDULED and old.rescheduled_to is not None:
        successor = await appointment_by_id(session, old.rescheduled_to)
        return successor if successor.starts_at == starts_at else None
    return old if old.state == AppointmentState.CONFIRMED and old.starts_at == starts_at else None


async def _move(
    tx: Transaction, office: Office, service: Service, old: Appointment, starts_at: datetime
) -> Appointment:
    booking = BookingRequest(
        service=old.service_slug,
        mode=old.mode,
        starts_at=starts_at,
        name=old.name,
        email=old.email,
        phone=old.phone,
        document=old.document,
        language=old.language,
        needs=old.needs,
    )
    new = dataclasses.replace(
        _new_appointment(tx, office, service, booking),
        calendar_uid=old.calendar_uid,
        revision=old.revision + 1,
    )
    await store.insert(tx.session, new, service_id=service.id, request_key=None, request_digest=None)
    moved = dataclasses.replace(old, state=AppointmentState.RESCHEDULED, rescheduled_to=new.id)
    await tx.emit(AppointmentRescheduled(moved, new))
    await _change(tx, old, state=moved.state, rescheduled_to=new.id)
    await letters.rescheduled(tx, office, moved, new)
    logger.info("appointment_rescheduled", extra={"appointment": old.id, "to": new.id})
    return new


# The visit itself, as told by queue/ and rooms/ in their own transactions


async def check_in(tx: Transaction, appointment_id: str) -> Appointment:
    """The person is there: has a ticket, or is in the lobby. Raises NotFound, Refused("illegal_transition")."""
    return await _go(tx, appointment_id, AppointmentState.CHECKED_IN)


async def undo_check_in(tx: Transaction, appointment_id: str) -> Appointment:
    """The ticket or the lobby was left: as if the person had not come yet."""
    return await _go(tx, appointment_id, AppointmentState.CONFIRMED)


async def mark_served(tx: Transaction, appointment_id: str) -> Appointment:
    return await _go(tx, appointment_id, AppointmentState.SERVED)


async def mark_no_show(tx: Transaction, appointment_id: str) -> Appointment:
    """Nobody came. Who took a turn and then did not come to the desk is first no longer checked in."""
    appointment = await appointment_by_id(tx.session, appointment_id)
    if appointment.state == AppointmentState.CHECKED_IN:
        await undo_check_in(tx, appointment_id)
    return await _go(tx, appointment_id, AppointmentState.NO_SHOW)


async def _go(tx: Transaction, appointment_id: str, to: AppointmentState) -> Appointment:
    appointment = await appointment_by_id(tx.session, appointment_id)
    move(appointment.state, to)
    await _change(tx, appointment, state=to)
    return dataclasses.replace(appointment, state=to)


async def _change(tx: Transaction, appointment: Appointment, **values: object) -> None:
    if not await store.change(tx.session, appointment.id, appointment.state, tx.now, **values):
        raise Conflict("illegal_transition", state=str(appointment.state))
