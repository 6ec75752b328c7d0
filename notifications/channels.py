"""Channels of an installation, each behind the same delivery policy. No SQL of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, asynccontextmanager
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from ..core.contact.ssrf_guard import HTTPS_PORTS
from ..core.runtime import Runtime
from .actions.worker import DeliveryChannel
from .channel_setup import ChannelSetup
from .domain.contact_tokens import possible_contact_hashes
from .domain.gateway import Gateway, build_receipt
from .domain.message_content import OutboxMessage, TextTemplates, expires_at, has_expired
from .domain.message_kinds import EMAIL, PUSH, message_kind
from .domain.quiet_hours import QuietHours
from .domain.send_results import DeliveryReceipt, NoLongerWanted, PermanentFailure, Postponed
from .domain.short_message import ShortMessageWriter
from .email.mime import parse_sender
from .email.server_url import mail_host_name, parse_mail_server
from .email.writer import EmailContent, EmailWriter
from .push.vapid import VapidIdentity
from .storage.opt_out_rows import opted_out_groups
from .storage.outbox_rows import is_message_delivered


class PolicyChannel:
    """A channel behind the delivery policy: expiry, opt-outs, quiet hours, no second delivery."""

    def __init__(self, runtime: Runtime, channel: DeliveryChannel, quiet_hours: QuietHours | None) -> None:
        self._runtime = runtime
        self._channel = channel
        self._quiet_hours = quiet_hours

    async def send(self, message: OutboxMessage) -> DeliveryReceipt | None:
        """Send a message through the wrapped channel, unless an earlier attempt delivered it.

        Raises PermanentFailure, NoLongerWanted or Postponed if the policy forbids it, and what the channel raises.
        """
        # a message can wait for days while a server is away or a setting is missing, and would mislead its reader
        if has_expired(message, self._runtime.now()):
            raise PermanentFailure("too_late")
        await self._check_opt_out(message)
        self._check_quiet_hours(message)
        if message.attempt > 1 and await self._was_delivered(message):
            return None
        return await self._channel.send(message)

    async def _check_opt_out(self, message: OutboxMessage) -> None:
        # checked at the send, so that an opt-out also stops messages that were written before it
        kind = message_kind(message.kind)
        contact_hashes = possible_contact_hashes(self._runtime.tokens, message.channel, message.recipient)
        if not kind.can_be_stopped or not contact_hashes:
            return
        async with self._runtime.read_session() as session:
            if kind.group in await opted_out_groups(session, contact_hashes):
                raise NoLongerWanted("stopped")

    async def _was_delivered(self, message: OutboxMessage) -> bool:
        # a worker whose lease had ended may have stored its delivery after another worker claimed the message
        async with self._runtime.read_session() as session:
            return await is_message_delivered(session, message.id)

    def _check_quiet_hours(self, message: OutboxMessage) -> None:
        if self._quiet_hours is None or message.channel == EMAIL:  # an e-mail wakes no person up
            return
        if not message_kind(message.kind).observes_quiet_hours:
            return
        until = self._quiet_hours.quiet_until(self._runtime.now(), ZoneInfo(message.payload["timezone"]))
        if until is None:
            return
        if expires_at(message) <= until:
            raise NoLongerWanted("quiet_hours")  # the e-mail about the same fact is not postponed
        raise Postponed("quiet_hours", until)


class LateChannel:
    """A channel that its first message opens.

    Its HTTP client takes 8 MB, and most processes send no message. `load` imports the channel and returns the
    function that opens it.
    """

    def __init__(self, load: Callable[[], Callable[[], AbstractAsyncContextManager[DeliveryChannel]]]) -> None:
        self._load = load
        self._opening = asyncio.Lock()
        self._opened: DeliveryChannel | None = None
        self._resources = AsyncExitStack()

    async def send(self, message: OutboxMessage) -> DeliveryReceipt | None:
        """Open the channel if no message has done so, and send. Raises what the channel raises."""
        async with self._opening:  # several messages may be the first
            if self._opened is None:
                open_channel = await asyncio.to_thread(self._load)  # other requests go on meanwhile
                self._opened = await self._resources.enter_async_context(open_channel())
        return await self._opened.send(message)

    async def aclose(self) -> None:
        await self._resources.aclose()


class EmailTransport(Protocol):
    """Delivers an e-mail. Raises PermanentFailure or TemporaryFailure."""

    async def deliver(self, email: EmailContent) -> None: ...


class EmailChannel:
    """Writes each e-mail and delivers it through a transport."""

    def __init__(self, runtime: Runtime, writer: EmailWriter, transport: EmailTransport) -> None:
        self._runtime = runtime
        self._writer = writer
        self._transport = transport

    async def send(self, message: OutboxMessage) -> DeliveryReceipt:
        """Send an e-mail. Raises what the transport raises."""
        email = self._writer.write(message, self._runtime.now())
        await self._transport.deliver(email)
        return DeliveryReceipt(email.message_id, email.subject)


class DevelopmentEmailTransport:
    """Delivers nothing in development, where `/dev/outbox` shows every e-mail."""

    async def deliver(self, email: EmailContent) -> None:
        pass


class DevelopmentChannel:
    """Sends nothing in development, where `/dev/outbox` shows every message."""

    def __init__(self, writer: ShortMessageWriter) -> None:
        self._writer = writer

    async def send(self, message: OutboxMessage) -> DeliveryReceipt:
        return build_receipt(message, self._writer.write(message))


def development_channels(
    runtime: Runtime, templates: TextTemplates, sender: str, quiet: QuietHours | None = None
) -> dict[str, DeliveryChannel]:
    """Build the e-mail channel that sends nothing; the page `/dev/outbox` shows its messages."""
    email_writer = EmailWriter(templates, runtime.tokens, runtime.public_url, sender)
    email = EmailChannel(runtime, email_writer, DevelopmentEmailTransport())
    return {EMAIL: PolicyChannel(runtime, email, quiet)}


@asynccontextmanager
async def open_email_channels(
    runtime: Runtime, templates: TextTemplates, sender: str, url: str, return_path: str = ""
) -> AsyncIterator[dict[str, DeliveryChannel]]:
    """Open the e-mail channel of a mail server.

    Bounces go to `return_path`, by default to the sender.
    Its connections are closed at the end of the block.
    """
    from .email import smtp  # imported late, as each channel is: most processes send nothing

    writer = EmailWriter(templates, runtime.tokens, runtime.public_url, sender)
    server = parse_mail_server(url)
    transport = smtp.SmtpTransport(runtime, server, mail_host_name(runtime.public_url), return_path)
    try:
        yield {EMAIL: PolicyChannel(runtime, EmailChannel(runtime, writer, transport), None)}
    finally:
        await transport.close()


@asynccontextmanager
async def open_push_channels(
    runtime: Runtime,
    templates: TextTemplates,
    vapid: VapidIdentity,
    *,
    allow_local: bool = False,
    ports: Collection[int] = HTTPS_PORTS,
    quiet: QuietHours | None = None,
) -> AsyncIterator[dict[str, DeliveryChannel]]:
    """Open the push channel to services at these ports.

    `allow_local` also permits push services on this machine, at any port.
    """
    writer = _short_message_writer(runtime, templates)

    def load() -> Callable[[], AbstractAsyncContextManager[DeliveryChannel]]:
        from .push.push_channel import open_push_channel

        return partial(open_push_channel, runtime, writer, vapid, allow_local=allow_local, ports=ports)

    async with aclosing(LateChannel(load)) as channel:
        yield {PUSH: PolicyChannel(runtime, channel, quiet)}


@asynccontextmanager
async def open_chosen_channels(
    runtime: Runtime, templates: TextTemplates, setups: Iterable[ChannelSetup], *, quiet: QuietHours | None = None
) -> AsyncIterator[dict[str, DeliveryChannel]]:
    """Open the channels that people choose with an address."""
    writer = _short_message_writer(runtime, templates)
    async with AsyncExitStack() as stack:
        channels: dict[str, DeliveryChannel] = {}
        for setup in setups:
            channel: DeliveryChannel = DevelopmentChannel(writer)
            if setup.gateway is not None:
                load = partial(_load_gateway_channel, runtime, writer, setup, setup.gateway)
                channel = await stack.enter_async_context(aclosing(LateChannel(load)))
            channels[setup.name] = PolicyChannel(runtime, channel, quiet)
        yield channels


def _load_gateway_channel(
    runtime: Runtime, writer: ShortMessageWriter, setup: ChannelSetup, gateway: Gateway
) -> Callable[[], AbstractAsyncContextManager[DeliveryChannel]]:
    from .gateway_channel import open_gateway_channel

    return partial(open_gateway_channel, runtime, writer, setup, gateway)


def _short_message_writer(runtime: Runtime, templates: TextTemplates) -> ShortMessageWriter:
    return ShortMessageWriter(templates, runtime.tokens, runtime.public_url)


async def find_mail_server_problem(url: str, *, sender: str, public_url: str) -> str | None:
    """Describe why the mail server of this URL cannot be used; None without a problem.

    Checks connection, encryption, login and sender within a minute. Sends no e-mail.
    """
    from .email import smtp

    return await smtp.find_server_problem(
        parse_mail_server(url), mail_host_name(public_url), parse_sender(sender)[1]
    )
