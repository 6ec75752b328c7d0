"""Use case of an agent who sees the citizen's telephone number, which is audited."""

from __future__ import annotations

from ...appointments.service import appointment_by_id
from ...core.errors import Refused
from ...core.runtime import Runtime
from ..domain.acceptance import require_agent_in_call
from ..storage import room_rows
from .room_transaction import RoomMember


async def reveal_number(runtime: Runtime, member: RoomMember) -> str:
    """Return the citizen's number (E.164), and write who has seen it.

    Raises NotAllowed("staff_only"), Refused("room_over" | "not_admitted" | "no_phone_number").
    """
    async with runtime.transaction() as tx:
        room = await room_rows.load_room(tx.session, member.appointment_id)
        agent = require_agent_in_call(room, member.participant_id)
        number = (await appointment_by_id(tx.session, member.appointment_id)).phone
        if number is None:
            raise Refused("no_phone_number")
        room_rows.add_audit_event(tx.session, member.appointment_id, agent.id, "number_shown", tx.now, {})
    return number
