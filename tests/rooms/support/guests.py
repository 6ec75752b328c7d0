"""Invitations of guests, made as the API makes them."""

from __future__ import annotations

from office360.core.runtime import Runtime
from office360.offices.service import office_by_id
from office360.rooms.actions import room_invites
from office360.rooms.actions.room_invites import InviteRequest
from office360.rooms.domain.room import ParticipantRole
from office360.rooms.domain.room_invite import InviteChannel, RoomInvite
from office360.rooms.notify.guest_messages import INVITE_PURPOSE

from .video_appointments import BORIS, BookedVideoAppointment


async def invite_guest(
    runtime: Runtime,
    booked: BookedVideoAppointment,
    name: str = "Fatima",
    role: ParticipantRole = ParticipantRole.INTERPRETER,
    email: str | None = None,
) -> tuple[RoomInvite, str]:
    """Invite a guest as Boris. Return the invitation and the token of its link."""
    async with runtime.read_session() as session:
        office = await office_by_id(session, booked.appointment.office_id)
    channel = InviteChannel.EMAIL if email else InviteChannel.LINK
    request = InviteRequest(role, name, channel, email, "es")
    invite = await room_invites.invite_guest(runtime, BORIS, office, booked.appointment, request)
    return invite, runtime.tokens.derive(INVITE_PURPOSE, invite.id)
