"""Cancellation and rescheduling by the citizen, and rescheduling by the office.

The freed slot goes to freed_slots.py.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal, StaffRole, require_role
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.i18n.dates import format_utc
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, OfficeService
from ..domain.appointment import (
    BOOKED_BY_CITIZEN,
    CANCELLED_STATE_BY,
    Appointment,
    AppointmentState,
    CancelledBy,
    check_changeable,
    check_moves_left,
)
from ..domain.contact_identifiers import appointment_contact_keys
from ..events import AppointmentCancelled, AppointmentRescheduled
from ..notify import appointment_messages
from ..queries.availability import SlotSearch, check_slot_available
from ..queries.bookable_services import change_limit, interpreter_notice
from ..queries.lookup import appointment_by_id
from ..queries.visit_services import additional_services, appointment_services
from ..storage import earlier_request_rows
from . import freed_slots
from .attendance import update_or_conflict
from .book import build_appointment, build_repeat_request, save_appointment
from .locked_appointment import lock_agenda_and_reload, lock_agenda_of_token

logger = logging.getLogger(__name__)

NO_LIMIT = timedelta()  # an office may cancel until the last minute


async def cancel_appointment(runtime: Runtime, token: str, by: CancelledBy = "citizen") -> Appointment:
    """Cancel the appointment and release its slot. Idempotent.

    Raises NotFound, Refused("illegal_transition" | "too_late" | "change_closed").
    """
    async with runtime.transaction() as tx:
        office, appointment = await lock_agenda_of_token(tx, token)
        state = CANCELLED_STATE_BY[by]
        if appointment.state == state:
            return appointment
        until = change_limit(office, appointment) if by == "citizen" else NO_LIMIT
        check_changeable(appointment, state, tx.now, until, office.phone)
        service = appointment_services(office, appointment)[0]
        cancelled = dataclasses.replace(appointment, state=state, revision=appointment.revision + 1)
        await end_appointment(tx, appointment, cancelled)
        await appointment_messages.send_cancellation(tx, office, cancelled)
        await freed_slots.release_slot(tx, office, service, cancelled)
        logger.info("appointment_cancelled", extra={"appointment": appointment.id, "by": by})
        return cancelled


async def end_appointment(
    tx: Transaction, appointment: Appointment, cancelled: Appointment, **values: object
) -> None:
    """Save the cancellation and withdraw the citizen's offers.

    Messages and the slot are left to the caller.
    """
    # The event comes first: its handlers lock lines, which are always locked before appointments.
    await tx.emit(AppointmentCancelled(cancelled))
    await update_or_conflict(tx, appointment, state=cancelled.state, revision=cancelled.revision, **values)
    await earlier_request_rows.delete_earlier_request(tx.session, appointment.id)
    await freed_slots.withdraw_offers(tx, appointment.id)


async def reschedule_appointment(runtime: Runtime, token: str, starts_at: datetime) -> Appointment:
    """Move to another free slot: a new appointment, to which the old token redirects.

    The current time, or a repeated request, changes nothing.
    Raises NotFound, Refused("slot_taken", nearest=[...] | "illegal_transition" | "too_late" | "change_closed" |
    "too_many_moves").
    """
    async with runtime.transaction() as tx:
        office, old = await lock_agenda_of_token(tx, token)
        service = appointment_services(office, old)[0]
        if (same := await _find_repeated_reschedule(tx.session, old, starts_at)) is not None:
            return same
        until = change_limit(office, old)
        check_changeable(old, AppointmentState.RESCHEDULED, tx.now, until, office.phone)
        check_moves_left(old)
        keys = appointment_contact_keys(tx.runtime.tokens, old)
        own = await freed_slots.reclaim_own_slot(tx, service.id, old.mode, starts_at, keys)
        more = additional_services(office, old)
        notice = interpreter_notice(office, old)
        await check_slot_available(
            tx, SlotSearch(office, [service, *more], old.mode, excluded_id=old.id, notice=notice), starts_at
        )
        return await move_appointment(
            tx, office, (service, *more), old, starts_at, moves=old.moves + 1, claimed=own
        )


async def move_by_office(
    runtime: Runtime, principal: Principal | None, appointment_id: str, starts_at: datetime
) -> Appointment:
    """Move a confirmed appointment for the office, and tell its citizen. Idempotent.

    Neither the deadline of changes nor the number of moves binds staff, and they have the internal places.
    Raises NotAllowed, NotFound, Unavailable, Refused("slot_taken", nearest=[...] | "illegal_transition" |
    "too_late").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_id(tx.session, appointment_id)
        staff = require_role(principal, StaffRole.HOST, appointment.office_slug)
        office, old = await lock_agenda_and_reload(tx, appointment)
        if (same := await _find_repeated_reschedule(tx.session, old, starts_at)) is not None:
            return same
        check_changeable(old, AppointmentState.RESCHEDULED, tx.now)
        services = (appointment_services(office, old)[0], *additional_services(office, old))
        notice = interpreter_notice(office, old)
        search = SlotSearch(office, services, old.mode, for_staff=True, excluded_id=old.id, notice=notice)
        await check_slot_available(tx, search, starts_at)
        new = await move_appointment(tx, office, services, old, starts_at, staff=staff)
        add_audit_entry(
            tx.session,
            tx.now,
            AuditActor.from_principal(staff),
            "appointment.moved",
            ("appointment", old.id, old.locator),
            office=office.slug,
            before={"starts_at": format_utc(old.starts_at)},
            after={"starts_at": format_utc(new.starts_at), "locator": new.locator},
        )
        return new


