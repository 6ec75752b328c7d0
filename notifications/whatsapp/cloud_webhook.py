"""Calls of WhatsApp's Cloud API: receipts of messages, and words of people that end them."""

from __future__ import annotations

import hmac
import json

from ...core.runtime import Runtime
from ..actions.preferences import stop_all_groups
from ..channel_setup import WebhookAnswer, WebhookCall
from ..storage import outbox_rows
from .cloud_api import WhatsAppAccount, is_signed, parse_statuses, parse_stops
from .declaration import WHATSAPP_CHANNEL


async def receive_call(runtime: Runtime, call: WebhookCall, *, account: WhatsAppAccount) -> WebhookAnswer:
    """Answer the check of the address, or take statuses and messages. Idempotent.

    A failure that comes after the message was accepted makes the message dead, for staff to see.
    """
    if call.method == "GET":
        is_ours = hmac.compare_digest(
            call.query.get("hub.verify_token", "").encode(), account.verify_token.encode()
        )
        return WebhookAnswer(200, call.query.get("hub.challenge", "")) if is_ours else WebhookAnswer(403)
    # the signature is over the bytes of the body, so that it is checked before they are parsed
    if not is_signed(account.app_secret, call.headers, call.body):
        return WebhookAnswer(403)
    try:
        body = json.loads(call.body)
    except ValueError:
        return WebhookAnswer(400)
    for status in parse_statuses(body):
        async with runtime.transaction() as tx:
            if status.status == "failed":
                failure = f"refused: {status.error_code or ''}".strip()
                await outbox_rows.mark_refused_later(tx.session, WHATSAPP_CHANNEL.name, status.reference, failure)
            elif status.status in ("delivered", "read"):
                await outbox_rows.mark_arrived(tx.session, WHATSAPP_CHANNEL.name, status.reference, tx.now)
    for number in parse_stops(body):
        await stop_all_groups(runtime, WHATSAPP_CHANNEL.name, number)
    return WebhookAnswer()
