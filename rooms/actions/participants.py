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
    Entry,
    appointment_by_id,
    appointment_by_token,
    check_in,
    entry,
    entry_closes_at,
    mark_no_show,
    mark_served,
    undo_check_in,
)
from ...core.auth import Principal, require
from ...core.auth import Role as StaffRole
from ...core.errors import Gone, NotAllowed, Office360Error, Refused, Unauthenticated
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...precheck.service import link_test
from ..domain import room as rules
from ..domain.room import GONE, STALE, AgentState, Media, Participant, Place, Role, Room
from ..queries.room_lists import (
    LobbyEntry,
    VideoAppointment,
    Waiting,
    expected_starts,
    lobby,
    video_day,
    waiting_in,
)
from ..storage import room_rows
from .data_retention import forget_people
from .presence import TIMERS, be_back, on_appointment_cancelled, on_appointment_rescheduled, refresh
from .room_transaction import (
    CLOSE_TIMER,
    PRESENCE_TIMER,
    STILL_TALKING,
    Change,
    Seat,
    be_present,
    changing,
    forget_timers,
    load_change,
    room_topic,
)

__all__ = [
    "CONSENTS_AT_MOST",
    "TIMERS",
    "Door",
    "LobbyEntry",
    "Seat",
    "VideoAppointment",
    "Waiting",
    "admit",
    "be_back",
    "come_back",
    "consent",
    "door",
    "end",
    "enter_citizen",
    "enter_staff",
    "expected_starts",
    "forget_people",
    "is_inside",
    "join",
    "leave",
    "lobby",
    "on_appointment_cancelled",
    "on_appointment_rescheduled",
    "record",
    "refresh",
    "remove",
    "return_to_lobby",
    "room_of",
    "room_topic",
    "sessions_of",
    "set_agent_state",
    "set_media",
    "still_attends",
    "tell_lobby",
    "turn_out",
    "versions_of",
    "video_day",
    "waiting_in",
]

CITIZEN = "citizen"
CONSENTS_AT_MOST = 20  # of one person: a call asks for one or two, and minds are changed now and then
NO_SHOW = "no_show"

ENTERABLE = frozenset({AppointmentState.CONFIRMED, AppointmentState.CHECKED_IN})
CANCELLED = frozenset(
    {
        AppointmentState.CANCELLED_CITIZEN,
        AppointmentState.CANCELLED_OFFICE,
        AppointmentState.RESCHEDULED,
    }
)


class Door(StrEnum):
    """What somebody finds who comes to the room's page."""

    NOT_VIDEO = "not_video"
    UNCONFIRMED = "unconfirmed"
    EARLY = "early"
    OPEN = "open"
    CANCELLED = "cancelled"
    OVER = "over"


# Coming in


def door(appointment: Appointment, room: Room | None, now: datetime) -> Door:
    """What a citizen finds now. A call that goes on keeps its door open past the time."""
    if appointment.mode != "video":
        return Door.NOT_VIDEO
    if appointment.state in CANCELLED:
        return Door.CANCELLED
    if appointment.state in (AppointmentState.SERVED, AppointmentState.NO_SHOW) or (room and room.end):
        return Door.OVER
    if appointment.state not in ENTERABLE:
        return Door.UNCONFIRMED
    when = entry(appointment, now)
    if when is Entry.OVER and room is not None and rules.attending(room) is not None:
        return Door.OPEN
    return {Entry.EARLY: Door.EARLY, Entry.OPEN: Door.OPEN, Entry.OVER: Door.OVER}[when]


async def room_of(session: AsyncSession, appointment_id: str) -> Room | None:
    """The room as it is now; None before the first hello."""
    return await room_rows.load_room(session, appointment_id)


async def is_inside(session: AsyncSession, room: Room | None, staff: Principal | None) -> bool:
    """Whether the citizen, or this member of staff, is in the room by another page, which a new one would end."""
    if room is None:
        return False
    person = CITIZEN if staff is None else _person(staff)
    known = await room_rows.participant_of(session, room.appointment_id, person)
    if known is None:
        return False
    one = room.participant(known)
    return one.connected and one.place in rules.INSIDE


