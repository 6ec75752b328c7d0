"""The problem that a call's page names, from the voice's own figures."""

from __future__ import annotations

from typing import Any

import pytest

from ...support.scripts.browser_module import call_module, run_javascript

MODULE = "rooms/call/quality_problem.js"
GOOD = {
    "figures": {"loss_up_pct": 0, "loss_down_pct": 0, "rtt_ms": 50, "limited": "none"},
    "concealed_up_pct": 0,
    "concealed_down_pct": 0,
    "sendsPicture": True,
    "still": False,
    "slow": False,
    "other_slow": False,
    "unsteady": False,
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
        (view(other_slow=True), "other_slow"),
        (view(other_slow=True, concealed_down_pct=35), "voice_down"),
    ],
)
def test_concealed_voice_is_named_before_other_problems(seen: dict[str, Any], problem: str) -> None:
    assert call_module(MODULE, ["qualityProblem", seen]) == [problem]


def test_slow_line_is_told_without_a_pause() -> None:
    """The page has decided on the still picture itself, also on a new connection."""
    still, limited = view(still=True, age_ms=1_000), view(LIMITED)
    assert call_module(MODULE, ["qualityProblem", still]) == ["bandwidth"]
    cases = [("bandwidth", still), ("other_slow", view(other_slow=True)), ("bandwidth", limited), ("delay", still)]
    assert call_module(MODULE, *(["isCertain", *case] for case in cases)) == [True, True, False, False]


@pytest.mark.parametrize(
    ("up", "down", "is_fine"), [(0, 2.9, True), (3, 0, False), (0, 12, False), (None, 0, False), (0, None, False)]
)
def test_voice_is_called_fine_only_if_both_ways_are_known(
    up: float | None, down: float | None, is_fine: bool
) -> None:
    seen = view(LIMITED, concealed_up_pct=up, concealed_down_pct=down)
    assert call_module(MODULE, ["isVoiceFine", seen]) == [is_fine]


@pytest.mark.parametrize(
    ("problem", "seen", "advice"),
    [
        ("voice_up", view(unsteady=True, concealed_up_pct=35), "why_voice_up_more"),  # nearer to the router
        ("voice_up", view(slow=True, concealed_up_pct=35), "why_slow"),
        ("voice_up", view(slow=True, unsteady=True, concealed_up_pct=35), "why_voice_up_more"),
        ("loss_up", view({"loss_up_pct": 10}), "why_weak"),
        ("loss_up", view({"loss_up_pct": 10}, unsteady=True), "why_loss_up_fine"),
        ("voice_down", view(other_slow=True, concealed_down_pct=35), "why_other_slow_more"),
        ("voice_down", view(concealed_down_pct=35), "why_voice_down_more"),
        ("bandwidth", view(LIMITED), "why_bandwidth_fine"),
    ],
)
def test_only_a_line_that_varies_is_sent_to_the_router(problem: str, seen: dict[str, Any], advice: str) -> None:
    assert call_module(MODULE, ["adviceKey", problem, seen]) == [advice]


def test_slow_line_is_steady_until_its_queue_is_empty() -> None:
    def unsteady(slow_ms: int, *recent: dict[str, Any]) -> bool:
        (found,) = call_module("rooms/connection/line_steadiness.js", ["isUnsteady", recent, slow_ms])
        return bool(found)

    lossy, late = {"loss_up_pct": 20, "rtt_ms": 40}, {"rtt_ms": 140, "loss_up_pct": 0}
    calm = {"rtt_ms": 250, "loss_up_pct": 0, "jitter_ms": 8}
    assert unsteady(0, lossy, lossy, lossy)
    assert not unsteady(6_000, lossy, lossy, lossy)  # of the full queue
    assert unsteady(20_000, lossy, lossy, lossy)
    assert not unsteady(20_000, *[calm] * 5)  # a long queue that stays
    assert unsteady(0, {"rtt_ms": 40}, late, late, late)
    near = {**calm, "rtt_ms": 60}
    assert not unsteady(0, lossy, near, near, near, lossy)


def test_still_picture_is_none_that_is_stopped_or_signs() -> None:
    def one(sound_only: str) -> dict[str, Any]:
        state = {"soundOnly": sound_only, "insisted": False, "narrow": True, "paused": False}
        return {"state": state, "figures": None}

    source = """
      import { viewVoice } from "STATIC/rooms/voice/voice_view.js";
      const channel = { heardConcealed_pct: () => null, isSlow: () => true };
      const run = (cases) => cases.map(([one, facts]) => viewVoice([{ ...one, channel }], facts).still);
    """
    moving = {"signs": False, "sendsPicture": True}
    signing, without = {**moving, "signs": True}, {**moving, "sendsPicture": False}
    cases = [[one(""), moving], [one("weak_connection"), moving], [one(""), signing], [one(""), without]]
    assert run_javascript(source, cases) == [True, False, False, False]
