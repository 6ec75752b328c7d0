"""The door to what is told to the outside: run the worker, make its channels, ask what waits without one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ..core.runtime import Runtime
from .actions.data_retention import delete_old_messages, erase_old_contacts
from .actions.delivery_policy import PolicyChannel
from .actions.worker import DeliveryChannel, run_delivery_worker, send_due_messages
from .domain import message_texts
from .domain.quiet_hours import QuietHours, parse_quiet_hours
from .domain.send_results import DeliveryReceipt, NoLongerWanted, PermanentFailure, Postponed, TemporaryFailure
from .domain.short_message import ShortMessageWriter
from .email import smtp
from .email.email_channel import DevelopmentEmailTransport, EmailChannel
from .email.mime import parse_sender
from .email.server_url import mail_host_name, parse_mail_server
from .email.writer import EmailWriter, TextTemplates
from .push import push_channel
from .push.vapid import VapidIdentity, check_vapid_private_key, check_vapid_subject, generate_vapid_private_key
from .queries.delivery_report import Delivery, DeliveryReport, build_delivery_report, retry_dead_message
from .sms import sms_channel as sms_gateway
from .sms.gateway_request import SmsGateway, check_sms_template, parse_sms_headers
from .storage import outbox_rows
from .storage.delivery_rows import DeliveryQuery

__all__ = [
    "Delivery",
    "DeliveryChannel",
    "DeliveryProblem",
    "DeliveryQuery",
    "DeliveryReceipt",
    "DeliveryReport",
    "EmailWriter",
    "NoLongerWanted",
    "PermanentFailure",
    "Postponed",
    "QuietHours",
    "SmsGateway",
    "TemporaryFailure",
    "VapidIdentity",
    "build_delivery_report",
    "check_sms_template",
    "check_vapid_private_key",
    "check_vapid_subject",
    "count_messages_without_channel",
    "delete_old_messages",
    "delivery_problems",
    "delivery_warnings",
    "development_channels",
    "erase_old_contacts",
    "find_mail_server_problem",
    "find_sms_gateway_problem",
    "generate_vapid_private_key",
    "open_email_channels",
    "open_push_channels",
    "open_sms_channels",
    "parse_mail_server",
    "parse_quiet_hours",
    "parse_sender",
    "parse_sms_headers",
    "retry_dead_message",
    "run_delivery_worker",
    "send_due_messages",
]

# What alarms of today say to whoever runs the installation.
ALARM_WARNINGS = {
    sms_gateway.BUDGET_NEARLY_SPENT: "SMS: four fifths of today's budget are spent (OFFICE360_SMS_PER_DAY)",
    sms_gateway.BUDGET_SPENT: "SMS: today's budget is spent, and what is left waits (OFFICE360_SMS_PER_DAY)",
    sms_gateway.NUMBER_LIMIT: "SMS: a number has had its share of today (OFFICE360_SMS_PER_NUMBER)",
}
DEAD_MESSAGES_REPORTED_FOR = timedelta(days=7)  # who looks weekly sees every letter that was given up


def development_channels(
    runtime: Runtime, pages: TextTemplates, sender: str, quiet: QuietHours | None = None
) -> dict[str, DeliveryChannel]:
    """E-mails and SMS go to the page `/dev/outbox` and nowhere else."""
    writer = EmailWriter(pages, runtime.tokens, runtime.public_url, sender)
    return {
        "email": PolicyChannel(runtime, EmailChannel(runtime, writer, DevelopmentEmailTransport()), quiet),
        "sms": PolicyChannel(
            runtime, sms_gateway.DevelopmentSmsChannel(_short_message_writer(runtime, pages)), quiet
        ),
    }


def _short_message_writer(runtime: Runtime, pages: TextTemplates) -> ShortMessageWriter:
    return ShortMessageWriter(pages, runtime.tokens, runtime.public_url)


@asynccontextmanager
async def open_email_channels(
    runtime: Runtime, pages: TextTemplates, sender: str, url: str
) -> AsyncIterator[dict[str, DeliveryChannel]]:
    """E-mails go to the mail server of this URL, over connections that end with the block."""
    writer = EmailWriter(pages, runtime.tokens, runtime.public_url, sender)
    transport = smtp.SmtpTransport(runtime, parse_mail_server(url), mail_host_name(runtime.public_url))
    try:
        yield {"email": PolicyChannel(runtime, EmailChannel(runtime, writer, transport), None)}
    finally:
        await transport.close()


@asynccontextmanager
async def open_push_channels(
    runtime: Runtime,
    pages: TextTemplates,
    vapid: VapidIdentity,
    *,
    allow_local: bool = False,
    quiet: QuietHours | None = None,
) -> AsyncIterator[dict[str, DeliveryChannel]]:
    """Pushes go to the browsers' services; `local`: services on this machine are allowed, too."""
    async with push_channel.open_push_channel(
        runtime, _short_message_writer(runtime, pages), vapid, allow_local=allow_local
    ) as channel:
        yield {"push": PolicyChannel(runtime, channel, quiet)}


