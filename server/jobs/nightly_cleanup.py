"""Nightly deletion of personal data. Idempotent: every worker may run it."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, time, timedelta

from ...appointments import service as appointments
from ...core.failures import log_failure
from ...core.periodic import wait_for_stop
from ...core.runtime import Runtime
from ...notifications import service as notifications
from ...queue import service as queue
from ...rooms import service as rooms

logger = logging.getLogger(__name__)

NIGHTLY_AT = time(2, 30, tzinfo=UTC)  # all offices are closed, and no reminders are due
# After this time even the latest bookable appointment is over, and none of its messages is enqueued again.
OUTBOX_KEY_RETENTION = timedelta(days=appointments.HORIZON_DAYS + 2)
RETRY_DELAY_S = 600  # after a failure, such as an unreachable database


async def run_nightly_cleanup(runtime: Runtime, retention: timedelta, stop: asyncio.Event) -> None:
    """Clean up now, in case the process was down at night, and each night until `stop` is set."""
    while not stop.is_set():
        wait_s = (next_cleanup_at(runtime.now()) - runtime.now()).total_seconds()
        try:
            await delete_expired_data(runtime, retention)
        except Exception as error:
            log_failure(logger, "forgetting_failed", error)
            wait_s = min(wait_s, RETRY_DELAY_S)
        await wait_for_stop(stop, wait_s)


async def delete_expired_data(runtime: Runtime, retention: timedelta) -> None:
    """Delete contacts and contents that are older than `retention`, and outbox rows."""
    now = runtime.now()
    await queue.rekey_active_tickets(runtime)
    await appointments.rekey_mailboxes(runtime)
    before = now - retention
    messages = await notifications.erase_old_contacts(runtime, before)
    deleted = await notifications.delete_old_messages(runtime, now - max(retention, OUTBOX_KEY_RETENTION))
    await queue.delete_old_contacts(runtime, before)
    await appointments.delete_old_offers_and_requests(runtime, before)
    await appointments.anonymise_old_appointments(runtime, before)
    await rooms.anonymise_participants(runtime, before)
    logger.info("contacts_forgotten", extra={"messages": messages, "deleted": deleted})


def next_cleanup_at(now: datetime) -> datetime:
    """Return the start of the next clean-up."""
    today = datetime.combine(now.astimezone(UTC).date(), NIGHTLY_AT)
    return today if today > now else today + timedelta(days=1)
