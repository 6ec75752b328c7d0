"""Test messages of staff to themselves: limited, audited, in the same outbox."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from ...core.auth import Principal
from ...core.contact.channel_offers import ChannelOffer, check_channel_number, offers_by_number
from ...core.contact.push_subscriptions import PushSubscription, save_push_subscription
from ...core.db.audit_entries import AuditActor, add_audit_entry
from ...core.db.rate_limits import record_guess
from ...core.errors import NotFound
from ...core.ids import new_id
from ...core.runtime import Runtime
from ..domain.message_kinds import TEST_KIND
from ..queries.delivery_report import Delivery, to_delivery
from ..storage import delivery_rows

# In 15 minutes: an SMS to the own number costs money too.
TESTS_PER_PERSON = 5
SUBSCRIPTION_LIFETIME = timedelta(hours=1)  # of the browser's address, for this message only


async def send_test_message(
    runtime: Runtime,
    principal: Principal,
    channel: str,
    recipient: str | PushSubscription,
    *,
    language: str,
    timezone: str,
    offers: Collection[ChannelOffer],
) -> str:
    """Enqueue a test message and return its id. `recipient`: own address, number or browser.

    Raises RateLimited, Unavailable, Invalid for a number that gets no SMS.
    """
    if channel in {offer.channel for offer in offers_by_number(offers)}:
        check_channel_number(offers, channel, str(recipient))
    await record_guess(runtime, f"test-message:{principal.id}", guesses=TESTS_PER_PERSON)
    test_id, subject = new_id(), test_subject(principal)
    async with runtime.transaction() as tx:
        if isinstance(recipient, PushSubscription):
            expires_at = tx.now + SUBSCRIPTION_LIFETIME
            recipient = await save_push_subscription(tx.session, subject, recipient, tx.now, expires_at)
        tx.enqueue_message(
            TEST_KIND,
            subject=subject,
            recipient=recipient,
            payload={
                "test_message_id": test_id,
                "token_hash": "",
                "name": principal.name,
                "timezone": timezone,
            },
            key=f"{TEST_KIND}:{test_id}",
            language=language,
            channel=channel,
        )
        await tx.session.flush()
        outbox_id = await delivery_rows.outbox_id_by_key(tx.session, f"{TEST_KIND}:{test_id}")
        actor, message = AuditActor.from_principal(principal), ("message", outbox_id, "")
        add_audit_entry(tx.session, tx.now, actor, "message.tested", message, after={"channel": channel})
    return outbox_id


async def own_test_message(runtime: Runtime, principal: Principal, outbox_id: str) -> Delivery:
    """Load how a test message of this person is doing. Raises NotFound."""
    async with runtime.read_session() as session:
        record = await delivery_rows.delivery_record_by_id(session, outbox_id)
    if record is None or record.subject != test_subject(principal):
        raise NotFound
    return to_delivery(record, runtime.now())


def test_subject(principal: Principal) -> str:
    """Return the subject of a person's test messages."""
    return f"test:{principal.id}"