async def versions_of(session: AsyncSession, appointment_ids: Collection[str]) -> dict[str, int]:
    """The present version of each room, to see whether a message of the bus was missed."""
    return await room_rows.versions(session, appointment_ids)


async def sessions_of(session: AsyncSession, participant_ids: Collection[str]) -> dict[str, str]:
    """Each person's newest session, to see whether an older one is held by mistake."""
    return await room_rows.sessions_of(session, participant_ids)


async def enter_citizen(runtime: Runtime, token: str, session_hash: str) -> Seat:
    """A citizen says hello with the appointment's token.

    Raises NotFound, NotAllowed("not_video" | "too_early" | "not_confirmed"), Gone("cancelled" | "room_over").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        room = await room_rows.load_room(tx.session, appointment.id)
        _refuse_closed_door(door(appointment, room, tx.now))
        guest = _newcomer(Role.CITIZEN, appointment.name, Place.OUTSIDE, tx.now)
        return await _arrive(tx, appointment, CITIZEN, guest, session_hash)


async def enter_staff(
    runtime: Runtime, principal: Principal | None, appointment_id: str, session_hash: str
) -> Seat:
    """Staff say hello, and are admitted by it; they can come back until the room is closed.

    Raises Unauthenticated, NotAllowed, NotFound, Gone("cancelled" | "room_over"), Refused("room_full").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_id(tx.session, appointment_id)
        staff = require(principal, StaffRole.AGENT, appointment.office_slug)
        room = await room_rows.load_room(tx.session, appointment.id)
        found = door(appointment, room, tx.now)
        if found not in (Door.EARLY, Door.OVER) or (room and room.end):
            _refuse_closed_door(found)
        newcomer = _newcomer(staff_role(staff), staff.name, Place.OUTSIDE, tx.now)
        return await _arrive(tx, appointment, _person(staff), newcomer, session_hash)


async def come_back(runtime: Runtime, principal: Principal | None, old_hash: str, new_hash: str) -> Seat:
    """Resume a session within 120 s; one of staff only as the same person, who may still be here.

    Raises Unauthenticated, NotAllowed, NotAllowed("session_over"), Gone("room_over").
    """
    async with runtime.transaction() as tx:
        presence = await room_rows.presence_of_session(tx.session, old_hash)
        if presence is None:
            raise NotAllowed("session_over")
        change = await load_change(tx, presence.appointment_id)
        # Read again under the room's lock: whoever was turned out meanwhile does not come back.
        presence = await room_rows.presence_of_session(tx.session, old_hash)
        if presence is None or tx.now - presence.seen_at >= GONE:
            raise NotAllowed("session_over")
        if presence.person != CITIZEN:
            _must_be(principal, presence.person, presence.office_slug)
        appointment = await appointment_by_id(tx.session, presence.appointment_id)
        if change.room.end is not None:
            raise Gone("room_over", reason=change.room.end.reason)
        change.room = rules.set_connected(change.room, presence.participant_id, True)
        await be_present(change, presence.participant_id, new_hash)
        await change.save()
        return _seat(appointment, presence.participant_id)


def still_attends(before: Principal, now: Principal | None, office_slug: str) -> bool:
    """Whether whoever came in as staff is still signed in, and still works here."""
    try:
        _must_be(now, _person(before), office_slug)
    except (Unauthenticated, NotAllowed):
        return False
    return True


def _must_be(principal: Principal | None, person: str, office_slug: str) -> None:
    if _person(require(principal, StaffRole.AGENT, office_slug)) != person:
        raise NotAllowed


def _person(staff: Principal) -> str:
    return f"staff:{staff.id}"


def staff_role(principal: Principal) -> Role:
    """Managers look after a call, everybody else attends it."""
    return Role.SUPERVISOR if principal.at_least(StaffRole.MANAGER) else Role.AGENT


