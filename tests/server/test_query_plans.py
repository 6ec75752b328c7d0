"""Query plans of SQLite: frequent queries use indexes and read no whole table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments.storage import reminder_rows, waitlist_rows
from office360.core.db import timers
from office360.core.runtime import Runtime
from office360.notifications.storage import delivery_rows
from office360.notifications.storage import outbox_rows as outbox
from office360.queue.storage import contact_rows
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from ..conftest import MORNING

LATER = MORNING + timedelta(days=1)
DAY = delivery_rows.DeliveryQuery(None, MORNING, LATER)

QueryRunner = Callable[[AsyncSession], Awaitable[Any]]
FREQUENT_QUERIES: dict[str, tuple[QueryRunner, str]] = {
    "whom to remind": (
        lambda session: reminder_rows.page_of_appointments_to_remind(session, MORNING, "a", LATER, 5),
        "appointments USING INDEX ix_appointments_state (state=? AND starts_at>? AND starts_at<?)",
    ),
    "what leaves next": (
        lambda session: outbox.has_due_messages(session, MORNING, "email"),
        "outbox USING INDEX ix_outbox_due (channel=? AND not_before<?)",
    ),
    "the newest messages": (
        lambda session: delivery_rows.newest_outbox_records(session, limit=5, before="a"),
        "outbox USING INDEX sqlite_autoindex_outbox_1 (id<?)",
    ),
    "a day's messages that were sent": (
        lambda session: delivery_rows.newest_delivery_records(session, DAY, ["sent"], 5),
        "outbox USING INDEX ix_outbox_day (not_before>? AND not_before<?)",
    ),
    "whose contacts to forget": (
        lambda session: outbox.erase_contacts_batch(session, MORNING, LATER, 5),
        "outbox USING INDEX ix_outbox_day (not_before>? AND not_before<?)",
    ),
    "messages to delete": (
        lambda session: outbox.delete_messages_batch(session, LATER),
        "outbox USING INDEX ix_outbox_day (not_before<?)",
    ),
    "whose turns to forget": (
        lambda session: contact_rows.delete_contacts(session, LATER, 5),
        "tickets USING INDEX ix_tickets_personal (since<?)",
    ),
    "waits to delete": (
        lambda session: waitlist_rows.delete_past_waitlist_entries(session, LATER),
        "waiting_list USING INDEX ix_waiting_list_expires_at (expires_at<?)",
    ),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_frequent_queries_use_an_index(runtime: Runtime) -> None:
    assert {name: await _plan(runtime, ask) for name, (ask, _) in FREQUENT_QUERIES.items()} == {
        name: f"SEARCH {search}" for name, (_, search) in FREQUENT_QUERIES.items()
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_timer_query_reads_due_timers_only(runtime: Runtime) -> None:
    async def nothing(*_: object) -> None:
        return None

    async def look(_: AsyncSession) -> None:
        await timers.fire_due_timers(runtime, {"a": nothing, "b": nothing})

    assert await _plan(runtime, look) == "SEARCH timers USING INDEX ix_timers_due (kind=? AND due_at<?)"


async def _plan(runtime: Runtime, ask: QueryRunner) -> str:
    """Return the plan of the query's first statement; assert that it scans no table."""
    statements: list[tuple[str, Any]] = []

    def note(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        statements.append((statement, parameters))

    engines = {runtime.db.writer.sync_engine, runtime.db.reader.sync_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    async with runtime.transaction() as tx:
        await ask(tx.session)
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
    statement, parameters = next(one for one in statements if one[0].startswith("SELECT"))
    async with runtime.db.reader.connect() as connection:
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        found = [detail for *_, detail in rows.all() if detail.startswith(("SEARCH", "SCAN"))]
    assert not any(one.startswith("SCAN") for one in found)
    return str(found[0])
