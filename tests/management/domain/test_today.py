"""Order and troubles of the offices on the Today page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from office360.management.domain.today import OfficeToday, Trouble, order_by_attention, sum_up
from office360.queue.domain.display_screen import DisplayScreen
from office360.staff.domain.emergency import Emergency

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


EMERGENCY = Emergency("e", "o", "d", None, "Mesa 1", "b", "Boris", NOW)


def today(slug: str, *, paused: bool = False, is_evacuating: bool = False, **figures: Any) -> OfficeToday:
    office: Any = SimpleNamespace(name=slug, paused=paused, is_evacuating=is_evacuating)
    return OfficeToday(slug, office, **{"is_open": True, "desks_open": 1, **figures})


def names(offices: list[OfficeToday]) -> list[str]:
    return [office.slug for office in order_by_attention(offices)]


def test_offices_are_ordered_by_most_urgent_trouble() -> None:
    screen = DisplayScreen("s", "o", "Entrada", NOW, NOW, None, None, None)
    offices = [
        today("late", late=1),
        today("screen", lost_screens=[screen]),
        today("closed late", is_open=False, opens_at=NOW + timedelta(days=2)),
        today("closed soon", is_open=False, opens_at=NOW + timedelta(hours=1)),
        today("calm"),
        today("failed", failed_messages=1, late=9),
        today("paused", paused=True),
        today("long", over_limit=1, waiting=1),
        today("no desk", waiting=1, desks_open=0),
        OfficeToday("unreadable"),
        today("emergency", is_open=False, emergencies=[EMERGENCY], late=1),
        today("evacuated", paused=True, is_evacuating=True),
    ]
    assert names(offices) == [
        "evacuated",
        "emergency",
        "unreadable",
        "paused",
        "failed",
        "no desk",
        "long",
        "late",
        "screen",
        "calm",
        "closed soon",
        "closed late",
    ]


def test_equal_troubles_are_ordered_by_longest_wait() -> None:
    short, long = (
        today(f"{minutes} min", waiting=1, over_limit=1, longest_wait=timedelta(minutes=minutes))
        for minutes in (50, 90)
    )
    assert names([short, long]) == ["90 min", "50 min"]


@pytest.mark.parametrize(
    ("changes", "troubles"),
    [
        ({"waiting": 2, "desks_open": 0, "paused": True}, (Trouble.PAUSED,)),
        ({"is_open": False, "paused": True}, ()),
        ({"is_open": False, "failed_messages": 1}, (Trouble.MESSAGES_FAILED,)),
        ({"waiting": 2}, ()),
    ],
)
def test_troubles_are_those_that_need_a_person_now(changes: dict[str, Any], troubles: tuple[Trouble, ...]) -> None:
    office = today("centro", **changes)
    assert office.troubles == troubles
    assert office.is_last == (not troubles and not office.is_open)


def test_totals_leave_out_offices_without_data() -> None:
    totals = sum_up([today("a", waiting=2, longest_wait=timedelta(minutes=3)), today("b"), OfficeToday("c")])
    assert (totals.waiting, totals.offices, totals.open_offices, totals.unknown) == (2, 3, 2, 1)
    assert totals.longest_wait == timedelta(minutes=3)
    assert sum_up([replace(today("a"))]).longest_wait is None
