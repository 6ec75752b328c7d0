"""WebSocket /ws/room: authentication of the hello, then commands. No rules.

docs/protocol.md#wsroom-a-video-appointment describes the messages.
"""

from __future__ import annotations

from functools import partial

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from ...core.auth import Principal
from ...core.errors import Gone, Invalid, InvalidMessage, NotFound, Office360Error, Refused, Unauthenticated
from ...core.json_types import JsonObject
from ...core.runtime import Runtime
from ...core.tokens import hash_token, random_token
from ...core.web import authentication, requests
from ...core.web.validation import parse_model
from ...signaling import close_codes
from ...signaling.close_codes import SocketClosed
from ...signaling.connection import (
    SocketConnection,
    SocketHandler,
    build_localized_error,
    find_command,
    serve_socket,
)
from ...signaling.origin import has_own_origin
from ..actions import room_entry
from ..actions.room_entry import StaffAccess
from ..actions.room_transaction import RoomMember
from .live_rooms import LiveRooms
from .participant_session import RoomSession
from .room_commands import COMMANDS, SIGNAL_TYPES, RoomCommandContext
from .socket_messages import ResumeRequest, RoomHello


class RoomSocketHandler(SocketHandler):
    """Handler of a socket. The session outlives it."""

    def __init__(self, runtime: Runtime, rooms: LiveRooms) -> None:
        self._runtime = runtime
        self._rooms = rooms
        self._accepted: RoomCommandContext | None = None

    @property
    def _context(self) -> RoomCommandContext:
        assert self._accepted is not None, "serve_socket calls on_hello first"
        return self._accepted

    async def on_hello(self, connection: SocketConnection, message: JsonObject) -> None:
        try:
            await self._authenticate(connection, parse_model(RoomHello, message))
        except Office360Error as error:
            raise SocketClosed(close_code_for_hello_error(error), error.code) from None

    async def on_message(self, connection: SocketConnection, message: JsonObject) -> None:
        """Run a command. A refusal is sent as a numbered message.

        A field that is too large is answered as well, before the socket is closed.
        """
        self._context.session.is_away = message["type"] == "away"
        try:
            await find_command(COMMANDS, message)(self._context, message)
            if message["type"] in SIGNAL_TYPES:
                connection.return_message_token()
        except InvalidMessage:
            raise
        except SocketClosed as closed:
            if closed.code == close_codes.FIELD_TOO_LARGE:
                self._send_error(connection, message, Office360Error("too_large"))
            raise
        except Office360Error as error:
            self._send_error(connection, message, error)

    def _send_error(self, connection: SocketConnection, message: JsonObject, error: Office360Error) -> None:
        self._context.session.send_numbered(build_localized_error(connection.websocket, message, error))

    async def on_close(self, connection: SocketConnection) -> None:
        await self._rooms.on_connection_lost(self._context.room, self._context.session, connection)

    # Hello

    async def _authenticate(self, connection: SocketConnection, hello: RoomHello) -> None:
        """Resume the session of the hello. Without a live session, enter the room again.

        Raises Unauthenticated for a key that does not hold, also beside a citizen's token.
        """
        if hello.key is not None and await _staff_principal(connection.websocket, hello.key) is None:
            raise Unauthenticated
        if hello.resume is not None:
            try:
                await self._resume_session(connection, hello, hello.resume)
                return
            except Gone as gone:
                connection.send({"type": "ended", "reason": gone.details.get("reason", "ended"), "seq": 0})
                raise SocketClosed(close_codes.NORMAL, "ended") from None
            except Office360Error:
                # with a token or an appointment the hello is enough to enter anew; else the refusal is final
                if hello.token is None and hello.appointment is None:
                    raise
        await self._enter_room(connection, hello)

    async def _resume_session(self, connection: SocketConnection, hello: RoomHello, resume: ResumeRequest) -> None:
        """Resume a session; if it is not in this process, open a new session for its participant."""
        old_hash = hash_token(resume.session)
        session = self._rooms.session(old_hash)
        # without the old session this process has no replay, so the client gets a new session
        session_id = resume.session if session else random_token()
        staff = await _staff_principal(connection.websocket, hello.key)
        member = await room_entry.resume_session(self._runtime, staff, old_hash, hash_token(session_id))
        if session is None:
            session = await self._rooms.open_session(member, session_id, connection, acknowledges=hello.acks)
        else:
            session.acknowledges = hello.acks
            await self._rooms.resume_session(member, session, connection, resume.seq)
        self._accept(member, session)
        self._check_staff_access(connection.websocket, hello.key, staff)

    async def _enter_room(self, connection: SocketConnection, hello: RoomHello) -> None:
        session_id = random_token()
        if hello.token is not None:
            member = await self._enter_with_token(connection.websocket, hello.token, hash_token(session_id))
            session = await self._rooms.open_session(member, session_id, connection, acknowledges=hello.acks)
            self._accept(member, session)
            return
        if hello.appointment is None:
            raise Unauthenticated
        staff = await _staff_principal(connection.websocket, hello.key)
        member = await room_entry.enter_as_staff(self._runtime, staff, hello.appointment, hash_token(session_id))
        session = await self._rooms.open_session(member, session_id, connection, acknowledges=hello.acks)
        self._accept(member, session)
        self._check_staff_access(connection.websocket, hello.key, staff)

    async def _enter_with_token(self, websocket: WebSocket, token: str, session_hash: str) -> RoomMember:
        """Enter with the token of an appointment, else with the link of a guest."""
        try:
            return await room_entry.enter_as_citizen(self._runtime, token, session_hash)
        except NotFound:
            device = requests.current_device(websocket)
            return await room_entry.enter_as_guest(self._runtime, token, device, session_hash)

    def _accept(self, member: RoomMember, session: RoomSession) -> None:
        room = self._rooms.room(member.appointment_id)
        self._accepted = RoomCommandContext(self._runtime, room, session)

    def _check_staff_access(self, websocket: WebSocket, key: str | None, staff: Principal | None) -> None:
        """Have the session of staff checked regularly, as they may sign out or lose the key.

        A citizen may resume in a browser in which staff are signed in, and is not checked.
        """
        context = self._context
        if staff is not None and context.participant.is_staff:
            office = context.room.office_slug
            context.session.check_access = partial(_staff_access, self._runtime, websocket, key, staff, office)


def close_code_for_hello_error(error: Office360Error) -> int:
    """Return the close code for the error of a refused hello."""
    if isinstance(error, NotFound | Gone):
        return close_codes.NOT_FOUND
    if isinstance(error, Invalid):
        return close_codes.MALFORMED
    if isinstance(error, Refused):
        return close_codes.TOO_MANY if error.code == "room_full" else close_codes.NOT_FOUND
    return close_codes.NOT_ALLOWED


async def _staff_principal(websocket: WebSocket, key: str | None) -> Principal | None:
    """Authenticate staff by key, or by session cookie if the page is from our own origin."""
    if key is not None:
        return await authentication.authenticate_key(websocket, key)
    return await authentication.current_principal(websocket) if has_own_origin(websocket) else None


async def _staff_access(
    runtime: Runtime, websocket: WebSocket, key: str | None, staff: Principal, office_slug: str
) -> StaffAccess:
    current = await _staff_principal(websocket, key)
    return room_entry.staff_access(staff, current, office_slug, runtime.now())


async def room_socket(websocket: WebSocket) -> None:
    handler = RoomSocketHandler(requests.current_runtime(websocket), websocket.state.live_rooms)
    await serve_socket(websocket, handler)


routes = [WebSocketRoute("/ws/room", room_socket)]
