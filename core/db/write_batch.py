"""Writes of a transaction that leave together. Knows no table and no rule.

PostgreSQL gets the rows of a batch as a single statement whose parts are CTEs, because a round trip costs more
than writing such a row. SQLite, and a large batch, get a statement for each kind of row.
The parts of such a statement see the same snapshot and have no order: no two may change the same row, and none may
need what another has written. Foreign keys are checked at the end of the statement.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Insert, Update, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from .engine import Base, dialect_name, execute_on_connection, mapped_table
from .write_conflicts import WriteConflict

MAX_PARTS = 12  # a call has five; a pause of hundreds of tickets is written in bulk
MAX_STATEMENTS = 256  # kinds of batches in use are some dozens


@dataclass(frozen=True, slots=True)
class RowStatement:
    """An INSERT or UPDATE of a row, without its values.

    `replaces`: the columns that an INSERT overwrites in a row that exists.
    `key`: the column by which an UPDATE finds its row; None for an INSERT.
    """

    table: type[Base]
    columns: tuple[str, ...]
    replaces: tuple[str, ...] = ()
    key: str | None = None


BatchRow = tuple[RowStatement, Mapping[str, Any]]


class WriteBatch:
    """Rows to write, in order. `flush` writes them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._rows: dict[Hashable, BatchRow] = {}

    def insert(self, table: type[Base], values: Mapping[str, Any], *, replaces: Collection[str] = ()) -> None:
        """Insert a row.

        `replaces`: the columns to overwrite if its primary key exists; of several calls, the last counts.
        """
        key = tuple(values[column.name] for column in mapped_table(table).primary_key)
        # the later of two inserts replaces the earlier: no two parts of a statement may write the same row
        self._rows[table, key] = (RowStatement(table, tuple(values), tuple(replaces)), values)

    def update(self, table: type[Base], key: str, value: Any, changes: Mapping[str, Any]) -> None:
        """Change the row whose column `key` has this value."""
        statement = RowStatement(table, tuple(changes), key=key)
        self._rows[statement, value] = (statement, {**changes, _KEY: value})

    async def flush(self) -> None:
        """Write the rows. Raises WriteConflict when a row breaks a constraint."""
        rows, self._rows = list(self._rows.values()), {}
        if not rows:
            return
        try:
            if 1 < len(rows) <= MAX_PARTS and dialect_name(self._session) == "postgresql":
                await self._write_together(rows)
            else:
                await self._write_by_kind(rows)
        except IntegrityError as error:
            raise WriteConflict from error

    async def _write_together(self, rows: Sequence[BatchRow]) -> None:
        statement = _combined_statement(tuple(row for row, _ in rows))
        values = {
            _parameter(part, name): value
            for part, (_, row_values) in enumerate(rows)
            for name, value in row_values.items()
        }
        await execute_on_connection(self._session, statement, values)

    async def _write_by_kind(self, rows: Sequence[BatchRow]) -> None:
        by_kind: dict[RowStatement, list[Mapping[str, Any]]] = {}
        for row, values in rows:
            by_kind.setdefault(row, []).append({_parameter(0, name): value for name, value in values.items()})
        dialect = dialect_name(self._session)
        for row, found in by_kind.items():
            statement = _row_statement(row, dialect, 0)
            await execute_on_connection(self._session, statement, found if len(found) > 1 else found[0])


_KEY = " key"  # no column has this name


def _parameter(part: int, column: str) -> str:
    return f"w{part}_{'key' if column is _KEY else f'c_{column}'}"


@lru_cache(MAX_STATEMENTS)
def _combined_statement(rows: tuple[RowStatement, ...]) -> Insert | Update:
    """Build the statement once: its cached key makes SQLAlchemy compile it once, too."""
    *parts, last = (_row_statement(row, "postgresql", part) for part, row in enumerate(rows))
    named = (statement.cte(f"part_{part}") for part, statement in enumerate(parts))
    combined: Insert | Update = last.add_cte(*named)
    return combined


@lru_cache(MAX_STATEMENTS)
def _row_statement(row: RowStatement, dialect: str, part: int) -> Insert | Update:
    table = mapped_table(row.table)
    values = {name: bindparam(_parameter(part, name), type_=table.c[name].type) for name in row.columns}
    if row.key is not None:
        column = table.c[row.key]
        return update(table).where(column == bindparam(_parameter(part, _KEY), type_=column.type)).values(values)
    insert: postgresql.Insert | sqlite.Insert
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(table).values(values)
    if not row.replaces:
        return insert
    replaced = {name: insert.excluded[name] for name in row.replaces}
    upsert: Insert = insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=replaced)
    return upsert
