"""Change of an appointment to another mode, such as from video to in person. Read only."""

from __future__ import annotations

from datetime import datetime

from ...offices.service import Office, ServiceMode
from ..domain.appointment import MAX_MOVES, Appointment, is_changeable
from .bookable_services import change_limit
from .visit_services import appointment_services


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
