"""Use cases of the rooms, one function each, and the only door that other folders may use.

Every change runs in one transaction (change.py): lock the room, apply the pure rule, write what differs, bump
the version. After the commit the version goes out on the room's topic, and each process reads the room again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import (
    Appointment,
    AppointmentState,
    EntryWindow,
    appointment_by_id,
    appointment_by_token,
    check_in,
    entry_closes_at,
    entry_window,
    mark_no_show,
    mark_served,
    undo_check_in,
)
from ...core.auth import Principal, StaffRole, require_role
from ...core.errors import Gone, NotAllowed, Office360Error, Refused, Unauthenticated
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...precheck.service import link_test_to_appointment
from ..domain import room as rules
from ..domain.room import (
    GONE_AFTER,
    STALE_AFTER,
    AgentState,
    Participant,
    ParticipantRole,
    ParticipantState,
    Room,
    SentMedia,
)
from ..queries.room_lists import (
    LobbyGuest,
    LobbyUpdate,
    VideoAppointmentStatus,
    forecast_video_starts,
    lobby_guests,
    lobby_updates,
    todays_video_appointments,
)
from ..storage import room_rows
from .data_retention import anonymise_participants
from .presence import (
    TIMERS,
    mark_reconnected,
    on_appointment_cancelled,
    on_appointment_rescheduled,
    refresh_presence,
)
from .room_transaction import (
    CLOSE_TIMER,
    OVERRUN_RECHECK_INTERVAL,
    PRESENCE_TIMER,
    RoomChange,
    RoomMember,
    cancel_room_timers,
    lock_room_for_change,
    register_presence,
    room_topic,
    room_transaction,
)

__all__ = [
    "MAX_CONSENTS",
    "TIMERS",
    "LobbyGuest",
    "LobbyUpdate",
    "RoomAccess",
    "RoomMember",
    "VideoAppointmentStatus",
    "admit_participant",
    "anonymise_participants",
    "current_room",
    "end_room",
    "enter_as_citizen",
    "enter_as_staff",
    "forecast_video_starts",
    "is_inside_room",
    "is_still_authorised",
    "join_lobby",
    "latest_session_hashes",
    "leave_room",
    "lobby_guests",
    "lobby_updates",
    "mark_reconnected",
    "on_appointment_cancelled",
    "on_appointment_rescheduled",
    "record_audit_event",
    "record_consent",
    "refresh_presence",
    "remove_participant",
    "resume_session",
    "return_to_lobby",
    "revoke_session",
    "room_access",
    "room_topic",
    "room_versions",
    "send_lobby_message",
    "set_agent_state",
    "set_sent_media",
    "todays_video_appointments",
]

CITIZEN_PERSON = "citizen"
MAX_CONSENTS = 20  # of one person: a call asks for one or two, and minds are changed now and then
NO_SHOW_OUTCOME = "no_show"

ENTERABLE_STATES = frozenset({AppointmentState.CONFIRMED, AppointmentState.CHECKED_IN})
CANCELLED_STATES = frozenset(
    {
        AppointmentState.CANCELLED_CITIZEN,
        AppointmentState.CANCELLED_OFFICE,
        AppointmentState.RESCHEDULED,
    }
)


class RoomAccess(StrEnum):
    """What somebody finds who comes to the room's page."""

    NOT_VIDEO = "not_video"
    UNCONFIRMED = "unconfirmed"
    EARLY = "early"
    OPEN = "open"
    CANCELLED = "cancelled"
    OVER = "over"


# Coming in


def room_access(appointment: Appointment, room: Room | None, now: datetime) -> RoomAccess:
    """What a citizen finds now. A call that goes on keeps its door open past the time."""
    if appointment.mode != "video":
        return RoomAccess.NOT_VIDEO
    if appointment.state in CANCELLED_STATES:
        return RoomAccess.CANCELLED
    if appointment.state in (AppointmentState.SERVED, AppointmentState.NO_SHOW) or (room and room.end):
        return RoomAccess.OVER
    if appointment.state not in ENTERABLE_STATES:
        return RoomAccess.UNCONFIRMED
    when = entry_window(appointment, now)
    if when is EntryWindow.CLOSED and room is not None and rules.attending_agent(room) is not None:
        return RoomAccess.OPEN
    return {
        EntryWindow.TOO_EARLY: RoomAccess.EARLY,
        EntryWindow.OPEN: RoomAccess.OPEN,
        EntryWindow.CLOSED: RoomAccess.OVER,
    }[when]


