"""When a lost socket is opened again (static/core/network/reconnect_wait.js)."""

from __future__ import annotations

from typing import Any

from ...support.scripts.browser_module import call_module, constant

MODULE = "core/network/reconnect_wait.js"
FIRST_HALF_MINUTE = [
    {"attempt": attempt, "wasOpen": attempt == 0, "lostFor_ms": 2_000 * attempt, "usual_ms": 80}
    for attempt in range(15)
]


def waits(back_off: str, losses: list[dict[str, Any]], random: float = 1.0) -> list[dict[str, float]]:
    waited = call_module(MODULE, *(["reconnectWait", constant(back_off), loss, random] for loss in losses))
    limits = call_module(MODULE, *(["attemptLimit", constant(back_off), loss] for loss in losses))
    return [{"wait": wait, "limit": limit} for wait, limit in zip(waited, limits, strict=True)]


def test_call_is_back_within_1500_ms_in_first_half_minute() -> None:
    assert max(wait["wait"] for wait in waits("CALL_BACK_OFF", FIRST_HALF_MINUTE)) <= 1_500


def test_attempts_are_short_but_slow_lines_get_time() -> None:
    limits = [wait["limit"] for wait in waits("CALL_BACK_OFF", FIRST_HALF_MINUTE)]
    assert set(limits) == {2_000, 5_000}
    assert limits.count(5_000) == 3
    slow = [{**loss, "usual_ms": 1_500} for loss in FIRST_HALF_MINUTE]
    assert min(wait["limit"] for wait in waits("CALL_BACK_OFF", slow)) == 4_500


def test_first_socket_of_page_and_long_outage_are_not_hurried() -> None:
    first = {"attempt": 0, "wasOpen": False, "lostFor_ms": 0, "usual_ms": 0}
    later = {"attempt": 20, "wasOpen": False, "lostFor_ms": 60_000, "usual_ms": 80}
    assert [wait["limit"] for wait in waits("CALL_BACK_OFF", [first, later])] == [10_000, 10_000]
    assert [wait["wait"] for wait in waits("CALL_BACK_OFF", [later], 0)] == [7_000]


def test_phones_spread_their_return() -> None:
    lost = {"attempt": 0, "wasOpen": True, "lostFor_ms": 0, "usual_ms": 80}
    assert waits("RELAXED_BACK_OFF", [lost]) == [{"wait": 7_000, "limit": 0}]
