"""All rooms with sockets in this process: hello, resume, maintenance. No rules."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from functools import partial

from ...core.json_types import JsonObject
from ...core.periodic import run_every
from ...core.runtime import Runtime
from ...signaling import close_codes
from ...signaling.connection import SocketConnection
from ...signaling.ice import TurnServers, ice_servers
from ..actions import participant_actions, presence
from ..actions.room_entry import StaffAccess
from ..actions.room_transaction import RoomMember
from ..domain.participant_view import ParticipantView, build_participant_view
from ..domain.room import PRESENCE_REFRESH_INTERVAL_S, RESUME_WINDOW_S, call_elapsed_s
from ..storage import room_rows
from .live_room import LiveRoom
from .lobby_subscribers import LobbySubscribers
from .participant_session import RoomSession

logger = logging.getLogger(__name__)

RESYNC_INTERVAL_S = 3  # how often versions are compared, because the bus may lose a message
# credentials outlive the room's closing time, as a call may overrun
ICE_CREDENTIALS_MARGIN = timedelta(hours=1)
MIN_ICE_CREDENTIALS_LIFETIME = timedelta(hours=1)


class LiveRooms:
    """Registry of the live rooms of this process. The server's lifespan runs `run`."""

    def __init__(self, runtime: Runtime, turn: TurnServers) -> None:
        self._runtime = runtime
        self._turn = turn
        self._rooms: dict[str, LiveRoom] = {}  # by appointment id
        self._lobby = LobbySubscribers(runtime)
        self._refreshed_at: datetime | None = None
        runtime.bus.on_reconnect(self._recover_after_interruption)

    def room(self, appointment_id: str) -> LiveRoom:
        """Return the live room of an appointment. Raises KeyError if no session of it is here."""
        return self._rooms[appointment_id]

    def session(self, session_hash: str) -> RoomSession | None:
        """Return the session with this hash if this process has it."""
        found = (room.sessions.get(session_hash) for room in self._rooms.values())
        return next((session for session in found if session is not None), None)

    def _make_ice_servers(self, closes_at: datetime) -> list[JsonObject]:
        """Return ICE servers with credentials that outlive the closing time by an hour."""
        now = self._runtime.now()
        lifetime = max(closes_at + ICE_CREDENTIALS_MARGIN - now, MIN_ICE_CREDENTIALS_LIFETIME)
        return ice_servers(self._turn, now, lifetime)

    async def open_session(
        self, member: RoomMember, session_id: str, connection: SocketConnection, *, acknowledges: bool = False
    ) -> RoomSession:
        """Open a new session and send it a snapshot of the room."""
        session = RoomSession(session_id, member.participant_id, acknowledges=acknowledges)
        await self._attach_session(member, session, connection, None)
        return session

    async def resume_session(
        self, member: RoomMember, session: RoomSession, connection: SocketConnection, seq: int
    ) -> None:
        """Attach a new socket to a session, and send the messages missed since `seq`."""
        if session.connection is not None:
            session.connection.close(close_codes.REPLACED, "replaced")
            session.detach_connection(session.connection, self._runtime.now())
        await self._attach_session(member, session, connection, seq)

    async def _attach_session(
        self, member: RoomMember, session: RoomSession, connection: SocketConnection, seq: int | None
    ) -> None:
        room = self._rooms.get(member.appointment_id)
        if room is None:
            request_refresh = partial(self._lobby.request_refresh, member.office_slug)
            room = LiveRoom(self._runtime, member, request_refresh, self._make_ice_servers)
            self._rooms[member.appointment_id] = room
        # counted before the first await: maintenance would drop the room, which has no session yet
        room.pending_hellos += 1
        try:
            async with room.lock:
                await room.subscribe()
                await room.reload()
                self._send_welcome(room, session, connection, seq)
        finally:
            room.pending_hellos -= 1
        await self._lobby.subscribe(room, session, connection)

    def _send_welcome(
        self, room: LiveRoom, session: RoomSession, connection: SocketConnection, seq: int | None
    ) -> None:
        """Send `welcome`, then the messages after `seq` if the replay still has them all."""
        missed = None if seq is None else session.frames_after(seq)
        if missed is None:
            session.start_afresh()
        elif seq is not None:
            session.acknowledge(seq)
        session.on_received = room.relay.on_received
        session.describe_error = connection.describe_error
        session.last_view = build_participant_view(room.room, session.participant_id)
        session.last_lobby_message = None
        room.sessions[session.hash] = session
        welcome_seq = session.seq if missed is None or seq is None else seq
        welcome = self._build_welcome(room, session, session.last_view, welcome_seq, resumed=missed is not None)
        connection.send(welcome)
        # attached only after these frames, so that a newer message cannot overtake them
        for frame in missed or []:
            connection.send_frame(frame)
        session.attach_connection(connection)
        if missed is None:
            room.relay.announce_arrival(session.participant_id)
        if session.last_view.end_reason is not None:  # the room ended after the transaction of the hello
            session.send_numbered({"type": "ended", "reason": session.last_view.end_reason})
            connection.close(close_codes.NORMAL, "ended")

    def _build_welcome(
        self, room: LiveRoom, session: RoomSession, view: ParticipantView, seq: int, *, resumed: bool
    ) -> JsonObject:
        participant = room.room.get_participant(session.participant_id)
        return {
            "type": "welcome",
            "session": session.id,
            "resumed": resumed,
            "seq": seq,
            "participant": participant.id,
            "role": participant.role.value,
            "name": participant.name,
            "state": view.state.value,
            "held": view.held,
            "agent_state": participant.agent_state.value if participant.agent_state else None,
            "ice_servers": room.ice_servers_for(participant.id),
            "resume_window_s": RESUME_WINDOW_S,
            "by_phone_since": view.by_phone_since,
            "evacuation": view.evacuation,
            "talking_s": call_elapsed_s(room.room, self._runtime.now()),
            "participants": list(view.others.values()),
            **({"called_back": view.called_back} if view.called_back is not None else {}),
        }

    async def on_connection_lost(self, room: LiveRoom, session: RoomSession, connection: SocketConnection) -> None:
        """Detach a closed socket. The session can be resumed for 120 s."""
        session.detach_connection(connection, self._runtime.now())
        await self._lobby.unsubscribe(room.office_slug, connection)

    # Maintenance

    async def run(self, stop: asyncio.Event) -> None:
        """Run maintenance every few seconds until `stop` is set. A failure is logged and retried."""
        await run_every(
            RESYNC_INTERVAL_S, stop, self.run_maintenance, logger=logger, failure_event="rooms_tick_failed"
        )

    async def run_maintenance(self) -> None:
        """Drop expired sessions, resync stale rooms, and refresh presence every 10 s."""
        now = self._runtime.now()
        await self._drop_expired(now)
        await self._resync_stale_rooms()
        interval = timedelta(seconds=PRESENCE_REFRESH_INTERVAL_S)
        if self._refreshed_at is None or now - self._refreshed_at >= interval:
            # set first: a refresh that fails is retried at the next interval, not every three seconds
            self._refreshed_at = now
            await self._refresh_presence()

    async def _drop_expired(self, now: datetime) -> None:
        for room in list(self._rooms.values()):
            room.drop_expired_sessions(now)
            if room.is_unused:
                del self._rooms[room.appointment_id]
                await room.close()

    async def _resync_stale_rooms(self) -> None:
        """Reload the rooms whose new version was not announced, because the bus lost the message."""
        if not self._rooms:
            return
        async with self._runtime.read_session() as db:
            versions = await room_rows.room_versions(db, list(self._rooms))
        for appointment_id, version in versions.items():
            room = self._rooms.get(appointment_id)
            if room is not None and version > room.room.version:
                async with room.lock:
                    await room.reload()

    async def _refresh_presence(self) -> None:
        """Extend the presence of connected sessions, and revoke those of staff without access.

        A login session that only expired loses its socket: the person may sign in and resume within 120 s.
        """
        await self._drop_replaced_sessions()
        connected = [
            (room, session)
            for room in self._rooms.values()
            for session in room.sessions.values()
            if session.connection is not None and not session.is_away
        ]
        await presence.refresh_presence(self._runtime, [session.hash for _, session in connected])
        for room, session in connected:
            access = StaffAccess.VALID if session.check_access is None else await session.check_access()
            if access is StaffAccess.EXPIRED:  # the call goes on while the person signs in again
                session.close_connection(close_codes.NOT_ALLOWED, "session expired")
                continue
            if access is StaffAccess.REVOKED:
                room.drop_session(session, close_codes.NOT_ALLOWED, "signed out")
                await participant_actions.revoke_session(self._runtime, room.member(session), session.hash)
                continue
            participant = room.room.get_participant(session.participant_id)
            if not participant.connected and room.room.end is None:
                await presence.mark_reconnected(self._runtime, room.member(session))
        self._lobby.request_all_refreshes()

    async def _recover_after_interruption(self) -> None:
        for room in list(self._rooms.values()):
            await room.recover_after_interruption()
        await self._drop_replaced_sessions()

    async def _drop_replaced_sessions(self) -> None:
        """Drop sessions that were replaced in another process whose bus message was lost."""
        sessions = [session for room in self._rooms.values() for session in room.sessions.values()]
        if not sessions:
            return
        async with self._runtime.read_session() as db:
            latest = await room_rows.latest_session_hashes(db, [session.participant_id for session in sessions])
        for room in self._rooms.values():
            room.drop_replaced_sessions(latest)

    # Shutdown

    def close_for_restart(self) -> None:
        """Close all sockets with the code that makes clients reconnect."""
        for room in self._rooms.values():
            for session in room.sessions.values():
                if session.connection is not None:
                    session.connection.close(close_codes.RESTARTING, "restarting")

    async def close(self) -> None:
        """Close all sockets, subscriptions and tasks."""
        self.close_for_restart()
        for room in self._rooms.values():
            await room.close()
        self._rooms.clear()
        await self._lobby.close()
