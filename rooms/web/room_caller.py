"""Caller of a route of a room: the citizen or a guest by token, or staff by appointment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from ...appointments.service import Appointment, appointment_by_id, appointment_by_token
from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import NotFound
from ...core.tokens import hash_token
from ...core.web import authentication, requests
from ...core.web.api_route import ApiRequest
from ..domain.room_invite import RoomInvite, check_link
from ..queries.room_access import CITIZEN_PERSON, guest_key, person_key
from ..storage import room_invite_rows


@dataclass(frozen=True, slots=True)
class RoomCaller:
    """Person who calls a route. `person`: as in ParticipantRow."""

    appointment: Appointment
    person: str
    staff: Principal | None


async def room_caller(request: Request, session: AsyncSession) -> RoomCaller:
    """Return the caller of `/rooms/{appointment}/…`: a token, or an id for staff.

    A guest's token counts on the device that has entered with it. Raises NotFound, Unauthenticated,
    NotAllowed, Gone.
    """
    address = request.path_params["appointment"]
    try:
        return RoomCaller(await appointment_by_token(session, address), CITIZEN_PERSON, None)
    except NotFound:
        guest = await _guest_caller(request, session, address)
        if guest is not None:
            return guest
        principal = await authentication.current_principal(request)
        # says no more about an id than about a token that is unknown
        if principal is None:
            raise
    appointment = await appointment_by_id(session, address)
    staff = require_role(principal, StaffRole.AGENT, appointment.office_slug)
    return RoomCaller(appointment, person_key(staff), staff)


async def load_caller(request: ApiRequest[Any]) -> RoomCaller:
    """Return the caller of a call that opens its own transaction. Raises as room_caller."""
    async with request.runtime.read_session() as session:
        return await room_caller(request, session)


async def _guest_caller(request: Request, session: AsyncSession, token: str) -> RoomCaller | None:
    """Return the guest of a link; None if no device has entered with such a link."""
    invite = await room_invite_rows.invite_by_token_hash(session, hash_token(token))
    if invite is None or invite.device_hash is None:
        return None
    check_link(invite, device_hash(request))
    appointment = await appointment_by_id(session, invite.appointment_id)
    return RoomCaller(appointment, guest_key(invite.id), None)


async def room_of_staff(request: ApiRequest[Any], session: AsyncSession) -> Appointment:
    """Return the appointment of a route that is for staff of its office.

    Raises NotFound, NotAllowed.
    """
    appointment = await appointment_by_id(session, request.path_params["appointment"])
    require_role(request.staff, StaffRole.AGENT, appointment.office_slug)
    return appointment


def device_hash(request: Request) -> str | None:
    """Return the hash of the device's cookie, as invitations keep it; None without cookie."""
    device = requests.current_device(request)
    return hash_token(device) if device else None


def is_usable_link(request: Request, invite: RoomInvite) -> bool:
    """Check whether this device may use a link, with which no other device has entered."""
    return invite.withdrawn_at is None and invite.device_hash in (None, device_hash(request))
