"""The numbers of a line: what the house says, and what an office sets instead. Pure: no clock, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from ...core.errors import FieldError, Invalid

MINUTE_S, HOUR_S = 60, 3600  # seconds


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Every number of a line. The defaults are the house's (design: "Who is next")."""

    check_in_opens: timedelta = timedelta(minutes=15)  # before an appointment's time
    due_before: timedelta = timedelta(minutes=2)  # the way from a chair to a desk
    on_time_until: timedelta = timedelta(minutes=10)  # checked in later, an appointment is late
    late_until: timedelta = timedelta(minutes=30)  # later still, a person at the entrance decides
    preferential_lead: timedelta = timedelta(minutes=15)
    late_lead: timedelta = timedelta(minutes=10)  # a late appointment keeps this much of its right
    guard_wait: timedelta = timedelta(minutes=45)
    guard_wait_preferential: timedelta = timedelta(minutes=30)
    guard_calls: int = 2  # appointments in a row before the guard looks
    promise_slack: int = 2  # passes beyond the appointments already booked
    recall_after: timedelta = timedelta(seconds=60)
    missed_after: timedelta = timedelta(minutes=3)
    rejoin_within: timedelta = timedelta(minutes=20)
    rejoins: int = 1
    postpone_by: timedelta = timedelta(minutes=10)
    postpones: int = 1
    hold_for: timedelta = timedelta(minutes=10)  # a photocopy, a payment at the bank
    expire_after_closing: timedelta = timedelta(minutes=30)
    closing_margin: timedelta = timedelta(minutes=5)  # desks are put in order; nobody is served against the clock
    appointment_delay: timedelta = timedelta(minutes=10)  # how late appointments that are due may be called

    @classmethod
    def from_overrides(cls, overrides: Mapping[str, Any]) -> LineSettings:
        """The house's rules with what a line sets instead: seconds or counts, by the names above.

        Raises Invalid with one FieldError for each: `rules.NAME` is not known, no whole number, or absurd.
        """
        if not overrides:
            return DEFAULT_LINE_SETTINGS
        wrong = [error for name, value in overrides.items() if (error := _find_error(name, value))]
        if wrong:
            raise Invalid(*wrong)
        set_here: dict[str, Any] = {name: _with_unit(name, value) for name, value in overrides.items()}
        rules = cls(**set_here)
        if contradictions := _order_errors(rules):
            raise Invalid(*contradictions)
        return rules

    def to_numbers(self) -> dict[str, int]:
        """Every number as `of` takes it."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: int(value.total_seconds()) if isinstance(value, timedelta) else value
            for name, value in values.items()
        }


DEFAULT_LINE_SETTINGS = LineSettings()

# From and up to what a number makes sense, in seconds or as a count: beyond, somebody mistook the unit.
SETTING_BOUNDS: Mapping[str, tuple[int, int]] = {
    "check_in_opens": (0, 4 * HOUR_S),
    "due_before": (0, HOUR_S),
    "on_time_until": (0, 2 * HOUR_S),
    "late_until": (0, 8 * HOUR_S),
    "preferential_lead": (0, 4 * HOUR_S),
    "late_lead": (0, 4 * HOUR_S),
    "guard_wait": (MINUTE_S, 8 * HOUR_S),
    "guard_wait_preferential": (MINUTE_S, 8 * HOUR_S),
    "guard_calls": (1, 20),
    "promise_slack": (0, 50),
    "recall_after": (10, 10 * MINUTE_S),
    "missed_after": (30, HOUR_S),
    "rejoin_within": (0, 4 * HOUR_S),
    "rejoins": (0, 5),
    "postpone_by": (MINUTE_S, 2 * HOUR_S),
    "postpones": (0, 5),
    "hold_for": (MINUTE_S, 4 * HOUR_S),
    "expire_after_closing": (0, 6 * HOUR_S),
    "closing_margin": (0, 4 * HOUR_S),
    "appointment_delay": (0, 4 * HOUR_S),
}

# The first of each pair is never more than the second.
ORDERED_SETTINGS = (
    ("on_time_until", "late_until"),
    ("recall_after", "missed_after"),
    ("guard_wait_preferential", "guard_wait"),
)


def _find_error(name: str, value: Any) -> FieldError | None:
    path = f"rules.{name}"
    if name not in SETTING_BOUNDS:
        return FieldError(path, "unexpected")
    if isinstance(value, bool) or not isinstance(value, int):
        return FieldError(path, "not_a_number")
    least, most = SETTING_BOUNDS[name]
    return None if least <= value <= most else _out_of_range_error(path, least, most)


def _out_of_range_error(path: str, least: int, most: int) -> FieldError:
    return FieldError(path, "out_of_range", {"min": least, "max": most})


def _with_unit(name: str, value: int) -> int | timedelta:
    return timedelta(seconds=value) if isinstance(getattr(DEFAULT_LINE_SETTINGS, name), timedelta) else value


def _order_errors(settings: LineSettings) -> list[FieldError]:
    numbers = settings.to_numbers()
    return [
        _out_of_range_error(f"rules.{small}", SETTING_BOUNDS[small][0], numbers[large])
        for small, large in ORDERED_SETTINGS
        if numbers[small] > numbers[large]
    ]