async def current_room(session: AsyncSession, appointment_id: str) -> Room | None:
    """The room as it is now; None before the first hello."""
    return await room_rows.load_room(session, appointment_id)


async def is_inside_room(session: AsyncSession, room: Room | None, staff: Principal | None) -> bool:
    """Whether the citizen, or this member of staff, is in the room by another page, which a new one would end."""
    if room is None:
        return False
    person = CITIZEN_PERSON if staff is None else _person_key(staff)
    known = await room_rows.participant_id_of_person(session, room.appointment_id, person)
    if known is None:
        return False
    one = room.get_participant(known)
    return one.connected and one.state in rules.INSIDE_STATES


async def room_versions(session: AsyncSession, appointment_ids: Collection[str]) -> dict[str, int]:
    """The present version of each room, to see whether a message of the bus was missed."""
    return await room_rows.room_versions(session, appointment_ids)


async def latest_session_hashes(session: AsyncSession, participant_ids: Collection[str]) -> dict[str, str]:
    """Each person's newest session, to see whether an older one is held by mistake."""
    return await room_rows.latest_session_hashes(session, participant_ids)


async def enter_as_citizen(runtime: Runtime, token: str, session_hash: str) -> RoomMember:
    """A citizen says hello with the appointment's token.

    Raises NotFound, NotAllowed("not_video" | "too_early" | "not_confirmed"), Gone("cancelled" | "room_over").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        room = await room_rows.load_room(tx.session, appointment.id)
        _require_open_access(room_access(appointment, room, tx.now))
        guest = _new_participant(ParticipantRole.CITIZEN, appointment.name, ParticipantState.OUTSIDE, tx.now)
        return await _enter_room(tx, appointment, CITIZEN_PERSON, guest, session_hash)


async def enter_as_staff(
    runtime: Runtime, principal: Principal | None, appointment_id: str, session_hash: str
) -> RoomMember:
    """Staff say hello, and are admitted by it; they can come back until the room is closed.

    Raises Unauthenticated, NotAllowed, NotFound, Gone("cancelled" | "room_over"), Refused("room_full").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_id(tx.session, appointment_id)
        staff = require_role(principal, StaffRole.AGENT, appointment.office_slug)
        room = await room_rows.load_room(tx.session, appointment.id)
        found = room_access(appointment, room, tx.now)
        if found not in (RoomAccess.EARLY, RoomAccess.OVER) or (room and room.end):
            _require_open_access(found)
        newcomer = _new_participant(participant_role(staff), staff.name, ParticipantState.OUTSIDE, tx.now)
        return await _enter_room(tx, appointment, _person_key(staff), newcomer, session_hash)


async def resume_session(
    runtime: Runtime, principal: Principal | None, old_hash: str, new_hash: str
) -> RoomMember:
    """Resume a session within 120 s; one of staff only as the same person, who may still be here.

    Raises Unauthenticated, NotAllowed, NotAllowed("session_over"), Gone("room_over").
    """
    async with runtime.transaction() as tx:
        presence = await room_rows.presence_by_session(tx.session, old_hash)
        if presence is None:
            raise NotAllowed("session_over")
        change = await lock_room_for_change(tx, presence.appointment_id)
        # Read again under the room's lock: whoever was turned out meanwhile does not come back.
        presence = await room_rows.presence_by_session(tx.session, old_hash)
        if presence is None or tx.now - presence.seen_at >= GONE_AFTER:
            raise NotAllowed("session_over")
        if presence.person != CITIZEN_PERSON:
            _require_person(principal, presence.person, presence.office_slug)
        appointment = await appointment_by_id(tx.session, presence.appointment_id)
        if change.room.end is not None:
            raise Gone("room_over", reason=change.room.end.reason)
        change.room = rules.set_connected(change.room, presence.participant_id, True)
        await register_presence(change, presence.participant_id, new_hash)
        await change.save()
        return _room_member(appointment, presence.participant_id)


def is_still_authorised(entered_as: Principal, now: Principal | None, office_slug: str) -> bool:
    """Whether whoever came in as staff is still signed in, and still works here."""
    try:
        _require_person(now, _person_key(entered_as), office_slug)
    except (Unauthenticated, NotAllowed):
        return False
    return True


def _require_person(principal: Principal | None, person: str, office_slug: str) -> None:
    if _person_key(require_role(principal, StaffRole.AGENT, office_slug)) != person:
        raise NotAllowed


def _person_key(staff: Principal) -> str:
    return f"staff:{staff.id}"


def participant_role(principal: Principal) -> ParticipantRole:
    """Managers look after a call, everybody else attends it."""
    return ParticipantRole.SUPERVISOR if principal.has_role(StaffRole.MANAGER) else ParticipantRole.AGENT


