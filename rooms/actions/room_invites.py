"""Use cases of invitations: invite a guest, send the link again, withdraw it.

room_entry.py lets the guest in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ...appointments.service import Appointment, entry_closes_at
from ...core.auth import Principal
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.errors import NotFound
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office
from ..domain import room_invite as rules
from ..domain.room import INSIDE_STATES, ParticipantRole, Room, leave_room
from ..domain.room_invite import InviteChannel, RoomInvite
from ..notify.guest_messages import INVITE_PURPOSE, invite_subject, send_invite
from ..queries.room_access import RoomAccess, require_open_access, room_access
from ..storage import room_invite_rows, room_rows
from .room_transaction import lock_room_for_change, room_topic


@dataclass(frozen=True, slots=True)
class InviteRequest:
    """Validated request of an agent. `contact`: the e-mail or number of its channel."""

    role: ParticipantRole
    name: str
    channel: InviteChannel
    contact: str | None
    language: str


async def invite_guest(
    runtime: Runtime, staff: Principal, office: Office, appointment: Appointment, request: InviteRequest
) -> RoomInvite:
    """Create the link of a guest, and send it unless the agent shows it.

    Also before the room opens. Raises NotAllowed("not_video" | "not_confirmed"), Gone,
    Refused("too_many_invites").
    """
    async with runtime.transaction() as tx:
        _require_not_over(appointment, await room_rows.load_room(tx.session, appointment.id), tx.now)
        rules.check_new_invite(await room_invite_rows.invites_of_room(tx.session, appointment.id))
        invite = _new_invite(tx, staff, appointment, request)
        await room_invite_rows.insert_invite(tx.session, invite)
        if invite.contact is not None:
            send_invite(tx, office, appointment, invite, entry_closes_at(appointment))
        _record(tx, staff, appointment, invite, "guest_invited")
        return invite


def _new_invite(tx: Transaction, staff: Principal, appointment: Appointment, request: InviteRequest) -> RoomInvite:
    invite_id = new_id()
    return RoomInvite(
        id=invite_id,
        appointment_id=appointment.id,
        role=request.role,
        name=request.name,
        channel=request.channel,
        contact=request.contact,
        language=request.language,
        token_hash=hash_token(tx.runtime.tokens.derive(INVITE_PURPOSE, invite_id)),
        created_at=tx.now,
        created_by=staff.name,
        sent_at=tx.now,
    )


async def send_again(
    runtime: Runtime, staff: Principal, office: Office, appointment: Appointment, invite_id: str
) -> RoomInvite:
    """Send an unused link once more; in place of a used link, create and send a new link.

    The used link is withdrawn then, so that it never works on two devices. Raises NotFound, Gone,
    NotAllowed as `invite_guest` does, and Refused("guest_present" | "invited_already" | "too_many_invites").
    """
    async with runtime.transaction() as tx:
        invite = await room_invite_rows.lock_invite(tx.session, invite_id)
        if invite is None or invite.appointment_id != appointment.id:
            raise NotFound
        room = await room_rows.load_room(tx.session, appointment.id)
        _require_not_over(appointment, room, tx.now)
        guests = room.participants if room else ()
        guest = next((guest for guest in guests if guest.id == invite.participant_id), None)
        rules.check_send_again(invite, guest, tx.now)
        # a message that still waits would bring the guest a second, older link
        await tx.void_messages(invite_subject(invite.id))
        if invite.opened_at is None:
            sent = replace(invite, sent_at=tx.now)
            await room_invite_rows.save_invite(tx.session, sent)
        else:
            sent = await _replace_used_invite(tx, staff, appointment, invite)
        if sent.contact is not None:
            send_invite(tx, office, appointment, sent, entry_closes_at(appointment))
        _record(tx, staff, appointment, sent, "guest_invited_again")
        return sent


async def _replace_used_invite(
    tx: Transaction, staff: Principal, appointment: Appointment, used: RoomInvite
) -> RoomInvite:
    rules.check_new_invite(await room_invite_rows.invites_of_room(tx.session, appointment.id))
    await room_invite_rows.save_invite(tx.session, rules.withdraw_invite(used, tx.now))
    if used.participant_id is not None:
        await _take_out(tx, appointment, used.participant_id)
    request = InviteRequest(used.role, used.name, used.channel, used.contact, used.language)
    invite = _new_invite(tx, staff, appointment, request)
    await room_invite_rows.insert_invite(tx.session, invite)
    return invite


def _require_not_over(appointment: Appointment, room: Room | None, now: datetime) -> None:
    """Require a room that is open, or that will open. Raises NotAllowed, Gone."""
    access = room_access(appointment, room, now)
    if access is not RoomAccess.EARLY:
        require_open_access(access)


async def withdraw_invite(
    runtime: Runtime, staff: Principal, appointment: Appointment, invite_id: str
) -> RoomInvite:
    """Withdraw a link, and take its guest out of the room. Idempotent. Raises NotFound."""
    async with runtime.transaction() as tx:
        invite = await room_invite_rows.lock_invite(tx.session, invite_id)
        if invite is None or invite.appointment_id != appointment.id:
            raise NotFound
        withdrawn = rules.withdraw_invite(invite, tx.now)
        if withdrawn == invite:
            return invite
        await room_invite_rows.save_invite(tx.session, withdrawn)
        await tx.void_messages(invite_subject(invite.id))
        _record(tx, staff, appointment, invite, "guest_withdrawn")
        if invite.participant_id is not None:
            await _take_out(tx, appointment, invite.participant_id)
        return withdrawn


async def _take_out(tx: Transaction, appointment: Appointment, participant_id: str) -> None:
    """Mark the guest as left, and close its sockets in all processes."""
    change = await lock_room_for_change(tx, appointment.id)
    if change.room.get_participant(participant_id).state in INSIDE_STATES:
        change.room = leave_room(change.room, participant_id, tx.now)
        change.add_audit_event(participant_id, "left")
    await change.save()
    topic = room_topic(appointment.office_slug, appointment.id)
    tx.publish_each(topic, {"kind": "removed", "participant": participant_id})


def _record(tx: Transaction, staff: Principal, appointment: Appointment, invite: RoomInvite, verb: str) -> None:
    """Write the audit entry.

    It has the role and the channel of the guest, never name or contact.
    """
    add_audit_entry(
        tx.session,
        tx.now,
        AuditActor.from_principal(staff),
        f"appointment.{verb}",
        ("appointment", appointment.id, appointment.locator),
        office=appointment.office_slug,
        after={"role": invite.role.value, "channel": invite.channel.value},
    )
