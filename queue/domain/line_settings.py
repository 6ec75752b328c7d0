"""The settings of a line: defaults, bounds, and an office's overrides.

Pure: no clock, no SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from ...appointments.domain.appointment import (
    ENTRY_OPENS_BEFORE_START,
    IN_PERSON_ENTRY_AFTER_START,
    ON_TIME_WITHIN,
)
from ...core.errors import FieldError, Invalid

MINUTE_S, HOUR_S = 60, 3600  # seconds


@dataclass(frozen=True, slots=True)
class LineSettings:
    """Every setting of a line, with its default (docs/queue_settings.md#who-is-next)."""

    check_in_opens: timedelta = ENTRY_OPENS_BEFORE_START  # before an appointment's time
    due_before: timedelta = timedelta(minutes=2)  # the way from a chair to a desk
    on_time_until: timedelta = ON_TIME_WITHIN  # an appointment that checks in later is late
    late_until: timedelta = IN_PERSON_ENTRY_AFTER_START  # later, the host decides
    preferential_lead: timedelta = timedelta(minutes=15)
    late_lead: timedelta = timedelta(minutes=10)  # the advantage that a late appointment keeps
    guard_wait: timedelta = timedelta(minutes=45)
    guard_wait_preferential: timedelta = timedelta(minutes=30)
    guard_calls: int = 2  # consecutive appointments that activate the guard
    promise_slack: int = 2  # overtakings beyond those of the appointments booked at issue
    recall_after: timedelta = timedelta(seconds=60)
    missed_after: timedelta = timedelta(minutes=3)
    rejoin_within: timedelta = timedelta(minutes=20)
    rejoins: int = 1
    postpone_by: timedelta = timedelta(minutes=10)
    postpones: int = 1
    hold_for: timedelta = timedelta(minutes=10)  # a photocopy, a payment at the bank
    expire_after_closing: timedelta = timedelta(minutes=30)
    closing_margin: timedelta = timedelta(minutes=5)  # agents tidy their desk before they leave
    appointment_delay: timedelta = timedelta(minutes=10)  # how much later a walk-in may make a due appointment

    @classmethod
    def from_overrides(cls, overrides: Mapping[str, Any]) -> LineSettings:
        """Return the defaults with the overrides of a line: seconds or counts by name.

        Raises Invalid with one FieldError for each `rules.NAME` that is unknown, not a whole number or out of
        bounds, and for each pair that is in the wrong order.
        """
        if not overrides:
            return DEFAULT_LINE_SETTINGS
        errors = [error for name, value in overrides.items() if (error := _find_error(name, value))]
        if errors:
            raise Invalid(*errors)
        values: dict[str, Any] = {name: _with_unit(name, value) for name, value in overrides.items()}
        settings = cls(**values)
        if errors := _order_errors(settings):
            raise Invalid(*errors)
        return settings

    def to_numbers(self) -> dict[str, int]:
        """Return every setting in the units of `from_overrides`."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: int(value.total_seconds()) if isinstance(value, timedelta) else value
            for name, value in values.items()
        }


DEFAULT_LINE_SETTINGS = LineSettings()

# The smallest and largest sensible value, in seconds or as a count. Beyond them the unit is probably wrong.
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

# The first setting of each pair must not exceed the second.
ORDERED_SETTINGS = (
    ("on_time_until", "late_until"),
    ("recall_after", "missed_after"),
    ("guard_wait_preferential", "guard_wait"),
)


def _find_error(name: str, value: Any) -> FieldError | None:
    path = f"rules.{name}"
    if name not in SETTING_BOUNDS:
        return FieldError(path, "unexpected", {"known": ", ".join(SETTING_BOUNDS)})
    least, most = SETTING_BOUNDS[name]
    if isinstance(value, bool) or not isinstance(value, int):
        return FieldError(path, "not_a_number", {"min": least, "max": most})
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
