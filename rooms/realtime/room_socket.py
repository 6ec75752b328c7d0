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
from ...core.json_types import JsonObject
from ...core.runtime import Runtime
from ...core.tokens import hash_token, random_token
from ...core.web import authentication, requests
from ...core.web.validation import parse_model
from ...signaling import close_codes, relay
from ...signaling.close_codes import SocketClosed
from ...signaling.connection import SocketConnection, build_localized_error, find_command, serve_socket
from ...signaling.origin import has_own_origin
from ..actions import participants
from ..actions.participants import RoomMember
from ..domain.room import INSIDE_STATES, STAFF_ROLES, Participant
from . import socket_messages
from .live_rooms import LiveRoom, LiveRooms
from .participant_session import RoomSession


class RoomSocketHandler:
    """What is said on one socket of a room."""

    def __init__(self, runtime: Runtime, rooms: LiveRooms) -> None:
        self.runtime = runtime
        self._rooms = rooms
        self._session: RoomSession | None = None
        self._room: LiveRoom | None = None

    # signaling.connection.Conversation

    async def on_hello(self, connection: SocketConnection, message: JsonObject) -> None:
        """Token, appointment with key or cookie, or a session to resume."""
        try:
            await self._authenticate(connection, parse_model(socket_messages.RoomHello, message))
        except Office360Error as error:
            raise SocketClosed(close_code_for_hello_error(error), error.code) from None

    async def on_message(self, connection: SocketConnection, message: JsonObject) -> None:
        """One command. A refusal is answered as a numbered message; a field too large also ends the socket."""
        try:
            await self._run_command(message)
        except InvalidMessage:
            raise
        except SocketClosed as closed:
            too_large = Office360Error("too_large")
            self.session.send_numbered(build_localized_error(connection.websocket, message, too_large))
            raise closed
        except Office360Error as error:
            self.session.send_numbered(build_localized_error(connection.websocket, message, error))

    async def on_close(self, connection: SocketConnection) -> None:
        """The socket is over; the session stays."""
        await self._rooms.on_connection_lost(self.room, self.session, connection)

    # Coming in

    async def _authenticate(self, connection: SocketConnection, hello: socket_messages.RoomHello) -> None:
        if hello.resume is not None:
            try:
                await self._resume_session(connection, hello, hello.resume)
                return
            except Gone as over:
                connection.send({"type": "ended", "reason": over.details.get("reason", "ended"), "seq": 0})
                raise SocketClosed(close_codes.NORMAL, "ended") from None
            except Office360Error:
                if hello.token is None and hello.appointment is None:
                    raise
        await self._enter_room(connection, hello)

    async def _resume_session(
        self, connection: SocketConnection, hello: socket_messages.RoomHello, resume: socket_messages.ResumeRequest
    ) -> None:
        old = hash_token(resume.session)
        held = self._rooms.session(old)
        session_id = resume.session if held else random_token()
        staff = await _staff_principal(connection.websocket, hello.key)
        seat = await participants.resume_session(self.runtime, staff, old, hash_token(session_id))
        if held is None:
            self._bind_session(seat, await self._rooms.open_session(seat, session_id, connection))
        else:
            await self._rooms.resume_session(seat, held, connection, resume.seq)
            self._bind_session(seat, held)
        self._set_access_check(connection.websocket, hello.key, staff)

    async def _enter_room(self, connection: SocketConnection, hello: socket_messages.RoomHello) -> None:
        session_id = random_token()
        if hello.token is not None:
            seat = await participants.enter_as_citizen(self.runtime, hello.token, hash_token(session_id))
            self._bind_session(seat, await self._rooms.open_session(seat, session_id, connection))
            return
        if hello.appointment is None:
            raise Unauthenticated
        staff = await _staff_principal(connection.websocket, hello.key)
        seat = await participants.enter_as_staff(self.runtime, staff, hello.appointment, hash_token(session_id))
        self._bind_session(seat, await self._rooms.open_session(seat, session_id, connection))
        self._set_access_check(connection.websocket, hello.key, staff)

    def _set_access_check(self, websocket: WebSocket, key: str | None, staff: Principal | None) -> None:
        """Staff are asked for again and again; a citizen who signed in with the same browser is not."""
        if staff is not None and self.participant.is_staff:
            office = self.room.office_slug
            self.session.check_access = partial(_is_still_authorised, websocket, key, staff, office)

    def _bind_session(self, member: RoomMember, session: RoomSession) -> None:
        self._session = session
        self._room = self._rooms.room(member.appointment_id)

    # What the commands need

    @property
    def session(self) -> RoomSession:
        assert self._session is not None, "hello comes first"
        return self._session

    @property
    def room(self) -> LiveRoom:
        assert self._room is not None, "hello comes first"
        return self._room

    @property
    def member(self) -> RoomMember:
        return self.room.member(self.session)

    @property
    def participant(self) -> Participant:
        """The participant who speaks, as this process knows the room."""
        return self.room.room.get_participant(self.session.participant_id)

    async def relay_signal(self, addressed_signal: tuple[str | None, JsonObject]) -> None:
        """Send a stamped letter to whichever process holds its addressee."""
        await self.room.relay.send_signal(self.session.participant_id, *addressed_signal)

    def new_ice_servers(self) -> list[dict[str, Any]]:
        return self._rooms.ice_servers(self.room.closes_at)

    async def _run_command(self, message: JsonObject) -> None:
        await find_command(COMMANDS, message)(self, message)


