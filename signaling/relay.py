"""Validation of signals between admitted participants. No sockets, no storage.

Checks sizes and membership and sets the sender; the content of a description is not read.
Relayed messages are neither stored nor logged.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from ..core.errors import NotFound, Refused
from ..core.json_types import JsonObject
from ..core.web.validation import parse_model
from . import close_codes
from .close_codes import SocketClosed

MAX_DESCRIPTION_BYTES = 32 * 1024  # an offer with audio, video and a data channel is 6-8 KiB
MAX_CANDIDATE_BYTES = 1024  # the longest seen is about 300
_encode = json.JSONEncoder(ensure_ascii=False).encode
MAX_BATCHED_CANDIDATES = 32  # of a message; a device with many addresses and two relays gathers about 20
MAX_GENERATION = 2**53 - 1  # an integer that every JavaScript engine holds exactly


class SessionDescription(BaseModel, defer_build=True):
    """RTCSessionDescriptionInit (W3C WebRTC, section 4.6.2)."""

    type: Literal["offer", "answer", "pranswer", "rollback"]
    sdp: str = ""


class IceCandidate(BaseModel, defer_build=True):
    """RTCIceCandidateInit (W3C WebRTC, section 4.8.1.1)."""

    model_config = ConfigDict(populate_by_name=True)

    candidate: str = ""
    sdp_mid: str | None = Field(None, alias="sdpMid")
    sdp_m_line_index: int | None = Field(None, alias="sdpMLineIndex", ge=0, le=65535)
    username_fragment: str | None = Field(None, alias="usernameFragment")


class RenewSignal(BaseModel, defer_build=True):
    """Request of the polite side for a new peer connection, and base of the other signals.

    Every signal has a receiver `to` and the generation `pc_gen` of the peer connection.
    """

    to: str
    pc_gen: int = Field(ge=0, le=MAX_GENERATION)


class DescriptionSignal(RenewSignal):
    description: SessionDescription


class CandidateSignal(RenewSignal):
    candidate: IceCandidate | None  # None marks the end of candidates


class CandidateBatchSignal(RenewSignal):
    """Several candidates in a message. The receivers get a `candidate` message for each."""

    candidates: list[IceCandidate | None] = Field(min_length=1, max_length=MAX_BATCHED_CANDIDATES)


SIGNALS: Mapping[str, type[RenewSignal]] = {
    "description": DescriptionSignal,
    "candidate": CandidateSignal,
    "renew": RenewSignal,
}


SignalT = TypeVar("SignalT", bound=RenewSignal)


def stamp_signal(sender: str, message: JsonObject, admitted: Collection[str]) -> tuple[str, JsonObject]:
    """Validate a signal and set `from` to its sender. Return the receiver and the message.

    Raises Refused("not_admitted"), NotFound("not_in_room") if the receiver is not admitted to the
    same room, Invalid for a malformed signal, SocketClosed(4105) for a field that is too large.
    """
    message_type = message["type"]
    signal = _parse_signal(SIGNALS[message_type], sender, message, admitted)
    content = signal.model_dump(by_alias=True, exclude={"to"})
    return signal.to, {"type": message_type, **content, "from": sender}


def stamp_candidates(sender: str, message: JsonObject, admitted: Collection[str]) -> tuple[str, list[JsonObject]]:
    """Validate a batch of candidates. Return the receiver and a `candidate` message for each.

    Raises the errors of `stamp_signal`.
    """
    batch = _parse_signal(CandidateBatchSignal, sender, message, admitted)
    content = batch.model_dump(by_alias=True)
    return batch.to, [
        {"type": "candidate", "pc_gen": batch.pc_gen, "candidate": candidate, "from": sender}
        for candidate in content["candidates"]
    ]


def _parse_signal(model: type[SignalT], sender: str, message: JsonObject, admitted: Collection[str]) -> SignalT:
    if sender not in admitted:
        raise Refused("not_admitted")
    _refuse_too_large(message)
    signal = parse_model(model, message)
    if signal.to == sender or signal.to not in admitted:
        raise NotFound("not_in_room")
    return signal


def stamp_broadcast(sender: str, message: JsonObject, admitted: Collection[str]) -> JsonObject:
    """Set `from` of a message to all other participants. Raises Refused("not_admitted")."""
    if sender not in admitted:
        raise Refused("not_admitted")
    return {**message, "from": sender}


def _refuse_too_large(message: JsonObject) -> None:
    for field, limit_bytes in (("description", MAX_DESCRIPTION_BYTES), ("candidate", MAX_CANDIDATE_BYTES)):
        if field in message and _size_bytes(field, message[field]) > limit_bytes:
            raise SocketClosed(close_codes.FIELD_TOO_LARGE, field)
    batch = message.get("candidates")
    for candidate in batch if isinstance(batch, list) else []:
        if _size_bytes("candidate", candidate) > MAX_CANDIDATE_BYTES:
            raise SocketClosed(close_codes.FIELD_TOO_LARGE, "candidates")


def _size_bytes(field: str, value: Any) -> int:
    """Return the size of a description's SDP, or of any other value as JSON."""
    if field == "description" and isinstance(value, dict) and isinstance(value.get("sdp"), str):
        return len(value["sdp"].encode())
    return len(_encode(value).encode())
