"""The context of a conversation, built from the offices as they are stored now. No writes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import HORIZON_DAYS, agenda_settings_or_defaults
from ...offices.service import Office, OfficeService, all_offices, hours
from ..dialogue.context import DialogueContext
from ..domain.catalogue import CatalogueOffice, CatalogueService, OfficeCatalogue, OpeningPeriod
from .holiday_names import holiday_names

CATALOGUE_DAYS = HORIZON_DAYS + 1  # opening hours are known for every day that can be booked, today included


async def load_dialogue_context(session: AsyncSession, now: datetime, help_phone: str) -> DialogueContext:
    """Load the offices; the booking horizon is counted in the first office's time zone."""
    offices = await all_offices(session)
    regions = frozenset((office.country, office.subdivision) for office in offices if office.country)
    holidays = await asyncio.to_thread(holiday_names, regions, now.year)
    catalogue = replace(build_catalogue(offices, now), holidays=holidays)
    zone = next((office.timezone for office in catalogue.offices), None)
    horizon = now.astimezone(zone).date() + timedelta(days=HORIZON_DAYS)
    return DialogueContext(catalogue, now, horizon, help_phone)


def build_catalogue(offices: Iterable[Office], now: datetime) -> OfficeCatalogue:
    """Build the catalogue with the services and the opening hours of the next weeks."""
    loaded = [(office.is_public, _to_catalogue_office(office, now)) for office in offices]
    return OfficeCatalogue(
        tuple(office for is_public, office in loaded if is_public),
        tuple(office for is_public, office in loaded if not is_public),
    )


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
        country=office.country,
        closes_at=hours.closing_time(office.hours, now),
        opens_at=hours.next_opening_time(office.hours, now),
        paused=office.paused,
        is_evacuating=office.is_evacuating,
        weekly={
            weekday: tuple((period.opens, period.closes) for period in periods)
            for weekday, periods in office.hours.weekly.items()
        },
        openings=tuple(
            OpeningPeriod(*interval) for day in days for interval in hours.opening_intervals(office.hours, day)
        ),
        closures={day: reason for day, reason in office.hours.closures.items() if day >= today},
        access=office.access,
        parking=office.parking,
        transport=office.transport,
        phone_hours=office.phone_hours,
    )


def _to_catalogue_service(office: Office, service: OfficeService) -> CatalogueService:
    settings = agenda_settings_or_defaults(office, service)
    return CatalogueService(
        slug=service.slug,
        names=service.names,
        modes=service.modes,
        walk_in=service.walk_in,
        minutes=service.minutes,
        line=office.line_for_service(service).slug,
        bring=service.bring,
        words=service.words,
        interpreter_notice=settings.interpreter_notice,
        most_services=settings.most_services,
        price=service.price,
    )
