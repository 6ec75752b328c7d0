"""Cancellation and rescheduling by the citizen, and rescheduling by the office.

The freed slot goes to freed_slots.py.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.auth import Principal, StaffRole, require_role
from ...core.db.audit_entries import AuditActor
from ...core.errors import FieldError, Invalid
from ...core.i18n.dates import format_utc
from ...core.ids import new_locator
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, OfficeService, ServiceMode
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
from ..domain.visit_note import VisitNoteKind, VisitPerson
from ..events import AppointmentCancelled, AppointmentRescheduled
from ..notify import appointment_messages
from ..queries.availability import SlotSearch, check_slot_available
from ..queries.bookable_services import (
    change_limit,
    interpreter_notice,
    require_services,
)
from ..queries.lookup import appointment_by_id
from ..queries.visit_services import appointment_services, remaining_services
from ..storage import earlier_request_rows
from ..storage.audit_rows import audit_appointment
from ..storage.visit_note_rows import insert_visit_note
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


async def reschedule_appointment(
    runtime: Runtime, token: str, starts_at: datetime, mode: ServiceMode | None = None, phone: str | None = None
) -> Appointment:
    """Move to another free slot: a new appointment, to which the old token redirects.

    `mode`: of the visit after the move; None for that of the appointment. `phone`: at which the office calls, if
    the appointment has no number yet. The current time, or a repeated request, changes nothing.
    Raises NotFound, Invalid, Refused("slot_taken", nearest=[...] | "illegal_transition" | "too_late" |
    "change_closed" | "too_many_moves").
    """
    async with runtime.transaction() as tx:
        office, old = await lock_agenda_of_token(tx, token)
        mode = mode or old.mode
        services = _services_after(office, old, StaffMove(mode=mode), mode)
        same = await _find_repeated_reschedule(tx.session, old, starts_at)
        if same is not None and same.mode == mode:
            return same
        until = change_limit(office, old)
        check_changeable(old, AppointmentState.RESCHEDULED, tx.now, until, office.phone)
        check_moves_left(old)
        if mode == "phone" and old.phone is None:
            if phone is None:
                raise Invalid(FieldError("phone", "required"))
            old = dataclasses.replace(old, phone=phone)
        keys = appointment_contact_keys(tx.runtime.tokens, old)
        # before the search, which counts a slot in its cool-down as taken, even for the person who released it
        own = await freed_slots.reclaim_own_slot(tx, services[0].id, mode, starts_at, keys)
        notice = interpreter_notice(office, old)
        await check_slot_available(
            tx, SlotSearch(office, list(services), mode, excluded_id=old.id, notice=notice), starts_at
        )
        return await move_appointment(
            tx, office, services, old, starts_at, moves=old.moves + 1, claimed=own, move=StaffMove(mode=mode)
        )


@dataclass(frozen=True, slots=True)
class StaffMove:
    """Changes that staff make besides the time. The defaults keep the visit.

    `service`, `more_services` and `mode`: of the visit after the move; None for those of the appointment.
    `override`: why it goes to a time without a free place. `at_request`: the citizen asked for it. `reason`: why
    the office moved it, as the citizen reads it.
    """

    service: str | None = None
    more_services: tuple[str, ...] = ()
    mode: ServiceMode | None = None
    override: str | None = None
    at_request: bool = False
    reason: str | None = None


UNCHANGED_VISIT = StaffMove()


async def move_by_office(
    runtime: Runtime,
    principal: Principal | None,
    appointment_id: str,
    starts_at: datetime,
    move: StaffMove = UNCHANGED_VISIT,
) -> Appointment:
    """Move a confirmed appointment for the office, and tell its citizen. Idempotent.

    Neither the deadline of changes nor the number of moves binds staff, and they have the internal places.
    Raises NotAllowed, NotFound, Unavailable, Invalid, Refused("slot_taken", nearest=[...] |
    "illegal_transition" | "too_late").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_id(tx.session, appointment_id)
        staff = require_role(principal, StaffRole.HOST, appointment.office_slug)
        office, old = await lock_agenda_and_reload(tx, appointment)
        mode = move.mode or old.mode
        services = _services_after(office, old, move, mode)
        if (same := await _find_repeated_reschedule(tx.session, old, starts_at)) is not None:
            kept = tuple(service.id for service in appointment_services(office, same))
            if (same.mode, kept) == (mode, tuple(service.id for service in services)):
                return same
        check_changeable(old, AppointmentState.RESCHEDULED, tx.now)
        await _check_new_time(tx, office, services, mode, old, starts_at, move.override)
        new = await move_appointment(tx, office, services, old, starts_at, staff=staff, move=move)
        await _record_staff_move(tx, AuditActor.from_principal(staff), old, new, move)
        return new