def _require_open_access(access: RoomAccess) -> None:
    closed: dict[RoomAccess, Office360Error] = {
        RoomAccess.NOT_VIDEO: NotAllowed("not_video"),
        RoomAccess.UNCONFIRMED: NotAllowed("not_confirmed"),
        RoomAccess.EARLY: NotAllowed("too_early_for_room"),
        RoomAccess.CANCELLED: Gone("appointment_cancelled"),
        RoomAccess.OVER: Gone("room_over"),
    }
    if access in closed:
        raise closed[access]


def _new_participant(role: ParticipantRole, name: str, place: ParticipantState, now: datetime) -> Participant:
    return Participant(id=new_id(), role=role, name=name, state=place, state_since=now)


def _room_member(appointment: Appointment, participant_id: str) -> RoomMember:
    return RoomMember(
        appointment.id,
        appointment.office_id,
        appointment.office_slug,
        participant_id,
        entry_closes_at(appointment),
    )


async def _enter_room(
    tx: Transaction, appointment: Appointment, person: str, newcomer: Participant, session_hash: str
) -> RoomMember:
    new = await room_rows.ensure_room(
        tx.session, appointment.id, appointment.office_id, appointment.office_slug, tx.now
    )
    change = await lock_room_for_change(tx, appointment.id)
    if new:
        due = max(entry_closes_at(appointment), tx.now + OVERRUN_RECHECK_INTERVAL)
        await tx.schedule_timer(CLOSE_TIMER, subject=appointment.id, due_at=due)
    known = await room_rows.participant_id_of_person(tx.session, appointment.id, person)
    if known is not None:
        kept = change.room.get_participant(known)
        newcomer = replace(kept, name=newcomer.name if newcomer.is_staff else kept.name)
    change.room = rules.enter_room(change.room, newcomer, tx.now)
    if known is None:
        await room_rows.add_participant(
            tx.session, appointment.id, person, change.room.get_participant(newcomer.id)
        )
    change.add_audit_event(newcomer.id, "hello", role=newcomer.role.value)
    await register_presence(change, newcomer.id, session_hash)
    await change.save()
    return _room_member(appointment, newcomer.id)


# The citizen


async def join_lobby(runtime: Runtime, member: RoomMember, name: str | None, test_code: str | None) -> None:
    """Enter the lobby; the first time counts as having come. Raises Refused("room_over")."""
    async with room_transaction(runtime, member.appointment_id) as change:
        tx, me = change.tx, change.room.get_participant(member.participant_id)
        change.room = rules.join_lobby(change.room, me.id, name, tx.now)
        change.add_audit_event(me.id, "joined")
        if me.role is ParticipantRole.CITIZEN and await _appointment_state(change) is AppointmentState.CONFIRMED:
            await check_in(tx, member.appointment_id)
        if test_code:
            await room_rows.set_participant_test_code(tx.session, me.id, test_code)
            await link_test_to_appointment(tx, test_code, member.appointment_id, member.office_slug)
        await tx.schedule_timer(PRESENCE_TIMER, subject=me.id, due_at=tx.now + STALE_AFTER)


async def leave_room(runtime: Runtime, member: RoomMember) -> None:
    """Go away. Whoever goes before the call has not come yet: the appointment can still be changed."""
    async with room_transaction(runtime, member.appointment_id) as change:
        me = change.room.get_participant(member.participant_id)
        change.room = rules.leave_room(change.room, me.id, change.tx.now)
        change.add_audit_event(me.id, "left")
        waited = (
            me.role is ParticipantRole.CITIZEN and me.state is ParticipantState.LOBBY and me.admitted_at is None
        )
        if waited and await _appointment_state(change) is AppointmentState.CHECKED_IN:
            await undo_check_in(change.tx, member.appointment_id)


async def revoke_session(runtime: Runtime, member: RoomMember, session_hash: str) -> None:
    """Somebody may not be here any more: they leave, and nobody resumes their session."""
    async with room_transaction(runtime, member.appointment_id) as change:
        if not await room_rows.delete_presence(change.tx.session, session_hash):
            return  # the same person has a newer session, which is looked at by itself
        await change.tx.cancel_timers(member.participant_id, [PRESENCE_TIMER])
        change.room = rules.leave_room(change.room, member.participant_id, change.tx.now)
        change.add_audit_event(member.participant_id, "turned_out")


async def _appointment_state(change: RoomChange) -> AppointmentState:
    return (await appointment_by_id(change.tx.session, change.row.appointment_id)).state


# Staff


