"""Transfers of an office for its consoles, with their appointments. Read only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import Appointment, appointments_by_ids
from ..domain.room import attending_agent
from ..domain.room_transfer import DECLINED_SHOWN_FOR, RoomTransfer, is_inside
from ..storage import room_rows, room_transfer_rows
from .room_access import staff_key
from .room_lists import CALL_LOOK_BACK


@dataclass(frozen=True, slots=True)
class OfficeTransfer:
    """A transfer that is open or was declined lately.

    `is_receiver_inside`: connected to the call. `is_attended`: any agent is.
    """

    transfer: RoomTransfer
    appointment: Appointment
    is_receiver_inside: bool
    is_attended: bool


async def office_transfers(session: AsyncSession, office_id: str, now: datetime) -> list[OfficeTransfer]:
    """Return the transfers that the consoles of an office show, oldest first."""
    declined_since = now - DECLINED_SHOWN_FOR
    transfers = await room_transfer_rows.transfers_of_office(
        session, office_id, now - CALL_LOOK_BACK, declined_since
    )
    if not transfers:
        return []
    found = await appointments_by_ids(session, [transfer.appointment_id for transfer in transfers])
    appointments = {appointment.id: appointment for appointment in found}
    shown = [transfer for transfer in transfers if transfer.appointment_id in appointments]
    return [
        await _to_office_transfer(session, transfer, appointments[transfer.appointment_id]) for transfer in shown
    ]


async def latest_transfer(session: AsyncSession, appointment: Appointment) -> OfficeTransfer | None:
    """Return the newest transfer of a room; None if it was never offered."""
    transfer = await room_transfer_rows.latest_transfer(session, appointment.id)
    if transfer is None:
        return None
    return await _to_office_transfer(session, transfer, appointment)


async def _to_office_transfer(
    session: AsyncSession, transfer: RoomTransfer, appointment: Appointment
) -> OfficeTransfer:
    room = await room_rows.load_room(session, transfer.appointment_id)
    if room is None:
        return OfficeTransfer(transfer, appointment, is_receiver_inside=False, is_attended=False)
    receiver = staff_key(transfer.receiver.id)
    participant_id = await room_rows.participant_id_of_person(session, transfer.appointment_id, receiver)
    return OfficeTransfer(
        transfer, appointment, is_inside(room, participant_id), attending_agent(room) is not None
    )
