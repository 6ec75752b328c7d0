"""The servers by which two browsers find a path, with credentials that expire.

coturn's `use-auth-secret` scheme (draft-uberti-behave-turn-rest-00): the username is `expiry:random`, the
credential is base64(HMAC-SHA1(secret, username)). A username travels in clear and stands in logs, so
nothing about a person goes into it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

TURN_PORT = 3478  # RFC 7065, section 3.1
TURNS_PORT = 5349
# RFC 7065, section 3.1: scheme, host, port, transport; an IPv6 address stands in brackets.
TURN_URI_PATTERN = re.compile(
    r"(turns?):(\[[0-9a-fA-F:.]+\]|[^\[\]:?/@\s]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?"
)


@dataclass(frozen=True, slots=True)
class TurnServerAddress:
    """Where a relay listens, and how one speaks to it."""

    host: str
    port: int
    transport: Literal["udp", "tcp", "tls"]


def parse_turn_uri(uri: str) -> TurnServerAddress:
    """The address in a `turn:` or `turns:` URI. Raises ValueError with what is wrong."""
    match = TURN_URI_PATTERN.fullmatch(uri)
    if match is None:
        raise ValueError("write it as turn:HOST:PORT?transport=udp, turn:…?transport=tcp or turns:HOST:PORT")
    scheme, host, port, transport = match.groups()
    if scheme == "turns" and transport == "udp":
        raise ValueError("no browser speaks turns: over UDP; write ?transport=tcp")
    number = int(port or (TURNS_PORT if scheme == "turns" else TURN_PORT))
    if not 0 < number < 65_536:
        raise ValueError(f"there is no port {number}")
    if scheme == "turns":
        return TurnServerAddress(host.strip("[]"), number, "tls")
    return TurnServerAddress(host.strip("[]"), number, "tcp" if transport == "tcp" else "udp")


@dataclass(frozen=True, slots=True)
class TurnServers:
    """The relay as this installation knows it: `turn:` and `turns:` URIs and the secret shared with coturn."""

    uris: Sequence[str] = ()
    secret: str = ""


def ice_servers(turn: TurnServers, now: datetime, ttl: timedelta) -> list[dict[str, Any]]:
    """The `iceServers` of an RTCPeerConnection, good until `now + ttl`. Empty without a relay."""
    if not turn.uris:
        return []
    username = f"{int((now + ttl).timestamp())}:{secrets.token_hex(8)}"
    digest = hmac.new(turn.secret.encode(), username.encode(), hashlib.sha1).digest()
    return [{"urls": list(turn.uris), "username": username, "credential": base64.b64encode(digest).decode()}]
