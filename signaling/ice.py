"""The servers by which two browsers find a path, with credentials that expire.

coturn's `use-auth-secret` scheme (draft-uberti-behave-turn-rest-00): the username is `expiry:random`, the
credential is base64(HMAC-SHA1(secret, username)). A username travels in clear and stands in logs, so
nothing about a person goes into it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


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
