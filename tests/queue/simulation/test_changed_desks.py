"""Other desks and hours of a day, as shifts."""

from __future__ import annotations

from office360.queue.simulation.changed_desks import desks_to_remove, move_closing, move_opening
from office360.queue.simulation.plan import Shift

from ..support.tickets import at_minute


def shift(desk: str, opens: float, closes: float) -> Shift:
    return Shift(desk, ("line a",), at_minute(opens), at_minute(closes))


DAY = (shift("one", 0, 240), shift("two", 10, 100), shift("two", 130, 230), shift("help", 60, 90))


def test_desk_that_helped_out_is_removed_last() -> None:
    assert desks_to_remove(DAY, 1) == ["two"]
    assert desks_to_remove(DAY, 2) == ["one", "two"]
    assert desks_to_remove(DAY, 3) == ["help", "one", "two"]
    assert desks_to_remove(DAY, 0) == []


def test_earlier_opening_moves_the_first_desks() -> None:
    moved = move_opening(DAY, at_minute(-60))
    assert moved == (shift("one", -60, 240), shift("two", -60, 100), *DAY[2:])


def test_later_opening_shortens_all_desks() -> None:
    assert move_opening(DAY, at_minute(110)) == (shift("one", 110, 240), DAY[2])


def test_later_closing_moves_the_last_desks() -> None:
    assert move_closing(DAY, at_minute(300)) == (
        shift("one", 0, 300),
        DAY[1],
        shift("two", 130, 300),
        shift("help", 60, 90),
    )


def test_earlier_closing_shortens_all_desks() -> None:
    assert move_closing(DAY, at_minute(80)) == (shift("one", 0, 80), shift("two", 10, 80), shift("help", 60, 80))
