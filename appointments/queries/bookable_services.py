"""Services that a request names, and the agenda settings that apply to them.

Its only SQL loads an office.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.errors import FieldError, Invalid, NotFound, Refused, Unavailable
from ...core.i18n.dates import format_rfc3339
from ...offices.service import Office, OfficeService, ServiceMode, office_by_slug
from ..domain.agenda_settings import DEFAULT_AGENDA_SETTINGS, AgendaSettings
from ..domain.appointment import Appointment, needs_interpreter
from .visit_services import appointment_services

logger = logging.getLogger(__name__)


async def require_office(session: AsyncSession, slug: str) -> Office:
    """Load the office with this slug. Raises Invalid for the field `office`."""
    try:
        return await office_by_slug(session, slug)
    except NotFound:
        raise Invalid(FieldError("office", "not_a_choice")) from None


def require_service(office: Office, slug: str, mode: str | None) -> OfficeService:
    """Find the service that the office provides in this mode; None for any.

    Raises Invalid for `service` or `mode`.
    """
    try:
        service = office.service(slug)
    except NotFound:
        raise Invalid(FieldError("service", "not_a_choice")) from None
    if mode not in (None, *service.modes):
        raise Invalid(FieldError("mode", "not_a_choice"))
    return service


def require_additional_services(
    office: Office,
    service: OfficeService,
    mode: ServiceMode,
    slugs: Sequence[str],
    *,
    field: str = "more_services",
) -> tuple[OfficeService, ...]:
    """Find the additional services of a visit, in the order of the request.

    Raises Invalid, Unavailable.
    """
    if not slugs:
        return ()
    most = parse_agenda_settings(office, service).most_services - 1
    if len(slugs) > most:
        raise Invalid(FieldError(field, "too_many", {"max": most}))
    if len({service.slug, *slugs}) != len(slugs) + 1:
        raise Invalid(FieldError(field, "twice"))
    provided = {candidate.slug: candidate for candidate in office.services_for(mode)}
    if any(slug not in provided for slug in slugs):
        raise Invalid(FieldError(field, "not_a_choice"))
    return tuple(provided[slug] for slug in slugs)


def require_services(
    office: Office, slugs: Sequence[str], mode: ServiceMode, *, field: str = "more_services"
) -> tuple[OfficeService, ...]:
    """Find all services of a visit, in the order of the request.

    Raises as `require_service` and `require_additional_services`.
    """
    first = require_service(office, slugs[0], mode)
    return (first, *require_additional_services(office, first, mode, slugs[1:], field=field))


def parse_agenda_settings(office: Office, service: OfficeService) -> AgendaSettings:
    """Parse the agenda settings of a service.

    Raises Unavailable("agenda_unavailable") if a setting is invalid: no slot is given by settings that cannot
    be understood. `office360 check` names the invalid settings.
    """
    try:
        return AgendaSettings.from_settings(office.booking, service.booking)
    except Invalid as invalid:
        wrong = [f"{error.field}: {error.code}" for error in invalid.fields]
        logger.error(
            "booking_rules_invalid", extra={"office": office.slug, "service": service.slug, "wrong": wrong}
        )
        raise Unavailable("agenda_unavailable") from None


def agenda_settings_or_defaults(office: Office, service: OfficeService) -> AgendaSettings:
    """Parse the agenda settings of a service, or return the defaults if a setting is invalid."""
    try:
        return parse_agenda_settings(office, service)
    except Unavailable:
        return DEFAULT_AGENDA_SETTINGS


def change_limit(office: Office, appointment: Appointment) -> timedelta:
    """Return how long before its start an appointment can still be changed.

    The defaults replace invalid settings.
    """
    return max(
        agenda_settings_or_defaults(office, service).change_until
        for service in appointment_services(office, appointment)
    )


def interpreter_notice(office: Office, appointment: Appointment) -> timedelta:
    """Return how long before a new time the interpreter must be asked.

    Zero if the citizen needs none. The defaults replace invalid settings.
    """
    if not needs_interpreter(appointment.needs):
        return timedelta()
    return max(
        agenda_settings_or_defaults(office, service).interpreter_notice
        for service in appointment_services(office, appointment)
    )


def booking_interpreter_notice(
    office: Office, services: Iterable[OfficeService], needs: Iterable[str]
) -> timedelta:
    """Return how long before a booking the interpreter must be asked.

    Zero without such a need. Raises Unavailable.
    """
    if not needs_interpreter(needs):
        return timedelta()
    return max(parse_agenda_settings(office, service).interpreter_notice for service in services)


def check_interpreter_notice(
    office: Office, services: Iterable[OfficeService], needs: Iterable[str], starts_at: datetime, now: datetime
) -> None:
    """Refuse a start that leaves too little time to ask an interpreter.

    Raises Refused("interpreter_too_soon"), Unavailable.
    """
    notice = booking_interpreter_notice(office, services, needs)
    if notice and starts_at < now + notice:
        earliest = format_rfc3339(now + notice, office.timezone)
        in_hours = ceil(notice / timedelta(hours=1))
        raise Refused("interpreter_too_soon", hours=in_hours, earliest=earliest, phone=office.phone)


def next_release_at(office: Office, services: Iterable[OfficeService], now: datetime) -> datetime | None:
    """Return when the next dates are released for a visit of these services.

    None if each midnight releases another date.
    """
    releases = [parse_agenda_settings(office, service).next_release(now, office.timezone) for service in services]
    return max((release for release in releases if release is not None), default=None)
