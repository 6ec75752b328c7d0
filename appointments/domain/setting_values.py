"""Numbers and clock times of stored settings. Pure: errors are collected, not raised."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from ...core.errors import FieldError

Bounds = tuple[int, int]  # lowest and highest value that makes sense; beyond, the unit was probably mistaken


def parse_number(path: str, value: Any, bounds: Bounds, errors: list[FieldError]) -> int:
    """Return a whole number within bounds.

    Otherwise append an error and return the lower bound.
    """
    lowest, highest = bounds
    if isinstance(value, bool) or not isinstance(value, int):
        errors.append(FieldError(path, "not_a_number", {"min": lowest, "max": highest}))
    elif not lowest <= value <= highest:
        errors.append(FieldError(path, "out_of_range", {"min": lowest, "max": highest}))
    else:
        return value
    return lowest


def parse_clock_time(path: str, value: Any, errors: list[FieldError]) -> time:
    """Return a clock time such as "18:00"; otherwise append an error and return midnight."""
    try:
        return datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a clock time has no zone
    except (TypeError, ValueError):
        errors.append(FieldError(path, "invalid_time"))
        return time()
