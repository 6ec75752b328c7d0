"""/ws/room: hello by token, as staff or back again, then a table of commands (contract.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from ...core.auth import Principal
from ...core.errors import (
    Gone,
    Invalid,
    InvalidMessage,
    NotAllowed,
    NotFound,
    Office360Error,
    Refused,
    Unauthenticated,
)
from ...core.runtime import Runtime
from ...core.tokens import hash_token, random_token
from ...core.web import requests
from ...core.web.validation import parse
from ...signaling import close_codes, relay
from ...signaling.close_codes import Closed
from ...signaling.connection import Connection, command_of, converse, error_message
from ...signaling.origin import has_our_origin
from ..actions import participants
from ..actions.participants import Seat
from ..domain.room import INSIDE, STAFF, Participant
from . import socket_messages
from .live_rooms import LiveRoom, LiveRooms
from .participant_session import Session

Message = dict[str, Any]


class Talk:
    """What is said on one socket of a room."""

    def __init__(self, runtime: Runtime, rooms: LiveRooms) -> None:
        self.runtime = runtime
        self._rooms = rooms
        self._session: Session | None = None
        self._room: LiveRoom | None = None

    # signaling.connection.Conversation

    async def hello(self, connection: Connection, message: Message) -> None:
        """Token, appointment with key or cookie, or a session to resume."""
        try:
            await self._come_in(connection, parse(socket_messages.Hello, message))
        except Office360Error as error:
            raise Closed(close_code(error), error.code) from None

    async def receive(self, connection: Connection, message: Message) -> None:
        """One command. A refusal is answered as a numbered message; a field too large also ends the socket."""
        try:
            await self._obey(message)
        except InvalidMessage:
            raise
        except Closed as closed:
            too_large = Office360Error("too_large")
            self.session.send(error_message(connection.websocket, message, too_large))
            raise closed
        except Office360Error as error:
            self.session.send(error_message(connection.websocket, message, error))

    async def gone(self, connection: Connection) -> None:
        """The socket is over; the session stays."""
        await self._rooms.lost(self.room, self.session, connection)

    # Coming in

    async def _come_in(self, connection: Connection, hello: socket_messages.Hello) -> None:
        if hello.resume is not None:
            try:
                await self._resume(connection, hello, hello.resume)
                return
            except Gone as over:
                connection.send({"type": "ended", "reason": over.details.get("reason", "ended"), "seq": 0})
                raise Closed(close_codes.NORMAL, "ended") from None
            except Office360Error:
                if hello.token is None and hello.appointment is None:
                    raise
        await self._introduce(connection, hello)

    async def _resume(
        self, connection: Connection, hello: socket_messages.Hello, resume: socket_messages.Resume
    ) -> None:
        old = hash_token(resume.session)
        held = self._rooms.session(old)
        session_id = resume.session if held else random_token()
        staff = await _staff(connection.websocket, hello.key)
        seat = await participants.come_back(self.runtime, staff, old, hash_token(session_id))
        if held is None:
            self._take(seat, await self._rooms.open(seat, session_id, connection))
        else:
            await self._rooms.reopen(seat, held, connection, resume.seq)
            self._take(seat, held)
        self._watch(connection.websocket, hello.key, staff)

    async def _introduce(self, connection: Connection, hello: socket_messages.Hello) -> None:
        session_id = random_token()
        if hello.token is not None:
            seat = await participants.enter_citizen(self.runtime, hello.token, hash_token(session_id))
            self._take(seat, await self._rooms.open(seat, session_id, connection))
            return
        if hello.appointment is None:
            raise Unauthenticated
        staff = await _staff(connection.websocket, hello.key)
        seat = await participants.enter_staff(self.runtime, staff, hello.appointment, hash_token(session_id))
        self._take(seat, await self._rooms.open(seat, session_id, connection))
        self._watch(connection.websocket, hello.key, staff)

    def _watch(self, websocket: WebSocket, key: str | None, staff: Principal | None) -> None:
        """Staff are asked for again and again; a citizen who signed in with the same browser is not."""
        if staff is not None and self.me.is_staff:
            office = self.room.office_slug
            self.session.still_allowed = partial(_still_attends, websocket, key, staff, office)

    def _take(self, seat: Seat, session: Session) -> None:
        self._session = session
        self._room = self._rooms.room(seat.appointment_id)

    # What the commands need

    @property
    def session(self) -> Session:
        assert self._session is not None, "hello comes first"
        return self._session

    @property
    def room(self) -> LiveRoom:
        assert self._room is not None, "hello comes first"
        return self._room

    @property
    def seat(self) -> Seat:
        return self.room.seat(self.session)

    @property
    def me(self) -> Participant:
        """The participant who speaks, as this process knows the room."""
        return self.room.room.participant(self.session.participant_id)

    async def relay(self, letter: tuple[str | None, Message]) -> None:
        """Send a stamped letter to whichever process holds its addressee."""
        await self.room.relayed.send(self.session.participant_id, *letter)

    def fresh_ice_servers(self) -> list[dict[str, Any]]:
        return self._rooms.ice_servers(self.room.closes_at)

    async def _obey(self, message: Message) -> None:
        await command_of(COMMANDS, message)(self, message)


def close_code(error: Office360Error) -> int:
    """How a hello that is refused ends its socket."""
    if isinstance(error, NotFound | Gone):
        return close_codes.NOT_FOUND
    if isinstance(error, Invalid):
        return close_codes.MALFORMED
    if isinstance(error, Refused):
        return close_codes.TOO_MANY if error.code == "room_full" else close_codes.NOT_FOUND
    return close_codes.NOT_ALLOWED


async def _staff(websocket: WebSocket, key: str | None) -> Principal | None:
    """By key, from anywhere; by session cookie only from one of our own pages."""
    if key is not None:
        return await requests.principal_by_key(websocket, key)
    return await requests.principal(websocket) if has_our_origin(websocket) else None


async def _still_attends(websocket: WebSocket, key: str | None, staff: Principal, office_slug: str) -> bool:
    return participants.still_attends(staff, await _staff(websocket, key), office_slug)


async def _join(talk: Talk, message: Message) -> None:
    wanted = parse(socket_messages.Join, message)
    await participants.join(talk.runtime, talk.seat, wanted.name, wanted.test_code)


async def _leave(talk: Talk, _message: Message) -> None:
    await participants.leave(talk.runtime, talk.seat)


async def _admit(talk: Talk, message: Message) -> None:
    about = parse(socket_messages.AboutParticipant, message)
    await participants.admit(talk.runtime, talk.seat, about.participant)


async def _return_to_lobby(talk: Talk, message: Message) -> None:
    about = parse(socket_messages.AboutParticipant, message)
    await participants.return_to_lobby(talk.runtime, talk.seat, about.participant)


async def _remove(talk: Talk, message: Message) -> None:
    about = parse(socket_messages.AboutParticipant, message)
    await participants.remove(talk.runtime, talk.seat, about.participant)


async def _message(talk: Talk, message: Message) -> None:
    said = parse(socket_messages.LobbyMessage, message)
    await participants.tell_lobby(talk.runtime, talk.seat, said.text, said.participant)


async def _agent_state(talk: Talk, message: Message) -> None:
    wanted = parse(socket_messages.SetAgentState, message)
    await participants.set_agent_state(talk.runtime, talk.seat, wanted.state)


async def _checklist(talk: Talk, message: Message) -> None:
    checked = parse(socket_messages.Checklist, message)
    if talk.me.role not in STAFF:
        raise NotAllowed("staff_only")
    await participants.record(talk.runtime, talk.seat, "checklist", {"items": checked.items})


async def _end(talk: Talk, message: Message) -> None:
    await participants.end(talk.runtime, talk.seat, parse(socket_messages.End, message).outcome)


async def _letter(talk: Talk, message: Message) -> None:
    await talk.relay(relay.letter(talk.session.participant_id, message, talk.room.admitted()))


async def _chat(talk: Talk, message: Message) -> None:
    if isinstance(message.get("text"), str) and len(message["text"]) > socket_messages.CHAT_CHARACTERS:
        raise Closed(close_codes.FIELD_TOO_LARGE, "text")
    said = {
        "type": "chat",
        "text": parse(socket_messages.Chat, message).text,
        "at": talk.runtime.now().isoformat(),
    }
    await talk.relay(relay.to_all(talk.session.participant_id, said, talk.room.admitted()))


async def _media_state(talk: Talk, message: Message) -> None:
    media = parse(socket_messages.MediaState, message)
    if talk.me.place not in INSIDE:
        raise Refused("not_admitted")
    await participants.set_media(talk.runtime, talk.seat, media.media())
    if talk.session.participant_id in talk.room.admitted():
        said = {"type": "media_state", **media.model_dump()}
        await talk.relay(relay.to_all(talk.session.participant_id, said, talk.room.admitted()))


async def _quality(talk: Talk, message: Message) -> None:
    measured = parse(socket_messages.Quality, message)
    if talk.session.participant_id not in talk.room.admitted():
        raise Refused("not_admitted")
    if talk.session.keeps_quality(talk.runtime.now()):
        await participants.record(talk.runtime, talk.seat, "quality", measured.model_dump(exclude_none=True))


async def _consent(talk: Talk, message: Message) -> None:
    said = parse(socket_messages.Consent, message)
    if talk.me.place not in INSIDE:
        raise Refused("not_admitted")
    await participants.consent(talk.runtime, talk.seat, said.text, said.accepted)


async def _ice_servers(talk: Talk, _message: Message) -> None:
    talk.session.send({"type": "ice_servers", "ice_servers": talk.fresh_ice_servers()})


COMMANDS: Mapping[str, Callable[[Talk, Message], Awaitable[None]]] = {
    "join": _join,
    "leave": _leave,
    "admit": _admit,
    "return_to_lobby": _return_to_lobby,
    "remove": _remove,
    "message": _message,
    "agent_state": _agent_state,
    "checklist": _checklist,
    "end": _end,
    "description": _letter,
    "candidate": _letter,
    "renew": _letter,
    "chat": _chat,
    "media_state": _media_state,
    "quality": _quality,
    "consent": _consent,
    "ice_servers": _ice_servers,
}


async def room_socket(websocket: WebSocket) -> None:
    """One socket of a room."""
    await converse(websocket, Talk(requests.runtime(websocket), websocket.state.live_rooms))


routes = [WebSocketRoute("/ws/room", room_socket)]
