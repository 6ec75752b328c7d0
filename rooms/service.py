"""Use cases of the rooms, one function each, and the only door that other folders may use.

Every change runs in one transaction: lock the room, apply the pure rule, write what differs, bump the
version. After the commit the version goes out on the room's topic, and each process reads the room again.
Whoever needs both locks the room before the appointment, as a cancellation does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ..appointments.service import (
    Appointment,
    AppointmentCancelled,
    AppointmentRescheduled,
    AppointmentState,
    Entry,
    appointment_by_id,
    appointment_by_token,
    appointments_of_day,
    check_in,
    entry,
    entry_closes_at,
    mark_no_show,
    mark_served,
    undo_check_in,
)
from ..core.auth import Principal, require
from ..core.auth import Role as StaffRole
from ..core.dates import local
from ..core.errors import Gone, NotAllowed, NotFound, Office360Error, Refused
from ..core.ids import new_id
from ..core.runtime import Runtime, Transaction
from ..offices.service import Office, office_topic
from . import room as rules
from . import store
from .room import GONE, STALE, AgentState, End, Media, Participant, Place, Role, Room
from .tables import RoomRow

CITIZEN = "citizen"
PRESENCE_TIMER = "room.presence"
CLOSE_TIMER = "room.close"
STILL_TALKING = timedelta(minutes=15)  # a call that runs over is looked at again after this, never cut
QUALITY_EVERY = timedelta(seconds=30)  # what a client measures is kept this often; more says nothing new
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


@dataclass(frozen=True, slots=True)
class Seat:
    """Who acts, and where: kept by the socket after its hello."""

    appointment_id: str
    office_id: str
    office_slug: str
    participant_id: str
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class LobbyEntry:
    """Somebody in the lobby or in the call, or who left it and keeps the place."""

    appointment_id: str
    participant_id: str
    starts_at: datetime
    name: str
    state: str
    since: datetime
    connected: bool
    verdict: str | None
    agent: str | None


@dataclass(frozen=True, slots=True)
class VideoAppointment:
    """One of today's video appointments, for the console. `state`: expected, lobby, admitted, left, ended."""

    appointment_id: str
    starts_at: datetime
    ends_at: datetime
    name: str
    service_slug: str
    needs: tuple[str, ...]
    state: str
    since: datetime | None
    connected: bool
    agent: str | None
    outcome: str | None
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one person in the lobby is told."""

    position: int
    agent: AgentState
    agent_name: str | None
    message: str | None


def room_topic(office_slug: str, appointment_id: str) -> str:
    """The bus topic of one room: changes of its state and what is relayed in it."""
    return f"{{{office_slug}}}:room:{appointment_id}"


@dataclass(slots=True)
class _Change:
    """A locked room, the rule's result, and what goes into the audit."""

    tx: Transaction
    row: RoomRow
    before: Room
    room: Room
    _notes: list[tuple[str | None, str, Mapping[str, Any]]] = field(default_factory=list)

    def note(self, participant_id: str | None, kind: str, **details: Any) -> None:
        self._notes.append((participant_id, kind, details))

    async def save(self) -> None:
        """Write, and tell the processes. A rule that changed nothing costs nothing."""
        if self.room == self.before:
            return
        await store.save_room(self.tx.session, self.row, self.before, self.room)
        for participant_id, kind, details in self._notes:
            store.add_event(
                self.tx.session, self.row.appointment_id, participant_id, kind, self.tx.now, dict(details)
            )
        topic = room_topic(self.row.office_slug, self.row.appointment_id)
        self.tx.publish(topic, {"kind": "changed", "v": self.row.version})
        self.tx.publish(office_topic(self.row.office_slug), {})


async def _change(tx: Transaction, appointment_id: str) -> _Change:
    row = await store.lock_room(tx.session, appointment_id)
    room = await store.load_room(tx.session, appointment_id)
    if row is None or room is None:
        raise NotFound
    return _Change(tx, row, room, room)


