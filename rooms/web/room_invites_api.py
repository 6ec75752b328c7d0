"""JSON API of invitations to a room, for staff: create, list, send again, withdraw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel

from ...appointments.service import Appointment
from ...core.contact.channel_offers import check_channel_number
from ...core.formats.qr import encode_qr
from ...core.i18n.dates import format_rfc3339
from ...core.json_types import JsonObject
from ...core.runtime import Runtime
from ...core.web import requests
from ...core.web.api_route import ApiAccess, ApiRequest, ApiRoute, JsonArray
from ...core.web.validation import EmptyIsNone, LanguageCode, OptionalEmail, OptionalPhone, PersonName
from ...offices.service import Office, office_by_id
from ..actions import room_invites
from ..actions.room_invites import InviteRequest
from ..domain.room import Participant, ParticipantRole
from ..domain.room_invite import GuestRole, InviteChannel, InviteState, RoomInvite, invite_state
from ..notify.guest_messages import INVITE_PURPOSE
from ..storage import room_invite_rows, room_rows
from . import response_schemas
from .room_caller import room_of_staff


class InviteMessage(BaseModel, defer_build=True):
    """`POST /rooms/{appointment}/invites`.

    The link goes to `email`, else to `phone` as an SMS; without both the answer has it for the agent.
    """

    role: GuestRole
    name: Annotated[PersonName | None, EmptyIsNone] = None
    email: OptionalEmail = None
    phone: OptionalPhone = None
    language: LanguageCode | None = None


async def get_invites(request: ApiRequest[None]) -> list[JsonObject]:
    runtime = request.runtime
    async with runtime.read_session() as session:
        appointment = await room_of_staff(request, session)
        office = await office_by_id(session, appointment.office_id)
        invites = await room_invite_rows.invites_of_room(session, appointment.id)
        room = await room_rows.load_room(session, appointment.id)
    guests = {participant.id: participant for participant in room.participants} if room else {}
    return [_invite_json(runtime, office, invite, guests) for invite in invites]


async def post_invite(request: ApiRequest[InviteMessage]) -> JsonObject:
    runtime, (appointment, office) = request.runtime, await _room_and_office(request)
    wanted = _invite_request(request, request.message, appointment)
    invite = await room_invites.invite_guest(runtime, request.staff, office, appointment, wanted)
    return _invite_json(runtime, office, invite, {})


async def post_sending(request: ApiRequest[None]) -> JsonObject:
    """Send the link again; a used link is replaced."""
    runtime = request.runtime
    appointment, office = await _room_and_office(request)
    invite = await room_invites.send_again(runtime, request.staff, office, appointment, request.path_params["id"])
    return _invite_json(runtime, office, invite, {})


async def post_withdrawal(request: ApiRequest[None]) -> JsonObject:
    runtime = request.runtime
    appointment, office = await _room_and_office(request)
    invite = await room_invites.withdraw_invite(runtime, request.staff, appointment, request.path_params["id"])
    return _invite_json(runtime, office, invite, {})


async def _room_and_office(request: ApiRequest[Any]) -> tuple[Appointment, Office]:
    async with request.runtime.read_session() as session:
        appointment = await room_of_staff(request, session)
        return appointment, await office_by_id(session, appointment.office_id)


def _invite_request(request: ApiRequest[Any], message: InviteMessage, appointment: Appointment) -> InviteRequest:
    """Convert the message.

    Raises Unavailable without SMS, Invalid for a number that gets none.
    """
    channel, contact = InviteChannel.LINK, None
    if message.email is not None:
        channel, contact = InviteChannel.EMAIL, message.email
    elif message.phone is not None:
        check_channel_number(requests.offered_channels(request), InviteChannel.SMS, message.phone)
        channel, contact = InviteChannel.SMS, message.phone
    language = message.language or appointment.language
    return InviteRequest(ParticipantRole(message.role), message.name or "", channel, contact, language)


def _invite_json(
    runtime: Runtime, office: Office, invite: RoomInvite, guests: Mapping[str, Participant]
) -> JsonObject:
    """Convert an invitation. The link and its QR code are shown until a device has used it."""
    guest = guests.get(invite.participant_id or "")
    state = invite_state(invite, guest)
    link = guest_link(runtime, invite) if state is InviteState.SENT else None
    code = encode_qr(link, "m") if link else None
    return {
        "id": invite.id,
        "role": invite.role.value,
        "name": guest.name if guest and guest.name else invite.name,
        "channel": invite.channel.value,
        "contact": invite.contact,
        "state": state.value,
        "participant": invite.participant_id,
        "created_at": format_rfc3339(invite.created_at, office.timezone),
        "created_by": invite.created_by,
        "sent_at": format_rfc3339(invite.sent_at, office.timezone),
        "link": link,
        "qr": {"path": code.path, "view_box": code.view_box} if code else None,
    }


def guest_link(runtime: Runtime, invite: RoomInvite) -> str:
    """Return the address of the guest's page."""
    return f"{runtime.public_url}/i/{runtime.tokens.derive(INVITE_PURPOSE, invite.id, invite.token_hash)}"


_OVER = ("room_over", "appointment_cancelled")
routes = [
    ApiRoute(
        "GET /rooms/{appointment}/invites",
        get_invites,
        "The guests who were invited to a video call",
        ApiAccess.AGENT,
        JsonArray(response_schemas.GuestInvite),
    ),
    ApiRoute(
        "POST /rooms/{appointment}/invites",
        post_invite,
        "Invite an interpreter, a relative or a colleague by a link for one device",
        ApiAccess.AGENT,
        {201: response_schemas.GuestInvite},
        body=InviteMessage,
        errors={403: ("not_video", "not_confirmed"), 409: ("too_many_invites",), 410: _OVER},
        example={"role": "interpreter", "name": "Karim", "email": "karim@example.org"},
    ),
    ApiRoute(
        "POST /rooms/{appointment}/invites/{id}/send-again",
        post_sending,
        "Send an unused link once more, or a new link in place of a used one",
        ApiAccess.AGENT,
        response_schemas.GuestInvite,
        errors={
            403: ("not_video", "not_confirmed"),
            409: ("guest_present", "invited_already", "too_many_invites"),
            410: ("invite_withdrawn", *_OVER),
        },
    ),
    ApiRoute(
        "POST /rooms/{appointment}/invites/{id}/withdraw",
        post_withdrawal,
        "Withdraw a link, and take its guest out of the room",
        ApiAccess.AGENT,
        response_schemas.GuestInvite,
    ),
]
