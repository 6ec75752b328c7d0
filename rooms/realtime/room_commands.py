"""Commands of a participant on /ws/room, in a table by message type. No hello."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from ...core.contact.phone_numbers import group_number
from ...core.errors import NotAllowed, Refused
from ...core.json_types import JsonObject
from ...core.runtime import Runtime
from ...core.web.validation import parse_model
from ...signaling import close_codes, relay
from ...signaling.close_codes import SocketClosed
from ..actions import call_back, identity_checks, lobby_tests, participant_actions, presence, staff_actions
from ..actions.reveal_number import reveal_number
from ..actions.room_transaction import RoomMember
from ..domain import room as rules
from ..domain.room import INSIDE_STATES, Participant, ParticipantRole
from . import socket_messages
from .live_room import LiveRoom
from .participant_session import RoomSession


@dataclass(frozen=True, slots=True)
class RoomCommandContext:
    """Participant of an accepted hello, with the room and session of its socket."""

    runtime: Runtime
    room: LiveRoom
    session: RoomSession

    @property
    def member(self) -> RoomMember:
        return self.room.member(self.session)

    @property
    def participant(self) -> Participant:
        """The participant in the latest snapshot of this process."""
        return self.room.room.get_participant(self.session.participant_id)

    @property
    def is_admitted(self) -> bool:
        return self.session.participant_id in self.room.admitted_ids()

    def require_inside(self) -> None:
        """Raise Refused("not_admitted") unless the participant is in the lobby or admitted."""
        if self.participant.state not in INSIDE_STATES:
            raise Refused("not_admitted")

    async def send_signals(self, to: str, signals: Sequence[JsonObject]) -> None:
        """Relay signals to a participant. Raises SocketClosed(4106) beyond the session's limit."""
        if not self.session.count_relayed(len(signals), asyncio.get_running_loop().time()):
            raise SocketClosed(close_codes.TOO_MANY, "too many signals")
        for signal in signals:
            self.room.relay.send(self.session.participant_id, [to], signal)

    def notify(self, receivers: Sequence[str], message: JsonObject) -> None:
        """Send a message with its sender to some of the admitted participants."""
        sender = self.session.participant_id
        self.room.relay.send(sender, receivers, {**message, "from": sender})

    async def broadcast(self, message: JsonObject) -> None:
        """Send a message to all other admitted participants. Raises Refused("not_admitted")."""
        sender, admitted = self.session.participant_id, self.room.admitted_ids()
        stamped = relay.stamp_broadcast(sender, message, admitted)
        self.room.relay.send(sender, admitted - {sender}, stamped)


async def _join(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.JoinCommand, message)
    await participant_actions.join_lobby(context.runtime, context.member, command.name)
    if command.test or command.test_code:
        await participant_actions.link_test(
            context.runtime, context.member, token=command.test, code=command.test_code
        )


async def _leave(context: RoomCommandContext, _message: JsonObject) -> None:
    await participant_actions.leave_room(context.runtime, context.member)


async def _admit(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.ParticipantCommand, message)
    await staff_actions.admit_participant(context.runtime, context.member, command.participant)
    await context.room.catch_up()  # the next message may be to the admitted participant


async def _hold(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.ParticipantCommand, message)
    await staff_actions.hold_participant(context.runtime, context.member, command.participant)


async def _return_to_lobby(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.ParticipantCommand, message)
    await staff_actions.return_to_lobby(context.runtime, context.member, command.participant)


async def _remove(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.ParticipantCommand, message)
    await staff_actions.remove_participant(context.runtime, context.member, command.participant)


async def _lobby_message(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.LobbyMessageCommand, message)
    await staff_actions.send_lobby_message(context.runtime, context.member, command.text, command.participant)


async def _agent_state(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.AgentStateCommand, message)
    await staff_actions.set_agent_state(context.runtime, context.member, command.state)


async def _call_back(context: RoomCommandContext, _message: JsonObject) -> None:
    await call_back.call_back_citizen(context.runtime, context.member)


async def _lobby_test(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.LobbyTestCommand, message)
    context.require_inside()
    await lobby_tests.show_lobby_test(context.runtime, context.member, command.test)


async def _checklist(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.ChecklistCommand, message)
    if not context.participant.is_staff:
        raise NotAllowed("staff_only")
    await identity_checks.record_checklist(
        context.runtime, context.member, command.items, command.document, command.result
    )
    if command.result is not None:
        context.session.send_numbered({"type": "noted", "in_reply_to": "checklist"})


async def _show_document(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.ShowDocumentCommand, message)
    citizen = rules.check_asks_for_document(context.room.room, context.session.participant_id)
    context.notify([citizen.id], {"type": "show_document", "side": command.side.value})


async def _document_shown(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.DocumentShownCommand, message)
    if not context.is_admitted:
        raise Refused("not_admitted")
    if context.participant.role is not ParticipantRole.CITIZEN:
        raise NotAllowed("citizen_only")
    staff = [
        admitted_participant.id
        for admitted_participant in context.room.room.admitted_participants()
        if admitted_participant.is_staff
    ]
    context.notify(staff, {"type": "document_shown", "side": command.side.value, "state": command.state})


