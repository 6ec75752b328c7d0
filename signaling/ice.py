"""ICE servers for browsers, with credentials that expire. No network access.

The credentials follow coturn's `use-auth-secret` scheme (draft-uberti-behave-turn-rest-00): the
username is `expiry:random`, the credential is base64(HMAC-SHA1(secret, username)). A username is
sent in clear text and logged by the relay, so it contains nothing about a person.
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
from typing import Literal

from ..core.json_types import JsonObject

TURN_PORT = 3478  # RFC 7065, section 3.1
TURNS_PORT = 5349  # the same section
# RFC 7065, section 3.1: scheme, host, port, transport; an IPv6 address is in brackets.
TURN_URI_PATTERN = re.compile(
    r"(turns?):(\[[0-9a-fA-F:.]+\]|[^\[\]:?/@\s]+)(?::(\d{1,5}))?(?:\?transport=(udp|tcp))?"
)


@dataclass(frozen=True, slots=True)
class TurnServerAddress:
    """Address of a TURN server, and the transport to it."""

    host: str
    port: int
    transport: Literal["udp", "tcp", "tls"]


def parse_turn_uri(uri: str) -> TurnServerAddress:
    """Parse a `turn:` or `turns:` URI. Raises ValueError with the cause."""
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
    """TURN URIs of this installation, and the secret shared with coturn."""

    uris: Sequence[str] = ()
    secret: str = ""


def ice_servers(turn: TurnServers, now: datetime, ttl: timedelta) -> list[JsonObject]:
    """Return the `iceServers` of an RTCPeerConnection, valid until `now + ttl`.

    Returns an empty list if no TURN server is configured.
    """
    if not turn.uris:
        return []
    username = f"{int((now + ttl).timestamp())}:{secrets.token_hex(8)}"
    digest = hmac.new(turn.secret.encode(), username.encode(), hashlib.sha1).digest()
    return [{"urls": list(turn.uris), "username": username, "credential": base64.b64encode(digest).decode()}]
