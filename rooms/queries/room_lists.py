"""Lists over many rooms for the lobby, the consoles and the delay monitor. Read only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import (
    ON_TIME_WITHIN,
    Appointment,
    AppointmentState,
    RemoteVisit,
    appointments_by_ids,
    appointments_of_day,
    forecast_starts,
)
from ...core.i18n.dates import to_local_time
from ...offices.service import Office
from ...precheck.service import ConnectionTestSummary, latest_test_summaries
from ..domain import room as rules
from ..domain.room import AgentState, CallBack, Participant, ParticipantRole, ParticipantState, Room
from ..storage import room_rows
from .room_access import ENTERABLE_STATES

CALL_LOOK_BACK = timedelta(hours=4)  # no call is longer
# citizens with a later appointment are not notified yet
CALL_LOOK_AHEAD = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class LobbyGuest:
    """Participant who is not staff: in the lobby, in the call, or left with a kept position."""

    appointment_id: str
    participant_id: str
    starts_at: datetime
    name: str
    state: str
    since: datetime
    connected: bool
    verdict: str | None
    agent: str | None
    service: str
    role: str = ParticipantRole.CITIZEN.value  # or that of a guest


@dataclass(frozen=True, slots=True)
class VideoAppointmentStatus:
    """A video appointment of today, with the state of its room, for the consoles."""

    appointment_id: str
    starts_at: datetime
    ends_at: datetime
    name: str
    service_slug: str
    more_services: tuple[str, ...]
    needs: tuple[str, ...]
    details: Mapping[str, str]
    state: str  # expected, lobby, admitted, left or ended
    since: datetime | None
    connected: bool
    agent: str | None
    outcome: str | None
    test: ConnectionTestSummary | None = None  # the latest test for this appointment
    called_back: CallBack | None = None


@dataclass(frozen=True, slots=True)
class LobbyCount:
    """Citizens in the lobbies of an office.

    `late`: they wait longer than a punctual call allows.
    """

    waiting: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class LobbyUpdate:
    """Content of the `lobby` message to a participant."""

    appointment_id: str
    position: int
    agent: AgentState
    agent_name: str | None
    message: str | None


async def lobby_updates(session: AsyncSession, office_id: str) -> dict[str, LobbyUpdate]:
    """Return the update for each participant in the lobbies of an office, by participant id.

    A query, and work in proportion to the people who are inside.
    """
    rooms = await room_rows.rooms_with_people(session, office_id)
    calls = [room for room in rooms if rules.has_ongoing_call(room)]
    updates = {}
    positions = rules.lobby_positions(rooms)
    for room in rooms:
        state, agent = rules.agent_state_for_lobby(room, calls)
        for participant in room.lobby_participants():
            updates[participant.id] = LobbyUpdate(
                room.appointment_id,
                positions[participant.id],
                state,
                agent.name if agent else None,
                participant.lobby_message,
            )
    return updates


async def lobby_guests(session: AsyncSession, office: Office) -> list[LobbyGuest]:
    """Return the guests of the office's open rooms, ordered by first join."""
    rooms = {room.appointment_id: room for room in await room_rows.open_rooms(session, office.id)}
    tests = await latest_test_summaries(session, rooms.keys())
    guests: list[tuple[Appointment, Room, Participant]] = []
    for appointment in await appointments_by_ids(session, list(rooms)):
        room = rooms[appointment.id]
        joined = [participant for participant in room.participants if _has_joined_lobby(participant)]
        guests += [(appointment, room, participant) for participant in joined]
    guests.sort(key=lambda guest: (guest[2].first_joined_at or guest[2].state_since, guest[2].id))
    return [_lobby_guest(*guest, tests) for guest in guests]


async def count_in_lobbies(
    session: AsyncSession, office_ids: Collection[str], now: datetime
) -> dict[str, LobbyCount]:
    """Count the citizens in lobbies by office id; offices without any are missing.

    The number of statements does not depend on the number of offices.
    """
    waits = await room_rows.lobby_waits(session, office_ids)
    appointments = await appointments_by_ids(session, [wait.appointment_id for wait in waits])
    due = {appointment.id: appointment.starts_at for appointment in appointments}
    counts: dict[str, LobbyCount] = {}
    for wait in waits:
        count, since = counts.get(wait.office_id, LobbyCount()), max(wait.joined_at, due[wait.appointment_id])
        counts[wait.office_id] = LobbyCount(count.waiting + 1, count.late + (now - since > ON_TIME_WITHIN))
    return counts


