"""Use cases of a participant: lobby, leaving, sent media, consent and audit events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...appointments.service import AppointmentState, appointment_by_id, check_in, undo_check_in, void_call_back
from ...core.db.rate_limits import record_guess
from ...core.errors import Refused
from ...core.runtime import Runtime
from ...precheck.service import link_test_to_appointment
from ..domain import room as rules
from ..domain.room import STALE_AFTER, ParticipantRole, ParticipantState, SentMedia
from ..storage import room_rows
from .lobby_tests import set_latest_test
from .room_transaction import PRESENCE_TIMER, RoomMember, room_transaction

MAX_CONSENTS = 20  # per participant; a call asks for one or two consents, which may be changed a few times


async def join_lobby(runtime: Runtime, member: RoomMember, name: str | None) -> None:
    """Enter the lobby. The citizen's first join checks in the appointment.

    Raises Refused("room_over").
    """
    async with room_transaction(runtime, member.appointment_id) as change:
        tx, participant = change.tx, change.room.get_participant(member.participant_id)
        change.room = rules.join_lobby(change.room, participant.id, name, tx.now)
        change.add_audit_event(participant.id, "joined")
        if participant.role is ParticipantRole.CITIZEN:
            await set_latest_test(change, participant.id)
            appointment = await appointment_by_id(tx.session, member.appointment_id)
            await void_call_back(tx, appointment)
            if appointment.state is AppointmentState.CONFIRMED:
                await check_in(tx, member.appointment_id)
        await tx.schedule_timer(PRESENCE_TIMER, subject=participant.id, due_at=tx.now + STALE_AFTER)


async def link_test(runtime: Runtime, member: RoomMember, *, token: str | None, code: str | None) -> None:
    """Link a test made without the appointment, by its token or else by its code.

    A code can be guessed: guesses are counted for each appointment, and a participant links one test by its code.
    An unknown token or code changes nothing. Raises RateLimited.
    """
    if token is None:
        await record_guess(runtime, f"room_test:{member.appointment_id}")
    async with room_transaction(runtime, member.appointment_id) as change:
        session, participant_id = change.tx.session, member.participant_id
        if change.room.get_participant(participant_id).role is not ParticipantRole.CITIZEN:
            # a guest's test says nothing about the citizen's connection
            return
        if token is None and await room_rows.participant_test_code(session, participant_id) is not None:
            return
        linked = await link_test_to_appointment(
            change.tx, member.appointment_id, member.office_slug, token=token, code=code
        )
        if linked is not None:
            await room_rows.set_participant_test_code(session, participant_id, linked)
            await set_latest_test(change, participant_id)


async def leave_room(runtime: Runtime, member: RoomMember) -> None:
    """Leave the room. A citizen who leaves before the call is checked out again.

    Without a check-in the citizen can still change the appointment.
    """
    async with room_transaction(runtime, member.appointment_id) as change:
        participant = change.room.get_participant(member.participant_id)
        change.room = rules.leave_room(change.room, participant.id, change.tx.now)
        change.add_audit_event(participant.id, "left")
        leaves_before_call = (
            participant.role is ParticipantRole.CITIZEN
            and participant.state is ParticipantState.LOBBY
            and participant.admitted_at is None
            and change.room.by_phone_since is None
        )
        if leaves_before_call:
            appointment = await appointment_by_id(change.tx.session, member.appointment_id)
            if appointment.state is AppointmentState.CHECKED_IN:
                await undo_check_in(change.tx, member.appointment_id)


async def revoke_session(runtime: Runtime, member: RoomMember, session_hash: str) -> None:
    """Remove a participant who lost the authorisation, and delete the live session."""
    async with room_transaction(runtime, member.appointment_id) as change:
        if not await room_rows.delete_presence(change.tx.session, session_hash):
            # the person has a newer session, whose authorisation is checked separately
            return
        await change.tx.cancel_timers(member.participant_id, [PRESENCE_TIMER])
        change.room = rules.leave_room(change.room, member.participant_id, change.tx.now)
        change.add_audit_event(member.participant_id, "turned_out")


async def set_sent_media(runtime: Runtime, member: RoomMember, media: SentMedia) -> None:
    """Store the sent media for participants who enter later."""
    async with runtime.transaction() as tx:
        await room_rows.set_participant_media(tx.session, member.participant_id, media)


async def record_consent(runtime: Runtime, member: RoomMember, text: str, accepted: bool) -> None:
    """Store a consent if it differs from the last to this text.

    Raises Refused("too_many_consents").
    """
    async with runtime.read_session() as session:
        consents = await room_rows.participant_consents(session, member.participant_id)
    latest = {consent["text"]: consent["accepted"] for consent in consents}
    if latest.get(text) is accepted:
        return
    if len(consents) >= MAX_CONSENTS:
        raise Refused("too_many_consents")
    await record_audit_event(runtime, member, "consent", {"text": text, "accepted": accepted})


async def record_audit_event(runtime: Runtime, member: RoomMember, kind: str, details: Mapping[str, Any]) -> None:
    """Write an audit event, such as an identity checklist or measurements of a client."""
    async with runtime.transaction() as tx:
        room_rows.add_audit_event(
            tx.session, member.appointment_id, member.participant_id, kind, tx.now, dict(details)
        )
