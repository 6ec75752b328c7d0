"""Nightly deletion of personal data. Idempotent. Only the elected worker runs it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial

from ...appointments import service as appointments
from ...core.contact import channel_links
from ...core.db import rate_limits
from ...core.failures import log_failure
from ...core.periodic import wait_for_stop
from ...core.runtime import Runtime
from ...figures import service as figures
from ...notifications import service as notifications
from ...queue import service as queue
from ...rooms import service as rooms
from ...staff import service as staff

logger = logging.getLogger(__name__)

NIGHTLY_AT = time(2, 30, tzinfo=UTC)  # all offices are closed, and no reminders are due
# After this time even the latest bookable appointment is over, and none of its messages is enqueued again.
OUTBOX_KEY_RETENTION = timedelta(days=appointments.HORIZON_DAYS + 2)
START_DELAY_S = 60  # after a restart all phones connect again; it reads whole tables
RETRY_DELAY_S = 600  # after a failure, such as an unreachable database


@dataclass(frozen=True, slots=True)
class DataRetention:
    """Times for which personal data are kept.

    `acceptances`: names in accepted texts, never shorter than `contacts`.
    """

    contacts: timedelta
    acceptances: timedelta = timedelta()


async def run_nightly_cleanup(runtime: Runtime, retention: DataRetention, stop: asyncio.Event) -> None:
    """Clean up soon, in case the process was down at night, and each night until `stop`."""
    await wait_for_stop(stop, START_DELAY_S)
    while not stop.is_set():
        wait_s = (next_cleanup_at(runtime.now()) - runtime.now()).total_seconds()
        if not await delete_expired_data(runtime, retention):
            wait_s = min(wait_s, RETRY_DELAY_S)
        await wait_for_stop(stop, wait_s)


async def delete_expired_data(runtime: Runtime, retention: DataRetention) -> bool:
    """Delete contacts and contents that are kept no longer, outbox rows and guesses.

    A step that fails is logged and does not stop the others. Returns whether all succeeded.
    """
    before = runtime.now() - retention.contacts
    messages_before = runtime.now() - max(retention.contacts, OUTBOX_KEY_RETENTION)
    acceptances_before = runtime.now() - max(retention.contacts, retention.acceptances)
    steps: dict[str, Callable[[], Awaitable[object]]] = {
        "qualities of calls": partial(figures.keep_call_qualities, runtime),
        "counts of days": partial(figures.count_settled_days, runtime),
        "contacts of messages": partial(notifications.erase_old_contacts, runtime, before),
        "messages": partial(notifications.delete_old_messages, runtime, messages_before),
        "contacts of tickets": partial(queue.delete_old_contacts, runtime, before),
        "offers and requests": partial(appointments.delete_old_offers_and_requests, runtime, before),
        "appointments": partial(appointments.anonymise_old_appointments, runtime, before),
        "notes": partial(appointments.delete_old_visit_notes, runtime, before),
        "documents of calls": partial(rooms.delete_old_documents, runtime, before),
        "accepted texts": partial(rooms.anonymise_acceptances, runtime, acceptances_before),
        "words of surveys": partial(rooms.anonymise_surveys, runtime, before),
        "participants": partial(rooms.anonymise_participants, runtime, before),
        "room invites": partial(rooms.anonymise_invites, runtime, before),
        "tokens of the provider": partial(staff.delete_old_provider_data, runtime),
        "emergencies": partial(staff.erase_old_emergencies, runtime, before),
        "devices of staff": partial(staff.delete_unused_devices, runtime),
        "links of channels": partial(channel_links.delete_expired_links, runtime),
        "guesses": partial(rate_limits.delete_old_guesses, runtime),
        "keys of tickets": partial(queue.rekey_active_tickets, runtime),
        "keys of authenticator apps": partial(staff.reencrypt_app_secrets, runtime),
        "keys of mailboxes": partial(appointments.rekey_mailboxes, runtime),
    }
    counts: dict[str, object] = {}
    for name, step in steps.items():
        try:
            counts[name] = await step()
        except Exception as error:
            log_failure(logger, "data_retention_failed", error, step=name)
    logger.info(
        "expired_data_deleted",
        extra={"contacts": counts.get("contacts of messages"), "messages": counts.get("messages")},
    )
    return counts.keys() == steps.keys()


def next_cleanup_at(now: datetime) -> datetime:
    """Return the start of the next clean-up."""
    today = datetime.combine(now.astimezone(UTC).date(), NIGHTLY_AT)
    return today if today > now else today + timedelta(days=1)
