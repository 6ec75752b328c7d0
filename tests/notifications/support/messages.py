"""Outbox rows for tests, and the installation that they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from sqlalchemy import select

WORKER_PROGRAM = Path(__file__).parent / "worker_process.py"
SITE = "https://citas.example.org"
SENDER = "Office 360 <no-reply@example.org>"


async def enqueue_message(
    runtime: Runtime,
    key: str,
    *,
    subject: str | None = None,
    payload: Mapping[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Write one outbox row, by default about a subject of its own."""
    values: dict[str, Any] = {
        "kind": "appointment_confirmed",
        "recipient": "amina@example.org",
        "language": "es",
        **changes,
    }
    async with runtime.transaction() as tx:
        tx.enqueue_message(subject=subject or f"appointment:{key}", payload=payload or {}, key=key, **values)


async def stored_messages(runtime: Runtime) -> dict[str, OutboxRow]:
    """Return all outbox rows by key."""
    async with runtime.read_session() as session:
        return {row.key: row for row in (await session.execute(select(OutboxRow))).scalars()}


def parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text)
