"""The public holidays of a place, from the package `holidays`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from ..core.errors import FieldError, Invalid

MAX_REASON_CHARACTERS = 120  # `closures.reason`
PREFERRED_LANGUAGE = "es"  # else the country's own


def public_holidays_by_day(country: str, subdivision: str | None, years: Collection[int]) -> dict[date, str]:
    """Their names by day. Raises Invalid when the country or its subdivision (ISO 3166) is not known."""
    import holidays  # 0.3 s that only one night of a year has to spend

    try:
        speaks = holidays.country_holidays(country, subdiv=subdivision)
        language = (
            PREFERRED_LANGUAGE if PREFERRED_LANGUAGE in speaks.supported_languages else speaks.default_language
        )
        found = holidays.country_holidays(country, subdiv=subdivision, years=years, language=language)
    except NotImplementedError:
        known = country in holidays.list_supported_countries()
        raise Invalid(FieldError("subdivision" if known else "country", "not_a_choice")) from None
    return {day: name[:MAX_REASON_CHARACTERS] for day, name in sorted(found.items())}
