"""Use cases of entering a room: hello of citizens and staff, and resuming a session."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import Enum

from ...appointments.service import (
    Appointment,
    appointment_by_id,
    appointment_by_token,
    entry_closes_at,
    void_call_back,
)
from ...core.auth import Principal, StaffRole, require_role
from ...core.db.audit_entries import STAFF_PREFIX
from ...core.errors import Gone, NotAllowed, NotFound, Unauthenticated
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ..domain import room as rules
from ..domain.room import GONE_AFTER, Participant, ParticipantRole, ParticipantState
from ..domain.room_invite import bind_device
from ..queries.room_access import (
    CITIZEN_PERSON,
    GUEST_PREFIX,
    RoomAccess,
    guest_key,
    person_key,
    require_open_access,
    room_access,
)
from ..storage import room_invite_rows, room_rows
from .call_back import call_back_absent_citizen
from .room_transaction import (
    RoomMember,
    lock_or_create_room,
    lock_room_for_change,
    register_presence,
)
from .room_transfers import note_arrival


class StaffAccess(Enum):
    """Access of staff in a room. `EXPIRED`: only the time of the login session has passed."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


async def enter_as_citizen(runtime: Runtime, token: str, session_hash: str) -> RoomMember:
    """Enter the room outside the lobby, with the appointment's token.

    Raises NotFound, NotAllowed("not_video" | "too_early_for_room" | "not_confirmed"),
    Gone("appointment_cancelled" | "room_over").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        room = await room_rows.load_room(tx.session, appointment.id)
        require_open_access(room_access(appointment, room, tx.now))
        citizen = _new_participant(ParticipantRole.CITIZEN, appointment.name, tx.now)
        return await _enter_room(tx, appointment, CITIZEN_PERSON, citizen, session_hash)


async def enter_as_guest(runtime: Runtime, token: str, device: str | None, session_hash: str) -> RoomMember:
    """Enter the room outside the lobby, with the link of an invitation.

    The first device that enters binds the link. `device`: its cookie; None for a program, which comes
    back by its session only. Raises NotFound, NotAllowed("link_used"), Gone("invite_withdrawn"), and
    as `enter_as_citizen` does.
    """
    async with runtime.transaction() as tx:
        found = await room_invite_rows.invite_by_token_hash(tx.session, hash_token(token))
        # locked, so that two devices that enter at once cannot both bind the link
        invite = await room_invite_rows.lock_invite(tx.session, found.id) if found else None
        if invite is None:
            raise NotFound
        bound = bind_device(invite, hash_token(device) if device else None, tx.now)
        appointment = await appointment_by_id(tx.session, invite.appointment_id)
        room = await room_rows.load_room(tx.session, appointment.id)
        require_open_access(room_access(appointment, room, tx.now))
        guest = _new_participant(invite.role, invite.name, tx.now)
        member = await _enter_room(tx, appointment, guest_key(invite.id), guest, session_hash)
        await room_invite_rows.save_invite(tx.session, replace(bound, participant_id=member.participant_id))
        return member


async def enter_as_staff(
    runtime: Runtime, principal: Principal | None, appointment_id: str, session_hash: str
) -> RoomMember:
    """Enter the room as an admitted member of staff, at any time until the room is closed.

    Raises Unauthenticated, NotAllowed, NotFound, Gone("appointment_cancelled" | "room_over"),
    Refused("room_full").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_id(tx.session, appointment_id)
        staff = require_role(principal, StaffRole.AGENT, appointment.office_slug)
        room = await room_rows.load_room(tx.session, appointment.id)
        access = room_access(appointment, room, tx.now)
        if access not in (RoomAccess.EARLY, RoomAccess.OVER) or (room and room.end):
            require_open_access(access)
        newcomer = _new_participant(_participant_role(staff), staff.name, tx.now)
        return await _enter_room(tx, appointment, person_key(staff), newcomer, session_hash)


