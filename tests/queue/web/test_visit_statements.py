"""The SQL statements of a visit, request by request: take, call, start, finish.

PostgreSQL gets the writes of a transaction as one statement, SQLite one for each table.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from office360.core.auth import StaffRole
from office360.core.db.engine import Database
from office360.offices.service import Office
from office360.staff.actions.accounts import create_api_key
from sqlalchemy import event
from structlog.contextvars import get_contextvars

from ...conftest import AppServer
from .test_api import ApiClient

# Authentication, office, lock of the line, then the writes. A new ticket also needs the coming appointments; in an
# office of few tickets, its answer has a forecast of this moment.
STATEMENTS_POSTGRESQL = {"take": 8, "call": 4, "start": 4, "finish": 4}
STATEMENTS_SQLITE = {"take": 11, "call": 7, "start": 6, "finish": 6}


async def test_visit_needs_these_statements(app_server: AppServer, office: Office) -> None:
    db, counts, desk = app_server.runtime.db, dict[str, int](), office.desks[0].id
    agent_key = await create_api_key(app_server.runtime, role=StaffRole.AGENT)
    program_key = await create_api_key(app_server.runtime, role=StaffRole.INTEGRATION)
    async with app_server.client() as client:
        agent, program = ApiClient(client, agent_key), ApiClient(client, program_key)
        await agent.post(f"/desks/{desk}/open")
        for _ in range(3):  # the first visits fill the caches
            with counted(db, counts, "take"):
                ticket = await program.take_ticket()
            path = f"/staff/tickets/{ticket['id']}"
            with counted(db, counts, "call"):
                assert (await agent.post(f"/desks/{desk}/call-next"))[1]["id"] == ticket["id"]
            with counted(db, counts, "start"):
                assert (await agent.post(f"{path}/start"))[1]["state"] == "serving"
            with counted(db, counts, "finish"):
                assert (await agent.post(f"{path}/finish"))[1]["state"] == "finished"
    assert counts == (STATEMENTS_SQLITE if db.is_sqlite else STATEMENTS_POSTGRESQL)


@contextmanager
def counted(db: Database, counts: dict[str, int], name: str) -> Iterator[None]:
    """Count the statements of requests in the block, not those of loops in the background.

    SQLite's BEGIN does not count: only there it is a statement.
    """
    counts[name] = 0

    def count(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        counts[name] += not sql.startswith("BEGIN") and "request_id" in get_contextvars()

    engines = {db.writer.sync_engine, db.reader.sync_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", count)
    yield
    for engine in engines:
        event.remove(engine, "before_cursor_execute", count)
