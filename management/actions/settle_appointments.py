"""Settling of appointments that no longer fit: moved, cancelled with notice, or left.

Each appointment has its own transaction, so that a failure does not stop the others. A repeated request
reports what the first did, and continues after an interruption.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ...appointments.service import (
    Appointment,
    AppointmentState,
    OfficeFit,
    appointment_by_id,
    cancel_by_office,
    move_by_office,
)
from ...core.auth import Principal
from ...core.errors import Conflict, NotFound, Refused, Unavailable
from ...core.i18n.languages import LocalizedText
from ...core.runtime import Runtime
from ...offices.service import Office, office_by_slug

# In a request, of a few milliseconds each; the next request settles the others.
MAX_SETTLED = 150


class SettlementOutcome(StrEnum):
    MOVED = "moved"
    CANCELLED = "cancelled"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class SettlementPlan:
    """Appointments to move or cancel.

    `times`: the new time by appointment id; None if the appointment is not moved. `reason`: what the citizens of
    those read; None if they stay booked.
    """

    times: Mapping[str, datetime | None]
    reason: LocalizedText | None = None


@dataclass(frozen=True, slots=True)
class SettledAppointment:
    """The result for an appointment.

    `new`: the appointment that replaces it if it was moved. `error`: the code of the reason why it was left.
    """

    appointment: Appointment
    outcome: SettlementOutcome
    new: Appointment | None = None
    error: str | None = None


async def settle_appointments(
    runtime: Runtime, principal: Principal, slug: str, plan: SettlementPlan
) -> list[SettledAppointment]:
    """Carry out a plan, after the office was saved. Returns the results by time.

    Appointments of other offices are ignored. Raises NotAllowed, NotFound for an unknown office.
    """
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
    settled: list[SettledAppointment] = []
    # Moves come first: a cancellation holds free slots, which could be proposed times.
    for appointment_id in sorted(plan.times, key=lambda planned: plan.times[planned] is None):
        result = await _settle_one(runtime, principal, office, plan, appointment_id)
        if result is not None:
            settled.append(result)
    return sorted(settled, key=lambda result: (result.appointment.starts_at, result.appointment.id))


async def _settle_one(
    runtime: Runtime, principal: Principal, office: Office, plan: SettlementPlan, appointment_id: str
) -> SettledAppointment | None:
    """Settle an appointment. Returns None if the office does not have it."""
    try:
        async with runtime.read_session() as session:
            appointment = await appointment_by_id(session, appointment_id)
    except NotFound:
        return None
    if appointment.office_id != office.id:
        return None
    new_time, is_preconfirmed = plan.times[appointment_id], appointment.state is AppointmentState.PRECONFIRMED
    is_open = is_preconfirmed or appointment.state is AppointmentState.CONFIRMED
    error = "email_unverified" if is_preconfirmed else "no_free_time"
    try:
        if is_open and OfficeFit(office).is_met(appointment):
            error = "fits_again"
        elif new_time is not None:
            new = await move_by_office(runtime, principal, appointment_id, new_time)
            return SettledAppointment(appointment, SettlementOutcome.MOVED, new)
        elif plan.reason is not None:
            await cancel_by_office(runtime, principal, appointment_id, plan.reason)
            return SettledAppointment(appointment, SettlementOutcome.CANCELLED)
    except (Refused, Conflict, Unavailable, NotFound) as refusal:
        error = "new_time_taken" if refusal.code == "slot_taken" else "changed_meanwhile"
    return SettledAppointment(appointment, SettlementOutcome.LEFT, error=error)
