"""Recording of the SQL statements that a test causes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from office360.core.db.engine import Database
from sqlalchemy import event


class RecordedStatement(NamedTuple):
    """An SQL statement; `parameters` are those of the first row if it has several."""

    sql: str
    parameters: Any


@contextmanager
def recorded_statements(db: Database) -> Iterator[list[RecordedStatement]]:
    """Record every statement on the database within the block."""
    recorded: list[RecordedStatement] = []

    def record(_connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool) -> None:
        recorded.append(RecordedStatement(sql, parameters[0] if many else parameters))

    engines = {db.writer.sync_engine, db.reader.sync_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", record)
    try:
        yield recorded
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", record)
