"""Pages that repeat a part of a test, and the page of the walk test."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from office360.precheck.domain.grade_scales import JITTER_SCALE, LOSS_UP_SCALE, RTT_SCALE

from ...conftest import AppServer
from .test_citizen_pages import book_two_appointments, get_page


def embedded(text: str, id: str) -> Any:
    """Return the JSON that the page gives its script."""
    found = re.search(rf'<script type="application/json" id="{id}">(.*?)</script>', text, re.S)
    assert found is not None
    return json.loads(found[1])


async def test_page_repeats_the_part_in_its_address(app_server: AppServer) -> None:
    booked, _other = await book_two_appointments(app_server)
    for here in ("/test", f"/a/{booked.token}/test"):
        for part, heading in (("voice", "Repite el micrófono"), ("network", "Repite la conexión")):
            _status, text = await get_page(app_server, f"{here}?repeat={part}")
            assert embedded(text, "test")["repeat"] == part
            assert heading in text


@pytest.mark.parametrize("value", ["", "camera", "voice%00", "%3Cscript%3E", "voice&repeat=all"])
async def test_unknown_part_shows_the_whole_test(app_server: AppServer, value: str) -> None:
    status, text = await get_page(app_server, f"/test?repeat={value}")
    assert (status, embedded(text, "test")["repeat"]) == (200, None)


async def test_walk_page_has_the_bounds_of_the_verdict(app_server: AppServer) -> None:
    booked, _other = await book_two_appointments(app_server)
    for path, appointment in (("/test/walk", None), (f"/a/{booked.token}/test/walk", booked.token)):
        status, text = await get_page(app_server, path)
        facts = embedded(text, "walk")
        assert (status, facts["appointment"]) == (200, appointment)
        scales = {"rtt_ms": RTT_SCALE, "jitter_ms": JITTER_SCALE, "loss_pct": LOSS_UP_SCALE}
        assert facts["bounds"] == {
            name: {"green": scale.green, "amber": scale.amber} for name, scale in scales.items()
        }
    assert (await get_page(app_server, "/a/unknown/test/walk"))[0] == 404
