"""Choice of the tests that need PostgreSQL in `make test`, by their statements.

`make choose-databases` runs all tests of PostgreSQL and records the statements of each. A test of a use case can
be spared there if other tests send all its statements, and if it never has two transactions open that write or
lock: what it does is then tried on PostgreSQL by those, and its own rule on SQLite. Spared tests are written to
tests/only_on_sqlite.txt; a test that is not in the list, such as a new test, runs on both.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from ...matrix import SPARED_FILE

# Tests that can be spared: use cases; below them stand storage, queries and migrations, which always run on both.
CHOSEN_FOLDER = "/actions/"
_VALUES = re.compile(r"\$\d+(::[A-Z ]+(\[\])?)?(, \$\d+(::[A-Z ]+(\[\])?)?)*")
_ROWS = re.compile(r"\(\?\)(, \(\?\))+")
_WRITES_OR_LOCKS = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM|FOR SHARE|FOR KEY SHARE|pg_advisory\w+)\b")


@dataclass
class Need:
    """Statements and transactions of a test function on PostgreSQL, in all its cases."""

    statements: set[str] = field(default_factory=set)
    transactions: int = 0  # the most that wrote or locked and were open at once
    elapsed_s: float = 0.0
    is_fixed: bool = False  # the test names its databases itself

    def add(self, other: Need) -> None:
        self.statements |= other.statements
        self.transactions = max(self.transactions, other.transactions)
        self.elapsed_s += other.elapsed_s
        self.is_fixed |= other.is_fixed

    @property
    def can_be_spared(self) -> bool:
        return self.transactions < 2 and not self.is_fixed

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        return cls(**{**found, "statements": set(found["statements"])})

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "statements": sorted(self.statements)}


def normalized(sql: str) -> str:
    """Return a statement without the number of its values and rows."""
    return _ROWS.sub("(?)", _VALUES.sub("?", " ".join(sql.split())))


def own_parameters(test: pytest.Item) -> set[str]:
    """Return the parameters that a test and its module choose."""
    names: set[str] = set()
    for mark in test.iter_markers("parametrize"):
        of_mark = mark.args[0] if mark.args else mark.kwargs["argnames"]
        names |= {name.strip() for name in of_mark.split(",")} if isinstance(of_mark, str) else set(of_mark)
    return names


# Recording


@dataclass(eq=False)  # pluggy keeps plugins by their hash
class NeedRecorder:
    """Plugin of a test process: writes what its tests did to PostgreSQL to a file of a folder."""

    folder: Path
    needs: defaultdict[str, Need] = field(default_factory=lambda: defaultdict(Need))
    _now: Need = field(default_factory=Need)
    _open: set[int] = field(default_factory=set)  # connections whose transaction wrote or locked

    def pytest_sessionstart(self) -> None:
        for name, listener in self._listeners():
            event.listen(Engine, name, listener)

    def _listeners(self) -> Iterator[tuple[str, Callable[..., None]]]:
        yield "before_cursor_execute", self._add_statement
        yield "commit", self._end_transaction
        yield "rollback", self._end_transaction

    def _add_statement(self, connection: Any, _cursor: Any, sql: str, *_rest: Any) -> None:
        if connection.dialect.name != "postgresql":
            return
        self._now.statements.add(normalized(sql))
        if _WRITES_OR_LOCKS.search(sql):
            self._open.add(id(connection))
            self._now.transactions = max(self._now.transactions, len(self._open))

    def _end_transaction(self, connection: Any) -> None:
        if connection.dialect.name == "postgresql":
            self._open.discard(id(connection))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._now, self._open = Need(is_fixed="database_url" in own_parameters(item)), set()
        result = yield
        if self._now.statements:
            self.needs[item.nodeid.partition("[")[0]].add(self._now)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        self._now.elapsed_s += call.duration
        return (yield)

    def pytest_sessionfinish(self) -> None:
        for name, listener in self._listeners():
            event.remove(Engine, name, listener)
        self.folder.mkdir(parents=True, exist_ok=True)
        found = {name: need.to_json() for name, need in self.needs.items()}
        (self.folder / f"{os.getpid()}.json").write_text(json.dumps(found))


# Choice


def read_needs(folder: Path) -> dict[str, Need]:
    """Return the needs that all test processes wrote to a folder, by test function."""
    needs: defaultdict[str, Need] = defaultdict(Need)
    for file in folder.glob("*.json"):
        for name, found in json.loads(file.read_text()).items():
            needs[name].add(Need.from_json(found))
    return dict(needs)


def spared(needs: Mapping[str, Need]) -> list[str]:
    """Return the tests that need not run on PostgreSQL, sorted.

    Tests are kept in the order of how many new statements a second they add (greedy set cover).
    """
    waiting = {name: need for name, need in needs.items() if CHOSEN_FOLDER in name and need.can_be_spared}
    sent = {sql for name, need in needs.items() if name not in waiting for sql in need.statements}
    while waiting:
        name, need = max(
            waiting.items(), key=lambda row: len(row[1].statements - sent) / (row[1].elapsed_s + 0.05)
        )
        if need.statements <= sent:
            break
        sent |= need.statements
        del waiting[name]
    return sorted(waiting)


def main() -> None:
    """Choose from the records in a folder, write the list and print what it saves."""
    needs = read_needs(Path(sys.argv[1]))
    names = spared(needs)
    SPARED_FILE.write_text("".join(f"{name}\n" for name in names))
    elapsed_s = sum(needs[name].elapsed_s for name in names)
    concurrent = sum(need.transactions >= 2 for need in needs.values())
    sys.stdout.write(
        f"{len(needs)} tests, {concurrent} with two transactions at once; {len(names)} spared, {elapsed_s:.0f} s\n"
    )


if __name__ == "__main__":
    main()