async def admit_participant(runtime: Runtime, member: RoomMember, participant_id: str) -> None:
    """Let somebody in. Raises NotAllowed, NotFound, Refused("not_in_lobby" | "room_full")."""
    async with room_transaction(runtime, member.appointment_id) as change:
        change.room = rules.admit_participant(change.room, member.participant_id, participant_id, change.tx.now)
        change.add_audit_event(member.participant_id, "admitted", participant=participant_id)


async def return_to_lobby(runtime: Runtime, member: RoomMember, participant_id: str) -> None:
    """Ask somebody to wait again. Raises NotAllowed, NotFound, Refused("not_admitted")."""
    async with room_transaction(runtime, member.appointment_id) as change:
        change.room = rules.return_to_lobby(change.room, member.participant_id, participant_id, change.tx.now)
        change.add_audit_event(member.participant_id, "returned_to_lobby", participant=participant_id)


async def remove_participant(runtime: Runtime, member: RoomMember, participant_id: str) -> None:
    """Put somebody out. Raises NotAllowed, NotFound, Refused("not_inside")."""
    async with room_transaction(runtime, member.appointment_id) as change:
        change.room = rules.remove_participant(change.room, member.participant_id, participant_id, change.tx.now)
        change.add_audit_event(member.participant_id, "removed", participant=participant_id)
        topic = room_topic(member.office_slug, member.appointment_id)
        change.tx.publish_each(topic, {"kind": "removed", "participant": participant_id})


async def send_lobby_message(runtime: Runtime, member: RoomMember, text: str, participant_id: str | None) -> None:
    """Say something to whoever waits. Raises NotAllowed, NotFound, Refused("not_in_lobby")."""
    async with room_transaction(runtime, member.appointment_id) as change:
        change.room = rules.set_lobby_message(change.room, member.participant_id, text, participant_id)
        change.add_audit_event(member.participant_id, "message", participant=participant_id)


async def set_agent_state(runtime: Runtime, member: RoomMember, state: AgentState) -> None:
    """Tell the lobby whether the agent can be reckoned with. Raises NotAllowed("staff_only")."""
    async with room_transaction(runtime, member.appointment_id) as change:
        change.room = rules.set_agent_state(change.room, member.participant_id, state)


async def end_room(runtime: Runtime, member: RoomMember, outcome: str | None) -> None:
    """Close the room with its outcome; the appointment is served, or nobody came.

    Raises NotAllowed("staff_only"), Refused("room_over" | "nobody_yet").
    """
    async with room_transaction(runtime, member.appointment_id) as change:
        change.room = rules.end_room(change.room, member.participant_id, outcome, change.tx.now)
        change.add_audit_event(member.participant_id, "ended", outcome=outcome)
        await _record_attendance(change, outcome)
        await cancel_room_timers(change)


async def _record_attendance(change: RoomChange, outcome: str | None) -> None:
    """What the call's end means for the appointment. Whoever never came has not been served."""
    tx, appointment = change.tx, await appointment_by_id(change.tx.session, change.row.appointment_id)
    if appointment.state is AppointmentState.CHECKED_IN and outcome != NO_SHOW_OUTCOME:
        await mark_served(tx, appointment.id)
    elif appointment.state in ENTERABLE_STATES:
        if tx.now < appointment.starts_at:
            raise Refused("nobody_yet")
        await mark_no_show(tx, appointment.id)


async def record_audit_event(runtime: Runtime, member: RoomMember, kind: str, details: Mapping[str, Any]) -> None:
    """Write one line of the audit, such as an identity checklist or what a client measured."""
    async with runtime.transaction() as tx:
        room_rows.add_audit_event(
            tx.session, member.appointment_id, member.participant_id, kind, tx.now, dict(details)
        )


async def record_consent(runtime: Runtime, member: RoomMember, text: str, accepted: bool) -> None:
    """Write what somebody agrees to when it is something new. Raises Refused("too_many_consents")."""
    async with runtime.read_session() as db:
        said = await room_rows.participant_consents(db, member.participant_id)
    latest = {one["text"]: one["accepted"] for one in said}
    if latest.get(text) is accepted:
        return
    if len(said) >= MAX_CONSENTS:
        raise Refused("too_many_consents")
    await record_audit_event(runtime, member, "consent", {"text": text, "accepted": accepted})


async def set_sent_media(runtime: Runtime, member: RoomMember, media: SentMedia) -> None:
    """Keep what somebody sends, for those who come later."""
    async with runtime.transaction() as tx:
        await room_rows.set_participant_media(tx.session, member.participant_id, media)
