"""Forecast of video visits that are delayed by an overrunning call."""

from __future__ import annotations

from datetime import datetime, timedelta

from office360.appointments.domain.start_forecast import RemoteVisit, forecast_starts

from ...conftest import MORNING


def at(minute: float) -> datetime:
    return MORNING + timedelta(minutes=minute)


def video_visit(name: str, minute: int, *, is_in_call: bool = False, has_arrived: bool = False) -> RemoteVisit:
    """Build a visit of 20 minutes that starts at a minute after MORNING."""
    return RemoteVisit(name, at(minute), at(minute + 20), is_in_call, has_arrived)


def expected_minutes(*visits: RemoteVisit, now: float, capacity: int = 1) -> dict[str, float]:
    starts = forecast_starts(visits, capacity, at(now))
    return {name: (start - MORNING).total_seconds() / 60 for name, start in starts.items()}


def test_call_over_by_15_min_delays_next_visits() -> None:
    visits = (
        video_visit("ongoing", 0, is_in_call=True),
        video_visit("next", 40),
        video_visit("later", 60),
        video_visit("at noon", 90),
    )
    assert expected_minutes(*visits, now=35) == {}
    assert expected_minutes(*visits, now=36) == {"next": 41, "later": 61, "at noon": 90}
    # The citizen of `next` has not arrived 10 minutes after the start, and delays no other visit.
    assert expected_minutes(*visits, now=50) == {"later": 60, "at noon": 90}


def test_arrived_visit_starts_before_one_not_arrived() -> None:
    visits = (
        video_visit("ongoing", 0, is_in_call=True),
        video_visit("arrived", 20, has_arrived=True),
        video_visit("next", 40),
    )
    assert expected_minutes(*visits, now=45) == {"arrived": 50, "next": 70}


def test_free_agent_means_no_delay() -> None:
    visits = (video_visit("ongoing", 0, is_in_call=True), video_visit("next", 40))
    assert expected_minutes(*visits, now=45, capacity=2) == {}
    assert expected_minutes(video_visit("other", 30, is_in_call=True), *visits, now=45, capacity=2) == {"next": 50}
