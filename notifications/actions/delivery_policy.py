"""A channel that first asks whether a message may go now: whether it is still true, wanted, and nobody sleeps.

The same for every channel, and for what a channel is told to try again.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from ...core.runtime import Runtime
from ..domain.contact_tokens import hashes_of
from ..domain.message_content import Message, has_outlived, said_until
from ..domain.message_kinds import EMAIL, kind_of
from ..domain.quiet_hours import QuietHours
from ..domain.send_results import PutOff, Receipt, Undeliverable, Unwanted
from ..storage import outbox_rows
from .worker import Channel


class Considerate:
    """Wraps a channel. `quiet`: the installation's quiet hours, None for none."""

    def __init__(self, runtime: Runtime, channel: Channel, quiet: QuietHours | None) -> None:
        self._runtime = runtime
        self._channel = channel
        self._quiet = quiet

    async def send(self, message: Message) -> Receipt | None:
        """Raises Undeliverable, Unwanted or PutOff when it may not go, and whatever the channel raises."""
        if has_outlived(message, self._runtime.now()):
            raise Undeliverable("too_late")
        await self._respect_refusals(message)
        self._respect_sleep(message)
        return await self._channel.send(message)

    async def _respect_refusals(self, message: Message) -> None:
        """Asked when it leaves, so that a refusal counts for what had been written before it, too."""
        kind = kind_of(message.kind)
        contacts = hashes_of(self._runtime.tokens, message.channel, message.recipient)
        if not kind.can_be_stopped or not contacts:
            return
        async with self._runtime.reading() as session:
            if kind.group in await outbox_rows.refused(session, contacts):
                raise Unwanted("stopped")

    def _respect_sleep(self, message: Message) -> None:
        """An e-mail wakes nobody. What says nothing any more in the morning is left to the e-mail beside it."""
        if self._quiet is None or message.channel == EMAIL or not kind_of(message.kind).waits:
            return
        until = self._quiet.end_of(self._runtime.now(), ZoneInfo(message.payload["timezone"]))
        if until is None:
            return
        if said_until(message) <= until:
            raise Unwanted("quiet_hours")
        raise PutOff("quiet_hours", until)
