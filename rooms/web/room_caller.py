"""Caller of a route of one room: the citizen by token, or staff by appointment."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from ...appointments.service import Appointment, appointment_by_id, appointment_by_token
from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import NotFound
from ...core.web import authentication
from ..queries.room_access import CITIZEN_PERSON, person_key


@dataclass(frozen=True, slots=True)
class RoomCaller:
    """Person who calls a route. `person`: as in ParticipantRow."""

    appointment: Appointment
    person: str
    staff: Principal | None


async def room_caller(request: Request, session: AsyncSession) -> RoomCaller:
    """Return the caller of `/rooms/{appointment}/…`: a token, or an appointment's id for staff.

    Raises NotFound, Unauthenticated, NotAllowed.
    """
    address = request.path_params["appointment"]
    try:
        return RoomCaller(await appointment_by_token(session, address), CITIZEN_PERSON, None)
    except NotFound:
        principal = await authentication.current_principal(request)
        if principal is None:  # says no more about an id than about a token that is unknown
            raise
    appointment = await appointment_by_id(session, address)
    staff = require_role(principal, StaffRole.AGENT, appointment.office_slug)
    return RoomCaller(appointment, person_key(staff), staff)