async def _find_repeated_reschedule(
    session: AsyncSession, old: Appointment, starts_at: datetime
) -> Appointment | None:
    """Find what the first of two equal requests made."""
    if old.state == AppointmentState.RESCHEDULED and old.rescheduled_to is not None:
        successor = await appointment_by_id(session, old.rescheduled_to)
        return successor if successor.starts_at == starts_at else None
    return old if old.state == AppointmentState.CONFIRMED and old.starts_at == starts_at else None


async def move_appointment(
    tx: Transaction,
    office: Office,
    services: Sequence[OfficeService],
    old: Appointment,
    starts_at: datetime,
    *,
    moves: int | None = None,
    claimed: freed_slots.FreedSlot | None = None,
    staff: Principal | None = None,
) -> Appointment:
    """Move an appointment to a slot that is free, and release the old one.

    The caller has locked the agenda.
    `moves`: how often the citizen has moved it, this time included; None leaves the count as it is. `claimed`: the
    freed slot that was used, of which the remainder is offered to others. `staff`: who moves it for the office.
    """
    booking = build_repeat_request(old, starts_at, service=old.service_slug)
    new = dataclasses.replace(
        build_appointment(tx, office, services[0], booking, services[1:]),
        calendar_uid=old.calendar_uid,
        revision=old.revision + 1,
        device=old.device,
        address=old.address,
        email_verified_at=old.email_verified_at,
        moves=old.moves if moves is None else moves,
    )
    await save_appointment(tx, new, booked_by=f"staff:{staff.id}" if staff else BOOKED_BY_CITIZEN)
    moved = dataclasses.replace(old, state=AppointmentState.RESCHEDULED, rescheduled_to=new.id)
    await tx.emit(AppointmentRescheduled(moved, new))
    await update_or_conflict(tx, old, state=moved.state, rescheduled_to=new.id)
    await appointment_messages.send_rescheduling(tx, office, moved, new, by_office=staff is not None)
    await earlier_request_rows.transfer_earlier_request(tx.session, old.id, new.id)
    await freed_slots.withdraw_offers(tx, old.id)
    await freed_slots.release_slot(tx, office, services[0], moved)
    if claimed is not None:
        await freed_slots.release_remainder(tx, office, claimed, new.starts_at, new.ends_at)
    logger.info("appointment_rescheduled", extra={"appointment": old.id, "to": new.id})
    return new