@asynccontextmanager
async def open_sms_channels(
    runtime: Runtime, pages: TextTemplates, gateway: SmsGateway, *, quiet: QuietHours | None = None
) -> AsyncIterator[dict[str, DeliveryChannel]]:
    """SMS go to this gateway."""
    async with sms_gateway.open_sms_channel(runtime, _short_message_writer(runtime, pages), gateway) as channel:
        yield {"sms": PolicyChannel(runtime, channel, quiet)}


async def find_sms_gateway_problem(gateway: SmsGateway) -> str | None:
    """What keeps this SMS gateway from being asked, as far as it shows without sending anything. In words, None
    when nothing does."""
    return await sms_gateway.find_gateway_problem(gateway)


async def find_mail_server_problem(url: str, *, sender: str, public_url: str) -> str | None:
    """What keeps the mail server of this URL from taking letters: connection, encryption, login, sender. In words,
    None when nothing does. Takes at most a minute and sends no letter."""
    return await smtp.find_server_problem(
        parse_mail_server(url), mail_host_name(public_url), parse_sender(sender)[1]
    )


async def count_messages_without_channel(session: AsyncSession, channels: Collection[str]) -> dict[str, int]:
    """How many messages wait for a channel that this installation does not have, by channel. Nothing is lost:
    they are sent when it has one."""
    return await outbox_rows.count_without_channel(session, channels)


@dataclass(frozen=True, slots=True)
class DeliveryProblem:
    """What keeps messages from people, for those who work here: an untranslated sentence, and what it names."""

    text: str
    params: Mapping[str, Any]


async def delivery_problems(
    session: AsyncSession, channels: Collection[str], now: datetime
) -> list[DeliveryProblem]:
    """Alarms of today, and messages that nothing here sends."""
    alarms = await outbox_rows.alarms_since(session, now.astimezone(UTC).date())
    waiting = await outbox_rows.count_without_channel(session, channels)
    return [
        *(DeliveryProblem(message_texts.ALARM_TEXTS[alarm], {}) for _, alarm in alarms),
        *(
            DeliveryProblem(message_texts.WITHOUT_CHANNEL_TEXTS[way], {"count": count})
            for way, count in waiting.items()
        ),
    ]


async def delivery_warnings(session: AsyncSession, channels: Collection[str], now: datetime) -> list[str]:
    """What does not reach people, a line each: messages without a channel, and those given up in the last week."""
    waiting = await outbox_rows.count_without_channel(session, channels)
    given_up = await outbox_rows.count_dead_by_reason(session, now - DEAD_MESSAGES_REPORTED_FOR)
    alarms = await outbox_rows.alarms_since(session, now.astimezone(UTC).date())
    return [
        *(ALARM_WARNINGS[alarm] for _, alarm in alarms),
        *(f"{channel}: {count} wait, and nothing here sends them" for channel, count in sorted(waiting.items())),
        *(f"given up in the last week: {count} ({reason})" for reason, count in sorted(given_up.items())),
    ]
