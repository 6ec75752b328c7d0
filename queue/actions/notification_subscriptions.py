"""Subscriptions to notifications of a ticket, by push or on a chosen channel. No SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from ...appointments.service import UNLIMITED_REQUESTER, Requester
from ...core.contact import push_subscriptions
from ...core.contact.channel_links import ChannelLinked
from ...core.contact.channel_offers import ChannelOffer, check_channel_number
from ...core.contact.chosen_channels import ChosenChannel, with_channel
from ...core.contact.push_schemas import check_push_endpoint
from ...core.contact.push_subscriptions import PushSettings, PushSubscription
from ...core.db.batch_delete import BATCH_ROWS, run_in_batches
from ...core.db.rate_limits import record_guess
from ...core.errors import Refused
from ...core.runtime import Runtime, Transaction
from ..domain import ticket_notifications
from ..domain.actors import CITIZEN_ACTOR
from ..domain.ticket import ENDED_STATES, Ticket
from ..notify import ticket_messages
from ..notify.ticket_messages import ticket_subject
from ..queries.ticket_lookup import describe_ticket_by_id, ticket_record_by_token
from ..storage import address_rows, contact_rows, ticket_rows
from ..storage.contact_rows import NotificationRecipient
from .line_transaction import LockedLines, commit_ticket_change, lock_ticket_by_token, lock_ticket_of_record
from .requester_checks import record_channel_number

SUBSCRIPTION_KEPT_FOR = timedelta(hours=1)  # a push about the end of a ticket may be sent after its expiry
MAX_NUMBERS = 3  # per ticket in 15 minutes: enough to correct a typing error, too few to annoy other people


async def subscribe_browser(
    runtime: Runtime, token: str, browser: PushSubscription, site: PushSettings | None
) -> Ticket:
    """Send notifications of the ticket to this browser, the first with its present state.

    Raises NotFound, Invalid, Unavailable, Refused("ticket_over").
    """
    async with runtime.transaction() as tx:
        locked, found, person = await _lock_subscribable_ticket(tx, token)
        check_push_endpoint(browser, site)
        subject = ticket_subject(found.id)
        subscription = await push_subscriptions.save_push_subscription(
            tx.session, subject, browser, tx.now, person.expires_at + SUBSCRIPTION_KEPT_FOR
        )
        return await _confirm_subscription(locked, found, person, ("push", subscription))


async def unsubscribe_browser(runtime: Runtime, token: str, endpoint: str) -> Ticket:
    """End the notifications to this browser. Raises NotFound."""
    async with runtime.transaction() as tx:
        locked, found, person = await _lock_ticket_and_recipient(tx, token)
        await push_subscriptions.delete_push_subscription(tx.session, ticket_subject(found.id), endpoint)
        return await _end_unused_notifications(locked, found, person.channels)


async def subscribe_number(
    runtime: Runtime,
    token: str,
    chosen: ChosenChannel,
    *,
    offers: Collection[ChannelOffer],
    requester: Requester = UNLIMITED_REQUESTER,
) -> Ticket:
    """Send notifications of the ticket on a channel to an E.164 number.

    Raises NotFound, Unavailable, Invalid, RateLimited, Refused("ticket_over").
    """
    async with runtime.read_session() as session:
        ticket_id = (await ticket_record_by_token(session, token)).ticket.id
    check_channel_number(offers, chosen.channel, chosen.address)
    await record_guess(runtime, f"{chosen.channel}:{ticket_id}", guesses=MAX_NUMBERS)
    await record_channel_number(runtime, requester, chosen.address)
    async with runtime.transaction() as tx:
        locked, found, person = await _lock_subscribable_ticket(tx, token)
        channels = with_channel(person.channels, chosen.channel, chosen.address)
        await contact_rows.save_channels(tx.session, found.id, channels)
        return await _confirm_subscription(locked, found, person, (chosen.channel, chosen.address))


async def save_linked_chat(tx: Transaction, event: ChannelLinked) -> None:
    """Send notifications of an open ticket to the chat that its citizen connected."""
    record = await ticket_rows.ticket_record_by_id(tx.session, event.subject_id("ticket") or "")
    if record is None or record.ticket.state in ENDED_STATES:
        return
    locked, found = await lock_ticket_of_record(tx, record)
    if found.state in ENDED_STATES:
        return
    person = await contact_rows.notification_recipient(tx.session, found.id)
    channels = with_channel(person.channels, event.channel, event.address)
    await contact_rows.save_channels(tx.session, found.id, channels)
    await _confirm_subscription(locked, found, person, (event.channel, event.address))


async def unsubscribe_channel(runtime: Runtime, token: str, channel: str) -> Ticket:
    """End the notifications on a channel. Idempotent. Raises NotFound."""
    async with runtime.transaction() as tx:
        locked, found, person = await _lock_ticket_and_recipient(tx, token)
        channels = with_channel(person.channels, channel, None)
        await contact_rows.save_channels(tx.session, found.id, channels)
        return await _end_unused_notifications(locked, found, channels)


async def delete_old_contacts(runtime: Runtime, before: datetime) -> None:
    """Delete old names and contacts of tickets, and the addresses of all that have ended."""
    await run_in_batches(runtime, partial(contact_rows.delete_contacts, before=before, limit=BATCH_ROWS))
    await run_in_batches(runtime, address_rows.delete_ended_ticket_addresses)


async def inherit_appointment_browsers(tx: Transaction, ticket: Ticket, expires_at: datetime) -> int:
    """Subscribe the browsers of the appointment to its ticket. Return their number."""
    if ticket.appointment_id is None:
        return 0
    appointment, subject = f"appointment:{ticket.appointment_id}", ticket_subject(ticket.id)
    return await push_subscriptions.copy_push_subscriptions(
        tx.session, appointment, subject, tx.now, expires_at + SUBSCRIPTION_KEPT_FOR
    )


async def _lock_subscribable_ticket(
    tx: Transaction, token: str
) -> tuple[LockedLines, Ticket, NotificationRecipient]:
    locked, found, person = await _lock_ticket_and_recipient(tx, token)
    if found.state in ENDED_STATES:
        raise Refused("ticket_over")
    return locked, found, person


async def _lock_ticket_and_recipient(
    tx: Transaction, token: str
) -> tuple[LockedLines, Ticket, NotificationRecipient]:
    locked, found = await lock_ticket_by_token(tx, token)
    return locked, found, await contact_rows.notification_recipient(tx.session, found.id)


async def _confirm_subscription(
    locked: LockedLines, found: Ticket, person: NotificationRecipient, recipient: tuple[str, str]
) -> Ticket:
    tx, after = locked.tx, replace(found, notify=True)
    if not found.notify:
        await commit_ticket_change(locked, found, after, "notify_asked", CITIZEN_ACTOR)
    await tx.session.flush()
    seen = await describe_ticket_by_id(tx.session, tx.runtime, found.id, person.language)
    await ticket_messages.notify_of_issue(tx, locked.office, after, seen, recipient)
    return after


async def _end_unused_notifications(
    locked: LockedLines, found: Ticket, channels: Sequence[ChosenChannel]
) -> Ticket:
    """End the notifications of a ticket without subscriptions, and void the pending ones."""
    subject = ticket_subject(found.id)
    await locked.tx.session.flush()
    browsers = await push_subscriptions.subscription_ids_by_subject(locked.tx.session, [subject])
    if found.state in ENDED_STATES or not found.notify or channels or browsers.get(subject):
        return found
    after = replace(found, notify=False)
    await commit_ticket_change(locked, found, after, "notify_ended", CITIZEN_ACTOR)
    await locked.tx.void_messages(subject, ticket_notifications.NOTIFICATION_KINDS)
    return after
