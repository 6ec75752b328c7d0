"""The public holidays of a place, from the package `holidays`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from ..core.errors import FieldError, Invalid

REASON_LENGTH = 120  # `closures.reason`
LANGUAGE = "es"  # else the country's own


def public_holidays(country: str, subdivision: str | None, years: Collection[int]) -> dict[date, str]:
    """Their names by day. Raises Invalid when the country or its subdivision (ISO 3166) is not known."""
    import holidays  # 0.3 s that only one night of a year has to spend

    try:
        speaks = holidays.country_holidays(country, subdiv=subdivision)
        language = LANGUAGE if LANGUAGE in speaks.supported_languages else speaks.default_language
        found = holidays.country_holidays(country, subdiv=subdivision, years=years, language=language)
    except NotImplementedError:
        known = country in holidays.list_supported_countries()
        raise Invalid(FieldError("subdivision" if known else "country", "not_a_choice")) from None
    return {day: name[:REASON_LENGTH] for day, name in sorted(found.items())}
