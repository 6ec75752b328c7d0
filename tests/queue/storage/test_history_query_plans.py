"""Query plans of SQLite: frequent queries must not read the tickets of past years."""

from __future__ import annotations

from dataclasses import replace

from office360.core.runtime import Runtime
from office360.queue import service
from office360.queue.queries.line_view import load_other_calls
from office360.queue.storage import ticket_rows
from sqlalchemy import text

from ...conftest import MORNING
from ...support.statements import RecordedStatement, recorded_statements
from ..conftest import BORIS, OfficeDriver

FULL_SCAN_PLANS = ("SCAN tickets", "SEARCH tickets USING INDEX ix_tickets_office_id_day (office_id=?)")


async def _query_plans(runtime: Runtime, statements: list[RecordedStatement]) -> list[str]:
    """Explain the recorded statements on tickets, except inserts."""
    async with runtime.db.writer.connect() as connection:
        rows = [
            await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)
            for sql, parameters in statements
            if "tickets" in sql and not sql.startswith("INSERT")
        ]
        return [str(plan) for result in rows for plan in result.scalars("detail")]


async def test_frequent_queries_do_not_scan_past_tickets(driver: OfficeDriver) -> None:
    runtime = driver.runtime
    if not runtime.db.is_sqlite:
        return  # PostgreSQL reads a table of a few rows completely, whatever its indexes are
    await driver.open_desk()
    with recorded_statements(runtime.db) as statements:
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


async def test_other_calls_read_the_tickets_of_one_day(driver: OfficeDriver) -> None:
    runtime, office = driver.runtime, driver.office
    if not runtime.db.is_sqlite:
        return
    await driver.call_new_ticket()
    with recorded_statements(runtime.db) as statements:
        async with runtime.read_session() as session:
            shared = next(line.id for line in office.lines if line.id != office.lines[0].id)
            desks = tuple(replace(desk, line_ids=(office.lines[0].id, shared)) for desk in office.desks)
            await load_other_calls(session, replace(office, desks=desks), office.lines[0].id, MORNING.date())
    plans = await _query_plans(runtime, statements)
    assert plans
    assert set(plans) == {"SEARCH tickets USING INDEX ix_tickets_office_id_day (office_id=? AND day=?)"}


async def test_full_scan_is_detected_in_query_plan(driver: OfficeDriver) -> None:
    if not driver.runtime.db.is_sqlite:
        return
    with recorded_statements(driver.runtime.db) as statements:
        async with driver.runtime.read_session() as session:
            await session.execute(text("SELECT id FROM tickets WHERE office_id = 'x' AND name = 'y'"))
    plans = await _query_plans(driver.runtime, statements)
    assert any(plan in FULL_SCAN_PLANS for plan in plans)
