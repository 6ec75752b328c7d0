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

from ...core.bus.base import Message, Subscription
from ...core.runtime import Runtime
from ...offices.service import office_topic
from ...signaling import close_codes, relay
from ...signaling.connection import Connection
from ...signaling.ice import TurnServers, ice_servers
from ...signaling.topic_hub import Hub
from ..actions import participants
from ..actions.participants import Seat, room_topic
from ..domain import room as rules
from ..domain.participant_view import View, changes, view
from ..domain.room import REFRESH_S, RESUME_S, Place, Room
from .participant_session import Session
from .reliable_relay import Relayed

logger = logging.getLogger(__name__)

HEAL_S = 3  # how often versions are compared, in case a message of the bus was lost
ICE_AFTER = timedelta(hours=1)  # credentials outlive the appointment by this
ICE_AT_LEAST = timedelta(hours=1)


class LiveRoom:
    """One room as this process knows it: the newest snapshot, and the sessions held here."""

    def __init__(self, runtime: Runtime, seat: Seat, on_lobby: Callable[[], None]) -> None:
        self.topic = room_topic(seat.office_slug, seat.appointment_id)
        self.appointment_id = seat.appointment_id
        self.office_slug = seat.office_slug
        self.office_id = seat.office_id
        self.closes_at = seat.closes_at
        self.room = Room(seat.appointment_id, version=-1)
        self.sessions: dict[str, Session] = {}
        self.arriving = 0  # hellos on their way in: a room that is awaited is not forgotten
        self.lock = asyncio.Lock()
        self._runtime = runtime
        self._on_lobby = on_lobby
        self._subscription: Subscription | None = None
        self.relayed = Relayed(runtime.bus, self.topic)

    def seat(self, session: Session) -> Seat:
        """Where this session sits."""
        return Seat(self.appointment_id, self.office_id, self.office_slug, session.participant_id, self.closes_at)

    def admitted(self) -> frozenset[str]:
        """Who is admitted, as far as this process knows."""
        return frozenset(one.id for one in self.room.admitted())

    async def listen(self) -> None:
        """Subscribe before anything is read, so that no change falls in between. Call with the lock held."""
        if self._subscription is None:
            self._subscription = await self._runtime.bus.subscribe(self.topic, self._heard)

    async def _heard(self, message: Message) -> None:
        async with self.lock:
            kind = message["kind"]
            if kind == "changed" and message["v"] > self.room.version:
                await self.reload()
            elif kind == "relay" and self.relayed.is_news(message):
                self._deliver(message["from"], message["to"], message["message"])
            elif kind == "missed":
                await self.relayed.asked(message)
            elif kind == "session":
                self._replace(message["participant"], message["session"])
            elif kind == "removed":
                self._put_out(message["participant"])

    async def reload(self) -> None:
        """Read the room again, and tell each session what has changed for it. Call with the lock held."""
        async with self._runtime.reading() as db:
            fresh = await participants.room_of(db, self.appointment_id)
        if fresh is None or fresh.version < self.room.version:
            return
        self.room = fresh
        for session in self.sessions.values():
            self._tell(session)

    def _tell(self, session: Session) -> None:
        before, after = session.view, view(self.room, session.participant_id)
        session.view = after
        for message in changes(before, after) if before else []:
            session.send(message)
        if before and before.place is not after.place and after.place is Place.LOBBY:
            session.lobby = None
            self._on_lobby()
        if after.ended is not None and session.connection is not None:
            session.connection.close(close_codes.NORMAL, "ended")

    def _deliver(self, sender: str, to: str | None, message: dict[str, Any]) -> None:
        admitted = self.admitted()
        for session in self.sessions.values():
            if relay.receives(session.participant_id, sender, to, admitted):
                session.send(message)

    async def after_interruption(self) -> None:
        """The bus was away: read again what has changed, and have relayed again what was lost."""
        async with self.lock:
            await self.reload()
        await self.relayed.after_interruption()

    def _replace(self, participant_id: str, session_hash: str) -> None:
        """The person has a newer session; an older one here is over."""
        for session in self._of(participant_id):
            if session.hash != session_hash:
                self.drop(session, close_codes.REPLACED, "replaced")

    def _put_out(self, participant_id: str) -> None:
        for session in self._of(participant_id):
            session.send({"type": "ended", "reason": "removed"})
            self.drop(session, close_codes.NORMAL, "removed")

    def _of(self, participant_id: str) -> list[Session]:
        return [one for one in self.sessions.values() if one.participant_id == participant_id]

    def drop(self, session: Session, code: int, reason: str) -> None:
        """End a session for good."""
        self.sessions.pop(session.hash, None)
        if session.connection is not None:
            session.connection.close(code, reason)

    def forget_over(self, now: datetime) -> None:
        """Sessions to which nobody came back in time."""
        for session in [one for one in self.sessions.values() if one.is_over(now)]:
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
        self._lobbies = Hub(runtime.bus)
        self._refreshed_at: datetime | None = None
        runtime.bus.on_return(self._after_interruption)

    def room(self, appointment_id: str) -> LiveRoom:
        """The live room in which a session of this process sits."""
        return self._rooms[appointment_id]

    def session(self, session_hash: str) -> Session | None:
        """A session that this process still holds."""
        found = (room.sessions.get(session_hash) for room in self._rooms.values())
        return next((session for session in found if session is not None), None)

    def ice_servers(self, closes_at: datetime) -> list[dict[str, Any]]:
        """Credentials that last for the appointment and an hour."""
        now = self._runtime.now()
        return ice_servers(self._turn, now, max(closes_at + ICE_AFTER - now, ICE_AT_LEAST))

    async def open(self, seat: Seat, session_id: str, connection: Connection) -> Session:
        """A new session, with a fresh snapshot."""
        session = Session(session_id, seat.participant_id)
        room = await self._arrive(seat, session, connection, None)
        await self._watch_lobby(room, session, connection)
        return session

    async def reopen(self, seat: Seat, session: Session, connection: Connection, seq: int) -> None:
        """A session that goes on after its socket was lost, with what was missed since `seq`."""
        if session.connection is not None:
            session.connection.close(close_codes.REPLACED, "replaced")
            session.detach(session.connection, self._runtime.now())
        room = await self._arrive(seat, session, connection, seq)
        await self._watch_lobby(room, session, connection)

    async def _arrive(self, seat: Seat, session: Session, connection: Connection, seq: int | None) -> LiveRoom:
        room = self._rooms.get(seat.appointment_id)
        if room is None:
            topic = office_topic(seat.office_slug)
            room = LiveRoom(self._runtime, seat, lambda: self._lobbies.refresh(topic))
            self._rooms[seat.appointment_id] = room
        room.arriving += 1
        try:
            async with room.lock:
                await room.listen()
                await room.reload()
                self._welcome(room, session, connection, seq)
        finally:
            room.arriving -= 1
        return room

    def _welcome(self, room: LiveRoom, session: Session, connection: Connection, seq: int | None) -> None:
        missed = None if seq is None else session.missed_since(seq)
        session.view = view(room.room, session.participant_id)
        session.lobby = None
        room.sessions[session.hash] = session
        at = session.seq if missed is None or seq is None else seq
        connection.send(self._welcome_message(room, session, session.view, at, resumed=missed is not None))
        session.attach(connection)
        for message in missed or []:
            connection.send(message)

    def _welcome_message(
        self, room: LiveRoom, session: Session, seen: View, seq: int, *, resumed: bool
    ) -> dict[str, Any]:
        me = room.room.participant(session.participant_id)
        return {
            "type": "welcome",
            "session": session.id,
            "resumed": resumed,
            "seq": seq,
            "participant": me.id,
            "role": me.role.value,
            "name": me.name,
            "state": seen.place.value,
            "ice_servers": self.ice_servers(room.closes_at),
            "resume_window_s": RESUME_S,
            "talking_s": rules.talking_s(room.room, self._runtime.now()),
            "participants": list(seen.others.values()),
        }

    async def _watch_lobby(self, room: LiveRoom, session: Session, connection: Connection) -> None:
        topic = office_topic(room.office_slug)
        await self._lobbies.join(topic, connection, (room, session), self._tell_lobby)
        self._lobbies.refresh(topic)

    async def _tell_lobby(self, topic: str, _message: Message | None) -> None:
        """Tell whoever waits their place, if it is another than they know."""
        waiting = [
            (room, session)
            for room, session in self._lobbies.members(topic).values()
            if session.view and session.view.place is Place.LOBBY
        ]
        if not waiting:
            return
        async with self._runtime.reading() as db:
            told = await participants.waiting_in(db, waiting[0][0].office_id)
        for _, session in waiting:
            if session.participant_id in told and session.view.place is Place.LOBBY:
                self._tell_place(session, told[session.participant_id])

    def _tell_place(self, session: Session, place: participants.Waiting) -> None:
        message: dict[str, Any] = {"type": "lobby", "position": place.position, "agent": place.agent.value}
        if place.agent_name:
            message["agent_name"] = place.agent_name
        if place.message:
            message["message"] = place.message
        if message != session.lobby:
            session.lobby = message
            session.send(message)

    async def lost(self, room: LiveRoom, session: Session, connection: Connection) -> None:
        """A socket is over; its session waits for 120 s."""
        session.detach(connection, self._runtime.now())
        await self._lobbies.leave(office_topic(room.office_slug), connection)

    async def tick(self) -> None:
        """What has to be done now and then: heal, say who is still there, forget who is not."""
        now = self._runtime.now()
        await self._forget(now)
        await self._heal()
        if self._refreshed_at is None or now - self._refreshed_at >= timedelta(seconds=REFRESH_S):
            self._refreshed_at = now
            await self._refresh()

    async def _forget(self, now: datetime) -> None:
        for room in list(self._rooms.values()):
            room.forget_over(now)
            if not room.sessions and not room.arriving and not room.lock.locked():
                del self._rooms[room.appointment_id]
                await room.close()

    async def _heal(self) -> None:
        if not self._rooms:
            return
        async with self._runtime.reading() as db:
            present = await participants.versions_of(db, list(self._rooms))
        for appointment_id, version in present.items():
            room = self._rooms.get(appointment_id)
            if room is not None and version > room.room.version:
                async with room.lock:
                    await room.reload()

    async def _after_interruption(self) -> None:
        for room in list(self._rooms.values()):
            await room.after_interruption()
        await self._end_replaced()

    async def _end_replaced(self) -> None:
        """Sessions of people who have a newer one at a process whose message we missed."""
        held = [session for room in self._rooms.values() for session in room.sessions.values()]
        if not held:
            return
        async with self._runtime.reading() as db:
            newest = await participants.sessions_of(db, [session.participant_id for session in held])
        for room in self._rooms.values():
            for session in list(room.sessions.values()):
                if newest.get(session.participant_id, session.hash) != session.hash:
                    room.drop(session, close_codes.REPLACED, "replaced")

    async def _refresh(self) -> None:
        await self._end_replaced()
        held = [
            (room, session)
            for room in self._rooms.values()
            for session in room.sessions.values()
            if session.connection is not None
        ]
        await participants.refresh(self._runtime, [session.hash for _, session in held])
        for room, session in held:
            if session.still_allowed is not None and not await session.still_allowed():
                await self._turn_out(room, session)
                continue
            one = room.room.participant(session.participant_id)
            if not one.connected and room.room.end is None:
                await participants.be_back(self._runtime, room.seat(session))
        for topic in self._lobbies.topics():
            self._lobbies.refresh(topic)

    async def _turn_out(self, room: LiveRoom, session: Session) -> None:
        """Somebody who signed out elsewhere, or whose key was revoked."""
        room.drop(session, close_codes.NOT_ALLOWED, "signed out")
        await participants.turn_out(self._runtime, room.seat(session), session.hash)

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until `stop` is set; a tick that fails is logged, and the next one comes all the same."""
        while not stop.is_set():
            try:
                await self.tick()
            except Exception:
                logger.exception("rooms_tick_failed")
            try:
                await asyncio.wait_for(stop.wait(), HEAL_S)
            except TimeoutError:
                continue

    def say_restarting(self) -> None:
        """Ask everybody to come back: this process is about to stop."""
        for room in self._rooms.values():
            for session in room.sessions.values():
                if session.connection is not None:
                    session.connection.close(close_codes.RESTARTING, "restarting")

    async def close(self) -> None:
        """End all subscriptions and tasks."""
        self.say_restarting()
        for room in self._rooms.values():
            await room.close()
        self._rooms.clear()
        await self._lobbies.close()
