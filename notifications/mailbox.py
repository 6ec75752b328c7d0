"""The channel for e-mail, and the mailbox that takes its letters while the product is tried out."""

from __future__ import annotations

from typing import Protocol

from ..core.runtime import Runtime
from . import store
from .email import Email, EmailWriter
from .message import Message, has_outlived
from .worker import Undeliverable


class Transport(Protocol):
    """Hands one e-mail over. Raises worker.Undeliverable when it will never be taken."""

    async def deliver(self, message: Message, email: Email) -> None: ...


class EmailChannel:
    """A channel of the worker: writes the e-mail, then hands it to a transport."""

    def __init__(self, runtime: Runtime, writer: EmailWriter, transport: Transport) -> None:
        self._runtime = runtime
        self._writer = writer
        self._transport = transport

    async def send(self, message: Message) -> None:
        """Write it as of this moment and hand it over, unless what it tells is over."""
        now = self._runtime.now()
        if has_outlived(message, now):
            raise Undeliverable("too_late")
        await self._transport.deliver(message, self._writer.write(message, now))


class DevelopmentMailbox:
    """Keeps that a letter came instead of sending it. A second delivery of the same letter is one letter."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def deliver(self, message: Message, email: Email) -> None:
        async with self._runtime.transaction() as tx:
            await store.keep_delivery(tx.session, message, email.message_id, email.subject, tx.now)
