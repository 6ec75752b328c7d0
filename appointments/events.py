"""Events of appointments that other features handle, and a query to another feature.

Handlers run in the transaction that emits the event. server/ names the query in the state of the process, so
that this feature does not import the feature that answers it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from .domain.appointment import Appointment


@dataclass(frozen=True, slots=True)
class AppointmentBooked:
    """An appointment was booked, and confirmed."""

    appointment: Appointment


@dataclass(frozen=True, slots=True)
class AppointmentCancelled:
    """An appointment was cancelled, or lapsed because its e-mail was not verified."""

    appointment: Appointment


@dataclass(frozen=True, slots=True)
class AppointmentRescheduled:
    """An appointment was replaced by an appointment at another time."""

    old: Appointment
    new: Appointment


@dataclass(frozen=True, slots=True)
class AgentCallChanged:
    """A call of an agent with the people of an appointment began, changed its mode, or ended.

    `mode`: video or phone; None when the call has ended, or goes on without this agent.
    """

    appointment: Appointment
    agent_id: str
    mode: str | None


@dataclass(frozen=True, slots=True)
class LastTestResult:
    """The last connection test for an appointment. `verdict`: green, amber, red or unknown."""

    verdict: str
    code: str | None
    at: datetime
    finished: bool = True


# Its argument is the id of the appointment.
LastTestLoader = Callable[[AsyncSession, str], Awaitable[LastTestResult | None]]
# Tells whether the video call of an appointment can be rated now.
RatingCheck = Callable[[AsyncSession, str, datetime], Awaitable[bool]]