@asynccontextmanager
async def _changing(runtime: Runtime, appointment_id: str) -> AsyncIterator[_Change]:
    async with runtime.transaction() as tx:
        change = await _change(tx, appointment_id)
        yield change
        await change.save()


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
    return await store.load_room(session, appointment_id)


async def versions_of(session: AsyncSession, appointment_ids: Collection[str]) -> dict[str, int]:
    """The present version of each room, to see whether a message of the bus was missed."""
    return await store.versions(session, appointment_ids)


async def enter_citizen(runtime: Runtime, token: str, session_hash: str) -> Seat:
    """A citizen says hello with the appointment's token.

    Raises NotFound, NotAllowed("not_video" | "too_early" | "not_confirmed"), Gone("cancelled" | "room_over").
    """
    async with runtime.transaction() as tx:
        appointment = await appointment_by_token(tx.session, token)
        room = await store.load_room(tx.session, appointment.id)
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
        room = await store.load_room(tx.session, appointment.id)
        found = door(appointment, room, tx.now)
        if found not in (Door.EARLY, Door.OVER) or (room and room.end):
            _refuse_closed_door(found)
        newcomer = _newcomer(staff_role(staff), staff.name, Place.OUTSIDE, tx.now)
        return await _arrive(tx, appointment, f"staff:{staff.id}", newcomer, session_hash)


async def come_back(runtime: Runtime, old_hash: str, new_hash: str) -> Seat:
    """Resume a session within 120 s. Raises NotAllowed("session_over"), Gone("room_over")."""
    async with runtime.transaction() as tx:
        presence = await store.presence_of_session(tx.session, old_hash)
        if presence is None or tx.now - presence.seen_at >= GONE:
            raise NotAllowed("session_over")
        appointment = await appointment_by_id(tx.session, presence.appointment_id)
        change = await _change(tx, presence.appointment_id)
        if change.room.end is not None:
            raise Gone("room_over", reason=change.room.end.reason)
        change.room = rules.set_connected(change.room, presence.participant_id, True)
        await _be_present(change, presence.participant_id, new_hash)
        await change.save()
        return _seat(appointment, presence.participant_id)


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
    new = await store.ensure_room(
        tx.session, appointment.id, appointment.office_id, appointment.office_slug, tx.now
    )
    change = await _change(tx, appointment.id)
    if new:
        due = max(entry_closes_at(appointment), tx.now + STILL_TALKING)
        await tx.schedule(CLOSE_TIMER, subject=appointment.id, due_at=due)
    known = await store.participant_of(tx.session, appointment.id, person)
    if known is not None:
        kept = change.room.participant(known)
        newcomer = replace(kept, name=newcomer.name if newcomer.is_staff else kept.name)
    change.room = rules.arrive(change.room, newcomer, tx.now)
    if known is None:
        await store.add_participant(tx.session, appointment.id, person, change.room.participant(newcomer.id))
    change.note(newcomer.id, "hello", role=newcomer.role.value)
    await _be_present(change, newcomer.id, session_hash)
    await change.save()
    return _seat(appointment, newcomer.id)


async def _be_present(change: _Change, participant_id: str, session_hash: str) -> None:
    """The newest session counts; whoever holds an older one of the same person closes it (4103)."""
    tx = change.tx
    await store.put_presence(tx.session, participant_id, session_hash, tx.now)
    await tx.schedule(PRESENCE_TIMER, subject=participant_id, due_at=tx.now + STALE)
    tx.relay(
        room_topic(change.row.office_slug, change.row.appointment_id),
        {"kind": "session", "participant": participant_id, "session": session_hash},
    )


# The citizen


