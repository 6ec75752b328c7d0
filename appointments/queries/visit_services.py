"""Services of a visit, as the office provides them now, or as they were booked.

Pure: no clock, no SQL. An office renames a service or removes it. A citizen with an appointment for it still
comes, gets messages, opens the page of the appointment and can cancel.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from ...core.i18n.languages import SOURCE_LANGUAGE
from ...offices.service import Office, OfficeService
from ..domain.appointment import AdditionalService, Appointment

MINUTE = timedelta(minutes=1)


def appointment_services(office: Office, appointment: Appointment) -> tuple[OfficeService, ...]:
    """Return all services of an appointment, in their order.

    A removed service has no line, no mode and no capacity, so that it cannot be booked.
    """
    booked = (_first_service_as_booked(appointment), *appointment.more_services)
    return tuple(
        _find_current_service(office, service.id, service.slug) or _removed_service(service) for service in booked
    )


def first_service_now(office: Office, appointment: Appointment) -> OfficeService | None:
    """Return the service in whose line the citizen waits; None if the office removed it."""
    return _find_current_service(office, appointment.service_id, appointment.service_slug)


def additional_services(office: Office, appointment: Appointment) -> tuple[OfficeService, ...]:
    """Return the additional services that the office still provides in this mode."""
    additional = appointment_services(office, appointment)[1:]
    return tuple(service for service in additional if appointment.mode in service.modes)


def remaining_services(office: Office, appointment: Appointment) -> tuple[OfficeService, ...]:
    """Return the services for which the visit gets another time.

    These are the first service, and the additional services that the office still provides in this mode.
    """
    return (appointment_services(office, appointment)[0], *additional_services(office, appointment))


def visit_duration(services: Iterable[OfficeService]) -> timedelta:
    """Return the duration of a visit of these services, which follow each other."""
    return timedelta(minutes=sum(service.minutes for service in services))


def freeze_services(services: Iterable[OfficeService]) -> tuple[AdditionalService, ...]:
    """Copy services into a visit, so that later changes of the office do not change it."""
    return tuple(
        AdditionalService(service.id, service.slug, service.minutes, dict(service.names)) for service in services
    )


def _find_current_service(office: Office, service_id: str, slug: str) -> OfficeService | None:
    """Find a service by its id, or by its slug if the office removed it and entered it again."""
    by_slug = (service for service in office.services if service.slug == slug)
    return next((service for service in office.services if service.id == service_id), None) or next(by_slug, None)


def _first_service_as_booked(appointment: Appointment) -> AdditionalService:
    others = sum(service.minutes for service in appointment.more_services)
    minutes = (appointment.ends_at - appointment.starts_at) // MINUTE - others
    return AdditionalService(
        appointment.service_id, appointment.service_slug, minutes, names=appointment.service_names
    )


def _removed_service(service: AdditionalService) -> OfficeService:
    return OfficeService(
        id=service.id,
        slug=service.slug,
        names=service.names or {SOURCE_LANGUAGE: service.slug},
        line_id="",
        modes=(),
        walk_in=False,
        minutes=service.minutes,
        bring=None,
        capacity={},
    )
