"""An office's past grows for years: what happens at a desk or an entrance does not read it. By SQLite's plans."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from office360.core.runtime import Runtime
from office360.queue import service
from office360.queue.storage import ticket_rows
from sqlalchemy import event, text

from ..conftest import BORIS, OfficeDriver

TicketStatement = tuple[str, Any]
FULL_SCAN_PLANS = ("SCAN tickets", "SEARCH tickets USING INDEX ix_tickets_office_id_day (office_id=?)")


@contextmanager
def _recorded_statements(runtime: Runtime) -> Iterator[list[TicketStatement]]:
    """What is asked of tickets during the block."""
    seen: list[TicketStatement] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if "tickets" in statement and not statement.startswith("INSERT"):
            seen.append((statement, parameters[0] if many else parameters))

    engines = [runtime.db.writer.sync_engine, runtime.db.reader.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


async def _query_plans(runtime: Runtime, statements: list[TicketStatement]) -> list[str]:
    async with runtime.db.writer.connect() as connection:
        rows = [
            await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            for statement, parameters in statements
        ]
        return [str(plan) for each in rows for plan in each.scalars("detail")]


async def test_frequent_queries_do_not_scan_past_tickets(driver: OfficeDriver) -> None:
    runtime = driver.runtime
    if not runtime.db.is_sqlite:
        return  # PostgreSQL has only a few rows here and reads them all, whatever indexes there are
    await driver.open_desk()
    with _recorded_statements(runtime) as statements:
        await driver.take_ticket(device="a device", email="amina@example.org")
        ticket = await driver.call_next()
        assert ticket is not None
        await service.start_service(runtime, BORIS, ticket.id)
        await service.finish_service(runtime, BORIS, ticket.id)
        async with runtime.read_session() as session:
            await ticket_rows.busy_desk_ids(session, driver.office.id)
            await ticket_rows.active_ticket_records(session, driver.office.id)
            await ticket_rows.active_ticket_for_device(session, driver.office.id, "a hash")
            await ticket_rows.active_ticket_for_appointment(session, "an id")
    plans = await _query_plans(runtime, statements)
    assert plans
    assert [plan for plan in plans if plan in FULL_SCAN_PLANS] == []


async def test_full_scan_is_detected_in_query_plan(driver: OfficeDriver) -> None:
    if not driver.runtime.db.is_sqlite:
        return
    with _recorded_statements(driver.runtime) as statements:
        async with driver.runtime.read_session() as session:
            await session.execute(text("SELECT id FROM tickets WHERE office_id = 'x' AND name = 'y'"))
    plans = await _query_plans(driver.runtime, statements)
    assert any(plan in FULL_SCAN_PLANS for plan in plans)
