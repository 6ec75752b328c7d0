"""What is done in a visit: the services as their office gives them now, or by the name that they had. Pure.

An office renames a service, or gives it no more. Whoever has an appointment for it still comes, is told, reads the
page and can cancel.
"""

from __future__ import annotations

from datetime import timedelta

from ...offices.service import Office, OfficeService
from ..domain.appointment import AdditionalService, Appointment

MINUTE = timedelta(minutes=1)


def appointment_services(office: Office, appointment: Appointment) -> tuple[OfficeService, ...]:
    """All services of a visit, in their order. One that is no longer given has no line, no way to be given and no
    place, so that nothing of it can be booked."""
    asked = (_first_service_as_booked(appointment), *appointment.more_services)
    return tuple(_find_current_service(office, one.id, one.slug) or _removed_service(one) for one in asked)


def first_service_now(office: Office, appointment: Appointment) -> OfficeService | None:
    """The service in whose line the person waits; None when the office gives it no more."""
    return _find_current_service(office, appointment.service_id, appointment.service_slug)


def _find_current_service(office: Office, service_id: str, slug: str) -> OfficeService | None:
    """By its id; by its slug where it was taken out and entered again."""
    by_slug = (one for one in office.services if one.slug == slug)
    return next((one for one in office.services if one.id == service_id), None) or next(by_slug, None)


def _first_service_as_booked(appointment: Appointment) -> AdditionalService:
    others = sum(one.minutes for one in appointment.more_services)
    minutes = (appointment.ends_at - appointment.starts_at) // MINUTE - others
    return AdditionalService(
        appointment.service_id, appointment.service_slug, minutes, names=appointment.service_names
    )


def _removed_service(one: AdditionalService) -> OfficeService:
    return OfficeService(
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
