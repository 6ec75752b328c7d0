"""Change of an appointment to another mode, such as from video to in person. Read-only."""

from __future__ import annotations

from datetime import datetime

from ...offices.service import Office, OfficeService, ServiceMode
from ..domain.appointment import MAX_MOVES, Appointment, is_changeable
from .availability import SlotSearch
from .bookable_services import change_limit, interpreter_notice
from .visit_services import additional_services, appointment_services


def can_change_mode(office: Office, appointment: Appointment, mode: ServiceMode, now: datetime) -> bool:
    """Check whether the citizen may move the whole visit to another mode without the office.

    A citizen in a lobby has to leave it first, which this does not check.
    """
    return (
        appointment.mode != mode
        and appointment.moves < MAX_MOVES
        and is_changeable(appointment, change_limit(office, appointment), now)
        and all(mode in service.modes for service in appointment_services(office, appointment))
    )


def moved_visit_search(
    office: Office, service: OfficeService, mode: ServiceMode, appointment: Appointment
) -> SlotSearch:
    """Search the times to which the citizen can move an appointment.

    Its own slot counts as free, and an interpreter needs notice.
    Additional services stay in the visit, also at another office, but not with another first service.
    """
    more: tuple[OfficeService, ...] = ()
    if service.slug == appointment.service_slug:
        is_same_mode = mode == appointment.mode
        more = (additional_services if is_same_mode else _other_services)(office, appointment)
    notice = interpreter_notice(office, appointment)
    return SlotSearch(office, [service, *more], mode, excluded_id=appointment.id, notice=notice)


def _other_services(office: Office, appointment: Appointment) -> tuple[OfficeService, ...]:
    return appointment_services(office, appointment)[1:]
