"""What the assistant knows of the offices: services, places, modes. Pure; made from offices/ by `facts.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

ServiceMode = Literal["in_person", "video"]
MODES: tuple[ServiceMode, ...] = ("in_person", "video")


@dataclass(frozen=True, slots=True)
class CatalogueService:
    """A service as one office gives it."""

    slug: str
    names: Mapping[str, str]
    modes: tuple[ServiceMode, ...]
    walk_in: bool
    minutes: int
    line: str
    bring: Mapping[str, str] | None = None
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def name(self, language: str) -> str:
        return self.names.get(language) or self.names["es"]

    def what_to_bring(self, language: str) -> str | None:
        return (self.bring.get(language) or self.bring["es"]) if self.bring else None


@dataclass(frozen=True, slots=True)
class OpeningPeriod:
    """From when until when an office is open on one day."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class CatalogueOffice:
    """An office. `closes_at`: None when it is closed now.

    `weekly`: its usual hours by weekday (0 = Monday). `openings`: what it really opens in the weeks to come.
    """

    slug: str
    name: str
    address: str
    phone: str
    timezone: ZoneInfo
    services: tuple[CatalogueService, ...]
    closes_at: datetime | None = None
    opens_at: datetime | None = None
    paused: bool = False
    weekly: Mapping[int, tuple[tuple[time, time], ...]] = field(default_factory=dict)
    openings: tuple[OpeningPeriod, ...] = ()

    def service(self, slug: str) -> CatalogueService | None:
        return next((one for one in self.services if one.slug == slug), None)


@dataclass(frozen=True, slots=True)
class OfficeCatalogue:
    """Every office, in the order the installation lists them."""

    offices: tuple[CatalogueOffice, ...]

    def office(self, slug: str | None) -> CatalogueOffice | None:
        return next((one for one in self.offices if one.slug == slug), None)

    def services(self) -> tuple[CatalogueService, ...]:
        """Each service once, with all the modes that some office gives it in."""
        found: dict[str, CatalogueService] = {}
        for offer in (one for place in self.offices for one in place.services):
            found.setdefault(offer.slug, offer)
        return tuple(found.values())

    def service(self, slug: str | None) -> CatalogueService | None:
        return next((one for one in self.services() if one.slug == slug), None)

    def offices_with_service(self, slug: str, mode: ServiceMode | None = None) -> tuple[CatalogueOffice, ...]:
        """The offices that give a service, in this mode if one is named."""
        return tuple(
            place
            for place in self.offices
            if (offer := place.service(slug)) is not None and (mode is None or mode in offer.modes)
        )

    def service_modes(self, slug: str, office: str | None = None) -> tuple[ServiceMode, ...]:
        """The modes in which a service is given anywhere, or in one office."""
        places = [one for one in self.offices if office in (None, one.slug)]
        given = {mode for place in places if (offer := place.service(slug)) for mode in offer.modes}
        return tuple(mode for mode in MODES if mode in given)
