"""Meter of the walk test: reading, shown grade, best spot; by node."""

from __future__ import annotations

from typing import Any

from ...support.scripts.browser_module import call_module, fold_module

BOUNDS = {
    "rtt_ms": {"green": 200, "amber": 400},
    "jitter_ms": {"green": 30, "amber": 60},
    "loss_pct": {"green": 2, "amber": 8},
}
NOW = 8_000
SPOT = "precheck/walk/spot.js"


def packets(rtt_ms: float, lost: tuple[int, ...] = (), count: int = 60) -> list[dict[str, float]]:
    sent = [(n, NOW - 100 * (count - n)) for n in range(count)]
    return [{"sentAt": at} if n in lost else {"sentAt": at, "arrivedAt": at + rtt_ms} for n, at in sent]


def read(given: list[dict[str, float]]) -> dict[str, Any]:
    (reading,) = call_module(SPOT, ["readSpot", given, NOW, BOUNDS])
    assert isinstance(reading, dict)
    return reading


def test_reading_has_the_grades_of_the_verdict() -> None:
    grades = [read(packets(rtt))["grade"] for rtt in (40, 200, 201, 400, 401)]
    assert grades == ["green", "green", "amber", "amber", "red"]
    assert read(packets(40, lost=(5,)))["grade"] == "green"  # a single packet of 60
    assert read(packets(40, lost=(5, 20)))["grade"] == "amber"
    assert read(packets(40, lost=(5, 12, 20, 28, 36, 44)))["grade"] == "red"


def test_packets_on_their_way_are_not_lost() -> None:
    assert read(packets(40, lost=(58, 59)))["loss_pct"] == 0


def test_spot_where_nothing_returns_is_bad() -> None:
    assert read(packets(40, lost=tuple(range(60))))["grade"] == "red"
    assert read(packets(1_500))["grade"] == "red"  # too late for a conversation


def test_first_second_is_unknown() -> None:
    assert read(packets(40, count=9))["grade"] == "unknown"


def shown(*grades: str) -> list[str]:
    steps = fold_module(SPOT, {"grade": "unknown", "others": 0}, *[["nextShown", grade] for grade in grades])
    return [step["grade"] for step in steps]


def test_shown_grade_does_not_flicker() -> None:
    assert shown("green", "amber", "green", "amber", "green") == ["green"] * 5
    assert shown("green", "amber", "red") == ["green", "green", "red"]
    assert shown("red", "green", "green", "green", "green") == ["red", "red", "red", "red", "green"]
    assert shown("amber", "red", "green", "red") == ["amber"] * 4


def test_best_spot_needs_seconds_and_prefers_the_newer_of_equals() -> None:
    good, better = read(packets(80)), read(packets(40))
    short = read(packets(20, count=20))
    steps = fold_module(
        SPOT,
        None,
        ["bestSpot", short, 1],
        ["bestSpot", good, 2],
        ["bestSpot", better, 3],
        ["bestSpot", good, 4],
        ["bestSpot", better, 5],
    )
    assert [step and step["at"] for step in steps] == [None, 2, 3, 3, 5]


def test_impairment_is_what_the_opinion_score_subtracts() -> None:
    readings = [{"rtt_ms": 200, "jitter_ms": 20, "loss_pct": 2}, {"rtt_ms": 400, "jitter_ms": 60, "loss_pct": 8}]
    assert call_module(SPOT, *[["impairment", reading] for reading in [*readings, {}]]) == [8.75, 41, 100]
