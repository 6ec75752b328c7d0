"""Choices of the place of an office: time zones, countries and regions of public holidays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.core import get_global

from ...core.i18n.catalogues import N_
from ...offices.service import holiday_countries, holiday_regions

# First part of the names of the tz database, in the order of the list.
ZONE_GROUPS: Mapping[str, str] = {
    "Europe": N_("Europe"),
    "Atlantic": N_("Atlantic"),
    "Africa": N_("Africa"),
    "America": N_("America"),
    "Asia": N_("Asia"),
    "Indian": N_("Indian Ocean"),
    "Australia": N_("Australia"),
    "Pacific": N_("Pacific"),
    "Antarctica": N_("Antarctica"),
    "Arctic": N_("Arctic"),
}


@dataclass(frozen=True, slots=True)
class ZoneOption:
    """A time zone to choose.

    `country`: the country of its city, for a proposal; empty if unknown.
    """

    name: str
    label: str
    country: str


def zone_groups(now: datetime, chosen: str) -> dict[str, list[ZoneOption]]:
    """Return the time zones by untranslated group.

    A `chosen` zone that no group has comes first.
    """
    groups: dict[str, list[ZoneOption]] = {}
    if chosen and chosen not in _listed_zones():
        known = chosen in available_timezones()
        groups[chosen] = [_zone_option(chosen, now) if known else ZoneOption(chosen, chosen, "")]
    for name in _listed_zones():
        groups.setdefault(ZONE_GROUPS[name.partition("/")[0]], []).append(_zone_option(name, now))
    return groups


@cache
def _listed_zones() -> tuple[str, ...]:
    order = list(ZONE_GROUPS)
    zones = [name for name in available_timezones() if name.partition("/")[0] in ZONE_GROUPS and "/" in name]
    return tuple(sorted(zones, key=lambda name: (order.index(name.partition("/")[0]), _city(name))))


def _zone_option(name: str, now: datetime) -> ZoneOption:
    offset = now.astimezone(ZoneInfo(name)).utcoffset() or timedelta()
    country = get_global("zone_territories").get(name, "")
    return ZoneOption(name, f"{_city(name)} ({format_offset(offset)})", country)


def _city(name: str) -> str:
    return name.rpartition("/")[2].replace("_", " ")


def format_offset(offset: timedelta) -> str:
    """Format an offset: `UTC+01:00`."""
    sign, minutes = ("-" if offset < timedelta() else "+"), int(abs(offset).total_seconds()) // 60
    return f"UTC{sign}{minutes // 60:02}:{minutes % 60:02}"


@cache
def country_options(language: str) -> dict[str, str]:
    """Return the countries whose public holidays are known: name by code, sorted by name."""
    names: Mapping[str, str] = Locale(language).territories
    known = {code: names[code] for code in holiday_countries() if code in names}
    return dict(sorted(known.items(), key=lambda named: _sort_key(named[1])))


def _sort_key(name: str) -> str:
    plain = str.maketrans("ÁÉÍÓÚÅÑ", "AEIOUAN")
    return name.upper().translate(plain)


def place_choices(language: str, now: datetime, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the fields of the place show for these values of a form."""
    regions = holiday_regions(str(values.get("country") or ""))
    return {
        "zones": zone_groups(now, str(values.get("timezone") or "")),
        "countries": country_options(language),
        "regions": regions,
    }
