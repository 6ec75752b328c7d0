"""A room with sockets in this process: snapshot, sessions, bus topic. No SQL writes.

State is read from SQL when the bus announces a new version. Relayed signals travel over the bus to
the process with the receiver's socket, and are kept only in the bounded replay of a session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from ...core.bus.base import BusMessage, Subscription
from ...core.json_types import JsonObject
from ...core.runtime import Runtime
from ...signaling import close_codes
from ..actions.room_transaction import RoomMember, room_topic
from ..domain.participant_view import build_participant_view, view_changes
from ..domain.room import ParticipantState, Room
from ..storage import room_rows
from .participant_session import RoomSession
from .reliable_relay import BUS_MESSAGE_KIND, ReliableRelay


class LiveRoom:
    """Latest snapshot of a room, and the sessions of its participants in this process."""

    def __init__(
        self,
        runtime: Runtime,
        member: RoomMember,
        on_lobby_entered: Callable[[], None],
        make_ice_servers: Callable[[datetime], list[JsonObject]],
    ) -> None:
        self.topic = room_topic(member.office_slug, member.appointment_id)
        self.appointment_id = member.appointment_id
        self.office_slug = member.office_slug
        self.office_id = member.office_id
        self.closes_at = member.closes_at
        self.room = Room(member.appointment_id, version=-1)
        self.sessions: dict[str, RoomSession] = {}  # by hash
        self.pending_hellos = 0  # a room with a pending hello must not be dropped
        self.lock = asyncio.Lock()
        self.relay = ReliableRelay(runtime.bus, self.topic, self)
        self._runtime = runtime
        self._on_lobby_entered = on_lobby_entered
        self._make_ice_servers = make_ice_servers
        self._subscription: Subscription | None = None
        self._admitted_ids: frozenset[str] = frozenset()

    def member(self, session: RoomSession) -> RoomMember:
        return RoomMember(
            self.appointment_id, self.office_id, self.office_slug, session.participant_id, self.closes_at
        )

    def admitted_ids(self) -> frozenset[str]:
        """Return the ids of the admitted participants who are not on hold, in the latest snapshot."""
        return self._admitted_ids

    def ice_servers_for(self, participant_id: str) -> list[JsonObject]:
        """Return ICE servers with fresh credentials, for a person in the call only.

        Empty outside the call and on hold: any program could use the relay with them.
        """
        return self._make_ice_servers(self.closes_at) if participant_id in self._admitted_ids else []

    def find_session(self, participant_id: str) -> RoomSession | None:
        """Return the newest session of a participant in this process."""
        for session in reversed(self.sessions.values()):
            if session.participant_id == participant_id:
                return session
        return None

    @property
    def is_unused(self) -> bool:
        """Whether no session of the room is here, none comes, and no message is under way."""
        return not (self.sessions or self.pending_hellos or self.lock.locked() or self.relay.has_pending)

    async def subscribe(self) -> None:
        """Subscribe to the room's topic. Call with the lock held.

        The subscription precedes the first read, so that no change between the two is missed.
        """
        if self._subscription is None:
            self._subscription = await self._runtime.bus.subscribe(self.topic, self._on_bus_message)

    async def _on_bus_message(self, message: BusMessage) -> None:
        async with self.lock:
            match message["kind"]:
                case "changed" if message["v"] > self.room.version:
                    await self.reload()
                case kind if kind == BUS_MESSAGE_KIND:
                    if any(self._precedes_admission(signal) for signal in message.get("signals", ())):
                        await self.reload()
                    self.relay.on_bus_message(message)
                case "notice":
                    self._deliver_notice(message["from"], message["message"])
                case "session":
                    await self._on_new_session(message["participant"], message["session"])
                case "removed":
                    self._evict_participant(message["participant"])

    def _deliver_notice(self, sender: str, message: JsonObject) -> None:
        for session in self.sessions.values():
            if session.participant_id != sender and session.participant_id in self.admitted_ids():
                session.send_numbered(message)

    def _precedes_admission(self, signal: JsonObject) -> bool:
        """Check whether a signal came here before the news that its ends are admitted."""
        receivers = {session.participant_id for session in self.sessions.values()}.intersection(signal["to"])
        return bool(receivers) and not self.admitted_ids().issuperset({signal["from"], *receivers})

    async def reload(self) -> None:
        """Read the room, and send each session the changes of its view. Call with the lock held."""
        async with self._runtime.read_session() as db:
            room = await room_rows.load_room(db, self.appointment_id)
        if room is None or room.version < self.room.version:
            return
        self.room = room
        self._admitted_ids = frozenset(participant.id for participant in room.connectable_participants())
        for session in self.sessions.values():
            self._send_view_changes(session)
        self.relay.drop_absent()

    async def catch_up(self) -> None:
        """Read the room now instead of when the bus announces the change of this process."""
        async with self.lock:
            await self.reload()

    def _send_view_changes(self, session: RoomSession) -> None:
        before, after = session.last_view, build_participant_view(self.room, session.participant_id)
        session.last_view = after
        for message in view_changes(before, after) if before else []:
            if message["type"] == "admitted":  # in the same message: the other side's offer follows at once
                message = {**message, "ice_servers": self.ice_servers_for(session.participant_id)}
            session.send_numbered(message)
        if before and before.state is not after.state and after.state is ParticipantState.LOBBY:
            # a page that comes back to the lobby needs the message, even if its words are the same
            session.last_lobby_message = None
            self._on_lobby_entered()
        if after.end_reason is not None and session.connection is not None:
            session.connection.close(close_codes.NORMAL, "ended")

    async def recover_after_interruption(self) -> None:
        """Read the room and exchange pending messages after the bus was down."""
        async with self.lock:
            await self.reload()
            self.relay.recover_after_interruption({session.participant_id for session in self.sessions.values()})

    def drop_replaced_sessions(self, latest_hashes: Mapping[str, str]) -> None:
        """Drop sessions whose participant has a newer session.

        `latest_hashes`: by participant id.
        """
        for session in list(self.sessions.values()):
            if latest_hashes.get(session.participant_id, session.hash) != session.hash:
                self.drop_session(session, close_codes.REPLACED, "replaced")

    async def _on_new_session(self, participant_id: str, session_hash: str) -> None:
        """Drop older sessions of a participant here. SQL decides, as the news may be late."""
        own = [session.hash for session in self.sessions.values() if session.participant_id == participant_id]
        if any(hash_ != session_hash for hash_ in own):
            async with self._runtime.read_session() as db:
                latest = await room_rows.latest_session_hashes(db, [participant_id])
            self.drop_replaced_sessions(latest)

    def _evict_participant(self, participant_id: str) -> None:
        for session in list(self.sessions.values()):
            if session.participant_id == participant_id:
                session.send_numbered({"type": "ended", "reason": "removed"})
                self.drop_session(session, close_codes.NORMAL, "removed")

    def drop_session(self, session: RoomSession, code: int, reason: str) -> None:
        """Forget a session, so that it cannot be resumed in this process, and close its socket."""
        self.sessions.pop(session.hash, None)
        session.close_connection(code, reason)
        # what this session has not confirmed goes to the person's newer session, in whichever process it is
        self.relay.resend_to(session.participant_id)

    def drop_expired_sessions(self, now: datetime) -> None:
        for session in [session for session in self.sessions.values() if session.is_expired(now)]:
            del self.sessions[session.hash]

    async def close(self) -> None:
        if self._subscription is not None:
            await self._subscription.close()
        await self.relay.close()
