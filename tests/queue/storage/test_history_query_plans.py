"""An office's past grows for years: what happens at a desk or an entrance does not read it. By SQLite's plans."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from office360.core.runtime import Runtime
from office360.queue import service
from office360.queue.storage import store
from sqlalchemy import event, text

from ..conftest import BORIS, Hall

Statement = tuple[str, Any]
READS_THE_PAST = ("SCAN tickets", "SEARCH tickets USING INDEX ix_tickets_office_id_day (office_id=?)")


@contextmanager
def _statements(runtime: Runtime) -> Iterator[list[Statement]]:
    """What is asked of tickets during the block."""
    seen: list[Statement] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if "tickets" in statement and not statement.startswith("INSERT"):
            seen.append((statement, parameters[0] if many else parameters))

    engines = [runtime.db.writer.sync_engine, runtime.db.reader.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


async def _plans(runtime: Runtime, statements: list[Statement]) -> list[str]:
    async with runtime.db.writer.connect() as connection:
        rows = [
            await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            for statement, parameters in statements
        ]
        return [str(plan) for each in rows for plan in each.scalars("detail")]


async def test_what_happens_every_minute_reads_no_ticket_of_days_that_are_over(hall: Hall) -> None:
    runtime = hall.runtime
    if not runtime.db.is_sqlite:
        return  # PostgreSQL has only a few rows here and reads them all, whatever indexes there are
    await hall.open()
    with _statements(runtime) as statements:
        await hall.take(device="a device", email="amina@example.org")
        ticket = await hall.call()
        assert ticket is not None
        await service.start(runtime, BORIS, ticket.id)
        await service.finish(runtime, BORIS, ticket.id)
        async with runtime.reading() as session:
            await store.desks_in_use(session, hall.office.id)
            await store.active_records(session, hall.office.id)
            await store.active_of_device(session, hall.office.id, "a hash")
            await store.active_of_appointment(session, "an id")
    plans = await _plans(runtime, statements)
    assert plans
    assert [plan for plan in plans if plan in READS_THE_PAST] == []


async def test_the_plans_can_tell(hall: Hall) -> None:
    if not hall.runtime.db.is_sqlite:
        return
    with _statements(hall.runtime) as statements:
        async with hall.runtime.reading() as session:
            await session.execute(text("SELECT id FROM tickets WHERE office_id = 'x' AND name = 'y'"))
    plans = await _plans(hall.runtime, statements)
    assert any(plan in READS_THE_PAST for plan in plans)
