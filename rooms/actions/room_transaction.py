"""Change of a room in one transaction: lock, apply a rule, write, publish. No rules.

A transaction that needs both locks the room before the appointment, as a cancellation does;
otherwise two transactions could wait for each other.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ...appointments.service import AgentCallChanged, Appointment, appointment_by_id, entry_closes_at
from ...core.errors import NotFound
from ...core.runtime import Runtime, Transaction
from ...offices.service import note_changed_record, office_topic
from ..domain.room import STALE_AFTER, Room, lobby_facts, staff_in_call
from ..storage import room_rows
from ..storage.tables import RoomRow

logger = logging.getLogger(__name__)

LOGGED_DETAILS = ("participant", "reason", "role")  # ids and codes; staff write the others
PRESENCE_TIMER = "room.presence"
CLOSE_TIMER = "room.close"
# an overrunning call is never cut, but checked this often
OVERRUN_RECHECK_INTERVAL = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class RoomMember:
    """Participant who acts, with the room: what a socket keeps after its hello."""

    appointment_id: str
    office_id: str
    office_slug: str
    participant_id: str
    closes_at: datetime


def room_topic(office_slug: str, appointment_id: str) -> str:
    """Return the bus topic of a room, for changes of state and relayed signals."""
    return f"{{{office_slug}}}:room:{appointment_id}"


def lobby_topic(office_slug: str) -> str:
    """Return the bus topic of changes in the lobbies of an office."""
    return f"{{{office_slug}}}:lobby"


def publish_room_notice(
    tx: Transaction, office_slug: str, appointment_id: str, sender_id: str, message: Mapping[str, Any]
) -> None:
    """Send a message of a participant to the others who are admitted, after the commit.

    Best effort: the bus may lose it, and pages read the same from SQL when they connect.
    """
    notice = {"kind": "notice", "from": sender_id, "message": {**message, "from": sender_id}}
    tx.publish_each(room_topic(office_slug, appointment_id), notice)


@dataclass(slots=True)
class RoomChange:
    """Locked room before and after a rule, with the audit events of the change."""

    tx: Transaction
    row: RoomRow
    before: Room
    room: Room
    _audit_events: list[tuple[str | None, str, Mapping[str, Any]]] = field(default_factory=list)

    def add_audit_event(self, participant_id: str | None, kind: str, **details: Any) -> None:
        """Queue an audit event. It is written only if the rule changed the room."""
        self._audit_events.append((participant_id, kind, details))

    async def save(self) -> None:
        """Write the room and its audit events, and publish the new version.

        Does nothing if the rule changed nothing. After the commit every process with sockets of the
        room reads the room again.
        """
        if self.room == self.before:
            return
        await room_rows.save_room(self.tx.session, self.row, self.before, self.room)
        if _recorded_call(self.room) != _recorded_call(self.before):
            await note_changed_call(self.tx, self.row.appointment_id)
        await self._tell_of_calls()
        for participant_id, kind, details in self._audit_events:
            room_rows.add_audit_event(
                self.tx.session, self.row.appointment_id, participant_id, kind, self.tx.now, dict(details)
            )
            logged = {f"of_{name}": details[name] for name in LOGGED_DETAILS if name in details}
            self.tx.log_after_commit(
                logger, f"room_{kind}", appointment=self.row.appointment_id, participant=participant_id, **logged
            )
        topic = room_topic(self.row.office_slug, self.row.appointment_id)
        self.tx.publish_latest(topic, {"kind": "changed", "v": self.row.version})
        self.tx.publish_latest(office_topic(self.row.office_slug), {})
        if lobby_facts(self.room) != lobby_facts(self.before):
            self.tx.publish_latest(lobby_topic(self.row.office_slug), {})

    async def _tell_of_calls(self) -> None:
        """Tell other features which staff began, ended or changed a call."""
        before, after = _call_modes(self.before), _call_modes(self.room)
        changed = sorted(id for id in before | after if before.get(id) != after.get(id))
        if not changed:
            return
        appointment = await appointment_by_id(self.tx.session, self.row.appointment_id)
        for participant_id in changed:
            staff = await room_rows.staff_participant(self.tx.session, participant_id)
            if staff is not None and staff.id is not None:
                await self.tx.emit(AgentCallChanged(appointment, staff.id, after.get(participant_id)))


def _call_modes(room: Room) -> dict[str, str]:
    """Return the mode of the call of each member of staff who is in it, by participant."""
    return dict.fromkeys(staff_in_call(room), "phone" if room.by_phone_since else "video")


def _recorded_call(room: Room) -> tuple[object, ...]:
    """Return the parts of a room that its record for the figures has."""
    people = [(person.id, person.first_joined_at, person.admitted_at) for person in room.participants]
    return room.end, room.by_phone_since, people


async def note_changed_call(tx: Transaction, appointment_id: str) -> None:
    """Tell other features if this changes the record of a call of an earlier day."""
    appointment = await appointment_by_id(tx.session, appointment_id)
    await note_changed_record(tx, appointment.office_id, appointment.starts_at)


async def lock_room_for_change(tx: Transaction, appointment_id: str) -> RoomChange:
    """Lock the room until the transaction ends. Raises NotFound before the room's first hello."""
    row = await room_rows.lock_room(tx.session, appointment_id)
    room = await room_rows.load_room(tx.session, appointment_id)
    if row is None or room is None:
        raise NotFound
    return RoomChange(tx, row, room, room)


async def lock_or_create_room(tx: Transaction, appointment: Appointment) -> RoomChange:
    """Lock the room of an appointment, which the first caller creates with its closing timer."""
    is_new = await room_rows.ensure_room(
        tx.session, appointment.id, appointment.office_id, appointment.office_slug, tx.now
    )
    change = await lock_room_for_change(tx, appointment.id)
    if is_new:
        due = max(entry_closes_at(appointment), tx.now + OVERRUN_RECHECK_INTERVAL)
        await tx.schedule_timer(CLOSE_TIMER, subject=appointment.id, due_at=due)
    return change


@asynccontextmanager
async def room_transaction(runtime: Runtime, appointment_id: str) -> AsyncIterator[RoomChange]:
    """Open a transaction with the locked room. The change is saved when the block ends."""
    async with runtime.transaction() as tx:
        change = await lock_room_for_change(tx, appointment_id)
        yield change
        await change.save()


async def register_presence(change: RoomChange, participant_id: str, session_hash: str) -> None:
    """Make a session the participant's only live session in all processes."""
    tx = change.tx
    await room_rows.save_presence(tx.session, participant_id, session_hash, tx.now)
    await tx.schedule_timer(PRESENCE_TIMER, subject=participant_id, due_at=tx.now + STALE_AFTER)
    # `publish_latest` would drop the news if the transaction also publishes a new version
    tx.publish_each(
        room_topic(change.row.office_slug, change.row.appointment_id),
        {"kind": "session", "participant": participant_id, "session": session_hash},
    )


async def cancel_room_timers(change: RoomChange) -> None:
    """Cancel the closing timer of the room and the presence timers of its participants."""
    await change.tx.cancel_timers(change.row.appointment_id, [CLOSE_TIMER])
    for participant in change.room.participants:
        await change.tx.cancel_timers(participant.id, [PRESENCE_TIMER])
