"""People who can take over a video call, and transfers as JSON. No writes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.i18n.dates import format_rfc3339
from ...core.json_types import JsonObject
from ...core.runtime import Runtime
from ...offices.service import Office
from ...queue.service import agents_at_desks
from ...rooms.service import OfficeTransfer
from ..storage import alert_rows


@dataclass(frozen=True, slots=True)
class TransferReceiver:
    """A person or key of the office who is here now.

    `desk_id` and `desk` are empty without a desk.
    """

    id: str
    name: str
    desk_id: str = ""
    desk: str = ""


async def transfer_receivers(
    runtime: Runtime, session: AsyncSession, office: Office, own_id: str
) -> list[TransferReceiver]:
    """List the agents of the open desks, then others who are signed in; without the caller."""
    at_desks = [
        TransferReceiver(
            agents_at_desk.agent_id, agents_at_desk.agent, agents_at_desk.desk_id, agents_at_desk.desk
        )
        for agents_at_desk in await agents_at_desks(session, office)
    ]
    known = {own_id, *(at_desk.id for at_desk in at_desks)}
    others = await alert_rows.signed_in_people(session, office.slug, runtime.now())
    without_desk = [TransferReceiver(id, name) for id, name in others.items() if id not in known]
    return [at_desk for at_desk in [*at_desks, *without_desk] if at_desk.id != own_id]


def transfer_json(found: OfficeTransfer, office: Office) -> JsonObject:
    """Convert a transfer for the board and the API."""
    transfer, appointment = found.transfer, found.appointment
    return {
        "id": transfer.id,
        "appointment": transfer.appointment_id,
        "starts_at": format_rfc3339(appointment.starts_at, office.timezone),
        "name": appointment.name,
        "service": appointment.service_slug,
        "kind": transfer.kind.value,
        "from": transfer.sender.name,
        "from_id": transfer.sender.id,
        "to": transfer.receiver.name,
        "to_id": transfer.receiver.id,
        "state": transfer.state.value,
        "since": format_rfc3339(transfer.state_since, office.timezone),
        "inside": found.is_receiver_inside,
        "attended": found.is_attended,
    }
