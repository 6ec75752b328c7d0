"""What others may want to know of appointments, and what appointments ask of others without knowing them.

Handlers of events run in the transaction that emits. Whom to ask is named by server/, in the request's state.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from .domain.appointment import Appointment


@dataclass(frozen=True, slots=True)
class AppointmentBooked:
    appointment: Appointment


@dataclass(frozen=True, slots=True)
class AppointmentCancelled:
    appointment: Appointment


@dataclass(frozen=True, slots=True)
class AppointmentRescheduled:
    old: Appointment
    new: Appointment


@dataclass(frozen=True, slots=True)
class LastTestResult:
    """The last test of the connection for an appointment: `verdict` is green, amber, red or unknown."""

    verdict: str
    code: str | None
    at: datetime
    finished: bool = True


LastTestLoader = Callable[[AsyncSession, str], Awaitable[LastTestResult | None]]  # by the appointment's id