async def join(runtime: Runtime, seat: Seat, name: str | None, test_code: str | None) -> None:
    """Enter the lobby; the first time counts as having come. Raises Refused("room_over")."""
    async with _changing(runtime, seat.appointment_id) as change:
        tx, me = change.tx, change.room.participant(seat.participant_id)
        change.room = rules.join(change.room, me.id, name, tx.now)
        change.note(me.id, "joined")
        if me.role is Role.CITIZEN and await _state(change) is AppointmentState.CONFIRMED:
            await check_in(tx, seat.appointment_id)
        if test_code:
            await store.set_test_code(tx.session, me.id, test_code)
        await tx.schedule(PRESENCE_TIMER, subject=me.id, due_at=tx.now + STALE)


async def leave(runtime: Runtime, seat: Seat) -> None:
    """Go away. Whoever goes before the call has not come yet: the appointment can still be changed."""
    async with _changing(runtime, seat.appointment_id) as change:
        me = change.room.participant(seat.participant_id)
        change.room = rules.leave(change.room, me.id, change.tx.now)
        change.note(me.id, "left")
        waited = me.role is Role.CITIZEN and me.place is Place.LOBBY and me.admitted_at is None
        if waited and await _state(change) is AppointmentState.CHECKED_IN:
            await undo_check_in(change.tx, seat.appointment_id)


async def _state(change: _Change) -> AppointmentState:
    return (await appointment_by_id(change.tx.session, change.row.appointment_id)).state


# Staff


async def admit(runtime: Runtime, seat: Seat, participant_id: str) -> None:
    """Let somebody in. Raises NotAllowed, NotFound, Refused("not_in_lobby" | "room_full")."""
    async with _changing(runtime, seat.appointment_id) as change:
        change.room = rules.admit(change.room, seat.participant_id, participant_id, change.tx.now)
        change.note(seat.participant_id, "admitted", participant=participant_id)


async def return_to_lobby(runtime: Runtime, seat: Seat, participant_id: str) -> None:
    """Ask somebody to wait again. Raises NotAllowed, NotFound, Refused("not_admitted")."""
    async with _changing(runtime, seat.appointment_id) as change:
        change.room = rules.return_to_lobby(change.room, seat.participant_id, participant_id, change.tx.now)
        change.note(seat.participant_id, "returned_to_lobby", participant=participant_id)


async def remove(runtime: Runtime, seat: Seat, participant_id: str) -> None:
    """Put somebody out. Raises NotAllowed, NotFound, Refused("not_inside")."""
    async with _changing(runtime, seat.appointment_id) as change:
        change.room = rules.remove(change.room, seat.participant_id, participant_id, change.tx.now)
        change.note(seat.participant_id, "removed", participant=participant_id)
        topic = room_topic(seat.office_slug, seat.appointment_id)
        change.tx.relay(topic, {"kind": "removed", "participant": participant_id})


async def tell_lobby(runtime: Runtime, seat: Seat, text: str, participant_id: str | None) -> None:
    """Say something to whoever waits. Raises NotAllowed, NotFound, Refused("not_in_lobby")."""
    async with _changing(runtime, seat.appointment_id) as change:
        change.room = rules.tell(change.room, seat.participant_id, text, participant_id)
        change.note(seat.participant_id, "message", participant=participant_id)


async def set_agent_state(runtime: Runtime, seat: Seat, state: AgentState) -> None:
    """Tell the lobby whether the agent can be reckoned with. Raises NotAllowed("staff_only")."""
    async with _changing(runtime, seat.appointment_id) as change:
        change.room = rules.set_agent_state(change.room, seat.participant_id, state)


async def end(runtime: Runtime, seat: Seat, outcome: str | None) -> None:
    """Close the room with its outcome; the appointment is served, or nobody came.

    Raises NotAllowed("staff_only"), Refused("room_over" | "nobody_yet").
    """
    async with _changing(runtime, seat.appointment_id) as change:
        change.room = rules.end(change.room, seat.participant_id, outcome, change.tx.now)
        change.note(seat.participant_id, "ended", outcome=outcome)
        await _settle(change, outcome)
        await _forget_timers(change)


