"""History of an office: many tickets of past days, each with its segments and events.

A row a day is written as the product writes it. SQL multiplies it within seconds.
"""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, text

from ...core.clock import SystemClock
from ...core.events import EventRegistry
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...offices.service import Office, office_by_slug
from ...queue.domain.ticket import TicketState
from ...queue.storage.tables import SegmentRow, TicketEventRow, TicketRow
from ...server.runtime import make_runtime
from ..installation import Installation
from .office import FilledOffice, ticket_row

DAYS = 1_000
CACHE_KB = 400_000  # holds the pages of the indexes while they are filled
TICKET_TABLE: Table = TicketRow.__table__  # type: ignore[assignment]
SEGMENT_TABLE: Table = SegmentRow.__table__  # type: ignore[assignment]
EVENT_TABLE: Table = TicketEventRow.__table__  # type: ignore[assignment]
# The values of a copy, from its number `n` of the day and its original row `o`. Ids grow in order of insertion.
COPY_EXPRESSION = "CAST(1000000000 + {}.number * 1000 + n.n AS TEXT)"
NEW_VALUES = {
    "tickets": {
        "id": f"'OLD' || {COPY_EXPRESSION.format('o')}",
        "token_hash": f"'old' || {COPY_EXPRESSION.format('o')}",
        "number": "o.number + n.n * 1000",
    },
    "ticket_segments": {
        "id": f"'SEG' || {COPY_EXPRESSION.format('t')}",
        "ticket_id": f"'OLD' || {COPY_EXPRESSION.format('t')}",
    },
    "ticket_events": {
        "id": f"'EVE' || {COPY_EXPRESSION.format('t')}",
        "ticket_id": f"'OLD' || {COPY_EXPRESSION.format('t')}",
    },
}


async def add_history(on: Installation[FilledOffice], tickets: int) -> None:
    """Insert finished tickets of the last 1,000 days. No other process may use the database."""
    runtime = make_runtime(on.settings.model_copy(update={"redis_url": ""}), SystemClock(), EventRegistry())
    copies = tickets // DAYS - 1
    try:
        async with runtime.transaction() as tx:
            office = await office_by_slug(tx.session, on.filled.office)
            await _insert_daily_ticket(tx, office, on.filled.line_ids[0])
        if not runtime.db.is_sqlite:
            await _multiply_postgres(runtime, copies)
    finally:
        await runtime.bus.close()
        await runtime.db.close()
    if on.settings.sqlite_path:
        await asyncio.to_thread(_multiply_sqlite, on.settings.sqlite_path, copies)


async def _insert_daily_ticket(tx: Transaction, office: Office, line_id: str) -> None:
    rows = [_old_ticket(tx, office, line_id, number) for number in range(1, DAYS + 1)]
    await tx.session.execute(insert(TICKET_TABLE), rows)
    await tx.session.execute(insert(SEGMENT_TABLE), [_segment(row) for row in rows])
    await tx.session.execute(insert(EVENT_TABLE), [_event(row) for row in rows])


def _old_ticket(tx: Transaction, office: Office, line_id: str, number: int) -> dict[str, Any]:
    row = ticket_row(tx, office, line_id, "A", number)
    past = timedelta(days=number)
    moments = {name: row[name] - past for name in ("since", "issued_at", "arrived_at", "expires_at", "day")}
    called = {"called_at": row["since"] - past, "desk_id": office.desks[0].id, "agent_id": "agent"}
    return {**row, **moments, **called, "state": TicketState.FINISHED}


def _segment(ticket: dict[str, Any]) -> dict[str, Any]:
    start = ticket["since"]
    return {
        "id": new_id(),
        "ticket_id": ticket["id"],
        "line_id": ticket["line_id"],
        "state": TicketState.SERVING,
        "started_at": start,
        "ended_at": start + timedelta(minutes=8),
        "desk_id": ticket["desk_id"],
        "agent_id": ticket["agent_id"],
    }


def _event(ticket: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "ticket_id": ticket["id"],
        "at": ticket["since"],
        "action": "finished",
        "actor": "staff:agent",
        "before": TicketState.SERVING,
        "after": TicketState.FINISHED,
        "details": {},
    }


def _multiply_sqlite(path: Path, copies: int) -> None:
    with sqlite3.connect(path) as connection:
        for pragma in ("synchronous = OFF", "journal_mode = OFF", f"cache_size = -{CACHE_KB}"):
            connection.execute(f"PRAGMA {pragma}")
        for table in (TICKET_TABLE, SEGMENT_TABLE, EVENT_TABLE):
            connection.execute(_copy_statement(table), {"copies": copies})
        connection.commit()
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


async def _multiply_postgres(runtime: Runtime, copies: int) -> None:
    async with runtime.db.writer.begin() as connection:
        # the rows are valid; checking three million foreign keys would take minutes
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text("SET LOCAL synchronous_commit = off"))
        for table in (TICKET_TABLE, SEGMENT_TABLE, EVENT_TABLE):
            await connection.execute(text(_copy_statement(table)), {"copies": copies})
        await connection.execute(text("ANALYZE"))  # as autovacuum does within a minute


def _copy_statement(table: Table) -> str:
    own = NEW_VALUES[table.name]
    columns = ", ".join(column.name for column in table.columns)
    values = ", ".join(own.get(column.name, f"o.{column.name}") for column in table.columns)
    source = "tickets o" if table is TICKET_TABLE else f"{table.name} o JOIN tickets t ON t.id = o.ticket_id"
    oldest = "o" if table is TICKET_TABLE else "t"
    numbers = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :copies)"
    condition = f"{oldest}.state = 'finished' AND {oldest}.number <= {DAYS}"
    return f"INSERT INTO {table.name} ({columns}) {numbers} SELECT {values} FROM {source}, n WHERE {condition}"
