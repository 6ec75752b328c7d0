"""Invitations of guests to a room, and who may use their links. Pure: no clock, no SQL."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, get_args

from ...core.errors import Gone, NotAllowed, Refused
from .room import INSIDE_STATES, Participant, ParticipantRole, ParticipantState

MAX_INVITES = 10  # of a room; two guests fit in a call, and each may need a new link for another device
# a message needs some seconds to arrive, and the guest to open it
RESEND_INTERVAL = timedelta(minutes=1)
# device of a program without the cookie: it comes back by its session only
PROGRAM_DEVICE = ""


class InviteChannel(StrEnum):
    """Way by which the link reaches the guest. With LINK the agent shows or copies it."""

    EMAIL = "email"
    SMS = "sms"
    LINK = "link"


class InviteState(StrEnum):
    """State of an invitation, as the agent sees it."""

    SENT = "sent"  # not used yet
    OPENED = "opened"  # a device has entered with it, and is not in the lobby yet
    LOBBY = "lobby"
    ADMITTED = "admitted"
    LEFT = "left"
    WITHDRAWN = "withdrawn"


GuestRole = Literal["interpreter", "relative", "colleague"]
GUEST_ROLES = frozenset(ParticipantRole(role) for role in get_args(GuestRole))


@dataclass(frozen=True, slots=True)
class RoomInvite:
    """An invitation.

    `name` is empty if the agent does not know it; `contact` only for its channel.
    """

    id: str
    appointment_id: str
    role: ParticipantRole
    name: str
    channel: InviteChannel
    contact: str | None
    language: str
    token_hash: str
    created_at: datetime
    created_by: str
    sent_at: datetime  # last time; the agent may send it again
    opened_at: datetime | None = None
    device_hash: str | None = None  # None until a device has entered with the link
    participant_id: str | None = None
    withdrawn_at: datetime | None = None


def check_new_invite(invites: Collection[RoomInvite]) -> None:
    """Refuse more invitations than a room may have. Raises Refused("too_many_invites")."""
    if len(invites) >= MAX_INVITES:
        raise Refused("too_many_invites")


def check_link(invite: RoomInvite, device_hash: str | None) -> None:
    """Check whether a device may use the link.

    `device_hash`: None for a device without the cookie.
    Raises Gone("invite_withdrawn"), NotAllowed("link_used") for any device but the first.
    """
    if invite.withdrawn_at is not None:
        raise Gone("invite_withdrawn")
    if invite.device_hash is not None and invite.device_hash != (device_hash or None):
        raise NotAllowed("link_used")


def bind_device(invite: RoomInvite, device_hash: str | None, now: datetime) -> RoomInvite:
    """Bind the link to the first device that enters with it. Raises as `check_link` does."""
    check_link(invite, device_hash)
    if invite.device_hash is not None:
        return invite
    return replace(invite, device_hash=device_hash or PROGRAM_DEVICE, opened_at=now)


def check_send_again(invite: RoomInvite, guest: Participant | None, now: datetime) -> None:
    """Check whether the guest can be sent a link again.

    Raises Gone("invite_withdrawn"), Refused("guest_present" | "invited_already").
    """
    if invite.withdrawn_at is not None:
        raise Gone("invite_withdrawn")
    if guest is not None and guest.connected and guest.state in INSIDE_STATES:
        raise Refused("guest_present")
    if invite.contact is not None and now - invite.sent_at < RESEND_INTERVAL:
        raise Refused("invited_already")


def withdraw_invite(invite: RoomInvite, now: datetime) -> RoomInvite:
    """Withdraw the link. Idempotent."""
    return replace(invite, withdrawn_at=invite.withdrawn_at or now)


def invite_state(invite: RoomInvite, participant: Participant | None) -> InviteState:
    """Return the state of an invitation.

    `participant`: the guest; None before the first hello.
    """
    if invite.withdrawn_at is not None:
        return InviteState.WITHDRAWN
    if participant is None:
        return InviteState.SENT if invite.opened_at is None else InviteState.OPENED
    if participant.state is ParticipantState.OUTSIDE:
        return InviteState.OPENED
    return InviteState(participant.state.value)
