"""Ranges of admission for the people in the lobbies of an office. Read only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import Appointment, appointments_by_ids
from ..domain import room as rules
from ..domain.admission_forecast import (
    AdmissionRange,
    CallLengthSpread,
    OngoingCall,
    WaitingVisit,
    forecast_admissions,
    measure_spread,
)
from ..domain.room import AgentState, Room
from ..storage import call_rows, room_rows

SPREAD_WINDOW = timedelta(days=30)
MAX_MEASURED_CALLS = 200


async def office_call_spread(session: AsyncSession, office_id: str, now: datetime) -> CallLengthSpread:
    """Measure how long the office's latest calls took, compared with their appointments."""
    lengths = await call_rows.load_call_lengths(session, office_id, now - SPREAD_WINDOW, MAX_MEASURED_CALLS)
    appointments = await appointments_by_ids(session, list(lengths))
    return measure_spread(
        [lengths[appointment.id] / (appointment.ends_at - appointment.starts_at) for appointment in appointments]
    )


async def admission_ranges(
    session: AsyncSession, office_id: str, spread: CallLengthSpread, now: datetime
) -> Mapping[str, AdmissionRange]:
    """Return the range of each room whose citizen waits, by appointment id.

    Rooms with an agent inside have none, and those of which nothing is known.
    """
    rooms = await room_rows.open_rooms(session, office_id)
    relevant = [room for room in rooms if room.lobby_participants() or rules.attending_agent(room)]
    appointments = {
        appointment.id: appointment
        for appointment in await appointments_by_ids(session, [room.appointment_id for room in relevant])
    }
    calls = [
        OngoingCall(
            now - timedelta(seconds=rules.call_elapsed_s(room, now) or 0),
            _duration(appointments[room.appointment_id]),
        )
        for room in relevant
        if _is_agent_occupied(room)
    ]
    idle = sum(_is_agent_ready(room) and not _is_agent_occupied(room) for room in relevant)
    unattended = [room for room, _ in rules.waiting_citizens(relevant) if not _is_agent_ready(room)]
    due = [appointments[room.appointment_id] for room in unattended]
    waiting = [WaitingVisit(appointment.id, appointment.starts_at, _duration(appointment)) for appointment in due]
    return forecast_admissions(waiting, calls, idle, spread, now)


def _is_agent_ready(room: Room) -> bool:
    agent = rules.attending_agent(room)
    return agent is not None and agent.agent_state in (None, AgentState.AVAILABLE)


def _is_agent_occupied(room: Room) -> bool:
    """Check whether the room's agent talks with a guest, or can admit a guest now."""
    return rules.has_ongoing_call(room) or (_is_agent_ready(room) and bool(room.lobby_participants()))


def _duration(appointment: Appointment) -> timedelta:
    return appointment.ends_at - appointment.starts_at