async def _by_phone(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.ByPhoneCommand, message)
    await staff_actions.set_by_phone(context.runtime, context.member, command.on)


async def _phone_number(context: RoomCommandContext, _message: JsonObject) -> None:
    if not context.participant.is_staff:
        raise NotAllowed("staff_only")
    number = await reveal_number(context.runtime, context.member)
    context.session.send_numbered({"type": "phone_number", "number": number, "grouped": group_number(number)})


async def _end(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.EndCommand, message)
    await staff_actions.end_room(context.runtime, context.member, command.outcome, command.note)


async def _relay_signal(context: RoomCommandContext, message: JsonObject) -> None:
    to, signal = relay.stamp_signal(context.session.participant_id, message, context.room.admitted_ids())
    await context.send_signals(to, [signal])


async def _relay_candidates(context: RoomCommandContext, message: JsonObject) -> None:
    to, signals = relay.stamp_candidates(context.session.participant_id, message, context.room.admitted_ids())
    await context.send_signals(to, signals)


async def _chat(context: RoomCommandContext, message: JsonObject) -> None:
    if isinstance(message.get("text"), str) and len(message["text"]) > socket_messages.MAX_CHAT_CHARACTERS:
        raise SocketClosed(close_codes.FIELD_TOO_LARGE, "text")
    command = parse_model(socket_messages.ChatCommand, message)
    sender, session = context.session.participant_id, context.session
    line = {"type": "chat", "text": command.text, "at": context.runtime.now().isoformat()}
    stamped = relay.stamp_broadcast(sender, line, context.room.admitted_ids())
    context.room.relay.send_chat(
        sender, stamped, command.id, wants_notice=session.acknowledges and command.id is not None
    )


async def _ack(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.AckCommand, message)
    context.session.acknowledges = True
    context.session.acknowledge(command.seq)


async def _media_state(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.MediaStateCommand, message)
    context.require_inside()
    media = command.to_sent_media()
    await participant_actions.set_sent_media(context.runtime, context.member, media)
    if context.is_admitted:
        await context.broadcast({"type": "media_state", **media.to_json()})


async def _quality(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.QualityCommand, message)
    if not context.is_admitted:
        raise Refused("not_admitted")
    if context.session.accept_quality_sample(context.runtime.now()):
        await participant_actions.record_audit_event(
            context.runtime, context.member, "quality", command.model_dump(exclude_none=True)
        )


async def _away(context: RoomCommandContext, _message: JsonObject) -> None:
    """Note that the page is closed or loaded again. The next message or hello ends it."""
    context.require_inside()
    if context.is_admitted:
        await context.broadcast({"type": "away"})
    await presence.mark_away(context.runtime, context.member, context.session.hash)


async def _sound_only(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.SoundOnlyCommand, message)
    if not context.is_admitted:
        raise Refused("not_admitted")
    if context.session.accept_sound_only(command.on):
        await participant_actions.record_audit_event(
            context.runtime, context.member, "sound_only", command.model_dump()
        )


async def _consent(context: RoomCommandContext, message: JsonObject) -> None:
    command = parse_model(socket_messages.ConsentCommand, message)
    context.require_inside()
    await participant_actions.record_consent(context.runtime, context.member, command.text, command.accepted)


async def _ice_servers(context: RoomCommandContext, _message: JsonObject) -> None:
    # answered also outside: a page that comes back says so by this message, and gets credentials when admitted
    servers = context.room.ice_servers_for(context.session.participant_id)
    context.session.send_numbered({"type": "ice_servers", "ice_servers": servers})


# The keys are the message types; docs/protocol.md lists them, and a test compares the two.
COMMANDS: Mapping[str, Callable[[RoomCommandContext, JsonObject], Awaitable[None]]] = {
    "join": _join,
    "leave": _leave,
    "admit": _admit,
    "hold": _hold,
    "return_to_lobby": _return_to_lobby,
    "remove": _remove,
    "message": _lobby_message,
    "agent_state": _agent_state,
    "call_back": _call_back,
    "lobby_test": _lobby_test,
    "checklist": _checklist,
    "show_document": _show_document,
    "document_shown": _document_shown,
    "by_phone": _by_phone,
    "phone_number": _phone_number,
    "end": _end,
    "description": _relay_signal,
    "candidate": _relay_signal,
    "candidates": _relay_candidates,
    "renew": _relay_signal,
    "chat": _chat,
    "ack": _ack,
    "media_state": _media_state,
    "quality": _quality,
    "sound_only": _sound_only,
    "consent": _consent,
    "ice_servers": _ice_servers,
    "away": _away,
}
# Signals count against the session's own limit instead of the socket's.
SIGNAL_TYPES = frozenset({*relay.SIGNALS, "candidates"})
