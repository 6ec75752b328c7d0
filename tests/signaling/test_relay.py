"""Letters between peers: who may send, what is stamped, what is too large."""

from __future__ import annotations

from typing import Any

import pytest
from office360.core.errors import Invalid, NotFound, Refused
from office360.signaling import close_codes, relay
from office360.signaling.close_codes import Closed

ROOM = frozenset({"amina", "boris"})
OFFER = {"type": "description", "to": "boris", "pc_gen": 1, "description": {"type": "offer", "sdp": "v=0"}}


def test_the_sender_is_stamped_whatever_the_message_claims() -> None:
    to, message = relay.letter("amina", {**OFFER, "from": "carmen", "role": "agent"}, ROOM)
    assert to == "boris"
    assert message == {
        "type": "description",
        "pc_gen": 1,
        "description": {"type": "offer", "sdp": "v=0"},
        "from": "amina",
    }


def test_a_candidate_keeps_its_names_and_null_is_the_end() -> None:
    candidate = {
        "candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host",
        "sdpMid": "0",
        "sdpMLineIndex": 0,
        "usernameFragment": "abcd",
    }
    message = {"type": "candidate", "to": "boris", "pc_gen": 1, "candidate": candidate}
    assert relay.letter("amina", message, ROOM)[1]["candidate"] == candidate
    assert relay.letter("amina", {**message, "candidate": None}, ROOM)[1]["candidate"] is None


def test_renew_carries_the_generation_only() -> None:
    _, message = relay.letter("amina", {"type": "renew", "to": "boris", "pc_gen": 7, "x": 1}, ROOM)
    assert message == {"type": "renew", "pc_gen": 7, "from": "amina"}


def test_whoever_is_not_admitted_sends_nothing() -> None:
    with pytest.raises(Refused, match="not_admitted"):
        relay.letter("diego", OFFER, ROOM)


@pytest.mark.parametrize("to", ["diego", "amina", "", "x" * 5_000])
def test_the_addressee_is_somebody_else_in_the_same_room(to: str) -> None:
    with pytest.raises(NotFound, match="not_in_room"):
        relay.letter("amina", {**OFFER, "to": to}, ROOM)


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
def test_what_is_no_letter_is_invalid(broken: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        relay.letter("amina", {**OFFER, **broken}, ROOM)


def test_a_description_may_have_32_kib_and_not_one_byte_more() -> None:
    most = {**OFFER, "description": {"type": "offer", "sdp": "x" * relay.DESCRIPTION_BYTES}}
    assert relay.letter("amina", most, ROOM)[0] == "boris"
    more = {**OFFER, "description": {"type": "offer", "sdp": "x" * (relay.DESCRIPTION_BYTES + 1)}}
    with pytest.raises(Closed) as closed:
        relay.letter("amina", more, ROOM)
    assert closed.value.code == close_codes.FIELD_TOO_LARGE


def test_a_candidate_above_1_kib_is_too_large() -> None:
    large = {"type": "candidate", "to": "boris", "pc_gen": 1, "candidate": {"candidate": "x" * 1_100}}
    with pytest.raises(Closed):
        relay.letter("amina", large, ROOM)


def test_what_is_for_all_goes_to_all_but_the_sender() -> None:
    to, message = relay.to_all("amina", {"type": "chat", "text": "hola"}, ROOM)
    assert (to, message["from"]) == (None, "amina")
    assert relay.receives("boris", "amina", None, ROOM)
    assert not relay.receives("amina", "amina", None, ROOM)


def test_membership_is_checked_again_on_arrival() -> None:
    assert relay.receives("boris", "amina", "boris", ROOM)
    assert not relay.receives("boris", "amina", "boris", frozenset({"boris"}))
    assert not relay.receives("boris", "amina", "boris", frozenset({"amina"}))
    assert not relay.receives("diego", "amina", "boris", ROOM | {"diego"})
