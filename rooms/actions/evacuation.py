"""Calls whose agent has to leave an evacuated office. No rules of the office.

The people are told at once, and called back after the evacuation. Locks one room after the other, in ascending
order.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from ...core.runtime import Transaction
from ..domain import room as rules
from ..queries.room_access import staff_key
from ..storage import room_rows
from .call_back import EVACUATED, call_back_absent_citizen
from .room_transaction import lock_room_for_change

KEPT_OPEN_FOR = timedelta(hours=1)  # after the evacuation agents return to their desks, and people to the call


async def begin_evacuation_of_calls(tx: Transaction, office_id: str, agent_ids: Collection[str]) -> None:
    """Tell the people of these agents' calls that they will be called back.

    So are those in the lobbies of the office. Idempotent.
    """
    staff = [staff_key(agent_id) for agent_id in agent_ids]
    for appointment_id in await room_rows.rooms_of_agents(tx.session, office_id, staff):
        change = await lock_room_for_change(tx, appointment_id)
        if change.room.end is not None or change.room.evacuated_from is not None:
            continue
        change.room = replace(change.room, evacuated_from=office_id)
        citizen = rules.find_citizen(change.room)
        change.add_audit_event(citizen.id if citizen else None, EVACUATED)
        await change.save()


async def end_evacuation_of_calls(tx: Transaction, office_id: str) -> None:
    """Let the calls go on, and call back absent citizens whose agent is in the room already.

    The others are called back when an agent comes in.
    """
    for appointment_id in await room_rows.rooms_evacuated_from(tx.session, office_id):
        change = await lock_room_for_change(tx, appointment_id)
        if change.room.end is not None or change.room.evacuated_from != office_id:
            continue
        # a transfer may keep the room open for longer already
        kept_until = max(change.room.kept_until or tx.now, tx.now + KEPT_OPEN_FOR)
        change.room = replace(change.room, evacuated_from=None, kept_until=kept_until)
        change.add_audit_event(None, "evacuation_ended")
        await call_back_absent_citizen(change)
        await change.save()
