"""Forecast of video visits that are delayed by an overrunning call."""

from __future__ import annotations

from datetime import datetime, timedelta

from office360.rooms.domain.start_forecast import VideoVisit, forecast_starts

from ...conftest import MORNING


def at(minute: float) -> datetime:
    return MORNING + timedelta(minutes=minute)


def video_visit(name: str, minute: int, *, is_on: bool = False, is_here: bool = False) -> VideoVisit:
    """Of twenty minutes."""
    return VideoVisit(name, at(minute), at(minute + 20), is_on, is_here)


def expected_minutes(*visits: VideoVisit, now: float, places: int = 1) -> dict[str, float]:
    found = forecast_starts(visits, places, at(now))
    return {name: (moment - MORNING).total_seconds() / 60 for name, moment in found.items()}


def test_call_over_by_15_min_delays_next_visits() -> None:
    visits = (
        video_visit("on", 0, is_on=True),
        video_visit("next", 40),
        video_visit("later", 60),
        video_visit("at noon", 90),
    )
    assert expected_minutes(*visits, now=35) == {}
    assert expected_minutes(*visits, now=36) == {"next": 41, "later": 61, "at noon": 90}
    assert expected_minutes(*visits, now=50) == {
        "later": 60,
        "at noon": 90,
    }  # whoever has not come is not waited for


def test_arrived_visit_starts_before_one_not_arrived() -> None:
    visits = (video_visit("on", 0, is_on=True), video_visit("here", 20, is_here=True), video_visit("next", 40))
    assert expected_minutes(*visits, now=45) == {"here": 50, "next": 70}


def test_free_agent_means_no_delay() -> None:
    visits = (video_visit("on", 0, is_on=True), video_visit("next", 40))
    assert expected_minutes(*visits, now=45, places=2) == {}
    assert expected_minutes(video_visit("other", 30, is_on=True), *visits, now=45, places=2) == {"next": 50}
