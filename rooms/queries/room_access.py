"""Access to a room, and the check for another page of the same person. Read only."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import Appointment, AppointmentState, EntryWindow, entry_window
from ...core.auth import Principal
from ...core.errors import Gone, NotAllowed
from ..domain.room import INSIDE_STATES, Room, is_kept_open
from ..storage import room_rows

CITIZEN_PERSON = "citizen"  # value of ParticipantRow.person; staff have `staff:ID`, guests `guest:ID`
GUEST_PREFIX = "guest:"

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

    An attending agent, or a transfer to an agent, keeps the room open after its closing time.
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
    if window is EntryWindow.CLOSED and (room is None or not is_kept_open(room, now)):
        return RoomAccess.OVER
    return RoomAccess.OPEN


def require_open_access(access: RoomAccess) -> None:
    """Raise NotAllowed or Gone with the reason, unless the room is open."""
    match access:
        case RoomAccess.NOT_VIDEO:
            raise NotAllowed("not_video")
        case RoomAccess.UNCONFIRMED:
            raise NotAllowed("not_confirmed")
        case RoomAccess.EARLY:
            raise NotAllowed("too_early_for_room")
        case RoomAccess.CANCELLED:
            raise Gone("appointment_cancelled")
        case RoomAccess.OVER:
            raise Gone("room_over")


async def is_person_inside(session: AsyncSession, room: Room | None, person: str) -> bool:
    """Check whether a person is connected from another page, which a new page would replace.

    `person`: as in ParticipantRow.
    """
    if room is None:
        return False
    participant_id = await room_rows.participant_id_of_person(session, room.appointment_id, person)
    if participant_id is None:
        return False
    participant = room.get_participant(participant_id)
    return participant.connected and participant.state in INSIDE_STATES


def person_key(staff: Principal) -> str:
    """Return the value of ParticipantRow.person for a member of staff or a key."""
    return staff_key(staff.id)


def staff_key(staff_id: str) -> str:
    """Return the value of ParticipantRow.person for the id of an account or key."""
    return f"staff:{staff_id}"


def guest_key(invite_id: str) -> str:
    """Return the value of ParticipantRow.person for the guest of an invitation."""
    return f"{GUEST_PREFIX}{invite_id}"
