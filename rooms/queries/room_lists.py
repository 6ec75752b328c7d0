"""What the lobby's people and the consoles are told of many rooms at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import Appointment, AppointmentState, appointment_by_id, appointments_of_day
from ...core.i18n.dates import to_local_time
from ...offices.service import Office
from ...precheck.service import ConnectionTestSummary, latest_test_summaries
from ..domain import delays
from ..domain import room as rules
from ..domain.delays import VideoVisit
from ..domain.room import AgentState, Participant, ParticipantState, Room
from ..storage import room_rows

CALL_LOOK_BACK = timedelta(hours=4)  # no call is longer
CALL_LOOK_AHEAD = timedelta(hours=3)  # who comes later is told nothing yet


@dataclass(frozen=True, slots=True)
class LobbyGuest:
    """Somebody in the lobby or in the call, or who left it and keeps the place."""

    appointment_id: str
    participant_id: str
    starts_at: datetime
    name: str
    state: str
    since: datetime
    connected: bool
    verdict: str | None
    agent: str | None


@dataclass(frozen=True, slots=True)
class VideoAppointmentStatus:
    """One of today's video appointments, for the console. `state`: expected, lobby, admitted, left, ended."""

    appointment_id: str
    starts_at: datetime
    ends_at: datetime
    name: str
    service_slug: str
    more_services: tuple[str, ...]
    needs: tuple[str, ...]
    state: str
    since: datetime | None
    connected: bool
    agent: str | None
    outcome: str | None
    test: ConnectionTestSummary | None = None  # the last one made for this appointment


@dataclass(frozen=True, slots=True)
class LobbyUpdate:
    """What one person in the lobby is told."""

    position: int
    agent: AgentState
    agent_name: str | None
    message: str | None


async def lobby_updates(session: AsyncSession, office_id: str) -> dict[str, LobbyUpdate]:
    """What each person in the lobbies of an office is told, by participant id."""
    rooms = await room_rows.open_rooms(session, office_id)
    told = {}
    for position, (room, one) in enumerate(rules.waiting_participants(rooms), start=1):
        others = [other for other in rooms if other.appointment_id != room.appointment_id]
        state, agent = rules.agent_state_for_lobby(room, others)
        told[one.id] = LobbyUpdate(position, state, agent.name if agent else None, one.lobby_message)
    return told


async def lobby_guests(session: AsyncSession, office: Office, now: datetime) -> list[LobbyGuest]:
    """Everybody who waits or talks in the office's open rooms, by first join."""
    rooms = {room.appointment_id: room for room in await room_rows.open_rooms(session, office.id)}
    tests = await latest_test_summaries(session, rooms.keys())
    entries = []
    for appointment_id, room in rooms.items():
        appointment = await appointment_by_id(session, appointment_id)
        entries += [
            _lobby_guest(appointment, room, one, tests) for one in room.participants if _has_joined_lobby(one)
        ]
    return [one for _, one in sorted(entries, key=lambda pair: (pair[0], pair[1].participant_id))]


def _has_joined_lobby(one: Participant) -> bool:
    return not one.is_staff and one.first_joined_at is not None and one.state is not ParticipantState.OUTSIDE


def _lobby_guest(
    appointment: Appointment, room: Room, one: Participant, tests: Mapping[str, ConnectionTestSummary]
) -> tuple[datetime, LobbyGuest]:
    agent, test = rules.attending_agent(room), tests.get(appointment.id)
    entry_ = LobbyGuest(
        appointment_id=appointment.id,
        participant_id=one.id,
        starts_at=appointment.starts_at,
        name=one.name,
        state=one.state.value,
        since=one.state_since,
        connected=one.connected,
        verdict=test.verdict if test else None,
        agent=agent.name if agent else None,
    )
    return one.first_joined_at or one.state_since, entry_


async def todays_video_appointments(
    session: AsyncSession, office: Office, now: datetime
) -> list[VideoAppointmentStatus]:
    """Today's video appointments with the state of their rooms, by time."""
    start = to_local_time(now, office.timezone).replace(hour=0, minute=0, second=0, microsecond=0)
    day = await appointments_of_day(session, office.id, start, start + timedelta(days=1), "video")
    rooms = await room_rows.load_rooms(session, [one.id for one in day])
    tests = await latest_test_summaries(session, [one.id for one in day])
    return [_video_appointment_status(one, rooms.get(one.id), tests.get(one.id)) for one in day]


def _video_appointment_status(
    appointment: Appointment, room: Room | None, test: ConnectionTestSummary | None
) -> VideoAppointmentStatus:
    guests = [one for one in room.participants if _has_joined_lobby(one)] if room else []
    guest = guests[0] if guests else None
    agent = rules.attending_agent(room) if room else None
    ended = (room is not None and room.end is not None) or appointment.state in (
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
        state="ended" if ended else guest.state.value if guest else "expected",
        since=guest.state_since if guest else None,
        connected=guest.connected if guest else False,
        agent=agent.name if agent else None,
        outcome=room.end.outcome if room and room.end else None,
        test=test,
    )


async def forecast_video_starts(session: AsyncSession, office: Office, now: datetime) -> dict[str, datetime]:
    """When each video visit that has not begun would, while calls are much over their time; by appointment."""
    if not any(rules.has_ongoing_call(room) for room in await room_rows.open_rooms(session, office.id)):
        return {}
    day = await appointments_of_day(session, office.id, now - CALL_LOOK_BACK, now + CALL_LOOK_AHEAD, "video")
    open_ = [one for one in day if one.state in (AppointmentState.CONFIRMED, AppointmentState.CHECKED_IN)]
    rooms = await room_rows.load_rooms(session, [one.id for one in open_])
    visits: dict[str, list[VideoVisit]] = {}
    for one in open_:
        room = rooms.get(one.id)
        is_on, is_here = (
            room is not None and rules.has_ongoing_call(room),
            one.state is AppointmentState.CHECKED_IN,
        )
        visit = VideoVisit(one.id, one.starts_at, one.ends_at, is_on, is_here)
        visits.setdefault(one.service_slug, []).append(visit)
    places = {service.slug: service.capacity.get("video", 1) for service in office.services}
    return {
        one: begins
        for slug, mine in visits.items()
        for one, begins in delays.forecast_starts(mine, places.get(slug, 1), now).items()
    }
