"""Changes of the desks and hours of a day, as shifts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from .plan import Shift

# desks that open or close this near to the first or last do so with it
PRESENT_WITHIN = timedelta(minutes=15)
# share of the longest open time: without a desk that helped out for an hour, the office has hardly fewer desks
MOST_OF_THE_DAY = 0.5


def open_times(shifts: Sequence[Shift]) -> dict[str, timedelta]:
    """Return how long each desk is open, in order of the shifts."""
    times: dict[str, timedelta] = {}
    for shift in shifts:
        times[shift.desk_id] = times.get(shift.desk_id, timedelta()) + shift.closes - shift.opens
    return times


def desks_to_remove(shifts: Sequence[Shift], count: int) -> list[str]:
    """Return the last desks of those that are open most of the day, then the others."""
    times = open_times(shifts)
    longest = max(times.values(), default=timedelta())
    ranked = sorted(enumerate(times), key=lambda desk: (times[desk[1]] >= MOST_OF_THE_DAY * longest, desk[0]))
    return [desk_id for _, desk_id in ranked[-count:]] if count else []


def move_opening(shifts: Sequence[Shift], opens: datetime) -> tuple[Shift, ...]:
    """Open the first desks at another time. A later opening shortens every desk's shifts."""
    first = min((shift.opens for shift in shifts), default=opens)
    if opens >= first:
        return tuple(replace(shift, opens=max(shift.opens, opens)) for shift in shifts if shift.closes > opens)
    return tuple(
        replace(shift, opens=opens) if shift.opens <= first + PRESENT_WITHIN else shift for shift in shifts
    )


def move_closing(shifts: Sequence[Shift], closes: datetime) -> tuple[Shift, ...]:
    """Close the last desks at another time. An earlier closing shortens every desk's shifts."""
    last = max((shift.closes for shift in shifts), default=closes)
    if closes <= last:
        return tuple(replace(shift, closes=min(shift.closes, closes)) for shift in shifts if shift.opens < closes)
    return tuple(
        replace(shift, closes=closes) if shift.closes >= last - PRESENT_WITHIN else shift for shift in shifts
    )
