"""Public holidays of a region, from the package `holidays`. No SQL."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import cache

from ...core.errors import FieldError, Invalid

MAX_SUBDIVISION = 6  # characters of the column offices.subdivision
MAX_REASON_CHARACTERS = 120  # the column closures.reason
# if the package has it, otherwise the country's default language
PREFERRED_LANGUAGE = "es"


@cache
def holiday_countries() -> frozenset[str]:
    """Return the countries whose public holidays are known, as ISO 3166 codes."""
    # list_supported_countries would import all 250 countries
    from holidays.registry import EntityLoader

    return frozenset(EntityLoader.get_country_codes(include_aliases=False))


@cache
def holiday_regions(country: str) -> dict[str, str]:
    """Return the regions of a country with holidays of their own: name by code.

    Sorted by name. Empty for an unknown country. A region without a known name has its code.
    """
    import holidays

    if country not in holiday_countries():
        return {}
    found = holidays.country_holidays(country)
    names = {code: code for code in found.subdivisions if len(code) <= MAX_SUBDIVISION}
    for alias, code in reversed((found.subdivisions_aliases or {}).items()):  # the first name of a region is kept
        if code in names:
            names[code] = alias
    return dict(sorted(names.items(), key=lambda named: named[1].casefold()))


def public_holidays_by_day(
    country: str, subdivision: str | None, years: Collection[int], wanted_language: str = PREFERRED_LANGUAGE
) -> dict[date, str]:
    """Return holiday names by day, in the wanted language if the package has it.

    Raises Invalid if country or subdivision (ISO 3166) is unknown.
    """
    import holidays  # imported late: it is needed once a year
    from holidays.registry import EntityLoader

    try:
        supported = holidays.country_holidays(country, subdiv=subdivision)
        languages = [name for name in supported.supported_languages if name.startswith(wanted_language)]
        language = languages[0] if languages else supported.default_language
        names = holidays.country_holidays(country, subdiv=subdivision, years=years, language=language)
    except NotImplementedError:
        known = country in EntityLoader.get_country_codes(include_aliases=True)
        raise Invalid(FieldError("subdivision" if known else "country", "not_a_choice")) from None
    return {day: name[:MAX_REASON_CHARACTERS] for day, name in sorted(names.items())}
