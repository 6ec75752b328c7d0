"""The channel for e-mail, and the mailbox that takes its letters while the product is tried out."""

from __future__ import annotations

from typing import Protocol

from ...core.runtime import Runtime
from ..domain.message_content import OutboxMessage
from ..domain.send_results import DeliveryReceipt
from ..storage import outbox_rows
from .writer import EmailContent, EmailWriter


class EmailTransport(Protocol):
    """Hands one e-mail over. Raises Undeliverable when it will never be taken, Deferred when it may be later."""

    async def deliver(self, email: EmailContent) -> None: ...


class EmailChannel:
    """A channel of the worker: writes the e-mail, then hands it to a transport."""

    def __init__(self, runtime: Runtime, writer: EmailWriter, transport: EmailTransport) -> None:
        self._runtime = runtime
        self._writer = writer
        self._transport = transport

    async def send(self, message: OutboxMessage) -> DeliveryReceipt:
        """Write it as of this moment and hand it over, unless whoever handed it over before could not say so."""
        email = self._writer.write(message, self._runtime.now())
        if message.attempt == 1 or not await self._was_delivered(email):
            await self._transport.deliver(email)
        return DeliveryReceipt(email.message_id, email.subject)

    async def _was_delivered(self, email: EmailContent) -> bool:
        async with self._runtime.read_session() as session:
            return await outbox_rows.is_message_delivered(session, email.message_id)


class DevelopmentEmailTransport:
    """Takes letters and sends them nowhere: that they came is kept, as of every channel."""

    async def deliver(self, email: EmailContent) -> None:
        """Take one; `/dev/outbox` shows it."""
