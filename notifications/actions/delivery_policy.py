"""A channel that first asks whether a message may go now: whether it is still true, wanted, and nobody sleeps.

The same for every channel, and for what a channel is told to try again.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from ...core.runtime import Runtime
from ..domain.contact_tokens import possible_contact_hashes
from ..domain.message_content import OutboxMessage, expires_at, has_expired
from ..domain.message_kinds import EMAIL, message_kind
from ..domain.quiet_hours import QuietHours
from ..domain.send_results import DeliveryReceipt, NoLongerWanted, PermanentFailure, Postponed
from ..storage import outbox_rows
from .worker import DeliveryChannel


class PolicyChannel:
    """Wraps a channel. `quiet`: the installation's quiet hours, None for none."""

    def __init__(self, runtime: Runtime, channel: DeliveryChannel, quiet_hours: QuietHours | None) -> None:
        self._runtime = runtime
        self._channel = channel
        self._quiet_hours = quiet_hours

    async def send(self, message: OutboxMessage) -> DeliveryReceipt | None:
        """Raises Undeliverable, Unwanted or PutOff when it may not go, and whatever the channel raises."""
        if has_expired(message, self._runtime.now()):
            raise PermanentFailure("too_late")
        await self._check_opt_out(message)
        self._check_quiet_hours(message)
        return await self._channel.send(message)

    async def _check_opt_out(self, message: OutboxMessage) -> None:
        """Asked when it leaves, so that a refusal counts for what had been written before it, too."""
        kind = message_kind(message.kind)
        contacts = possible_contact_hashes(self._runtime.tokens, message.channel, message.recipient)
        if not kind.can_be_stopped or not contacts:
            return
        async with self._runtime.read_session() as session:
            if kind.group in await outbox_rows.opted_out_groups(session, contacts):
                raise NoLongerWanted("stopped")

    def _check_quiet_hours(self, message: OutboxMessage) -> None:
        """An e-mail wakes nobody. What says nothing any more in the morning is left to the e-mail beside it."""
        if (
            self._quiet_hours is None
            or message.channel == EMAIL
            or not message_kind(message.kind).observes_quiet_hours
        ):
            return
        until = self._quiet_hours.quiet_until(self._runtime.now(), ZoneInfo(message.payload["timezone"]))
        if until is None:
            return
        if expires_at(message) <= until:
            raise NoLongerWanted("quiet_hours")
        raise Postponed("quiet_hours", until)
