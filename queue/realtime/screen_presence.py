"""Presence of waiting-room screens: one mark a minute while they are connected. No rules.

A mark is one transaction a process, however many screens it has.
"""

from __future__ import annotations

import asyncio
import logging

from ...core.periodic import run_every
from ...core.runtime import Runtime
from ...signaling.topic_hub import TopicHub
from ..domain.display_screen import SEEN_EVERY
from ..storage import screen_rows
from .display_sockets import connected_displays

logger = logging.getLogger(__name__)


async def run_screen_presence(runtime: Runtime, hub: TopicHub, stop: asyncio.Event) -> None:
    """Mark the connected screens of this process as seen, until `stop` is set."""

    async def mark() -> None:
        await mark_connected_screens(runtime, hub)

    every_s = SEEN_EVERY.total_seconds()
    await run_every(every_s, stop, mark, logger=logger, failure_event="screen_presence_failed")


async def mark_connected_screens(runtime: Runtime, hub: TopicHub) -> None:
    """Mark the screens with a name, and the offices that have others."""
    displays = connected_displays(hub)
    named = {display.screen_id for display in displays if display.screen_id is not None}
    offices = {display.office_id for display in displays if display.screen_id is None}
    if not displays:
        return
    async with runtime.transaction() as tx:
        if named:
            await screen_rows.mark_screens_seen(tx.session, sorted(named), tx.now)
        if offices:
            await screen_rows.mark_unnamed_seen(tx.session, sorted(offices), tx.now)
