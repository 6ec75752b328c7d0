"""The activity of a desk, told the same at the desk, at other desks and by the host."""

from __future__ import annotations

from typing import Any

import pytest

from ..support.boards import build_board, build_desk, iso_time
from .test_desk import build_own_desk
from .test_host import build_console

IN_CALL = {"activity": "video_call", "since": iso_time(10, 20), "until": iso_time(10, 45)}
ON_TELEPHONE = {"activity": "phone_call", "since": iso_time(10, 20), "until": iso_time(10, 45)}
LONG_CALL = {"activity": "video_call", "since": iso_time(9, 50), "until": iso_time(10, 15)}
PAUSED = {"activity": "paused", "since": iso_time(10, 20), "until": iso_time(10, 45), "reason": "break"}


@pytest.mark.parametrize(
    ("activity", "headline", "badge", "detail"),
    [
        (IN_CALL, "You are in a video call", "In a video call", "until about 10:45"),
        (ON_TELEPHONE, "You are on the telephone", "On the telephone", "until about 10:45"),
        (LONG_CALL, "You are in a video call", "In a video call", "planned until 10:15"),
        (PAUSED, "Your desk is paused", "Paused", "until 10:45. Break"),
    ],
)
def test_activity_is_the_same_in_every_console(
    activity: dict[str, Any], headline: str, badge: str, detail: str
) -> None:
    board = build_board(state="free")
    board["desks"][0] |= activity
    board["desks"].append(build_desk("d8", "8", "free", None, agent="Elena", agent_id="elena", **activity))
    mine, host = build_own_desk(board), build_console(board)
    (colleague,) = mine["colleagues"]
    assert (mine["headline"], mine["badge"], mine["detail"]) == (headline, badge, detail)
    assert colleague["now"] == f"{badge} {detail}"
    assert [(desk["badge"], desk["detail"]) for desk in host["desks"]] == [(badge, detail)] * 2
    assert (mine["state"], mine["activity"]) == ("free", activity["activity"])
