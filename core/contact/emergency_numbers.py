"""Emergency numbers by country: for every danger, for violence, for suicide. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_ENTRY = re.compile(r"([A-Z]{2})=(\+?\d{2,15})(?:/(\+?\d{2,15})?)?(?:/(\+?\d{2,15})?)?")


@dataclass(frozen=True, slots=True)
class EmergencyNumbers:
    """Numbers as they are dialled. `violence`, `suicide`: None if a country has no such line."""

    general: str
    violence: str | None = None
    suicide: str | None = None


NumbersByCountry = Mapping[str, EmergencyNumbers]

# 112 answers in the whole European Union (Directive (EU) 2018/1972, article 109) and in most mobile networks.
ANY_COUNTRY = EmergencyNumbers("112")
# Spain: 016 is the Ministry of Equality's line about gender violence, 024 the Ministry of Health's about suicide.
DEFAULT_NUMBERS: NumbersByCountry = {"ES": EmergencyNumbers("112", "016", "024")}


def parse_emergency_numbers(entries: Iterable[str]) -> dict[str, EmergencyNumbers]:
    """Parse entries such as `ES=112/016/024` or `PT=112`. Raises ValueError."""
    numbers = {}
    for entry in entries:
        found = _ENTRY.fullmatch(entry)
        if found is None:
            raise ValueError(
                f"write {entry} as COUNTRY=GENERAL/VIOLENCE/SUICIDE, such as ES=112/016/024 or PT=112"
            )
        numbers[found[1]] = EmergencyNumbers(found[2], found[3], found[4])
    return numbers


def numbers_of_country(country: str | None, own: NumbersByCountry) -> EmergencyNumbers:
    """Return the numbers of a country: the installation's own, else the defaults."""
    return ({**DEFAULT_NUMBERS, **own}).get(country or "", ANY_COUNTRY)
