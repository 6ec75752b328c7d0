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
from ..domain.room import STALE, Room
from ..storage import room_rows
from ..storage.tables import RoomRow

PRESENCE_TIMER = "room.presence"
CLOSE_TIMER = "room.close"
STILL_TALKING = timedelta(minutes=15)  # a call that runs over is looked at again after this, never cut


@dataclass(frozen=True, slots=True)
class Seat:
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
class Change:
    """A locked room, the rule's result, and what goes into the audit."""

    tx: Transaction
    row: RoomRow
    before: Room
    room: Room
    _notes: list[tuple[str | None, str, Mapping[str, Any]]] = field(default_factory=list)

    def note(self, participant_id: str | None, kind: str, **details: Any) -> None:
        """One line for the audit, written if the rule changed something."""
        self._notes.append((participant_id, kind, details))

    async def save(self) -> None:
        """Write, and tell the processes. A rule that changed nothing costs nothing."""
        if self.room == self.before:
            return
        await room_rows.save_room(self.tx.session, self.row, self.before, self.room)
        for participant_id, kind, details in self._notes:
            room_rows.add_event(
                self.tx.session, self.row.appointment_id, participant_id, kind, self.tx.now, dict(details)
            )
        topic = room_topic(self.row.office_slug, self.row.appointment_id)
        self.tx.publish(topic, {"kind": "changed", "v": self.row.version})
        self.tx.publish(office_topic(self.row.office_slug), {})


async def load_change(tx: Transaction, appointment_id: str) -> Change:
    """Lock the room until the transaction ends. Raises NotFound before its first hello."""
    row = await room_rows.lock_room(tx.session, appointment_id)
    room = await room_rows.load_room(tx.session, appointment_id)
    if row is None or room is None:
        raise NotFound
    return Change(tx, row, room, room)


@asynccontextmanager
async def changing(runtime: Runtime, appointment_id: str) -> AsyncIterator[Change]:
    """A transaction of its own around one change; saved when the block ends."""
    async with runtime.transaction() as tx:
        change = await load_change(tx, appointment_id)
        yield change
        await change.save()


async def be_present(change: Change, participant_id: str, session_hash: str) -> None:
    """The newest session counts; whoever holds an older one of the same person closes it (4103)."""
    tx = change.tx
    await room_rows.put_presence(tx.session, participant_id, session_hash, tx.now)
    await tx.schedule(PRESENCE_TIMER, subject=participant_id, due_at=tx.now + STALE)
    tx.relay(
        room_topic(change.row.office_slug, change.row.appointment_id),
        {"kind": "session", "participant": participant_id, "session": session_hash},
    )


async def forget_timers(change: Change) -> None:
    """A closed room waits for nothing."""
    await change.tx.unschedule(change.row.appointment_id, [CLOSE_TIMER])
    for one in change.room.participants:
        await change.tx.unschedule(one.id, [PRESENCE_TIMER])
