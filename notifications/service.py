"""The door to what is told to the outside: run the worker, make its channels, ask what waits without one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ..core.runtime import Runtime
from .actions.data_retention import delete_messages, forget_contacts
from .actions.delivery_policy import Considerate
from .actions.worker import Channel, run, work_once
from .domain import message_texts
from .domain.quiet_hours import QuietHours, quiet_hours_of
from .domain.send_results import Deferred, PutOff, Receipt, Undeliverable, Unwanted
from .domain.short_message import NoticeWriter
from .email import smtp
from .email.email_channel import DevelopmentMailbox, EmailChannel
from .email.mime import sender_of
from .email.server_url import host_of, mail_server
from .email.writer import EmailWriter, TextPages
from .push import push_channel
from .push.vapid import Vapid, check_private_key, check_subject, new_private_key
from .queries.delivery_report import Deliveries, Delivery, deliveries, try_again
from .sms import sms_channel as sms_gateway
from .sms.gateway_request import Gateway, check_template, headers_of
from .storage import outbox_rows
from .storage.delivery_rows import Wanted

__all__ = [
    "Channel",
    "Deferred",
    "Deliveries",
    "Delivery",
    "EmailWriter",
    "Gateway",
    "PutOff",
    "QuietHours",
    "Receipt",
    "Trouble",
    "Undeliverable",
    "Unwanted",
    "Vapid",
    "Wanted",
    "check_private_key",
    "check_subject",
    "check_template",
    "complaints",
    "delete_messages",
    "deliveries",
    "development_channels",
    "forget_contacts",
    "headers_of",
    "mail_server",
    "new_private_key",
    "push_channels",
    "quiet_hours_of",
    "run",
    "sender_of",
    "sms_channels",
    "sms_problem",
    "smtp_channels",
    "smtp_problem",
    "troubles",
    "try_again",
    "waiting_without_transport",
    "work_once",
]

# What alarms of today say to whoever runs the installation.
ALARMS = {
    sms_gateway.NEARLY_SPENT: "SMS: four fifths of today's budget are spent (OFFICE360_SMS_PER_DAY)",
    sms_gateway.SPENT: "SMS: today's budget is spent, and what is left waits (OFFICE360_SMS_PER_DAY)",
    sms_gateway.NUMBER_LIMIT: "SMS: a number has had its share of today (OFFICE360_SMS_PER_NUMBER)",
}
COMPLAIN_FOR = timedelta(days=7)  # who looks weekly sees every letter that was given up


def development_channels(
    runtime: Runtime, pages: TextPages, sender: str, quiet: QuietHours | None = None
) -> dict[str, Channel]:
    """E-mails and SMS go to the page `/dev/outbox` and nowhere else."""
    writer = EmailWriter(pages, runtime.tokens, runtime.public_url, sender)
    return {
        "email": Considerate(runtime, EmailChannel(runtime, writer, DevelopmentMailbox()), quiet),
        "sms": Considerate(runtime, sms_gateway.DevelopmentPhone(_notices(runtime, pages)), quiet),
    }


def _notices(runtime: Runtime, pages: TextPages) -> NoticeWriter:
    return NoticeWriter(pages, runtime.tokens, runtime.public_url)


@asynccontextmanager
async def smtp_channels(
    runtime: Runtime, pages: TextPages, sender: str, url: str
) -> AsyncIterator[dict[str, Channel]]:
    """E-mails go to the mail server of this URL, over connections that end with the block."""
    writer = EmailWriter(pages, runtime.tokens, runtime.public_url, sender)
    transport = smtp.SmtpTransport(runtime, mail_server(url), host_of(runtime.public_url))
    try:
        yield {"email": Considerate(runtime, EmailChannel(runtime, writer, transport), None)}
    finally:
        await transport.close()


@asynccontextmanager
async def push_channels(
    runtime: Runtime, pages: TextPages, vapid: Vapid, *, local: bool = False, quiet: QuietHours | None = None
) -> AsyncIterator[dict[str, Channel]]:
    """Pushes go to the browsers' services; `local`: services on this machine are allowed, too."""
    async with push_channel.push_channel(runtime, _notices(runtime, pages), vapid, local=local) as channel:
        yield {"push": Considerate(runtime, channel, quiet)}


@asynccontextmanager
async def sms_channels(
    runtime: Runtime, pages: TextPages, gateway: Gateway, *, quiet: QuietHours | None = None
) -> AsyncIterator[dict[str, Channel]]:
    """SMS go to this gateway."""
    async with sms_gateway.sms_channel(runtime, _notices(runtime, pages), gateway) as channel:
        yield {"sms": Considerate(runtime, channel, quiet)}


async def sms_problem(gateway: Gateway) -> str | None:
    """What keeps this SMS gateway from being asked, as far as it shows without sending anything. In words, None
    when nothing does."""
    return await sms_gateway.problem_of(gateway)


async def smtp_problem(url: str, *, sender: str, public_url: str) -> str | None:
    """What keeps the mail server of this URL from taking letters: connection, encryption, login, sender. In words,
    None when nothing does. Takes at most a minute and sends no letter."""
    return await smtp.problem_of(mail_server(url), host_of(public_url), sender_of(sender)[1])


async def waiting_without_transport(session: AsyncSession, channels: Collection[str]) -> dict[str, int]:
    """How many messages wait for a channel that this installation does not have, by channel. Nothing is lost:
    they are sent when it has one."""
    return await outbox_rows.waiting_without(session, channels)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps messages from people, for those who work here: an untranslated sentence, and what it names."""

    text: str
    params: Mapping[str, Any]


async def troubles(session: AsyncSession, channels: Collection[str], now: datetime) -> list[Trouble]:
    """Alarms of today, and messages that nothing here sends."""
    alarms = await outbox_rows.alarms_since(session, now.astimezone(UTC).date())
    waiting = await outbox_rows.waiting_without(session, channels)
    return [
        *(Trouble(message_texts.ALARMS[alarm], {}) for _, alarm in alarms),
        *(Trouble(message_texts.WITHOUT_WAY[way], {"count": count}) for way, count in waiting.items()),
    ]


async def complaints(session: AsyncSession, channels: Collection[str], now: datetime) -> list[str]:
    """What does not reach people, a line each: messages without a channel, and those given up in the last week."""
    waiting = await outbox_rows.waiting_without(session, channels)
    given_up = await outbox_rows.count_given_up(session, now - COMPLAIN_FOR)
    alarms = await outbox_rows.alarms_since(session, now.astimezone(UTC).date())
    return [
        *(ALARMS[alarm] for _, alarm in alarms),
        *(f"{channel}: {count} wait, and nothing here sends them" for channel, count in sorted(waiting.items())),
        *(f"given up in the last week: {count} ({reason})" for reason, count in sorted(given_up.items())),
    ]
