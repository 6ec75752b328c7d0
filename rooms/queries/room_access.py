"""Access to a room, and the check for another page of the same person. Read only."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import Appointment, AppointmentState, EntryWindow, entry_window
from ...core.auth import Principal
from ..domain.room import INSIDE_STATES, Room, attending_agent
from ..storage import room_rows

CITIZEN_PERSON = "citizen"  # value of ParticipantRow.person; staff have `staff:ID`

ENTERABLE_STATES = frozenset({AppointmentState.CONFIRMED, AppointmentState.CHECKED_IN})
CANCELLED_STATES = frozenset(
    {
        AppointmentState.CANCELLED_CITIZEN,
        AppointmentState.CANCELLED_OFFICE,
        AppointmentState.RESCHEDULED,
    }
)


class RoomAccess(StrEnum):
    """Result of the access check. Values name the templates of the room's page."""

    NOT_VIDEO = "not_video"
    UNCONFIRMED = "unconfirmed"
    EARLY = "early"
    OPEN = "open"
    CANCELLED = "cancelled"
    OVER = "over"


def room_access(appointment: Appointment, room: Room | None, now: datetime) -> RoomAccess:
    """Check whether a citizen may enter now.

    An attending agent keeps the room open after its closing time.
    """
    if appointment.mode != "video":
        return RoomAccess.NOT_VIDEO
    if appointment.state in CANCELLED_STATES:
        return RoomAccess.CANCELLED
    if appointment.state in (AppointmentState.SERVED, AppointmentState.NO_SHOW) or (room and room.end):
        return RoomAccess.OVER
    if appointment.state not in ENTERABLE_STATES:
        return RoomAccess.UNCONFIRMED
    window = entry_window(appointment, now)
    if window is EntryWindow.TOO_EARLY:
        return RoomAccess.EARLY
    if window is EntryWindow.CLOSED and (room is None or attending_agent(room) is None):
        return RoomAccess.OVER
    return RoomAccess.OPEN


async def is_inside_room(session: AsyncSession, room: Room | None, staff: Principal | None) -> bool:
    """Check whether a person is connected from another page, which a new page would replace.

    The person is the citizen if `staff` is None.
    """
    if room is None:
        return False
    person = CITIZEN_PERSON if staff is None else person_key(staff)
    participant_id = await room_rows.participant_id_of_person(session, room.appointment_id, person)
    if participant_id is None:
        return False
    participant = room.get_participant(participant_id)
    return participant.connected and participant.state in INSIDE_STATES


def person_key(staff: Principal) -> str:
    """Return the value of ParticipantRow.person for a member of staff or a key."""
    return f"staff:{staff.id}"
