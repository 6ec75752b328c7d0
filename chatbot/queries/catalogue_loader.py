"""Makes what the assistant knows from the offices as they stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from ...appointments.service import HORIZON_DAYS
from ...offices.service import Office, Service, hours
from ..dialogue.catalogue import Catalogue, Offer, Opening, Place

DAYS = HORIZON_DAYS + 1  # as far as one can book, one can ask when it is open


def catalogue_of(offices: Iterable[Office], now: datetime) -> Catalogue:
    """The offices with their services, and when they open in the days to come."""
    return Catalogue(tuple(_place(office, now) for office in offices))


def _place(office: Office, now: datetime) -> Place:
    today = hours.local_day(office.hours, now)
    days = [today + timedelta(days=ahead) for ahead in range(DAYS)]
    return Place(
        slug=office.slug,
        name=office.name,
        address=office.address,
        phone=office.phone,
        timezone=office.timezone,
        offers=tuple(_offer(office, service) for service in office.services),
        closes_at=hours.closing(office.hours, now),
        opens_at=hours.next_opening(office.hours, now),
        paused=office.paused,
        weekly={
            weekday: tuple((one.opens, one.closes) for one in day) for weekday, day in office.hours.weekly.items()
        },
        openings=tuple(Opening(*one) for day in days for one in hours.opening_on(office.hours, day)),
    )


def _offer(office: Office, service: Service) -> Offer:
    return Offer(
        slug=service.slug,
        names=service.names,
        modes=service.modes,
        walk_in=service.walk_in,
        minutes=service.minutes,
        line=office.line_of(service).slug,
        bring=service.bring,
        words=service.words,
    )
