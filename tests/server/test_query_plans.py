"""Query plans of SQLite: frequent queries use indexes and read no whole table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments.storage import reminder_rows, visit_note_rows, waitlist_rows
from office360.core.db import timers
from office360.core.db.audit_entries import audit_entries_in_window
from office360.core.db.event_window import EventWindow
from office360.core.runtime import Runtime
from office360.notifications.storage import delivery_rows
from office360.notifications.storage import outbox_rows as outbox
from office360.queue.storage import contact_rows, queue_event_rows
from office360.rooms.storage import room_event_rows
from sqlalchemy import Engine, event
from sqlalchemy.ext.asyncio import AsyncSession

from ..conftest import MORNING

LATER = MORNING + timedelta(days=1)
WEEK = EventWindow(MORNING, LATER, 50, before=(LATER, "z"))
HISTORY = EventWindow(None, None, 50, subject_id="a")
DAY = delivery_rows.DeliveryQuery(None, MORNING, LATER)

QueryRunner = Callable[[AsyncSession], Awaitable[Any]]
FREQUENT_QUERIES: dict[str, tuple[QueryRunner, str]] = {
    "whom to remind": (
        lambda session: reminder_rows.page_of_appointments_to_remind(session, MORNING, "a", LATER, 5),
        "appointments USING INDEX ix_appointments_state (state=? AND starts_at>? AND starts_at<?)",
    ),
    "what leaves next": (
        lambda session: session.execute(outbox._SELECT_DUE_MESSAGE, {"now": MORNING, "channel": "email"}),
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
    "events of turns of a week": (
        lambda session: queue_event_rows.ticket_events_in_window(session, WEEK, None),
        "ticket_events USING INDEX ix_ticket_events_at (at>? AND at<?)",
    ),
    "the history of a turn": (
        lambda session: queue_event_rows.ticket_events_in_window(session, HISTORY, None),
        "tickets USING INDEX sqlite_autoindex_tickets_1 (id=?)",
    ),
    "decisions about offices": (
        lambda session: queue_event_rows.office_events_in_window(session, WEEK, ["a", "b"]),
        "office_events USING INDEX ix_office_events_office_id_at (office_id=? AND at>? AND at<?)",
    ),
    "events of rooms": (
        lambda session: room_event_rows.room_events_in_window(session, WEEK, None),
        "room_events USING INDEX ix_room_events_at (at>? AND at<?)",
    ),
    "all audit entries": (
        lambda session: audit_entries_in_window(session, WEEK, offices=None, with_installation=True),
        "audit_entries USING INDEX ix_audit_entries_at (at>? AND at<?)",
    ),
    "audit entries of offices": (
        lambda session: audit_entries_in_window(session, WEEK, offices=["a", "b"], with_installation=False),
        "audit_entries USING INDEX ix_audit_entries_office_at (office=? AND at>? AND at<?)",
    ),
    "notes about people": (
        lambda session: visit_note_rows.find_visit_notes(
            session, "office", visit_note_rows.NoteKeys({"t"}, {"a"}, {"e"}, {"p"})
        ),
        "visit_notes USING INDEX ix_visit_notes_ticket_id (ticket_id=?)",
    ),
    "notes to delete": (
        lambda session: visit_note_rows.delete_old_visit_notes(session, LATER),
        "visit_notes USING INDEX ix_visit_notes_at (at<?)",
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

    event.listen(Engine, "before_cursor_execute", note)  # also on the connection of quick reads
    async with runtime.transaction() as tx:
        await ask(tx.session)
    event.remove(Engine, "before_cursor_execute", note)
    statement, parameters = next(recorded for recorded in statements if recorded[0].startswith("SELECT"))
    async with runtime.db.reader.connect() as connection:
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        found = [detail for *_, detail in rows.all() if detail.startswith(("SEARCH", "SCAN"))]
    assert not any(step.startswith("SCAN") for step in found)
    return str(found[0])
