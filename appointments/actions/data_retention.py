"""Data retention of appointments, offers, requests and waitlist entries.

Service, place and time of a visit stay, for the statistics.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from ...core.db.batch_delete import run_in_batches
from ...core.runtime import Runtime
from ..domain.contact_identifiers import MAILBOX_KEY
from ..storage import (
    appointment_rows,
    earlier_request_rows,
    mailbox_key_rows,
    offer_rows,
    visit_note_rows,
    waitlist_rows,
)


async def delete_old_offers_and_requests(runtime: Runtime, before: datetime) -> None:
    """Delete offers, requests and waitlist entries that ended before this instant."""
    for delete_rows in (
        offer_rows.delete_past_offers,
        earlier_request_rows.delete_past_earlier_requests,
        waitlist_rows.delete_past_waitlist_entries,
    ):
        await run_in_batches(runtime, partial(delete_rows, before=before))


async def rekey_mailboxes(runtime: Runtime) -> None:
    """Key the hashes of mailboxes that older versions stored, or still store. Idempotent."""
    keyed = partial(runtime.tokens.sign, MAILBOX_KEY)
    await run_in_batches(runtime, partial(mailbox_key_rows.rekey_mailboxes, keyed=keyed))


async def anonymise_old_appointments(runtime: Runtime, before: datetime) -> None:
    """Anonymise the appointments that ended before this instant, in any state. Idempotent."""
    await run_in_batches(runtime, partial(appointment_rows.anonymise_appointments, before=before))


async def delete_old_visit_notes(runtime: Runtime, before: datetime) -> None:
    """Delete the notes that staff wrote before this instant. Idempotent."""
    await run_in_batches(runtime, partial(visit_note_rows.delete_old_visit_notes, before=before))