async def _settle(change: _Change, outcome: str | None) -> None:
    """What the call's end means for the appointment. Whoever never came has not been served."""
    tx, appointment = change.tx, await appointment_by_id(change.tx.session, change.row.appointment_id)
    if appointment.state is AppointmentState.CHECKED_IN and outcome != NO_SHOW:
        await mark_served(tx, appointment.id)
    elif appointment.state in ENTERABLE:
        if tx.now < appointment.starts_at:
            raise Refused("nobody_yet")
        await mark_no_show(tx, appointment.id)


async def record(runtime: Runtime, seat: Seat, kind: str, details: Mapping[str, Any]) -> None:
    """Write one line of the audit, such as a consent or an identity checklist."""
    async with runtime.transaction() as tx:
        store.add_event(tx.session, seat.appointment_id, seat.participant_id, kind, tx.now, dict(details))


async def record_quality(runtime: Runtime, seat: Seat, figures: Mapping[str, Any]) -> None:
    """Keep what a client measured, at most every 30 s."""
    async with runtime.transaction() as tx:
        last = await store.last_event_at(tx.session, seat.participant_id, "quality")
        if last is None or tx.now - last >= QUALITY_EVERY:
            store.add_event(tx.session, seat.appointment_id, seat.participant_id, "quality", tx.now, dict(figures))


async def set_media(runtime: Runtime, seat: Seat, media: Media) -> None:
    """Keep what somebody sends, for those who come later."""
    async with runtime.transaction() as tx:
        await store.set_media(tx.session, seat.participant_id, media)


# Presence and time


async def refresh(runtime: Runtime, session_hashes: Collection[str]) -> None:
    """This process still holds these sessions' sockets."""
    if not session_hashes:
        return
    async with runtime.transaction() as tx:
        await store.refresh_presences(tx.session, session_hashes, tx.now)


async def be_back(runtime: Runtime, seat: Seat) -> None:
    """The socket was there all the time, only its process was late to say so."""
    async with _changing(runtime, seat.appointment_id) as change:
        if change.room.end is None:
            change.room = rules.set_connected(change.room, seat.participant_id, True)
            await change.tx.schedule(PRESENCE_TIMER, subject=seat.participant_id, due_at=change.tx.now + STALE)


async def on_presence_due(tx: Transaction, participant_id: str) -> None:
    """25 s without a sign: the connection is lost. 120 s: the person has left, and keeps the place."""
    presence = await store.presence_of(tx.session, participant_id)
    if presence is None:
        return
    change = await _change(tx, presence.appointment_id)
    one = change.room.participant(participant_id)
    if change.room.end is not None or one.place is Place.LEFT:
        return
    silent = tx.now - presence.seen_at
    if silent >= GONE:
        change.room = rules.set_connected(change.room, participant_id, False)
        change.room = rules.leave(change.room, participant_id, tx.now)
        change.note(participant_id, "gone")
    else:
        change.room = rules.set_connected(change.room, participant_id, silent < STALE)
        next_due = presence.seen_at + (STALE if silent < STALE else GONE)
        await tx.schedule(PRESENCE_TIMER, subject=participant_id, due_at=next_due)
    await change.save()


async def on_close_due(tx: Transaction, appointment_id: str) -> None:
    """The time is over. A call that goes on is not cut; an empty room is closed."""
    change = await _change(tx, appointment_id)
    if change.room.end is not None:
        return
    if any(one.connected for one in change.room.admitted()):
        await tx.schedule(CLOSE_TIMER, subject=appointment_id, due_at=tx.now + STILL_TALKING)
        return
    await _close(change, "time_over")


async def _close(change: _Change, reason: str) -> None:
    if change.room.end is not None:
        return
    change.room = rules.close(change.room, End(change.tx.now, reason))
    change.note(None, "ended", reason=reason)
    await _forget_timers(change)
    await change.save()


