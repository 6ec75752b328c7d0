"""Agenda settings that apply to a service of an office, and what follows from them.

Runs no SQL.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil

from ...core.errors import Invalid, Refused, Unavailable
from ...core.i18n.dates import format_rfc3339
from ...offices.service import Office, OfficeService
from ..domain.agenda_settings import DEFAULT_AGENDA_SETTINGS, AgendaSettings
from ..domain.appointment import Appointment, needs_interpreter
from .visit_services import appointment_services

logger = logging.getLogger(__name__)


def parse_agenda_settings(office: Office, service: OfficeService) -> AgendaSettings:
    """Parse the agenda settings of a service.

    Raises Unavailable("agenda_unavailable") if a setting is invalid: no slot is given by settings that cannot
    be understood. `office360 check` names the invalid ones.
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

    None if each midnight releases one more.
    """
    releases = [parse_agenda_settings(office, service).next_release(now, office.timezone) for service in services]
    return max((release for release in releases if release is not None), default=None)
