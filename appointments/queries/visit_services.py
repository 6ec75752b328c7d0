"""What is done in a visit: the services as their office gives them now, or by the name that they had. Pure.

An office renames a service, or gives it no more. Whoever has an appointment for it still comes, is told, reads the
page and can cancel.
"""

from __future__ import annotations

from datetime import timedelta

from ...offices.service import Office, Service
from ..domain.appointment import Appointment, MoreService

MINUTE = timedelta(minutes=1)


def services_of(office: Office, appointment: Appointment) -> tuple[Service, ...]:
    """All services of a visit, in their order. One that is no longer given has no line, no way to be given and no
    place, so that nothing of it can be booked."""
    asked = (_own(appointment), *appointment.more_services)
    return tuple(_present(office, one.id, one.slug) or _gone(one) for one in asked)


def present_service(office: Office, appointment: Appointment) -> Service | None:
    """The service in whose line the person waits; None when the office gives it no more."""
    return _present(office, appointment.service_id, appointment.service_slug)


def _present(office: Office, service_id: str, slug: str) -> Service | None:
    """By its id; by its slug where it was taken out and entered again."""
    by_slug = (one for one in office.services if one.slug == slug)
    return next((one for one in office.services if one.id == service_id), None) or next(by_slug, None)


def _own(appointment: Appointment) -> MoreService:
    others = sum(one.minutes for one in appointment.more_services)
    minutes = (appointment.ends_at - appointment.starts_at) // MINUTE - others
    return MoreService(appointment.service_id, appointment.service_slug, minutes, names=appointment.service_names)


def _gone(one: MoreService) -> Service:
    return Service(
        id=one.id,
        slug=one.slug,
        names=one.names if "es" in one.names else {"es": one.slug},
        line_id="",
        modes=(),
        walk_in=False,
        minutes=one.minutes,
        bring=None,
        capacity={},
    )
