"""Makes what the assistant knows from the offices as they stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from ...appointments.service import HORIZON_DAYS
from ...offices.service import Office, OfficeService, hours
from ..dialogue.catalogue import CatalogueOffice, CatalogueService, OfficeCatalogue, OpeningPeriod

CATALOGUE_DAYS = HORIZON_DAYS + 1  # as far as one can book, one can ask when it is open


def build_catalogue(offices: Iterable[Office], now: datetime) -> OfficeCatalogue:
    """The offices with their services, and when they open in the days to come."""
    return OfficeCatalogue(tuple(_to_catalogue_office(office, now) for office in offices))


def _to_catalogue_office(office: Office, now: datetime) -> CatalogueOffice:
    today = hours.to_local_day(office.hours, now)
    days = [today + timedelta(days=ahead) for ahead in range(CATALOGUE_DAYS)]
    return CatalogueOffice(
        slug=office.slug,
        name=office.name,
        address=office.address,
        phone=office.phone,
        timezone=office.timezone,
        services=tuple(_to_catalogue_service(office, service) for service in office.services),
        closes_at=hours.closing_time(office.hours, now),
        opens_at=hours.next_opening_time(office.hours, now),
        paused=office.paused,
        weekly={
            weekday: tuple((one.opens, one.closes) for one in day) for weekday, day in office.hours.weekly.items()
        },
        openings=tuple(OpeningPeriod(*one) for day in days for one in hours.opening_intervals(office.hours, day)),
    )


def _to_catalogue_service(office: Office, service: OfficeService) -> CatalogueService:
    return CatalogueService(
        slug=service.slug,
        names=service.names,
        modes=service.modes,
        walk_in=service.walk_in,
        minutes=service.minutes,
        line=office.line_for_service(service).slug,
        bring=service.bring,
        words=service.words,
    )