def close_code_for_hello_error(error: Office360Error) -> int:
    """How a hello that is refused ends its socket."""
    if isinstance(error, NotFound | Gone):
        return close_codes.NOT_FOUND
    if isinstance(error, Invalid):
        return close_codes.MALFORMED
    if isinstance(error, Refused):
        return close_codes.TOO_MANY if error.code == "room_full" else close_codes.NOT_FOUND
    return close_codes.NOT_ALLOWED


async def _staff_principal(websocket: WebSocket, key: str | None) -> Principal | None:
    """By key, from anywhere; by session cookie only from one of our own pages."""
    if key is not None:
        return await authentication.authenticate_key(websocket, key)
    return await authentication.current_principal(websocket) if has_own_origin(websocket) else None


async def _is_still_authorised(websocket: WebSocket, key: str | None, staff: Principal, office_slug: str) -> bool:
    return participants.is_still_authorised(staff, await _staff_principal(websocket, key), office_slug)


async def _join(handler: RoomSocketHandler, message: JsonObject) -> None:
    wanted = parse_model(socket_messages.JoinCommand, message)
    await participants.join_lobby(handler.runtime, handler.member, wanted.name, wanted.test_code)


async def _leave(handler: RoomSocketHandler, _message: JsonObject) -> None:
    await participants.leave_room(handler.runtime, handler.member)


async def _admit(handler: RoomSocketHandler, message: JsonObject) -> None:
    about = parse_model(socket_messages.ParticipantCommand, message)
    await participants.admit_participant(handler.runtime, handler.member, about.participant)


async def _return_to_lobby(handler: RoomSocketHandler, message: JsonObject) -> None:
    about = parse_model(socket_messages.ParticipantCommand, message)
    await participants.return_to_lobby(handler.runtime, handler.member, about.participant)


async def _remove(handler: RoomSocketHandler, message: JsonObject) -> None:
    about = parse_model(socket_messages.ParticipantCommand, message)
    await participants.remove_participant(handler.runtime, handler.member, about.participant)


async def _lobby_message(handler: RoomSocketHandler, message: JsonObject) -> None:
    said = parse_model(socket_messages.LobbyMessageCommand, message)
    await participants.send_lobby_message(handler.runtime, handler.member, said.text, said.participant)