def _services_after(
    office: Office, old: Appointment, move: StaffMove, mode: ServiceMode
) -> tuple[OfficeService, ...]:
    if move.service is None and move.mode in (None, old.mode):
        return remaining_services(office, old)
    own = old.service_slugs if move.service is None else (move.service, *move.more_services)
    return require_services(office, own, mode)


async def _check_new_time(
    tx: Transaction,
    office: Office,
    services: Sequence[OfficeService],
    mode: ServiceMode,
    old: Appointment,
    starts_at: datetime,
    override: str | None,
) -> None:
    if mode == "phone" and old.phone is None:
        raise Invalid(FieldError("phone", "required"))
    if override is not None:
        if starts_at < tx.now:  # as in a booking, staff may give any time that is not over
            raise Invalid(FieldError("starts_at", "invalid_time"))
        return
    notice = interpreter_notice(office, old)
    search = SlotSearch(office, services, mode, for_staff=True, excluded_id=old.id, notice=notice)
    await check_slot_available(tx, search, starts_at)


async def _record_staff_move(
    tx: Transaction, staff: AuditActor, old: Appointment, new: Appointment, move: StaffMove
) -> None:
    changed = {
        name: (getattr(old, field_name), getattr(new, field_name))
        for name, field_name in (("service", "service_slug"), ("mode", "mode"))
        if getattr(old, field_name) != getattr(new, field_name)
    }
    override = {"override": move.override} if move.override is not None else {}
    if move.override is not None:
        person = VisitPerson(appointment_id=new.id, email=new.email, phone=new.phone)
        await insert_visit_note(tx, new.office_id, staff, VisitNoteKind.BOOKED, person, move.override)
    audit_appointment(
        tx,
        staff,
        "moved",
        old,
        before={"starts_at": format_utc(old.starts_at), **{name: was for name, (was, _) in changed.items()}},
        after={
            "starts_at": format_utc(new.starts_at),
            **{name: becomes for name, (_, becomes) in changed.items()},
            **override,
        },
    )


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
    move: StaffMove = UNCHANGED_VISIT,
) -> Appointment:
    """Move an appointment with its locator to a free slot, and release the old slot.

    The caller has locked the agenda.
    `moves`: how often the citizen has moved it, this time included; None leaves the count as it is. `claimed`: the
    freed slot that was used, of which the remainder is offered to others. `staff`: who moves it for the office,
    and `move`: how.
    """
    booking = build_repeat_request(old, starts_at, service=old.service_slug)
    booking = dataclasses.replace(booking, mode=move.mode or old.mode)
    built = build_appointment(tx, office, services, booking)
    new = dataclasses.replace(
        built,
        locator=old.locator,
        # the same UID with a higher revision makes a calendar move its event, and not add a second event
        calendar_uid=old.calendar_uid,
        revision=old.revision + 1,
        device=old.device,
        address=old.address,
        email_verified_at=old.email_verified_at,
        moves=old.moves if moves is None else moves,
    )
    booked_by = f"staff:{staff.id}" if staff else BOOKED_BY_CITIZEN
    # The column is unique, and appointments are locked after the lines of the event's handlers: so the new row has
    # the locator only when the old row has given it away.
    unnamed = dataclasses.replace(new, locator=built.locator)
    await save_appointment(tx, unnamed, booked_by=booked_by, override=move.override)
    moved = dataclasses.replace(old, state=AppointmentState.RESCHEDULED, rescheduled_to=new.id)
    await tx.emit(AppointmentRescheduled(moved, new))
    by_office = staff is not None and not move.at_request
    # staff must tell a citizen themselves whom no message reaches (docs/decisions/0033)
    untold = by_office and not new.can_be_notified
    values = {"state": moved.state, "rescheduled_to": new.id, "untold": untold}
    await update_or_conflict(tx, old, locator=new_locator(), **values)
    await update_or_conflict(tx, unnamed, locator=new.locator)
    await appointment_messages.send_rescheduling(tx, office, moved, new, by_office=by_office, reason=move.reason)
    await earlier_request_rows.transfer_earlier_request(tx.session, old.id, new.id)
    await freed_slots.withdraw_offers(tx, old.id)
    await freed_slots.release_slot(tx, office, appointment_services(office, old)[0], moved)
    if claimed is not None:
        await freed_slots.release_remainder(tx, office, claimed, new.starts_at, new.ends_at)
    logger.info("appointment_rescheduled", extra={"appointment": old.id, "to": new.id})
    return new