async def _enter_room(
    tx: Transaction, appointment: Appointment, person: str, newcomer: Participant, session_hash: str
) -> RoomMember:
    change = await lock_or_create_room(tx, appointment)
    known_id = await room_rows.participant_id_of_person(tx.session, appointment.id, person)
    if known_id is not None:
        known = change.room.get_participant(known_id)
        # guests may have typed another name in the lobby; staff have the name of their account
        newcomer = replace(known, name=newcomer.name if newcomer.is_staff else known.name)
    change.room = replace(change.room, signs=appointment.is_in_sign_language)
    change.room = rules.enter_room(change.room, newcomer, tx.now)
    if known_id is None:
        entered = change.room.get_participant(newcomer.id)
        await room_rows.add_participant(tx.session, appointment.id, person, entered)
    change.add_audit_event(newcomer.id, "hello", role=newcomer.role.value)
    if person == CITIZEN_PERSON and change.room.called_back is not None:
        await void_call_back(tx, appointment)
    if newcomer.is_staff:
        await call_back_absent_citizen(change)
        await note_arrival(change, person.removeprefix(STAFF_PREFIX))
    await register_presence(change, newcomer.id, session_hash)
    await change.save()
    return _room_member(appointment, newcomer.id)


async def resume_session(
    runtime: Runtime, principal: Principal | None, old_hash: str, new_hash: str
) -> RoomMember:
    """Resume a live session within 120 s. Staff must still be signed in as the same person.

    Raises Unauthenticated, NotAllowed, NotAllowed("session_over"), Gone("room_over").
    """
    async with runtime.transaction() as tx:
        presence = await room_rows.presence_by_session(tx.session, old_hash)
        if presence is None:
            raise NotAllowed("session_over")
        change = await lock_room_for_change(tx, presence.appointment_id)
        # Read again under the room's lock, because the session may have been revoked meanwhile.
        presence = await room_rows.presence_by_session(tx.session, old_hash)
        if presence is None or tx.now - presence.seen_at >= GONE_AFTER:
            raise NotAllowed("session_over")
        if presence.person.startswith(GUEST_PREFIX):
            await _require_valid_invite(tx, presence.person.removeprefix(GUEST_PREFIX))
        elif presence.person != CITIZEN_PERSON:
            _require_person(principal, presence.person, presence.office_slug)
        appointment = await appointment_by_id(tx.session, presence.appointment_id)
        if change.room.end is not None:
            raise Gone("room_over", reason=change.room.end.reason)
        change.room = rules.set_connected(change.room, presence.participant_id, True)
        if presence.person == CITIZEN_PERSON and change.room.called_back is not None:
            await void_call_back(tx, appointment)
        await register_presence(change, presence.participant_id, new_hash)
        await change.save()
        return _room_member(appointment, presence.participant_id)


def staff_access(entered_as: Principal, current: Principal | None, office_slug: str, now: datetime) -> StaffAccess:
    """Check whether the person who entered is still signed in as staff of the office."""
    try:
        _require_person(current, person_key(entered_as), office_slug)
    except Unauthenticated:
        ends_at = entered_as.session_expires_at
        return StaffAccess.EXPIRED if ends_at is not None and now >= ends_at else StaffAccess.REVOKED
    except NotAllowed:
        return StaffAccess.REVOKED
    return StaffAccess.VALID


def _require_person(principal: Principal | None, person: str, office_slug: str) -> None:
    if person_key(require_role(principal, StaffRole.AGENT, office_slug)) != person:
        raise NotAllowed


async def _require_valid_invite(tx: Transaction, invite_id: str) -> None:
    """Raise NotAllowed("session_over") if the guest's link was withdrawn."""
    invite = await room_invite_rows.invite_by_id(tx.session, invite_id)
    if invite is None or invite.withdrawn_at is not None:
        raise NotAllowed("session_over")


def _participant_role(principal: Principal) -> ParticipantRole:
    """Return SUPERVISOR for managers and above, and AGENT for other staff."""
    return ParticipantRole.SUPERVISOR if principal.has_role(StaffRole.MANAGER) else ParticipantRole.AGENT


def _new_participant(role: ParticipantRole, name: str, now: datetime) -> Participant:
    return Participant(id=new_id(), role=role, name=name, state=ParticipantState.OUTSIDE, state_since=now)


def _room_member(appointment: Appointment, participant_id: str) -> RoomMember:
    return RoomMember(
        appointment.id,
        appointment.office_id,
        appointment.office_slug,
        participant_id,
        entry_closes_at(appointment),
    )
