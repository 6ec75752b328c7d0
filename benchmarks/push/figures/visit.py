"""Figure 9: a visit and a call beside the bare statements and beside an earlier revision.

The statements of a call are recorded from the product itself, with their transactions. Then asyncpg executes them
in a loop, with as many connections as agents, and nothing else. `--before FOLDER` is a worktree of an earlier
revision with its own environment; both serve in turn, each with a database that it filled itself.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import make_url

from ....core.clock import SystemClock
from ....core.db.engine import Database
from ....core.events import EventRegistry
from ....core.ids import new_id
from ....core.runtime import Runtime
from ....queue.actions.agent import call_next, put_back_ticket
from ....server.runtime import make_runtime
from ....staff.actions.accounts import authenticate
from ...installation import Installation, ServeProcess
from ...machine import OTHER_CORE, pin_to_core
from ..agents import BenchmarkAgent, open_agents, run_agents
from ..figure import BenchmarkContext, FigureResult, median
from ..office import FilledOffice, create_installation

AGENTS = 8
WAITING = 200
SECONDS = 3.0
MIN_SHARE_OF_BARE = 0.6
MAX_CPU_OF_BEFORE = 0.5


@dataclass
class RecordedTransaction:
    """Statements of a session. `begin`: the start of its transaction; None without it."""

    begin: str | None = None
    statements: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)


@contextmanager
def _recorded_transactions(db: Database) -> Iterator[list[RecordedTransaction]]:
    """Record the statements of a single task within the block."""
    recorded: list[RecordedTransaction] = []

    def begin(connection: Any) -> None:
        level = connection.get_isolation_level()
        recorded.append(RecordedTransaction(None if level == "AUTOCOMMIT" else level))

    def execute(_connection: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        for row in values if many else [values]:
            recorded[-1].statements.append((sql, tuple(row)))

    engines = (db.writer.sync_engine, db.reader.sync_engine)
    for engine in engines:
        event.listen(engine, "begin", begin)
        event.listen(engine, "before_cursor_execute", execute)
    try:
        yield recorded
    finally:
        for engine in engines:
            event.remove(engine, "begin", begin)
            event.remove(engine, "before_cursor_execute", execute)


async def _call(runtime: Runtime, key: str, desk: str) -> str:
    """Call the next ticket as the API does. Returns its id."""
    principal = await authenticate(runtime, cookie=None, bearer=key)
    assert principal is not None
    ticket = await call_next(runtime, principal, desk)
    assert ticket is not None
    return ticket.id


async def _record_calls(on: Installation[FilledOffice]) -> list[list[RecordedTransaction]]:
    """Record a call of each agent, all with their tickets at their desks at once."""
    runtime = make_runtime(on.settings.model_copy(update={"redis_url": ""}), SystemClock(), EventRegistry())
    calls: list[list[RecordedTransaction]] = []
    called: list[tuple[str, str]] = []
    try:
        for key, desk in list(zip(on.filled.agent_keys, on.filled.desks, strict=True))[:AGENTS]:
            for _ in range(2):  # the first fills the caches
                with _recorded_transactions(runtime.db) as recorded:
                    ticket = await _call(runtime, key, desk)
                if len(calls) == len(called):
                    principal = await authenticate(runtime, cookie=None, bearer=key)
                    assert principal is not None
                    called.append((key, ticket))
                    await put_back_ticket(runtime, principal, ticket)
            calls.append(recorded)
        for key, ticket in called:
            principal = await authenticate(runtime, cookie=None, bearer=key)
            assert principal is not None
            await put_back_ticket(runtime, principal, ticket)
    finally:
        await runtime.bus.close()
        await runtime.db.close()
    return calls


class BareCaller:
    """Repeats the statements of a call on one connection.

    The ids of inserted rows are new each time.
    """

    def __init__(self, connection: asyncpg.Connection, call: list[RecordedTransaction]) -> None:
        self._connection = connection
        self._call = call
        self._prepared: dict[str, Any] = {}

    async def call_next(self) -> None:
        for transaction in self._call:
            if transaction.begin is None:
                await self._execute_all(transaction)
            else:
                async with self._connection.transaction(isolation=transaction.begin.lower().replace(" ", "_")):
                    await self._execute_all(transaction)

    async def _execute_all(self, transaction: RecordedTransaction) -> None:
        for sql, values in transaction.statements:
            prepared = self._prepared.get(sql)
            if prepared is None:
                prepared = self._prepared[sql] = await self._connection.prepare(sql)
            fresh = _inserted_positions(sql)
            await prepared.fetch(*(new_id() if place in fresh else value for place, value in enumerate(values, 1)))


def _inserted_positions(sql: str) -> set[int]:
    """Return the numbers of the parameters that are the id of a new segment or event."""
    found = set()
    for table in ("ticket_segments", "ticket_events"):
        _, inserts, rest = sql.partition(f"INSERT INTO {table} (id,")
        if inserts:
            found.add(int(rest.partition("VALUES ($")[2].partition("::")[0]))
    return found


async def _measure_bare(on: Installation[FilledOffice], calls: list[list[RecordedTransaction]]) -> float:
    """Call with all connections at once, again and again. Returns calls a second."""
    url = make_url(on.settings.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    os.sched_setaffinity(0, set(range(os.cpu_count() or 1)))  # as the server
    try:
        async with AsyncExitStack() as stack:
            callers = []
            for call in calls:
                connection = await asyncpg.connect(url)
                stack.push_async_callback(connection.close)
                callers.append(BareCaller(connection, call))
            await asyncio.gather(*(caller.call_next() for caller in callers))  # prepares the statements
            number, start = 0, time.monotonic()
            while time.monotonic() < start + SECONDS:
                await asyncio.gather(*(caller.call_next() for caller in callers))
                number += len(callers)
            return number / (time.monotonic() - start)
    finally:
        pin_to_core(OTHER_CORE)


async def _measure_calls(staff: list[BenchmarkAgent]) -> float:
    """Call with all agents at once, then return all tickets; only the calls are timed."""
    spent_s, number, end = 0.0, 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        start = time.monotonic()
        tickets = await asyncio.gather(*(agent.call_next() for agent in staff))
        spent_s += time.monotonic() - start
        number += len(tickets)
        await asyncio.gather(*(agent.put_back(found["id"]) for agent, found in zip(staff, tickets, strict=True)))
    return number / spent_s


async def measure(bench: BenchmarkContext) -> list[FigureResult]:
    rows = [await _measure_call(bench)]
    for name, database in (("PostgreSQL", bench.postgres_url), ("SQLite", "sqlite")):
        rows += await _measure_visits(bench, name, database)
    return rows


async def _measure_call(bench: BenchmarkContext) -> FigureResult:
    async with AsyncExitStack() as stack:
        on = await stack.enter_async_context(
            create_installation(bench.tools, bench.postgres_url, bench.redis_url, tickets=WAITING, desks=AGENTS)
        )
        served = stack.enter_context(on.serve(core=None))
        staff = await stack.enter_async_context(open_agents(served.url, on.filled, AGENTS))
        calls = await _record_calls(on)
        await _measure_calls(staff)  # warms up
        rounds = [(await _measure_calls(staff), await _measure_bare(on, calls)) for _ in range(bench.rounds)]
    share = median([ours / bare for ours, bare in rounds])
    statements = sum(len(transaction.statements) for transaction in calls[0])
    return FigureResult(
        9,
        "call-next, 8 agents at once, of the bare statements' rate",
        "×",
        share,
        f"≥ {MIN_SHARE_OF_BARE}",
        share >= MIN_SHARE_OF_BARE,
        note=f"{median([ours for ours, _ in rounds]):.0f} and {median([bare for _, bare in rounds]):.0f} calls/s, "
        f"{statements} statements",
    )


@dataclass(frozen=True, slots=True)
class VisitCost:
    """Milliseconds of a visit of an agent without others, and of the server's CPU."""

    took_ms: float
    cpu_ms: float
    per_s: float


