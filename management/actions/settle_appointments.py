"""Settling of appointments that no longer fit: moved, cancelled with notice, or left.

Each appointment has its own transaction, so that one that fails does not stop the others. A repeated request
reports what the first one did, and continues after an interruption.
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
from ...core.runtime import Runtime
from ...offices.service import Office, office_by_slug

MAX_SETTLED = 150  # in one request, of a few milliseconds each; the others are settled by the next one


class SettlementChoice(StrEnum):
    LEAVE = "leave"
    MOVE = "move"
    CANCEL = "cancel"


class SettlementOutcome(StrEnum):
    MOVED = "moved"
    CANCELLED = "cancelled"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class SettlementPlan:
    """The appointments to settle and their proposed times; None for one without a free time.

    `cancels_rest`: those without a time are cancelled too. `reason`: what cancelled citizens read.
    """

    choice: SettlementChoice
    times: Mapping[str, datetime | None]
    reason: str = ""
    cancels_rest: bool = False


@dataclass(frozen=True, slots=True)
class SettledAppointment:
    """The result for one appointment.

    `new` replaces it if it was moved, `error` is the code of the reason why it was left.
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
    moves = [one for one, time in plan.times.items() if plan.choice is SettlementChoice.MOVE and time is not None]
    settled: list[SettledAppointment] = []
    # moves first: a cancellation holds free slots, which could be one of the proposed times
    for appointment_id in sorted(plan.times, key=lambda one: one not in moves):
        result = await _settle_one(runtime, principal, office, plan, appointment_id)
        if result is not None:
            settled.append(result)
    return sorted(settled, key=lambda one: (one.appointment.starts_at, one.appointment.id))


async def _settle_one(
    runtime: Runtime, principal: Principal, office: Office, plan: SettlementPlan, appointment_id: str
) -> SettledAppointment | None:
    """Settle one appointment. Returns None for one that the office does not have."""
    try:
        async with runtime.read_session() as session:
            appointment = await appointment_by_id(session, appointment_id)
    except NotFound:
        return None
    if appointment.office_id != office.id:
        return None
    time = plan.times[appointment_id]
    if plan.choice is SettlementChoice.LEAVE:
        return SettledAppointment(appointment, SettlementOutcome.LEFT)
    if _is_open(appointment) and OfficeFit(office).is_met(appointment):
        return SettledAppointment(appointment, SettlementOutcome.LEFT, error="fits_again")
    if plan.choice is SettlementChoice.MOVE and time is not None:
        return await _move(runtime, principal, appointment, time)
    if plan.choice is SettlementChoice.CANCEL or plan.cancels_rest:
        return await _cancel(runtime, principal, appointment, plan.reason)
    is_unverified = appointment.state is AppointmentState.PRECONFIRMED
    return SettledAppointment(
        appointment, SettlementOutcome.LEFT, error="email_unverified" if is_unverified else "no_free_time"
    )


def _is_open(appointment: Appointment) -> bool:
    return appointment.state in (AppointmentState.CONFIRMED, AppointmentState.PRECONFIRMED)


async def _move(
    runtime: Runtime, principal: Principal, appointment: Appointment, time: datetime
) -> SettledAppointment:
    try:
        new = await move_by_office(runtime, principal, appointment.id, time)
    except (Refused, Conflict, Unavailable, NotFound) as error:
        code = "new_time_taken" if error.code == "slot_taken" else "changed_meanwhile"
        return SettledAppointment(appointment, SettlementOutcome.LEFT, error=code)
    return SettledAppointment(appointment, SettlementOutcome.MOVED, new)


async def _cancel(
    runtime: Runtime, principal: Principal, appointment: Appointment, reason: str
) -> SettledAppointment:
    try:
        await cancel_by_office(runtime, principal, appointment.id, reason)
    except (Refused, Conflict, Unavailable, NotFound):
        return SettledAppointment(appointment, SettlementOutcome.LEFT, error="changed_meanwhile")
    return SettledAppointment(appointment, SettlementOutcome.CANCELLED)
