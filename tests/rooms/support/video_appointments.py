"""Booked video appointments, and the people who enter their rooms. No sockets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from office360.appointments import service as appointments
from office360.appointments.service import Appointment, AppointmentState, BookingRequest
from office360.core.auth import Principal, StaffRole
from office360.core.db import timers
from office360.core.ids import new_id
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.rooms.actions import participant_actions, presence, room_entry, staff_actions
from office360.rooms.actions.room_transaction import RoomMember
from office360.rooms.domain.room import ParticipantState, Room
from office360.rooms.storage import room_rows

from ...conftest import MORNING

AT = MORNING + timedelta(minutes=90)  # 12:00 in Madrid

BORIS = Principal("boris", "Boris", StaffRole.AGENT, frozenset({"centro"}))
CARMEN = Principal("carmen", "Carmen", StaffRole.MANAGER, None)
DIEGO = Principal("diego", "Diego", StaffRole.AGENT, frozenset({"elsewhere"}))


@dataclass(frozen=True)
class BookedVideoAppointment:
    """An appointment and the token of its link."""

    appointment: Appointment
    token: str


async def book_video_appointment(
    runtime: Runtime, at: datetime, name: str = "Amina", **more: Any
) -> BookedVideoAppointment:
    """Book a video appointment in the office `centro`. `more` are BookingRequest fields."""
    fields: dict[str, Any] = {"service": "certificate", "mode": "video", **more}
    fields.setdefault("email", f"{name.lower()}@example.org")
    request = BookingRequest(name=name, starts_at=at, **fields)
    appointment = await appointments.book_appointment(runtime, "centro", request)
    return BookedVideoAppointment(appointment, appointments.appointment_token(runtime, appointment))


def new_session_hash() -> str:
    """Return the hash of a new session."""
    return hash_token(new_id())


async def enter_as_citizen(runtime: Runtime, booked: BookedVideoAppointment) -> RoomMember:
    return await room_entry.enter_as_citizen(runtime, booked.token, new_session_hash())


async def enter_as_agent(runtime: Runtime, booked: BookedVideoAppointment, staff: Principal = BORIS) -> RoomMember:
    return await room_entry.enter_as_staff(runtime, staff, booked.appointment.id, new_session_hash())


async def enter_admitted_pair(
    runtime: Runtime, booked: BookedVideoAppointment, agent: Principal = BORIS
) -> tuple[RoomMember, RoomMember]:
    """Have the citizen and an agent enter, and the agent admit the citizen."""
    guest, staff = await enter_as_citizen(runtime, booked), await enter_as_agent(runtime, booked, agent)
    await participant_actions.join_lobby(runtime, guest, None)
    await staff_actions.admit_participant(runtime, staff, guest.participant_id)
    return guest, staff


async def load_room(runtime: Runtime, booked: BookedVideoAppointment) -> Room:
    async with runtime.read_session() as session:
        room = await room_rows.load_room(session, booked.appointment.id)
    assert room is not None
    return room


async def participant_state(
    runtime: Runtime, booked: BookedVideoAppointment, member: RoomMember
) -> ParticipantState:
    return (await load_room(runtime, booked)).get_participant(member.participant_id).state


async def appointment_state(runtime: Runtime, booked: BookedVideoAppointment) -> AppointmentState:
    async with runtime.read_session() as session:
        return (await appointments.appointment_by_id(session, booked.appointment.id)).state


async def audit_kinds(runtime: Runtime, booked: BookedVideoAppointment) -> list[str]:
    """Return the kinds of the room's audit events, oldest first."""
    async with runtime.read_session() as session:
        return [event.kind for event in await room_rows.audit_events(session, booked.appointment.id)]


async def fire_due_timers(runtime: Runtime) -> None:
    await timers.fire_due_timers(runtime, presence.TIMERS)