async def _measure_visits(bench: BenchmarkContext, name: str, database: str) -> list[FigureResult]:
    """Measure visits at this revision, in turn with the earlier revision if it was given."""
    async with AsyncExitStack() as stack:
        installed = []
        for python in (None, bench.before) if bench.before else (None,):
            on = await stack.enter_async_context(
                create_installation(
                    bench.tools, database, bench.redis_url, tickets=WAITING, desks=AGENTS, python=python
                )
            )
            served = stack.enter_context(on.serve(core=None))
            staff = await stack.enter_async_context(open_agents(served.url, on.filled, AGENTS))
            await run_agents(staff, SECONDS / 2, on.filled)  # warms up
            installed.append((on, served, staff))
        rounds = [[await _measure_round(*version) for version in installed] for _ in range(bench.rounds)]
    ours = [costs[0] for costs in rounds]
    rows = [
        FigureResult(
            9,
            f"a visit (take, call, start, finish), {name}",
            "ms",
            median([cost.took_ms for cost in ours]),
            "",
            None,
            note=f"{median([cost.cpu_ms for cost in ours]):.1f} ms of the server's CPU; with 8 agents "
            f"{median([cost.per_s for cost in ours]):.0f} visits/s",
        )
    ]
    if bench.before:
        rows += _rows_beside_before(name, rounds)
    return rows


def _rows_beside_before(name: str, rounds: list[list[VisitCost]]) -> list[FigureResult]:
    cpu = median([ours.cpu_ms / before.cpu_ms for ours, before in rounds])
    took = median([ours.took_ms / before.took_ms for ours, before in rounds])
    rate = median([ours.per_s / before.per_s for ours, before in rounds])
    before_ms = median([before.cpu_ms for _, before in rounds])
    return [
        FigureResult(
            9,
            f"the server's CPU of a visit, of that before, {name}",
            "×",
            cpu,
            f"≤ {MAX_CPU_OF_BEFORE}",
            cpu <= MAX_CPU_OF_BEFORE,
            note=f"{before_ms:.1f} ms before",
        ),
        FigureResult(9, f"the time of a visit, of that before, {name}", "×", took, "", None),
        FigureResult(9, f"visits a second of 8 agents, of those before, {name}", "×", rate, "", None),
    ]


async def _measure_round(
    on: Installation[FilledOffice], served: ServeProcess, staff: list[BenchmarkAgent]
) -> VisitCost:
    """Measure an agent alone, then all of them; the CPU is that of both."""
    cpu_s, number = served.process.cpu_s(), 0
    took_s: list[float] = []
    for people in (staff[:1], staff):
        before = sum(agent.changes for agent in people)
        took_s.append(await run_agents(people, SECONDS / 2, on.filled))
        visits = (sum(agent.changes for agent in people) - before) // 3
        took_s[-1] /= visits
        number += visits
    alone_s, together_s = took_s
    return VisitCost(alone_s * 1000, (served.process.cpu_s() - cpu_s) / number * 1000, 1 / together_s)
