"""Durations as people type them: a number with a unit, converted exactly. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

UNIT_SECONDS: Mapping[str, int] = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
NUMBER = re.compile(r"-?[0-9]{1,9}([.,][0-9]{1,6})?")


def parse_amount(typed: str, base: str) -> int | None:
    """Convert `1.5 hours` to a whole number of the base unit; None if that is not exact.

    `base`: the unit in which the number is stored. A text without a unit is in the base unit.
    """
    number, _, unit = typed.strip().partition(" ")
    unit = unit.strip() or base
    if not NUMBER.fullmatch(number) or unit not in UNIT_SECONDS:
        return None
    in_base = Decimal(number.replace(",", ".")) * UNIT_SECONDS[unit] / UNIT_SECONDS[base]
    return int(in_base) if in_base == int(in_base) else None


def format_amount(value: int, units: Sequence[str], base: str) -> str:
    """Write a stored number in the largest of `units` that is exact, else in the base unit.

    Zero is written in the first unit.
    """
    seconds = value * UNIT_SECONDS[base]
    if not seconds:
        return f"0 {units[0]}"
    for unit in sorted(units, key=lambda unit: -UNIT_SECONDS[unit]):
        if seconds % UNIT_SECONDS[unit] == 0:
            return f"{seconds // UNIT_SECONDS[unit]} {unit}"
    return f"{value} {base}"