async def _forget_timers(change: _Change) -> None:
    await change.tx.unschedule(change.row.appointment_id, [CLOSE_TIMER])
    for one in change.room.participants:
        await change.tx.unschedule(one.id, [PRESENCE_TIMER])


TIMERS = {PRESENCE_TIMER: on_presence_due, CLOSE_TIMER: on_close_due}


async def on_appointment_cancelled(tx: Transaction, event: AppointmentCancelled) -> None:
    """Whoever waits is told at once."""
    await _close_if_open(tx, event.appointment.id, "cancelled")


async def on_appointment_rescheduled(tx: Transaction, event: AppointmentRescheduled) -> None:
    """The new time has a new room."""
    await _close_if_open(tx, event.old.id, "rescheduled")


async def _close_if_open(tx: Transaction, appointment_id: str, reason: str) -> None:
    if await store.lock_room(tx.session, appointment_id) is not None:
        await _close(await _change(tx, appointment_id), reason)


# For the lobby's people and the consoles


async def waiting_in(session: AsyncSession, office_id: str) -> dict[str, Waiting]:
    """What each person in the lobbies of an office is told, by participant id."""
    rooms = await store.open_rooms(session, office_id)
    told = {}
    for position, (room, one) in enumerate(rules.waiting(rooms), start=1):
        others = [other for other in rooms if other.appointment_id != room.appointment_id]
        state, agent = rules.agent_for(room, others)
        told[one.id] = Waiting(position, state, agent.name if agent else None, one.message)
    return told


async def lobby(session: AsyncSession, office: Office, now: datetime) -> list[LobbyEntry]:
    """Everybody who waits or talks in the office's open rooms, by first join."""
    rooms = {room.appointment_id: room for room in await store.open_rooms(session, office.id)}
    entries = []
    for appointment_id, room in rooms.items():
        appointment = await appointment_by_id(session, appointment_id)
        entries += [_lobby_entry(appointment, room, one) for one in room.participants if _is_expected(one)]
    return [one for _, one in sorted(entries, key=lambda pair: (pair[0], pair[1].participant_id))]


def _is_expected(one: Participant) -> bool:
    return not one.is_staff and one.first_joined_at is not None and one.place is not Place.OUTSIDE


def _lobby_entry(appointment: Appointment, room: Room, one: Participant) -> tuple[datetime, LobbyEntry]:
    agent = rules.attending(room)
    entry_ = LobbyEntry(
        appointment_id=appointment.id,
        participant_id=one.id,
        starts_at=appointment.starts_at,
        name=one.name,
        state=one.place.value,
        since=one.since,
        connected=one.connected,
        verdict=None,
        agent=agent.name if agent else None,
    )
    return one.first_joined_at or one.since, entry_


async def video_day(session: AsyncSession, office: Office, now: datetime) -> list[VideoAppointment]:
    """Today's video appointments with the state of their rooms, by time."""
    start = local(now, office.timezone).replace(hour=0, minute=0, second=0, microsecond=0)
    day = await appointments_of_day(session, office.id, start, start + timedelta(days=1), "video")
    rooms = await store.load_rooms(session, [one.id for one in day])
    return [_video_appointment(one, rooms.get(one.id)) for one in day]


def _video_appointment(appointment: Appointment, room: Room | None) -> VideoAppointment:
    guests = [one for one in room.participants if _is_expected(one)] if room else []
    guest = guests[0] if guests else None
    agent = rules.attending(room) if room else None
    ended = (room is not None and room.end is not None) or appointment.state in (
        AppointmentState.SERVED,
        AppointmentState.NO_SHOW,
    )
    return VideoAppointment(
        appointment_id=appointment.id,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        name=guest.name if guest else appointment.name,
        service_slug=appointment.service_slug,
        needs=appointment.needs,
        state="ended" if ended else guest.place.value if guest else "expected",
        since=guest.since if guest else None,
        connected=guest.connected if guest else False,
        agent=agent.name if agent else None,
        outcome=room.end.outcome if room and room.end else None,
    )
