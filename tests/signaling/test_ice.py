"""ICE servers with expiring TURN credentials."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from office360.signaling.ice import TurnServers, ice_servers

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
TURN = TurnServers(("turn:relay.example.org:3478", "turns:relay.example.org:443?transport=tcp"), "shared secret")


def test_no_turn_server_gives_empty_ice_servers() -> None:
    assert ice_servers(TurnServers(), NOW, timedelta(hours=1)) == []


def test_turn_credential_has_expiry_and_valid_hmac() -> None:
    (server,) = ice_servers(TURN, NOW, timedelta(hours=1))
    expiry, _, random = server["username"].partition(":")
    assert int(expiry) == int((NOW + timedelta(hours=1)).timestamp())
    assert len(random) == 16
    expected = hmac.new(b"shared secret", server["username"].encode(), hashlib.sha1).digest()
    assert base64.b64decode(server["credential"]) == expected
    assert server["urls"] == list(TURN.uris)


def test_turn_usernames_are_unique() -> None:
    names = {ice_servers(TURN, NOW, timedelta(hours=1))[0]["username"] for _ in range(20)}
    assert len(names) == 20
