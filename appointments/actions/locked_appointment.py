"""An appointment read under the lock of its office's agenda. Changes nothing."""

from __future__ import annotations

from ...core.runtime import Transaction
from ...offices.service import Office, office_by_id
from ..domain.appointment import Appointment
from ..queries.lookup import appointment_by_id, appointment_by_token
from ..storage import locks


async def lock_agenda_of_token(tx: Transaction, token: str) -> tuple[Office, Appointment]:
    """Find the appointment of this token, and lock the agenda of its office. Raises NotFound."""
    return await lock_agenda_and_reload(tx, await appointment_by_token(tx.session, token))


async def lock_agenda_and_reload(tx: Transaction, appointment: Appointment) -> tuple[Office, Appointment]:
    """Lock the agenda of an appointment, and read the appointment again under the lock."""
    office = await office_by_id(tx.session, appointment.office_id)
    await locks.lock_agenda(tx.session, office)
    return office, await appointment_by_id(tx.session, appointment.id)
