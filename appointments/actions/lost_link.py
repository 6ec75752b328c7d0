"""Lost links of appointments, sent to the mailbox of the appointment only. No SQL."""

from __future__ import annotations

import logging
from contextlib import suppress

from ...core.db.rate_limits import record_guess
from ...core.errors import Refused
from ...core.runtime import Runtime
from ...offices.service import office_by_id
from ..domain.appointment import AppointmentState
from ..domain.contact_identifiers import email_keys
from ..notify import appointment_messages
from ..storage import appointment_rows
from . import verification_emails

logger = logging.getLogger(__name__)

MAX_LINKS = 10  # e-mails of one request; the limits of booking allow a mailbox fewer appointments


async def send_lost_links(runtime: Runtime, email: str, address: str) -> None:
    """Send the links of the upcoming appointments of a mailbox to it.

    The caller does not learn whether it has any. So every attempt from a network `address` counts as a guess:
    RateLimited after five in 15 minutes.
    """
    await record_guess(runtime, f"lost_link:{address}")
    async with runtime.transaction() as tx:
        keys = email_keys(runtime.tokens, email)
        found = await appointment_rows.upcoming_appointments_of_mailbox(tx.session, keys, tx.now, MAX_LINKS)
        for appointment in found:
            office = await office_by_id(tx.session, appointment.office_id)
            if appointment.state is AppointmentState.PRECONFIRMED:
                with suppress(Refused):  # the mailbox has enough of these e-mails
                    await verification_emails.request_verification(tx, office, appointment)
            else:
                await appointment_messages.send_lost_link(tx, office, appointment)
            logger.info("appointment_link_sent", extra={"appointment": appointment.id})
