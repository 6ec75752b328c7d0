"""Addresses of test rooms with regions and their STUN servers."""

from __future__ import annotations

import pytest
from office360.server.settings import SettingsError, load_settings
from office360.server.testroom.addresses import TestRoomAddress as RoomAddress
from office360.server.testroom.addresses import stun_servers

MADRID = "madrid=http://10.0.0.5:8361+stun:203.0.113.5:3478"


def rooms(text: str) -> list[RoomAddress]:
    return load_settings(environment="development", secret_key=["k" * 40], testroom_url=text).test_rooms


def test_rooms_without_regions_are_plain_urls() -> None:
    assert rooms("http://127.0.0.1:8361/,http://127.0.0.1:8362") == [
        RoomAddress("http://127.0.0.1:8361"),
        RoomAddress("http://127.0.0.1:8362"),
    ]


def test_rooms_of_a_region_share_its_stun_server() -> None:
    found = rooms(f"{MADRID},madrid=http://10.0.0.6:8361,lugo=https://lugo.example.org+stun:lugo.example.org")
    assert [(room.region, room.url) for room in found] == [
        ("madrid", "http://10.0.0.5:8361"),
        ("madrid", "http://10.0.0.6:8361"),
        ("lugo", "https://lugo.example.org"),
    ]
    assert stun_servers(found) == {"madrid": "stun:203.0.113.5:3478", "lugo": "stun:lugo.example.org"}


@pytest.mark.parametrize(
    "text",
    [
        "Madrid=http://10.0.0.5:8361",
        "=http://10.0.0.5:8361",
        "madrid=10.0.0.5:8361",
        "http://10.0.0.5:8361+stun:203.0.113.5",
        "madrid=http://10.0.0.5:8361+",
        "madrid=http://10.0.0.5:8361+turn:203.0.113.5",
        "madrid=http://10.0.0.5:8361+stun:203.0.113.5:99999",
        "madrid=http://10.0.0.5:8361+stun:",
        f"{MADRID},madrid=http://10.0.0.6:8361+stun:203.0.113.6",
        ",".join(f"r{number}=http://10.0.0.5:{8_000 + number}" for number in range(17)),
    ],
)
def test_invalid_address_of_a_test_room_is_refused(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        rooms(text)
    assert [problem.split(":")[0] for problem in refused.value.problems] == ["OFFICE360_TESTROOM_URL"]
