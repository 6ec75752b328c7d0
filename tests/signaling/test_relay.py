"""Signals between participants: membership, the stamped sender, and size limits."""

from __future__ import annotations

from typing import Any

import pytest
from office360.core.errors import Invalid, NotFound, Refused
from office360.signaling import close_codes, relay
from office360.signaling.close_codes import SocketClosed

ROOM = frozenset({"amina", "boris"})
OFFER = {"type": "description", "to": "boris", "pc_gen": 1, "description": {"type": "offer", "sdp": "v=0"}}


def test_sender_is_stamped_over_claimed_sender() -> None:
    to, message = relay.stamp_signal("amina", {**OFFER, "from": "carmen", "role": "agent"}, ROOM)
    assert to == "boris"
    assert message == {
        "type": "description",
        "pc_gen": 1,
        "description": {"type": "offer", "sdp": "v=0"},
        "from": "amina",
    }


def test_candidate_keeps_w3c_names_and_null_means_end() -> None:
    candidate = {
        "candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host",
        "sdpMid": "0",
        "sdpMLineIndex": 0,
        "usernameFragment": "abcd",
    }
    message = {"type": "candidate", "to": "boris", "pc_gen": 1, "candidate": candidate}
    assert relay.stamp_signal("amina", message, ROOM)[1]["candidate"] == candidate
    assert relay.stamp_signal("amina", {**message, "candidate": None}, ROOM)[1]["candidate"] is None


def test_renew_carries_only_the_generation() -> None:
    _, message = relay.stamp_signal("amina", {"type": "renew", "to": "boris", "pc_gen": 7, "x": 1}, ROOM)
    assert message == {"type": "renew", "pc_gen": 7, "from": "amina"}


def test_signal_from_not_admitted_sender_is_refused() -> None:
    with pytest.raises(Refused, match="not_admitted"):
        relay.stamp_signal("diego", OFFER, ROOM)


@pytest.mark.parametrize("to", ["diego", "amina", "", "x" * 5_000])
def test_addressee_must_be_another_admitted_participant(to: str) -> None:
    with pytest.raises(NotFound, match="not_in_room"):
        relay.stamp_signal("amina", {**OFFER, "to": to}, ROOM)


@pytest.mark.parametrize(
    "broken",
    [
        {"to": None},
        {"pc_gen": "1x"},
        {"pc_gen": -1},
        {"pc_gen": 2**60},
        {"description": "v=0"},
        {"description": {"type": "song", "sdp": ""}},
        {"description": None},
    ],
)
def test_malformed_signal_is_invalid(broken: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        relay.stamp_signal("amina", {**OFFER, **broken}, ROOM)


def test_description_over_32_kib_is_too_large() -> None:
    most = {**OFFER, "description": {"type": "offer", "sdp": "x" * relay.MAX_DESCRIPTION_BYTES}}
    assert relay.stamp_signal("amina", most, ROOM)[0] == "boris"
    more = {**OFFER, "description": {"type": "offer", "sdp": "x" * (relay.MAX_DESCRIPTION_BYTES + 1)}}
    with pytest.raises(SocketClosed) as closed:
        relay.stamp_signal("amina", more, ROOM)
    assert closed.value.code == close_codes.FIELD_TOO_LARGE


@pytest.mark.parametrize("more", [{}, {"sdp": ""}, {"sdp": "v=0", "description": {"sdp": ""}}])
def test_candidate_over_1_kib_is_too_large(more: dict[str, Any]) -> None:
    large = {"type": "candidate", "to": "boris", "pc_gen": 1, "candidate": {"candidate": "x" * 1_100, **more}}
    with pytest.raises(SocketClosed):
        relay.stamp_signal("amina", large, ROOM)


def test_broadcast_goes_to_all_but_the_sender() -> None:
    message = relay.stamp_broadcast("amina", {"type": "chat", "text": "hola"}, ROOM)
    assert message == {"type": "chat", "text": "hola", "from": "amina"}
