"""The WhatsApp channel: posts templates to the Cloud API, and takes its receipts.

At least once: the API has no idempotency key, so a worker that is killed between the answer and our commit sends
that message again.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from ...core.contact.phone_numbers import sms_error_code
from ...core.runtime import Runtime
from ..actions.preferences import stop_all_groups
from ..budget_guard import BudgetGuard
from ..channel_setup import WebhookAnswer, WebhookCall
from ..domain.message_content import OutboxMessage
from ..domain.send_results import DeliveryReceipt, PermanentFailure, TemporaryFailure
from ..domain.short_message import ShortMessage, ShortMessageWriter
from ..http_client import (
    find_service_problem,
    is_success_status,
    is_temporary_status,
    open_http_session,
    parse_retry_after_s,
)
from ..storage import outbox_rows
from .cloud_api import (
    PERMANENT_ERROR_CODES,
    WhatsAppAccount,
    build_template_message,
    is_signed,
    parse_error_code,
    parse_statuses,
    parse_stops,
)
from .declaration import WHATSAPP_CHANNEL

REQUEST_TIMEOUT_S = 20
MAX_REFUSAL_BYTES = 10_000  # of a refusal's body; its error code is at the start


class WhatsAppChannel:
    """Sends templates from one number; `message.recipient` is a number in E.164."""

    def __init__(
        self,
        runtime: Runtime,
        writer: ShortMessageWriter,
        account: WhatsAppAccount,
        session: aiohttp.ClientSession,
    ) -> None:
        self._runtime = runtime
        self._writer = writer
        self._account = account
        self._session = session
        self._budget = BudgetGuard(runtime, WHATSAPP_CHANNEL.name, account.limits)

    async def send(self, message: OutboxMessage) -> DeliveryReceipt:
        """Send a message unless an earlier attempt delivered it.

        Raises PermanentFailure or TemporaryFailure.
        """
        if (problem := sms_error_code(message.recipient, self._account.countries)) is not None:
            raise PermanentFailure(problem)
        short, key = self._writer.write(message), f"{WHATSAPP_CHANNEL.name}-{message.id}"
        if message.attempt == 1 or not await self._was_delivered(key):
            await self._budget.check(message)
            await self._post(message, short)
        return DeliveryReceipt(key, short.title)

    async def _was_delivered(self, key: str) -> bool:
        async with self._runtime.read_session() as session:
            return await outbox_rows.is_message_delivered(session, key)

    async def _post(self, message: OutboxMessage, short: ShortMessage) -> None:
        parameters = (short.title_and_body, short.link_and_stop)
        body = build_template_message(
            self._account.template, message.recipient, message.language, parameters, message.id
        )
        try:
            async with self._session.post(
                self._account.messages_url, json=body, headers=self._account.headers, allow_redirects=False
            ) as response:
                await self._check_response(response)
        except (aiohttp.ClientError, TimeoutError):
            raise TemporaryFailure("unreachable") from None

    async def _check_response(self, response: aiohttp.ClientResponse) -> None:
        if is_success_status(response.status):
            return
        code = parse_error_code(await response.content.read(MAX_REFUSAL_BYTES))
        detail = f"{response.status} {code}" if code else f"{response.status}"
        if code in PERMANENT_ERROR_CODES and not is_temporary_status(response.status):
            raise PermanentFailure(f"refused: {detail}")
        retry_after_s = parse_retry_after_s(response.headers.get("Retry-After"), self._runtime.now())
        raise TemporaryFailure(f"later: {detail}", retry_after_s, whole_channel=True)


@asynccontextmanager
async def open_whatsapp_channel(
    runtime: Runtime, writer: ShortMessageWriter, *, account: WhatsAppAccount
) -> AsyncIterator[WhatsAppChannel]:
    """Open the channel; its connections are closed at the end of the block."""
    async with open_http_session(REQUEST_TIMEOUT_S) as session:
        yield WhatsAppChannel(runtime, writer, account, session)


async def find_account_problem(account: WhatsAppAccount) -> str | None:
    """Describe why this number cannot be used; None without a problem. Sends no message."""
    return await find_service_problem(account.account_url, account.headers, "it does not take number and token")


async def receive_call(runtime: Runtime, call: WebhookCall, *, account: WhatsAppAccount) -> WebhookAnswer:
    """Answer the check of the address, or take statuses and messages. Idempotent.

    A failure that comes after the message was accepted makes the message dead, for staff to see.
    """
    if call.method == "GET":
        is_ours = hmac.compare_digest(
            call.query.get("hub.verify_token", "").encode(), account.verify_token.encode()
        )
        return WebhookAnswer(200, call.query.get("hub.challenge", "")) if is_ours else WebhookAnswer(403)
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
