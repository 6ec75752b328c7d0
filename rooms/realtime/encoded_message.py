"""A server message as JSON text, encoded once for all receivers and replays. No I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ...core.json_types import JsonObject

# Of these only the newest about the same participant matters to a receiver.
STATE_MESSAGES = {"lobby": None, "ice_servers": None, "media_state": "from", "participant_updated": "participant"}
# A candidate of a new generation always follows a message of these types.
NEW_GENERATION_MESSAGES = frozenset({"description", "renew"})

# json.dumps would build an encoder for each message
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class EncodedMessage:
    """JSON object without its number, and what decides whether a later message supersedes it."""

    text: str
    type: str
    sender: str | None = None
    pc_gen: int | None = None
    id: str | None = None  # of a chat line, chosen by the sender's client
    state_of: str | None = None  # a later message with the same value replaces this message

    def frame(self, seq: int) -> str:
        """Return the text frame of this message with its number in a session."""
        return f'{self.text[:-1]},"seq":{seq}}}'

    @property
    def may_supersede(self) -> bool:
        return self.state_of is not None or self.type in NEW_GENERATION_MESSAGES

    def supersedes(self, older: EncodedMessage) -> bool:
        """Check whether a receiver of this message needs an older message no more.

        A later state replaces an earlier state, and a generation of a peer connection the lower generations.
        """
        if self.state_of is not None:
            return self.state_of == older.state_of
        if self.pc_gen is None or older.pc_gen is None:
            return False
        return older.sender == self.sender and older.pc_gen < self.pc_gen


def encode_message(message: JsonObject) -> EncodedMessage:
    """Encode a message. Its sender is `from`, which the server has set."""
    type_: str = message["type"]
    return EncodedMessage(
        text=_encode(message),
        type=type_,
        sender=message.get("from"),
        pc_gen=message.get("pc_gen"),
        id=str(message["id"]) if type_ == "chat" else None,
        state_of=_replaced_state(type_, message),
    )


def _replaced_state(type_: str, message: JsonObject) -> str | None:
    if type_ not in STATE_MESSAGES:
        return None
    field = STATE_MESSAGES[type_]
    return f"{type_} {message.get(field) if field else ''}"
