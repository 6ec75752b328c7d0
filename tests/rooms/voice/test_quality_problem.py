"""The problem that a call's page names, from the voice's own figures."""

from __future__ import annotations

from typing import Any

import pytest

from ...support.scripts.browser_module import call_module, run_javascript

MODULE = "rooms/quality_problem.js"
GOOD = {
    "figures": {"loss_up_pct": 0, "loss_down_pct": 0, "rtt_ms": 50, "limited": "none"},
    "concealed_up_pct": 0,
    "concealed_down_pct": 0,
    "sendsPicture": True,
    "still": False,
    "age_ms": 60_000,
}
LIMITED = {"limited": "bandwidth"}


def view(figures: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {**GOOD, "figures": {**GOOD["figures"], **(figures or {})}, **changes}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("seen", "problem"),
    [
        (view(), ""),
        (view(LIMITED, concealed_up_pct=35), "voice_up"),
        (view(LIMITED, concealed_down_pct=35), "voice_down"),
        (view({"loss_up_pct": 10}, concealed_up_pct=0.5), "loss_up"),  # redundancy repairs the voice
        (view({"loss_up_pct": 10}, concealed_up_pct=9), "voice_up"),
        (view({"loss_down_pct": 10}, concealed_down_pct=None), "loss_down"),
        (view({"rtt_ms": 401}), "delay"),
        (view(LIMITED), "bandwidth"),
        (view(LIMITED, age_ms=10_000), ""),  # a new connection grows
        (view(LIMITED, sendsPicture=False), ""),
        (view(still=True), "bandwidth"),  # held still by this page, so its encoder is not limited
        (view({"limited": "cpu"}), "cpu"),
    ],
)
def test_concealed_voice_is_named_before_other_problems(seen: dict[str, Any], problem: str) -> None:
    assert call_module(MODULE, ["qualityProblem", seen]) == [problem]


@pytest.mark.parametrize(
    ("up", "down", "is_fine"), [(0, 2.9, True), (3, 0, False), (0, 12, False), (None, 0, False), (0, None, False)]
)
def test_voice_is_called_fine_only_if_both_ways_are_known(
    up: float | None, down: float | None, is_fine: bool
) -> None:
    seen = view(LIMITED, concealed_up_pct=up, concealed_down_pct=down)
    assert call_module(MODULE, ["isVoiceFine", seen]) == [is_fine]


def test_still_picture_is_none_that_is_stopped_or_signs() -> None:
    def one(sound_only: str) -> dict[str, Any]:
        return {"state": {"soundOnly": sound_only, "insisted": False, "narrow": True}, "figures": None}

    source = """
      import { viewVoice } from "STATIC/rooms/voice/voice_view.js";
      const channel = { heardConcealed_pct: () => null };
      const run = (cases) => cases.map(([one, facts]) => viewVoice([{ ...one, channel }], facts).still);
    """
    moving = {"signs": False, "sendsPicture": True}
    signing, without = {**moving, "signs": True}, {**moving, "sendsPicture": False}
    cases = [[one(""), moving], [one("weak_connection"), moving], [one(""), signing], [one(""), without]]
    assert run_javascript(source, cases) == [True, False, False, False]
