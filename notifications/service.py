"""The door to what is told to the outside: run the worker, make its channels, ask what waits without one."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from ..core.runtime import Runtime
from . import store
from .email import EmailWriter, TextPages
from .mailbox import DevelopmentMailbox, EmailChannel
from .worker import Channel, Undeliverable, run, work_once

__all__ = [
    "Channel",
    "EmailWriter",
    "Undeliverable",
    "development_channels",
    "run",
    "waiting_without_transport",
    "work_once",
]


def development_channels(runtime: Runtime, pages: TextPages, sender: str) -> dict[str, Channel]:
    """E-mails go to the page `/dev/outbox` and nowhere else."""
    writer = EmailWriter(pages, runtime.tokens, runtime.public_url, sender)
    return {"email": EmailChannel(writer, DevelopmentMailbox(runtime))}


async def waiting_without_transport(session: AsyncSession, channels: Collection[str]) -> dict[str, int]:
    """How many messages wait for a channel that this installation does not have, by channel. Nothing is lost:
    they are sent when it has one."""
    waiting = await store.count_unfinished(session)
    return {channel: count for channel, count in waiting.items() if channel not in channels}
