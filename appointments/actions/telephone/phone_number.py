"""Change of the number at which an agent calls, by the citizen."""

from __future__ import annotations

import logging
from dataclasses import replace

from ....core.errors import NotFound, Refused
from ....core.runtime import Runtime
from ....offices.service import office_topic
from ...domain.appointment import Appointment, AppointmentState
from ...domain.contact_identifiers import appointment_contact_key
from ...queries.lookup import appointment_by_token
from ...storage import appointment_rows
from ..attendance import update_or_conflict

logger = logging.getLogger(__name__)

CHANGEABLE_STATES = frozenset({AppointmentState.CONFIRMED, AppointmentState.PRECONFIRMED})


async def change_phone_number(runtime: Runtime, token: str, phone: str) -> Appointment:
    """Replace the number of an appointment by telephone, until an agent calls. `phone`: E.164.

    Channels that the citizen chose for the old number move to the new number; the web checks that they reach it.
    Raises NotFound, Refused("not_by_phone" | "call_has_begun").
    """
    async with runtime.transaction() as tx:
        found = await appointment_by_token(tx.session, token)
        appointment = await appointment_rows.lock_appointment(tx.session, found.id)
        if appointment is None:
            raise NotFound
        if appointment.mode != "phone":
            raise Refused("not_by_phone")
        if appointment.state not in CHANGEABLE_STATES or tx.now >= appointment.ends_at:
            raise Refused("call_has_begun")
        moved = (replace(each, address=phone) if each.is_number else each for each in appointment.channels)
        changed = replace(appointment, phone=phone, channels=tuple(moved))
        # without an e-mail the key is a hash of the number (docs/decisions/0033)
        key = appointment_contact_key(runtime.tokens, changed)
        await update_or_conflict(
            tx, appointment, phone=phone, email_key=key, **appointment_rows.channel_columns(changed.channels)
        )
        tx.publish_latest(office_topic(appointment.office_slug), {})
        tx.log_after_commit(logger, "appointment_phone_changed", appointment=appointment.id)
        return changed
