"""The door to what is told to the outside: run the worker, make its channels, ask what waits without one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ..core.runtime import Runtime
from . import smtp, store
from .email import EmailWriter, TextPages
from .mailbox import DevelopmentMailbox, EmailChannel
from .mailserver import host_of, mail_server
from .mime import sender_of
from .worker import Channel, Deferred, Undeliverable, run, work_once

__all__ = [
    "Channel",
    "Deferred",
    "EmailWriter",
    "Undeliverable",
    "complaints",
    "development_channels",
    "mail_server",
    "run",
    "sender_of",
    "smtp_channels",
    "smtp_problem",
    "waiting_without_transport",
    "work_once",
]

COMPLAIN_FOR = timedelta(days=7)  # who looks weekly sees every letter that was given up


def development_channels(runtime: Runtime, pages: TextPages, sender: str) -> dict[str, Channel]:
    """E-mails go to the page `/dev/outbox` and nowhere else."""
    writer = EmailWriter(pages, runtime.tokens, runtime.public_url, sender)
    return {"email": EmailChannel(runtime, writer, DevelopmentMailbox(runtime))}


@asynccontextmanager
async def smtp_channels(
    runtime: Runtime, pages: TextPages, sender: str, url: str
) -> AsyncIterator[dict[str, Channel]]:
    """E-mails go to the mail server of this URL, over connections that end with the block."""
    writer = EmailWriter(pages, runtime.tokens, runtime.public_url, sender)
    transport = smtp.SmtpTransport(runtime, mail_server(url), host_of(runtime.public_url))
    try:
        yield {"email": EmailChannel(runtime, writer, transport)}
    finally:
        await transport.close()


async def smtp_problem(url: str, *, sender: str, public_url: str) -> str | None:
    """What keeps the mail server of this URL from taking letters: connection, encryption, login, sender. In words,
    None when nothing does. Takes at most a minute and sends no letter."""
    return await smtp.problem_of(mail_server(url), host_of(public_url), sender_of(sender)[1])


async def waiting_without_transport(session: AsyncSession, channels: Collection[str]) -> dict[str, int]:
    """How many messages wait for a channel that this installation does not have, by channel. Nothing is lost:
    they are sent when it has one."""
    return await store.waiting_without(session, channels)


async def complaints(session: AsyncSession, channels: Collection[str], now: datetime) -> list[str]:
    """What does not reach people, a line each: messages without a channel, and those given up in the last week."""
    waiting = await store.waiting_without(session, channels)
    given_up = await store.count_given_up(session, now - COMPLAIN_FOR)
    return [
        *(f"{channel}: {count} wait, and nothing here sends them" for channel, count in sorted(waiting.items())),
        *(f"given up in the last week: {count} ({reason})" for reason, count in sorted(given_up.items())),
    ]
