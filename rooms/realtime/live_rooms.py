"""The rooms whose people are connected to this process: their sessions, and what each is told.

State is read from SQL whenever the bus says that it changed; what is relayed goes through the bus to
whichever process holds the addressee, and stands in memory only, in a session's bounded replay.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ...core.bus.base import BusMessage, Subscription
from ...core.runtime import Runtime
from ...offices.service import office_topic
from ...signaling import close_codes, relay
from ...signaling.connection import SocketConnection
from ...signaling.ice import TurnServers, ice_servers
from ...signaling.topic_hub import TopicHub
from ..actions import participants
from ..actions.participants import RoomMember, room_topic
from ..domain import room as rules
from ..domain.participant_view import ParticipantView, build_participant_view, view_changes
from ..domain.room import PRESENCE_REFRESH_INTERVAL_S, RESUME_WINDOW_S, ParticipantState, Room
from .participant_session import RoomSession
from .reliable_relay import ReliableRelay

logger = logging.getLogger(__name__)

RESYNC_INTERVAL_S = 3  # how often versions are compared, in case a message of the bus was lost
ICE_CREDENTIALS_MARGIN = timedelta(hours=1)  # credentials outlive the appointment by this
MIN_ICE_CREDENTIALS_LIFETIME = timedelta(hours=1)


class LiveRoom:
    """One room as this process knows it: the newest snapshot, and the sessions held here."""

    def __init__(self, runtime: Runtime, member: RoomMember, on_lobby: Callable[[], None]) -> None:
        self.topic = room_topic(member.office_slug, member.appointment_id)
        self.appointment_id = member.appointment_id
        self.office_slug = member.office_slug
        self.office_id = member.office_id
        self.closes_at = member.closes_at
        self.room = Room(member.appointment_id, version=-1)
        self.sessions: dict[str, RoomSession] = {}
        self.pending_hellos = 0  # hellos on their way in: a room that is awaited is not forgotten
        self.lock = asyncio.Lock()
        self._runtime = runtime
        self._on_lobby = on_lobby
        self._subscription: Subscription | None = None
        self.relay = ReliableRelay(runtime.bus, self.topic)

    def member(self, session: RoomSession) -> RoomMember:
        """Where this session sits."""
        return RoomMember(
            self.appointment_id, self.office_id, self.office_slug, session.participant_id, self.closes_at
        )

    def admitted_ids(self) -> frozenset[str]:
        """Who is admitted, as far as this process knows."""
        return frozenset(one.id for one in self.room.admitted_participants())

    async def subscribe(self) -> None:
        """Subscribe before anything is read, so that no change falls in between. Call with the lock held."""
        if self._subscription is None:
            self._subscription = await self._runtime.bus.subscribe(self.topic, self._on_bus_message)

    async def _on_bus_message(self, message: BusMessage) -> None:
        async with self.lock:
            kind = message["kind"]
            if kind == "changed" and message["v"] > self.room.version:
                await self.reload()
            elif kind == "relay" and self.relay.is_new_signal(message):
                self._deliver_signal(message["from"], message["to"], message["message"])
            elif kind == "missed":
                await self.relay.answer_resend_request(message)
            elif kind == "session":
                self._close_older_sessions(message["participant"], message["session"])
            elif kind == "removed":
                self._evict(message["participant"])

    async def reload(self) -> None:
        """Read the room again, and tell each session what has changed for it. Call with the lock held."""
        async with self._runtime.read_session() as db:
            fresh = await participants.current_room(db, self.appointment_id)
        if fresh is None or fresh.version < self.room.version:
            return
        self.room = fresh
        for session in self.sessions.values():
            self._send_view_changes(session)

    def _send_view_changes(self, session: RoomSession) -> None:
        before, after = session.last_view, build_participant_view(self.room, session.participant_id)
        session.last_view = after
        for message in view_changes(before, after) if before else []:
            session.send_numbered(message)
        if before and before.state is not after.state and after.state is ParticipantState.LOBBY:
            session.last_lobby_message = None
            self._on_lobby()
        if after.end_reason is not None and session.connection is not None:
            session.connection.close(close_codes.NORMAL, "ended")

    def _deliver_signal(self, sender: str, to: str | None, message: dict[str, Any]) -> None:
        admitted = self.admitted_ids()
        for session in self.sessions.values():
            if relay.is_recipient(session.participant_id, sender, to, admitted):
                session.send_numbered(message)

    async def recover_after_interruption(self) -> None:
        """The bus was away: read again what has changed, and have relayed again what was lost."""
        async with self.lock:
            await self.reload()
        await self.relay.recover_after_interruption()

    def _close_older_sessions(self, participant_id: str, session_hash: str) -> None:
        """The person has a newer session; an older one here is over."""
        for session in self._sessions_of_participant(participant_id):
            if session.hash != session_hash:
                self.drop_session(session, close_codes.REPLACED, "replaced")

    def _evict(self, participant_id: str) -> None:
        for session in self._sessions_of_participant(participant_id):
            session.send_numbered({"type": "ended", "reason": "removed"})
            self.drop_session(session, close_codes.NORMAL, "removed")

    def _sessions_of_participant(self, participant_id: str) -> list[RoomSession]:
        return [one for one in self.sessions.values() if one.participant_id == participant_id]

    def drop_session(self, session: RoomSession, code: int, reason: str) -> None:
        """End a session for good."""
        self.sessions.pop(session.hash, None)
        if session.connection is not None:
            session.connection.close(code, reason)

    def drop_expired_sessions(self, now: datetime) -> None:
        """Sessions to which nobody came back in time."""
        for session in [one for one in self.sessions.values() if one.is_expired(now)]:
            del self.sessions[session.hash]

    async def close(self) -> None:
        if self._subscription is not None:
            await self._subscription.close()


class LiveRooms:
    """All live rooms of this process. Made by server/ in the lifespan, which also runs `run`."""

    def __init__(self, runtime: Runtime, turn: TurnServers) -> None:
        self._runtime = runtime
        self._turn = turn
        self._rooms: dict[str, LiveRoom] = {}
        self._lobby_hub = TopicHub(runtime.bus)
        self._refreshed_at: datetime | None = None
        runtime.bus.on_reconnect(self._recover_after_interruption)

    def room(self, appointment_id: str) -> LiveRoom:
        """The live room in which a session of this process sits."""
        return self._rooms[appointment_id]

    def session(self, session_hash: str) -> RoomSession | None:
        """A session that this process still holds."""
        found = (room.sessions.get(session_hash) for room in self._rooms.values())
        return next((session for session in found if session is not None), None)

    def ice_servers(self, closes_at: datetime) -> list[dict[str, Any]]:
        """Credentials that last for the appointment and an hour."""
        now = self._runtime.now()
        return ice_servers(
            self._turn, now, max(closes_at + ICE_CREDENTIALS_MARGIN - now, MIN_ICE_CREDENTIALS_LIFETIME)
        )

    async def open_session(self, member: RoomMember, session_id: str, connection: SocketConnection) -> RoomSession:
        """A new session, with a fresh snapshot."""
        session = RoomSession(session_id, member.participant_id)
        room = await self._attach_session(member, session, connection, None)
        await self._subscribe_to_lobby(room, session, connection)
        return session

    async def resume_session(
        self, member: RoomMember, session: RoomSession, connection: SocketConnection, seq: int
    ) -> None:
        """A session that goes on after its socket was lost, with what was missed since `seq`."""
        if session.connection is not None:
            session.connection.close(close_codes.REPLACED, "replaced")
            session.detach_connection(session.connection, self._runtime.now())
        room = await self._attach_session(member, session, connection, seq)
        await self._subscribe_to_lobby(room, session, connection)

    async def _attach_session(
        self, member: RoomMember, session: RoomSession, connection: SocketConnection, seq: int | None
    ) -> LiveRoom:
        room = self._rooms.get(member.appointment_id)
        if room is None:
            topic = office_topic(member.office_slug)
            room = LiveRoom(self._runtime, member, lambda: self._lobby_hub.request_refresh(topic))
            self._rooms[member.appointment_id] = room
        room.pending_hellos += 1
        try:
            async with room.lock:
                await room.subscribe()
                await room.reload()
                self._send_welcome(room, session, connection, seq)
        finally:
            room.pending_hellos -= 1
        return room

    def _send_welcome(
        self, room: LiveRoom, session: RoomSession, connection: SocketConnection, seq: int | None
    ) -> None:
        missed = None if seq is None else session.messages_after(seq)
        session.last_view = build_participant_view(room.room, session.participant_id)
        session.last_lobby_message = None
        room.sessions[session.hash] = session
        at = session.seq if missed is None or seq is None else seq
        connection.send(self._build_welcome(room, session, session.last_view, at, resumed=missed is not None))
        session.attach_connection(connection)
        for message in missed or []:
            connection.send(message)

    def _build_welcome(
        self, room: LiveRoom, session: RoomSession, view: ParticipantView, seq: int, *, resumed: bool
    ) -> dict[str, Any]:
        me = room.room.get_participant(session.participant_id)
        return {
            "type": "welcome",
            "session": session.id,
            "resumed": resumed,
            "seq": seq,
            "participant": me.id,
            "role": me.role.value,
            "name": me.name,
            "state": view.state.value,
            "ice_servers": self.ice_servers(room.closes_at),
            "resume_window_s": RESUME_WINDOW_S,
            "talking_s": rules.call_elapsed_s(room.room, self._runtime.now()),
            "participants": list(view.others.values()),
        }

    async def _subscribe_to_lobby(
        self, room: LiveRoom, session: RoomSession, connection: SocketConnection
    ) -> None:
        topic = office_topic(room.office_slug)
        await self._lobby_hub.subscribe(topic, connection, (room, session), self._send_lobby_updates)
        self._lobby_hub.request_refresh(topic)

    async def _send_lobby_updates(self, topic: str, _message: BusMessage | None) -> None:
        """Tell whoever waits their place, if it is another than they know."""
        waiting = [
            (room, session)
            for room, session in self._lobby_hub.members(topic).values()
            if session.last_view and session.last_view.state is ParticipantState.LOBBY
        ]
        if not waiting:
            return
        async with self._runtime.read_session() as db:
            told = await participants.lobby_updates(db, waiting[0][0].office_id)
        for _, session in waiting:
            if session.participant_id in told and session.last_view.state is ParticipantState.LOBBY:
                self._send_lobby_update(session, told[session.participant_id])

    def _send_lobby_update(self, session: RoomSession, update: participants.LobbyUpdate) -> None:
        message: dict[str, Any] = {"type": "lobby", "position": update.position, "agent": update.agent.value}
        if update.agent_name:
            message["agent_name"] = update.agent_name
        if update.message:
            message["message"] = update.message
        if message != session.last_lobby_message:
            session.last_lobby_message = message
            session.send_numbered(message)

    async def on_connection_lost(self, room: LiveRoom, session: RoomSession, connection: SocketConnection) -> None:
        """A socket is over; its session waits for 120 s."""
        session.detach_connection(connection, self._runtime.now())
        await self._lobby_hub.unsubscribe(office_topic(room.office_slug), connection)

    async def run_maintenance(self) -> None:
        """What has to be done now and then: heal, say who is still there, forget who is not."""
        now = self._runtime.now()
        await self._drop_expired(now)
        await self._resync_stale_rooms()
        if self._refreshed_at is None or now - self._refreshed_at >= timedelta(
            seconds=PRESENCE_REFRESH_INTERVAL_S
        ):
            self._refreshed_at = now
            await self._refresh_presence()

    async def _drop_expired(self, now: datetime) -> None:
        for room in list(self._rooms.values()):
            room.drop_expired_sessions(now)
            if not room.sessions and not room.pending_hellos and not room.lock.locked():
                del self._rooms[room.appointment_id]
                await room.close()

    async def _resync_stale_rooms(self) -> None:
        if not self._rooms:
            return
        async with self._runtime.read_session() as db:
            present = await participants.room_versions(db, list(self._rooms))
        for appointment_id, version in present.items():
            room = self._rooms.get(appointment_id)
            if room is not None and version > room.room.version:
                async with room.lock:
                    await room.reload()

    async def _recover_after_interruption(self) -> None:
        for room in list(self._rooms.values()):
            await room.recover_after_interruption()
        await self._drop_replaced_sessions()

    async def _drop_replaced_sessions(self) -> None:
        """Sessions of people who have a newer one at a process whose message we missed."""
        held = [session for room in self._rooms.values() for session in room.sessions.values()]
        if not held:
            return
        async with self._runtime.read_session() as db:
            newest = await participants.latest_session_hashes(db, [session.participant_id for session in held])
        for room in self._rooms.values():
            for session in list(room.sessions.values()):
                if newest.get(session.participant_id, session.hash) != session.hash:
                    room.drop_session(session, close_codes.REPLACED, "replaced")

    async def _refresh_presence(self) -> None:
        await self._drop_replaced_sessions()
        held = [
            (room, session)
            for room in self._rooms.values()
            for session in room.sessions.values()
            if session.connection is not None
        ]
        await participants.refresh_presence(self._runtime, [session.hash for _, session in held])
        for room, session in held:
            if session.check_access is not None and not await session.check_access():
                await self._revoke_session(room, session)
                continue
            one = room.room.get_participant(session.participant_id)
            if not one.connected and room.room.end is None:
                await participants.mark_reconnected(self._runtime, room.member(session))
        for topic in self._lobby_hub.topics():
            self._lobby_hub.request_refresh(topic)

    async def _revoke_session(self, room: LiveRoom, session: RoomSession) -> None:
        """Somebody who signed out elsewhere, or whose key was revoked."""
        room.drop_session(session, close_codes.NOT_ALLOWED, "signed out")
        await participants.revoke_session(self._runtime, room.member(session), session.hash)

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop` is set; a tick that fails is logged, and the next one comes all the same."""
        while not stop.is_set():
            try:
                await self.run_maintenance()
            except Exception:
                logger.exception("rooms_tick_failed")
            try:
                await asyncio.wait_for(stop.wait(), RESYNC_INTERVAL_S)
            except TimeoutError:
                continue

    def close_for_restart(self) -> None:
        """Ask everybody to come back: this process is about to stop."""
        for room in self._rooms.values():
            for session in room.sessions.values():
                if session.connection is not None:
                    session.connection.close(close_codes.RESTARTING, "restarting")

    async def close(self) -> None:
        """End all subscriptions and tasks."""
        self.close_for_restart()
        for room in self._rooms.values():
            await room.close()
        self._rooms.clear()
        await self._lobby_hub.close()
