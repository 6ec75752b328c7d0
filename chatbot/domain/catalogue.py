"""Catalogue of the offices and services that the assistant knows. Pure.

`queries/context_loader.py` builds it from offices/.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ...appointments.domain.agenda_settings import DEFAULT_AGENDA_SETTINGS, DEFAULT_INTERPRETER_NOTICE
from ...offices.domain.words import SERVICE_MODES, ServiceMode


@dataclass(frozen=True, slots=True)
class CatalogueService:
    """A service as an office offers it.

    `interpreter_notice`: how long before a start an interpreter must be asked. `most_services`: of a visit.
    """

    slug: str
    names: Mapping[str, str]
    modes: tuple[ServiceMode, ...]
    walk_in: bool
    minutes: int
    line: str
    bring: Mapping[str, str] | None = None
    price: Mapping[str, str] | None = None
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    interpreter_notice: timedelta = DEFAULT_INTERPRETER_NOTICE
    most_services: int = DEFAULT_AGENDA_SETTINGS.most_services


@dataclass(frozen=True, slots=True)
class OpeningPeriod:
    """A period in which an office is open on a day."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class CatalogueOffice:
    """An office. `closes_at` is None while the office is closed.

    `weekly`: the usual hours by weekday (0 = Monday). `openings`: the opening periods of the next weeks, with
    closed days and exceptions applied. `closures`: the reason of each closed day. `access`, `parking`, `transport`
    and `phone_hours` are what the office has written for citizens, None if it has not.
    """

    slug: str
    name: str
    address: str
    phone: str
    timezone: ZoneInfo
    services: tuple[CatalogueService, ...]
    country: str | None = None
    closes_at: datetime | None = None
    opens_at: datetime | None = None
    paused: bool = False
    is_evacuating: bool = False
    weekly: Mapping[int, tuple[tuple[time, time], ...]] = field(default_factory=dict)
    openings: tuple[OpeningPeriod, ...] = ()
    closures: Mapping[date, str] = field(default_factory=dict)
    access: Mapping[str, str] | None = None
    parking: Mapping[str, str] | None = None
    transport: Mapping[str, str] | None = None
    phone_hours: Mapping[str, str] | None = None

    def service(self, slug: str) -> CatalogueService | None:
        return next((service for service in self.services if service.slug == slug), None)


@dataclass(frozen=True, slots=True)
class OfficeCatalogue:
    """The public offices, in the order of the installation.

    `unlisted` offices are offered to no citizen, but some have an appointment there. `holidays`: the next days of
    each public holiday, by its names as they are written in normalised text.
    """

    offices: tuple[CatalogueOffice, ...]
    unlisted: tuple[CatalogueOffice, ...] = ()
    holidays: Mapping[str, tuple[date, ...]] = field(default_factory=dict)

    def office(self, slug: str | None) -> CatalogueOffice | None:
        """Return an office, also an unlisted office."""
        return next((office for office in self.offices + self.unlisted if office.slug == slug), None)

    def services(self) -> tuple[CatalogueService, ...]:
        """List each service once, as the first office with it offers it."""
        found: dict[str, CatalogueService] = {}
        for office in self.offices:
            for service in office.services:
                found.setdefault(service.slug, service)
        return tuple(found.values())

    def service(self, slug: str | None) -> CatalogueService | None:
        """Return a service, also a service of unlisted offices only."""
        offered = (service for office in self.offices + self.unlisted for service in office.services)
        return next((service for service in offered if service.slug == slug), None)

    def offices_with_service(self, slug: str, mode: ServiceMode | None = None) -> tuple[CatalogueOffice, ...]:
        """List the offices that offer a service, in this mode unless it is None."""
        return tuple(
            office
            for office in self.offices
            if (service := office.service(slug)) is not None and (mode is None or mode in service.modes)
        )

    def service_modes(self, slug: str, office: str | None = None) -> tuple[ServiceMode, ...]:
        """List the modes in which a service is offered, in all offices or in a single office."""
        searched = self.offices if office is None else [found for found in [self.office(office)] if found]
        offered = {mode for found in searched if (service := found.service(slug)) for mode in service.modes}
        return tuple(mode for mode in SERVICE_MODES if mode in offered)