async def _agent_state(handler: RoomSocketHandler, message: JsonObject) -> None:
    wanted = parse_model(socket_messages.AgentStateCommand, message)
    await participants.set_agent_state(handler.runtime, handler.member, wanted.state)


async def _checklist(handler: RoomSocketHandler, message: JsonObject) -> None:
    checked = parse_model(socket_messages.ChecklistCommand, message)
    if handler.participant.role not in STAFF_ROLES:
        raise NotAllowed("staff_only")
    await participants.record_audit_event(handler.runtime, handler.member, "checklist", {"items": checked.items})


async def _end(handler: RoomSocketHandler, message: JsonObject) -> None:
    await participants.end_room(
        handler.runtime, handler.member, parse_model(socket_messages.EndCommand, message).outcome
    )


async def _relay_signal(handler: RoomSocketHandler, message: JsonObject) -> None:
    await handler.relay_signal(
        relay.stamp_signal(handler.session.participant_id, message, handler.room.admitted_ids())
    )


async def _chat(handler: RoomSocketHandler, message: JsonObject) -> None:
    if isinstance(message.get("text"), str) and len(message["text"]) > socket_messages.MAX_CHAT_CHARACTERS:
        raise SocketClosed(close_codes.FIELD_TOO_LARGE, "text")
    said = {
        "type": "chat",
        "text": parse_model(socket_messages.ChatCommand, message).text,
        "at": handler.runtime.now().isoformat(),
    }
    await handler.relay_signal(
        relay.stamp_broadcast(handler.session.participant_id, said, handler.room.admitted_ids())
    )


async def _media_state(handler: RoomSocketHandler, message: JsonObject) -> None:
    media = parse_model(socket_messages.MediaStateCommand, message)
    if handler.participant.state not in INSIDE_STATES:
        raise Refused("not_admitted")
    await participants.set_sent_media(handler.runtime, handler.member, media.to_sent_media())
    if handler.session.participant_id in handler.room.admitted_ids():
        said = {"type": "media_state", **media.model_dump()}
        await handler.relay_signal(
            relay.stamp_broadcast(handler.session.participant_id, said, handler.room.admitted_ids())
        )


async def _quality(handler: RoomSocketHandler, message: JsonObject) -> None:
    measured = parse_model(socket_messages.QualityCommand, message)
    if handler.session.participant_id not in handler.room.admitted_ids():
        raise Refused("not_admitted")
    if handler.session.accept_quality_sample(handler.runtime.now()):
        await participants.record_audit_event(
            handler.runtime, handler.member, "quality", measured.model_dump(exclude_none=True)
        )


async def _consent(handler: RoomSocketHandler, message: JsonObject) -> None:
    said = parse_model(socket_messages.ConsentCommand, message)
    if handler.participant.state not in INSIDE_STATES:
        raise Refused("not_admitted")
    await participants.record_consent(handler.runtime, handler.member, said.text, said.accepted)


async def _ice_servers(handler: RoomSocketHandler, _message: JsonObject) -> None:
    handler.session.send_numbered({"type": "ice_servers", "ice_servers": handler.new_ice_servers()})


COMMANDS: Mapping[str, Callable[[RoomSocketHandler, JsonObject], Awaitable[None]]] = {
    "join": _join,
    "leave": _leave,
    "admit": _admit,
    "return_to_lobby": _return_to_lobby,
    "remove": _remove,
    "message": _lobby_message,
    "agent_state": _agent_state,
    "checklist": _checklist,
    "end": _end,
    "description": _relay_signal,
    "candidate": _relay_signal,
    "renew": _relay_signal,
    "chat": _chat,
    "media_state": _media_state,
    "quality": _quality,
    "consent": _consent,
    "ice_servers": _ice_servers,
}


async def room_socket(websocket: WebSocket) -> None:
    """One socket of a room."""
    await serve_socket(
        websocket, RoomSocketHandler(requests.current_runtime(websocket), websocket.state.live_rooms)
    )


routes = [WebSocketRoute("/ws/room", room_socket)]
