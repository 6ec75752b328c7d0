"""Attendance of an appointment, in the transactions of queue/ and rooms/.

Opens none of its own.
"""

from __future__ import annotations

import dataclasses
import logging

from ...core.db.audit_entries import AuditActor
from ...core.errors import Conflict
from ...core.runtime import Transaction
from ...offices.service import note_changed_record
from ..domain.appointment import Appointment, AppointmentState, check_transition
from ..notify import appointment_messages
from ..queries.lookup import appointment_by_id
from ..storage import appointment_rows
from ..storage.audit_rows import audit_appointment
from . import early_video_start

logger = logging.getLogger(__name__)


# The verb of the audit entry of each state; a check-in is undone by a return to `confirmed`.
AUDIT_VERBS = {
    AppointmentState.CHECKED_IN: "checked_in",
    AppointmentState.CONFIRMED: "check_in_undone",
    AppointmentState.SERVED: "served",
    AppointmentState.NO_SHOW: "no_show",
}


async def check_in(tx: Transaction, appointment_id: str, *, staff: AuditActor | None = None) -> Appointment:
    """Record that the citizen has a ticket or is in the lobby.

    `staff`: the member of staff who did it, for the audit; here and below.
    Raises NotFound, Refused("illegal_transition").
    """
    return await _change_state(tx, appointment_id, AppointmentState.CHECKED_IN, staff)


async def undo_check_in(tx: Transaction, appointment_id: str, *, staff: AuditActor | None = None) -> Appointment:
    """Record that the citizen left the line or the lobby. Raises as `check_in`."""
    return await _change_state(tx, appointment_id, AppointmentState.CONFIRMED, staff)


async def mark_served(tx: Transaction, appointment_id: str, *, staff: AuditActor | None = None) -> Appointment:
    """Record that the visit is over. Raises as `check_in`."""
    return await _change_state(tx, appointment_id, AppointmentState.SERVED, staff)


async def mark_no_show(tx: Transaction, appointment_id: str, *, staff: AuditActor | None = None) -> Appointment:
    """Record that the citizen did not come, and invite the next video visitor early.

    Raises as `check_in`.
    A citizen who took a ticket but did not come to the desk is first no longer checked in.
    """
    appointment = await appointment_by_id(tx.session, appointment_id)
    if appointment.state == AppointmentState.CHECKED_IN:
        await undo_check_in(tx, appointment_id)
    missed = await _change_state(tx, appointment_id, AppointmentState.NO_SHOW, staff)
    await early_video_start.invite_next_now(tx, missed)
    return missed


async def _change_state(
    tx: Transaction, appointment_id: str, new_state: AppointmentState, staff: AuditActor | None = None
) -> Appointment:
    appointment = await appointment_by_id(tx.session, appointment_id)
    check_transition(appointment.state, new_state)
    await update_or_conflict(tx, appointment, state=new_state)
    audit_appointment(
        tx,
        staff,
        AUDIT_VERBS[new_state],
        appointment,
        before={"state": str(appointment.state)},
        after={"state": str(new_state)},
    )
    tx.log_after_commit(logger, f"appointment_{new_state}", appointment=appointment_id)
    # a reminder that has not left would arrive after the visit has begun (docs/decisions/0022)
    if new_state in (AppointmentState.CHECKED_IN, AppointmentState.NO_SHOW):
        await appointment_messages.void_pending_reminders(tx, appointment)
    return dataclasses.replace(appointment, state=new_state)


async def update_or_conflict(tx: Transaction, appointment: Appointment, **values: object) -> None:
    """Update the row if its state has not changed since it was read.

    Raises Conflict("illegal_transition").
    """
    if not await appointment_rows.update_appointment(
        tx.session, appointment.id, appointment.state, tx.now, **values
    ):
        raise Conflict("illegal_transition", state=str(appointment.state))
    await note_changed_record(tx, appointment.office_id, appointment.starts_at)
