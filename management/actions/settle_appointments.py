"""Settling of appointments that no longer fit: moved, cancelled with notice, or left.

Each appointment has its own transaction, so that one that fails does not stop the others. A repeated request
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

MAX_SETTLED = 150  # in one request, of a few milliseconds each; the others are settled by the next


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
    reason: LocalizedText
    cancels_rest: bool = False

    @property
    def may_cancel(self) -> bool:
        """Whether citizens read the reason."""
        rest = self.choice is SettlementChoice.MOVE and self.cancels_rest
        return self.choice is SettlementChoice.CANCEL or rest


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
    for appointment_id in sorted(plan.times, key=lambda planned: planned not in moves):
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
    time, is_preconfirmed = plan.times[appointment_id], appointment.state is AppointmentState.PRECONFIRMED
    if plan.choice is SettlementChoice.LEAVE:
        return SettledAppointment(appointment, SettlementOutcome.LEFT)
    is_open = is_preconfirmed or appointment.state is AppointmentState.CONFIRMED
    error = "email_unverified" if is_preconfirmed else "no_free_time"
    try:
        if is_open and OfficeFit(office).is_met(appointment):
            error = "fits_again"
        elif plan.choice is SettlementChoice.MOVE and time is not None:
            new = await move_by_office(runtime, principal, appointment_id, time)
            return SettledAppointment(appointment, SettlementOutcome.MOVED, new)
        elif plan.may_cancel:
            await cancel_by_office(runtime, principal, appointment_id, plan.reason)
            return SettledAppointment(appointment, SettlementOutcome.CANCELLED)
    except (Refused, Conflict, Unavailable, NotFound) as refusal:
        error = "new_time_taken" if refusal.code == "slot_taken" else "changed_meanwhile"
    return SettledAppointment(appointment, SettlementOutcome.LEFT, error=error)
