"""One change of one room: locked, changed by a pure rule, written, told to the processes.

Whoever needs both locks the room before the appointment, as a cancellation does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ...core.errors import NotFound
from ...core.runtime import Runtime, Transaction
from ...offices.service import office_topic
from ..domain.room import STALE_AFTER, Room
from ..storage import room_rows
from ..storage.tables import RoomRow

PRESENCE_TIMER = "room.presence"
CLOSE_TIMER = "room.close"
OVERRUN_RECHECK_INTERVAL = timedelta(minutes=15)  # a call that runs over is looked at again after this, never cut


@dataclass(frozen=True, slots=True)
class RoomMember:
    """Who acts, and where: kept by the socket after its hello."""

    appointment_id: str
    office_id: str
    office_slug: str
    participant_id: str
    closes_at: datetime


def room_topic(office_slug: str, appointment_id: str) -> str:
    """The bus topic of one room: changes of its state and what is relayed in it."""
    return f"{{{office_slug}}}:room:{appointment_id}"


@dataclass(slots=True)
class RoomChange:
    """A locked room, the rule's result, and what goes into the audit."""

    tx: Transaction
    row: RoomRow
    before: Room
    room: Room
    _audit_events: list[tuple[str | None, str, Mapping[str, Any]]] = field(default_factory=list)

    def add_audit_event(self, participant_id: str | None, kind: str, **details: Any) -> None:
        """One line for the audit, written if the rule changed something."""
        self._audit_events.append((participant_id, kind, details))

    async def save(self) -> None:
        """Write, and tell the processes. A rule that changed nothing costs nothing."""
        if self.room == self.before:
            return
        await room_rows.save_room(self.tx.session, self.row, self.before, self.room)
        for participant_id, kind, details in self._audit_events:
            room_rows.add_audit_event(
                self.tx.session, self.row.appointment_id, participant_id, kind, self.tx.now, dict(details)
            )
        topic = room_topic(self.row.office_slug, self.row.appointment_id)
        self.tx.publish_latest(topic, {"kind": "changed", "v": self.row.version})
        self.tx.publish_latest(office_topic(self.row.office_slug), {})


async def lock_room_for_change(tx: Transaction, appointment_id: str) -> RoomChange:
    """Lock the room until the transaction ends. Raises NotFound before its first hello."""
    row = await room_rows.lock_room(tx.session, appointment_id)
    room = await room_rows.load_room(tx.session, appointment_id)
    if row is None or room is None:
        raise NotFound
    return RoomChange(tx, row, room, room)


@asynccontextmanager
async def room_transaction(runtime: Runtime, appointment_id: str) -> AsyncIterator[RoomChange]:
    """A transaction of its own around one change; saved when the block ends."""
    async with runtime.transaction() as tx:
        change = await lock_room_for_change(tx, appointment_id)
        yield change
        await change.save()


async def register_presence(change: RoomChange, participant_id: str, session_hash: str) -> None:
    """The newest session counts; whoever holds an older one of the same person closes it (4103)."""
    tx = change.tx
    await room_rows.save_presence(tx.session, participant_id, session_hash, tx.now)
    await tx.schedule_timer(PRESENCE_TIMER, subject=participant_id, due_at=tx.now + STALE_AFTER)
    tx.publish_each(
        room_topic(change.row.office_slug, change.row.appointment_id),
        {"kind": "session", "participant": participant_id, "session": session_hash},
    )


async def cancel_room_timers(change: RoomChange) -> None:
    """A closed room waits for nothing."""
    await change.tx.cancel_timers(change.row.appointment_id, [CLOSE_TIMER])
    for one in change.room.participants:
        await change.tx.cancel_timers(one.id, [PRESENCE_TIMER])
