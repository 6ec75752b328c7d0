"""Idempotency key and receipt of an SMS. No HTTP."""

from __future__ import annotations

from ..domain.message_content import OutboxMessage
from ..domain.send_results import DeliveryReceipt
from ..domain.short_message import ShortMessage


def sms_idempotency_key(message: OutboxMessage) -> str:
    """Return the key of all attempts; gateways accept references of up to 64 characters."""
    return f"sms-{message.id}"


def build_receipt(message: OutboxMessage, sms: ShortMessage) -> DeliveryReceipt:
    """Build the stored receipt, which never holds the text."""
    return DeliveryReceipt(sms_idempotency_key(message), sms.title)