def _refuse_closed_door(found: Door) -> None:
    closed: dict[Door, Office360Error] = {
        Door.NOT_VIDEO: NotAllowed("not_video"),
        Door.UNCONFIRMED: NotAllowed("not_confirmed"),
        Door.EARLY: NotAllowed("too_early_for_room"),
        Door.CANCELLED: Gone("appointment_cancelled"),
        Door.OVER: Gone("room_over"),
    }
    if found in closed:
        raise closed[found]


def _newcomer(role: Role, name: str, place: Place, now: datetime) -> Participant:
    return Participant(id=new_id(), role=role, name=name, place=place, since=now)


def _seat(appointment: Appointment, participant_id: str) -> Seat:
    return Seat(
        appointment.id,
        appointment.office_id,
        appointment.office_slug,
        participant_id,
        entry_closes_at(appointment),
    )


async def _arrive(
    tx: Transaction, appointment: Appointment, person: str, newcomer: Participant, session_hash: str
) -> Seat:
    new = await room_rows.ensure_room(
        tx.session, appointment.id, appointment.office_id, appointment.office_slug, tx.now
    )
    change = await load_change(tx, appointment.id)
    if new:
        due = max(entry_closes_at(appointment), tx.now + STILL_TALKING)
        await tx.schedule(CLOSE_TIMER, subject=appointment.id, due_at=due)
    known = await room_rows.participant_of(tx.session, appointment.id, person)
    if known is not None:
        kept = change.room.participant(known)
        newcomer = replace(kept, name=newcomer.name if newcomer.is_staff else kept.name)
    change.room = rules.arrive(change.room, newcomer, tx.now)
    if known is None:
        await room_rows.add_participant(tx.session, appointment.id, person, change.room.participant(newcomer.id))
    change.note(newcomer.id, "hello", role=newcomer.role.value)
    await be_present(change, newcomer.id, session_hash)
    await change.save()
    return _seat(appointment, newcomer.id)


# The citizen


async def join(runtime: Runtime, seat: Seat, name: str | None, test_code: str | None) -> None:
    """Enter the lobby; the first time counts as having come. Raises Refused("room_over")."""
    async with changing(runtime, seat.appointment_id) as change:
        tx, me = change.tx, change.room.participant(seat.participant_id)
        change.room = rules.join(change.room, me.id, name, tx.now)
        change.note(me.id, "joined")
        if me.role is Role.CITIZEN and await _state(change) is AppointmentState.CONFIRMED:
            await check_in(tx, seat.appointment_id)
        if test_code:
            await room_rows.set_test_code(tx.session, me.id, test_code)
            await link_test(tx, test_code, seat.appointment_id, seat.office_slug)
        await tx.schedule(PRESENCE_TIMER, subject=me.id, due_at=tx.now + STALE)


async def leave(runtime: Runtime, seat: Seat) -> None:
    """Go away. Whoever goes before the call has not come yet: the appointment can still be changed."""
    async with changing(runtime, seat.appointment_id) as change:
        me = change.room.participant(seat.participant_id)
        change.room = rules.leave(change.room, me.id, change.tx.now)
        change.note(me.id, "left")
        waited = me.role is Role.CITIZEN and me.place is Place.LOBBY and me.admitted_at is None
        if waited and await _state(change) is AppointmentState.CHECKED_IN:
            await undo_check_in(change.tx, seat.appointment_id)


async def turn_out(runtime: Runtime, seat: Seat, session_hash: str) -> None:
    """Somebody may not be here any more: they leave, and nobody resumes their session."""
    async with changing(runtime, seat.appointment_id) as change:
        if not await room_rows.forget_session(change.tx.session, session_hash):
            return  # the same person has a newer session, which is looked at by itself
        await change.tx.unschedule(seat.participant_id, [PRESENCE_TIMER])
        change.room = rules.leave(change.room, seat.participant_id, change.tx.now)
        change.note(seat.participant_id, "turned_out")


async def _state(change: Change) -> AppointmentState:
    return (await appointment_by_id(change.tx.session, change.row.appointment_id)).state


# Staff


async def admit(runtime: Runtime, seat: Seat, participant_id: str) -> None:
    """Let somebody in. Raises NotAllowed, NotFound, Refused("not_in_lobby" | "room_full")."""
    async with changing(runtime, seat.appointment_id) as change:
        change.room = rules.admit(change.room, seat.participant_id, participant_id, change.tx.now)
        change.note(seat.participant_id, "admitted", participant=participant_id)


