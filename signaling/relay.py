"""Passes descriptions and candidates between the admitted members of one room, stamping who they come from.

Looks at sizes and membership, never inside a description. Nothing relayed is stored or logged.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..core.errors import NotFound, Refused
from ..core.json_types import JsonObject
from ..core.web.validation import parse_model
from . import close_codes
from .close_codes import SocketClosed

MAX_DESCRIPTION_BYTES = 32 * 1024  # an offer with audio, video and a data channel is 6-8 KiB
MAX_CANDIDATE_BYTES = 1024  # the longest seen is about 300
MAX_GENERATION = 2**53 - 1  # an integer that every JavaScript engine holds exactly


class SessionDescription(BaseModel):
    """RTCSessionDescriptionInit (W3C WebRTC, section 4.6.2)."""

    type: Literal["offer", "answer", "pranswer", "rollback"]
    sdp: str = ""


class IceCandidate(BaseModel):
    """RTCIceCandidateInit (W3C WebRTC, section 4.8.1.1)."""

    model_config = ConfigDict(populate_by_name=True)

    candidate: str = ""
    sdp_mid: str | None = Field(None, alias="sdpMid")
    sdp_m_line_index: int | None = Field(None, alias="sdpMLineIndex", ge=0, le=65535)
    username_fragment: str | None = Field(None, alias="usernameFragment")


class RenewSignal(BaseModel):
    """The polite side asks for a new peer connection; every letter names its addressee and generation."""

    to: str
    pc_gen: int = Field(ge=0, le=MAX_GENERATION)


class DescriptionSignal(RenewSignal):
    description: SessionDescription


class CandidateSignal(RenewSignal):
    candidate: IceCandidate | None  # None: the end of candidates


SIGNALS: Mapping[str, type[RenewSignal]] = {
    "description": DescriptionSignal,
    "candidate": CandidateSignal,
    "renew": RenewSignal,
}


def stamp_signal(sender: str, message: JsonObject, admitted: Collection[str]) -> tuple[str, JsonObject]:
    """The addressee and what they are to receive, `from` stamped by us.

    Raises Refused("not_admitted"), NotFound("not_in_room") for an addressee who is not admitted to the same
    room, Invalid for what is no letter, Closed(4105) for one that is too large.
    """
    if sender not in admitted:
        raise Refused("not_admitted")
    kind = message["type"]
    _refuse_too_large(message)
    opened = parse_model(SIGNALS[kind], message)
    if opened.to == sender or opened.to not in admitted:
        raise NotFound("not_in_room")
    content = opened.model_dump(by_alias=True, exclude={"to"})
    return opened.to, {"type": kind, **content, "from": sender}


def stamp_broadcast(sender: str, message: JsonObject, admitted: Collection[str]) -> JsonObject:
    """The same for what goes to everybody else in the room. Raises Refused("not_admitted")."""
    if sender not in admitted:
        raise Refused("not_admitted")
    return {**message, "from": sender}


def is_recipient(member: str, sender: str, to: str | None, admitted: Collection[str]) -> bool:
    """Whether a member is to be given a letter, checked again where it arrives."""
    if member == sender or member not in admitted or sender not in admitted:
        return False
    return to is None or to == member


def _refuse_too_large(message: JsonObject) -> None:
    for field, most in (("description", MAX_DESCRIPTION_BYTES), ("candidate", MAX_CANDIDATE_BYTES)):
        if field in message and _size_bytes(message[field]) > most:
            raise SocketClosed(close_codes.FIELD_TOO_LARGE, field)


def _size_bytes(value: Any) -> int:
    if isinstance(value, dict) and isinstance(value.get("sdp"), str):
        return len(value["sdp"].encode())
    return len(json.dumps(value, ensure_ascii=False).encode())
