"""Names of the public holidays of the regions of offices. No SQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache

from ...offices.service import public_holidays_by_day
from ..language.normalize import normalise_text
from ..language.understanding import LEXICONS


@cache
def holiday_names(regions: frozenset[tuple[str, str | None]], year: int) -> Mapping[str, tuple[date, ...]]:
    """Return the holidays of this year and the next year by their names in each language.

    The first call of a process imports the package: 0.7 s, so it does not belong into the event loop.
    """
    names: dict[str, set[date]] = {}
    for country, subdivision in regions:
        for language in LEXICONS:
            found = public_holidays_by_day(country, subdivision, (year, year + 1), language)
            for day, written in found.items():
                for name in written.split(";"):
                    names.setdefault(normalise_text(name), set()).add(day)
    return {name: tuple(sorted(days)) for name, days in names.items()}
