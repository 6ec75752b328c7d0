"""The SMS channel of an installation without a gateway; it loads no HTTP client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ...core.runtime import Runtime
from ..domain.message_content import OutboxMessage
from ..domain.send_results import DeliveryReceipt
from ..domain.short_message import ShortMessageWriter
from .sms_receipt import build_receipt


class DevelopmentSmsChannel:
    """Sends nothing in development, where `/dev/outbox` shows every SMS."""

    def __init__(self, writer: ShortMessageWriter) -> None:
        self._writer = writer

    async def send(self, message: OutboxMessage) -> DeliveryReceipt:
        return build_receipt(message, self._writer.write(message))


@asynccontextmanager
async def open_development_channel(
    runtime: Runtime, writer: ShortMessageWriter
) -> AsyncIterator[DevelopmentSmsChannel]:
    """Open the channel of an installation without a gateway."""
    yield DevelopmentSmsChannel(writer)