def _has_joined_lobby(participant: Participant) -> bool:
    return (
        not participant.is_staff
        and participant.first_joined_at is not None
        and participant.state is not ParticipantState.OUTSIDE
    )


def _lobby_guest(
    appointment: Appointment,
    room: Room,
    participant: Participant,
    tests: Mapping[str, ConnectionTestSummary],
) -> LobbyGuest:
    agent, test = rules.attending_agent(room), tests.get(appointment.id)
    return LobbyGuest(
        appointment_id=appointment.id,
        participant_id=participant.id,
        starts_at=appointment.starts_at,
        name=participant.name,
        state=participant.state.value,
        since=participant.state_since,
        connected=participant.connected,
        verdict=test.verdict if test else None,
        agent=agent.name if agent else None,
        service=appointment.service_slug,
        role=participant.role.value,
    )


async def todays_video_appointments(
    session: AsyncSession, office: Office, now: datetime
) -> list[VideoAppointmentStatus]:
    """Return today's video appointments with the state of their rooms, ordered by time."""
    start = to_local_time(now, office.timezone).replace(hour=0, minute=0, second=0, microsecond=0)
    day = await appointments_of_day(session, office.id, start, start + timedelta(days=1), "video")
    ids = [appointment.id for appointment in day]
    rooms = await room_rows.load_rooms(session, ids)
    tests = await latest_test_summaries(session, ids)
    return [
        _video_appointment_status(appointment, rooms.get(appointment.id), tests.get(appointment.id))
        for appointment in day
    ]


def _video_appointment_status(
    appointment: Appointment, room: Room | None, test: ConnectionTestSummary | None
) -> VideoAppointmentStatus:
    joined = (participant for participant in room.participants if _has_joined_lobby(participant)) if room else ()
    guest = next((participant for participant in joined if participant.role is ParticipantRole.CITIZEN), None)
    agent = rules.attending_agent(room) if room else None
    has_ended = (room is not None and room.end is not None) or appointment.state in (
        AppointmentState.SERVED,
        AppointmentState.NO_SHOW,
    )
    return VideoAppointmentStatus(
        appointment_id=appointment.id,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        name=guest.name if guest else appointment.name,
        service_slug=appointment.service_slug,
        more_services=appointment.service_slugs[1:],
        needs=appointment.all_needs,
        details=appointment.details,
        state="ended" if has_ended else guest.state.value if guest else "expected",
        since=guest.state_since if guest else None,
        connected=guest.connected if guest else False,
        agent=agent.name if agent else None,
        outcome=room.end.outcome if room and room.end else None,
        test=test,
        called_back=room.called_back if room else None,
    )


async def forecast_video_starts(session: AsyncSession, office: Office, now: datetime) -> dict[str, datetime]:
    """Forecast the start of each video visit that has not begun, by appointment id.

    Only for services in which a call has overrun by more than the tolerance and no agent is free.
    """
    if not any(rules.has_ongoing_call(room) for room in await room_rows.open_rooms(session, office.id)):
        return {}
    day = await appointments_of_day(session, office.id, now - CALL_LOOK_BACK, now + CALL_LOOK_AHEAD, "video")
    enterable = [appointment for appointment in day if appointment.state in ENTERABLE_STATES]
    rooms = await room_rows.load_rooms(session, [appointment.id for appointment in enterable])
    visits_by_service: dict[str, list[RemoteVisit]] = {}
    for appointment in enterable:
        room = rooms.get(appointment.id)
        visit = RemoteVisit(
            appointment.id,
            appointment.starts_at,
            appointment.ends_at,
            is_in_call=room is not None and rules.has_ongoing_call(room),
            has_arrived=appointment.state is AppointmentState.CHECKED_IN,
        )
        visits_by_service.setdefault(appointment.service_slug, []).append(visit)
    capacity = {service.slug: service.capacity.get("video", 1) for service in office.services}
    starts: dict[str, datetime] = {}
    for slug, visits in visits_by_service.items():
        starts |= forecast_starts(visits, capacity.get(slug, 1), now)
    return starts
