"""Addresses of test rooms, as `OFFICE360_TESTROOM_URL` names them. No sockets.

A room is `URL`, or `REGION=URL+stun:HOST:PORT`. The web processes call the URL. Browsers measure the round trip
to the region's STUN server, which is its relay, and a new test goes to the nearest region.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...precheck.storage.measurement_schemas import MAX_REGIONS, REGION_PATTERN
from ...signaling.ice import parse_turn_uri

_REGION = re.compile(REGION_PATTERN)
ADVICE = "write each test room as http://HOST:PORT, or as REGION=http://HOST:PORT+stun:HOST:3478"


@dataclass(frozen=True, slots=True)
class TestRoomAddress:
    """A test room. Without a region both other fields are empty."""

    url: str
    region: str = ""
    stun: str = ""


def parse_test_room(text: str) -> TestRoomAddress:
    """Parse an entry of the setting, except the URL. Raises ValueError with advice."""
    place, _, stun = text.partition("+")
    region, separator, url = place.rpartition("=")
    if separator and not _REGION.fullmatch(region):
        raise ValueError("name a region with at most 32 small letters, digits and hyphens, such as madrid")
    if "+" in text and not (region and _is_stun_uri(stun)):
        raise ValueError(ADVICE)
    return TestRoomAddress(url, region, stun)


def _is_stun_uri(uri: str) -> bool:
    scheme, _, rest = uri.partition(":")
    try:
        parse_turn_uri(f"turn:{rest}")  # the same host and port (RFC 7064, RFC 7065)
    except ValueError:
        return False
    return scheme == "stun" and "?" not in rest


def format_test_room(room: TestRoomAddress) -> str:
    """Format an address as an entry of the setting."""
    region = f"{room.region}=" if room.region else ""
    return f"{region}{room.url}{'+' if room.stun else ''}{room.stun}"


def stun_servers(rooms: Iterable[TestRoomAddress]) -> Mapping[str, str]:
    """Return the STUN server of each region; empty for a region whose rooms name none."""
    found: dict[str, str] = {}
    for room in rooms:
        if room.region:
            found[room.region] = found.get(room.region) or room.stun
    return found


def check_regions(rooms: Sequence[TestRoomAddress]) -> None:
    """Raise ValueError with advice if the regions are too many or contradict each other."""
    if len({room.region for room in rooms}) > MAX_REGIONS:
        raise ValueError(f"at most {MAX_REGIONS} regions")
    named = {(room.region, room.stun) for room in rooms if room.stun}
    if len(named) > len({region for region, _ in named}):
        raise ValueError("name one STUN server for each region")
