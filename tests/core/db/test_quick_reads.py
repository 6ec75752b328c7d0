"""Small reads of background loops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from office360.core.db.engine import Database
from office360.core.db.timer_rows import TimerRow
from office360.core.runtime import Runtime
from sqlalchemy import bindparam, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

SELECT_SUBJECT = select(TimerRow.subject).where(TimerRow.kind == bindparam("kind")).limit(1)


async def test_quick_read_sees_each_commit(runtime: Runtime) -> None:
    assert await runtime.db.first_value(SELECT_SUBJECT, {"kind": "a"}) is None
    async with runtime.transaction() as tx:
        await tx.schedule_timer("a", subject="first", due_at=tx.now)
    assert await runtime.db.first_value(SELECT_SUBJECT, {"kind": "a"}) == "first"
    assert await runtime.db.first_value(SELECT_SUBJECT, {"kind": "b"}) is None


async def test_simultaneous_reads_open_one_session(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = _count_sessions(runtime.db, monkeypatch)
    reads = [runtime.db.first_value(select(literal(number))) for number in range(5)]
    assert await asyncio.gather(*reads) == [0, 1, 2, 3, 4]
    assert len(opened) == (0 if runtime.db.is_sqlite else 1)  # SQLite is read in the event loop, without a session


async def test_unreadable_sqlite_is_read_by_session(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The event loop waits for no lock: a session does, or reports the outage."""
    opened = _count_sessions(runtime.db, monkeypatch)
    monkeypatch.setattr(
        runtime.db._quick_reads, "_sqlite_url", f"sqlite+aiosqlite:///{tmp_path}/missing/office.db"
    )
    assert await runtime.db.first_value(select(literal(7))) == 7
    assert opened == [1]


def _count_sessions(db: Database, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    opened: list[int] = []
    read_session = db._quick_reads._read_session

    @asynccontextmanager
    async def counted() -> AsyncIterator[AsyncSession]:
        opened.append(1)
        async with read_session() as session:
            yield session

    monkeypatch.setattr(db._quick_reads, "_read_session", counted)
    return opened
