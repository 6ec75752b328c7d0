"""OpenAPI description of the calls about video rooms: one entry for each route of the API."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ...core.web.openapi import ApiAccess, ApiOperation, ApiOperations, ApiResponse, JsonArray
from .room_invites_api import GuestRole, InviteMessage


class QrCodeOfLink(ApiResponse):
    """The link as a QR code: `d` of an SVG path, one unit a module, and its `viewBox`."""

    path: str
    view_box: str


class GuestInvite(ApiResponse):
    """An invitation. `link` and `qr` are null once a device has entered with the link."""

    id: str
    role: GuestRole
    name: str
    channel: Literal["email", "sms", "link"]
    contact: str | None
    state: Literal["sent", "opened", "lobby", "admitted", "left", "withdrawn"]
    participant: str | None
    created_at: datetime
    created_by: str
    link: str | None
    qr: QrCodeOfLink | None


OPERATIONS: ApiOperations = {
    "GET /rooms/{appointment}/invites": ApiOperation(
        "The guests who were invited to a video call", ApiAccess.AGENT, {200: JsonArray(GuestInvite)}
    ),
    "POST /rooms/{appointment}/invites": ApiOperation(
        "Invite an interpreter, a relative or a colleague by a link for one device",
        ApiAccess.AGENT,
        {201: GuestInvite},
        request_body=InviteMessage,
        error_codes={
            403: ("not_video", "not_confirmed"),
            409: ("too_many_invites",),
            410: ("room_over", "appointment_cancelled"),
        },
    ),
    "POST /rooms/{appointment}/invites/{id}/withdraw": ApiOperation(
        "Withdraw a link, and take its guest out of the room", ApiAccess.AGENT, {200: GuestInvite}
    ),
}
