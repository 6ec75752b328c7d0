"""Lost links of appointments, sent to the mailbox of the appointment only. No SQL."""

from __future__ import annotations

import logging
from contextlib import suppress

from ...core.db.rate_limits import record_guess
from ...core.errors import Refused
from ...core.runtime import Runtime, Transaction
from ...offices.service import office_by_id
from ..domain.appointment import Appointment, AppointmentState
from ..domain.contact_identifiers import email_keys
from ..notify import appointment_messages, reminder_timers
from ..storage import appointment_rows, limit_rows, locks
from . import verification_emails

logger = logging.getLogger(__name__)

# e-mails of a request; the limits of booking allow a mailbox fewer appointments
MAX_LINKS = 10


async def send_lost_links(runtime: Runtime, email: str, address: str) -> None:
    """Send the links of the upcoming appointments of a mailbox to it.

    The caller does not learn whether it has any. So every attempt from a network `address` counts as a guess:
    RateLimited after five in 15 minutes.
    """
    await record_guess(runtime, f"lost_link:{address}")
    async with runtime.transaction() as tx:
        keys = email_keys(runtime.tokens, email)
        # two requests at once would each find that no link was sent in the last hour
        await locks.acquire_advisory_lock(tx.session, f"mailbox:{keys[0]}")
        found = await appointment_rows.upcoming_appointments_of_mailbox(tx.session, keys, tx.now, MAX_LINKS)
        for appointment in found:
            await _send_lost_link(tx, appointment)


async def _send_lost_link(tx: Transaction, appointment: Appointment) -> None:
    """Send the link, at most once an hour: anyone can type the address of another person."""
    office = await office_by_id(tx.session, appointment.office_id)
    if appointment.state is AppointmentState.PRECONFIRMED:
        with suppress(Refused):  # the mailbox has enough of these e-mails
            await verification_emails.request_verification(tx, office, appointment)
            tx.log_after_commit(logger, "appointment_link_sent", appointment=appointment.id)
        return
    subject = reminder_timers.outbox_subject(appointment)
    since = tx.now - verification_emails.MAILBOX_EMAIL_INTERVAL
    if not await limit_rows.count_messages_since(tx.session, appointment_messages.LOST_LINK_KIND, subject, since):
        appointment_messages.send_lost_link(tx, office, appointment)
        tx.log_after_commit(logger, "appointment_link_sent", appointment=appointment.id)