async def return_to_lobby(runtime: Runtime, seat: Seat, participant_id: str) -> None:
    """Ask somebody to wait again. Raises NotAllowed, NotFound, Refused("not_admitted")."""
    async with changing(runtime, seat.appointment_id) as change:
        change.room = rules.return_to_lobby(change.room, seat.participant_id, participant_id, change.tx.now)
        change.note(seat.participant_id, "returned_to_lobby", participant=participant_id)


async def remove(runtime: Runtime, seat: Seat, participant_id: str) -> None:
    """Put somebody out. Raises NotAllowed, NotFound, Refused("not_inside")."""
    async with changing(runtime, seat.appointment_id) as change:
        change.room = rules.remove(change.room, seat.participant_id, participant_id, change.tx.now)
        change.note(seat.participant_id, "removed", participant=participant_id)
        topic = room_topic(seat.office_slug, seat.appointment_id)
        change.tx.relay(topic, {"kind": "removed", "participant": participant_id})


async def tell_lobby(runtime: Runtime, seat: Seat, text: str, participant_id: str | None) -> None:
    """Say something to whoever waits. Raises NotAllowed, NotFound, Refused("not_in_lobby")."""
    async with changing(runtime, seat.appointment_id) as change:
        change.room = rules.tell(change.room, seat.participant_id, text, participant_id)
        change.note(seat.participant_id, "message", participant=participant_id)


async def set_agent_state(runtime: Runtime, seat: Seat, state: AgentState) -> None:
    """Tell the lobby whether the agent can be reckoned with. Raises NotAllowed("staff_only")."""
    async with changing(runtime, seat.appointment_id) as change:
        change.room = rules.set_agent_state(change.room, seat.participant_id, state)


async def end(runtime: Runtime, seat: Seat, outcome: str | None) -> None:
    """Close the room with its outcome; the appointment is served, or nobody came.

    Raises NotAllowed("staff_only"), Refused("room_over" | "nobody_yet").
    """
    async with changing(runtime, seat.appointment_id) as change:
        change.room = rules.end(change.room, seat.participant_id, outcome, change.tx.now)
        change.note(seat.participant_id, "ended", outcome=outcome)
        await _settle(change, outcome)
        await forget_timers(change)


async def _settle(change: Change, outcome: str | None) -> None:
    """What the call's end means for the appointment. Whoever never came has not been served."""
    tx, appointment = change.tx, await appointment_by_id(change.tx.session, change.row.appointment_id)
    if appointment.state is AppointmentState.CHECKED_IN and outcome != NO_SHOW:
        await mark_served(tx, appointment.id)
    elif appointment.state in ENTERABLE:
        if tx.now < appointment.starts_at:
            raise Refused("nobody_yet")
        await mark_no_show(tx, appointment.id)


async def record(runtime: Runtime, seat: Seat, kind: str, details: Mapping[str, Any]) -> None:
    """Write one line of the audit, such as an identity checklist or what a client measured."""
    async with runtime.transaction() as tx:
        room_rows.add_event(tx.session, seat.appointment_id, seat.participant_id, kind, tx.now, dict(details))


async def consent(runtime: Runtime, seat: Seat, text: str, accepted: bool) -> None:
    """Write what somebody agrees to when it is something new. Raises Refused("too_many_consents")."""
    async with runtime.reading() as db:
        said = await room_rows.consents_of(db, seat.participant_id)
    latest = {one["text"]: one["accepted"] for one in said}
    if latest.get(text) is accepted:
        return
    if len(said) >= CONSENTS_AT_MOST:
        raise Refused("too_many_consents")
    await record(runtime, seat, "consent", {"text": text, "accepted": accepted})


async def set_media(runtime: Runtime, seat: Seat, media: Media) -> None:
    """Keep what somebody sends, for those who come later."""
    async with runtime.transaction() as tx:
        await room_rows.set_media(tx.session, seat.participant_id, media)
