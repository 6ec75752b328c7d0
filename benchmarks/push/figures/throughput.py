"""Figure 6: eight concurrent agents on one line: calls per second, no double calls."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass

from sqlalchemy import select

from ....core.clock import SystemClock
from ....core.events import EventRegistry
from ....queue.storage.tables import TicketEventRow, TicketRow
from ....server.runtime import make_runtime
from ...installation import Installation, ServeProcess
from ..agents import BenchmarkAgent, open_agents, run_agents
from ..figure import BenchmarkContext, FigureResult, median
from ..history import add_history
from ..office import FilledOffice, create_installation
from ..profile import profile_process

AGENTS = 8
WAITING = 200
SECONDS = 4.0
TARGET_PER_S = {"SQLite": 150, "PostgreSQL": 200}
OLD_FEW, OLD_MANY, OLD_RATIO = 1_000, 1_000_000, 1.2


@dataclass(frozen=True, slots=True)
class AgentSpeed:
    """Rates per second: calls alone, calls with returns, and services of four changes."""

    calls: float
    put_back: float
    visits: float


@dataclass
class BenchmarkOffice:
    """A running installation with its agents, and the number of confirmed calls."""

    on: Installation[FilledOffice]
    served: ServeProcess
    staff: list[BenchmarkAgent]
    called: int = 0
    taken: int = 0


async def _measure_calls(office: BenchmarkOffice, seconds: float) -> float:
    """Call with all agents at once, then return all tickets; only the calls are timed."""
    spent, number, end = 0.0, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.monotonic()
        tickets = await asyncio.gather(*(agent.call_next() for agent in office.staff))
        spent += time.monotonic() - start
        number += len(tickets)
        await asyncio.gather(
            *(agent.put_back(ticket["id"]) for agent, ticket in zip(office.staff, tickets, strict=True))
        )
    office.called += number
    return number / spent


async def _measure_put_back(office: BenchmarkOffice) -> float:
    before = sum(agent.changes for agent in office.staff)
    took_s = await run_agents(office.staff, SECONDS)
    calls = (sum(agent.changes for agent in office.staff) - before) // 2
    office.called += calls
    return calls / took_s


async def _measure_visits(office: BenchmarkOffice) -> float:
    before = sum(agent.changes for agent in office.staff)
    took_s = await run_agents(office.staff, SECONDS, office.on.filled)
    visits = (sum(agent.changes for agent in office.staff) - before) // 3
    office.called += visits
    office.taken += visits
    return visits / took_s


async def _measure_speed(office: BenchmarkOffice) -> AgentSpeed:
    return AgentSpeed(
        await _measure_calls(office, SECONDS), await _measure_put_back(office), await _measure_visits(office)
    )


async def _open_office(
    stack: AsyncExitStack, bench: BenchmarkContext, database: str, old: int = 0
) -> BenchmarkOffice:
    on = await stack.enter_async_context(
        create_installation(bench.tools, database, bench.redis_url, tickets=WAITING, desks=AGENTS)
    )
    if old:
        await add_history(on, old)
    served = stack.enter_context(on.serve(core=None))
    return BenchmarkOffice(on, served, await stack.enter_async_context(open_agents(served.url, on.filled, AGENTS)))


# Checks in SQL afterwards


async def _count_faults(office: BenchmarkOffice) -> tuple[int, int]:
    """Count tickets called twice, and confirmed calls or tickets that SQL lacks."""
    runtime = make_runtime(office.on.settings.model_copy(update={"redis_url": ""}), SystemClock(), EventRegistry())
    try:
        async with runtime.read_session() as session:
            happened = (
                await session.execute(
                    select(TicketEventRow.ticket_id, TicketEventRow.before, TicketEventRow.after)
                    .where(TicketEventRow.ticket_id.not_like("OLD%"))
                    .order_by(TicketEventRow.id)  # ids are assigned under the line's lock
                )
            ).all()
            numbers = list(
                (await session.execute(select(TicketRow.number).where(TicketRow.id.not_like("OLD%")))).scalars()
            )
    finally:
        await runtime.bus.close()
        await runtime.db.close()
    by_ticket: dict[str, list[tuple[str | None, str]]] = defaultdict(list)
    for ticket_id, before, after in happened:
        by_ticket[ticket_id].append((before, after))
    doubled = sum(_count_double_calls(steps) for steps in by_ticket.values())
    called = sum(after == "called" for _, _, after in happened)
    people = WAITING + office.taken
    gaps = sum(count != 1 for count in Counter(numbers).values()) + abs(len(numbers) - people)
    return doubled, abs(called - office.called) + gaps


def _count_double_calls(steps: list[tuple[str | None, str]]) -> int:
    """Count steps into `called` that did not follow `waiting` or the previous step."""
    state: str | None = None
    wrong = 0
    for before, after in steps:
        wrong += (state is not None and before != state) or (after == "called" and before != "waiting")
        state = after
    return wrong


async def measure(bench: BenchmarkContext) -> list[FigureResult]:
    rows: list[FigureResult] = []
    for name, database in (("SQLite", "sqlite"), ("PostgreSQL", bench.postgres_url)):
        async with AsyncExitStack() as stack:
            office = await _open_office(stack, bench, database)
            with profile_process(bench, office.served.process, f"throughput-{name}"):
                speeds = [await _measure_speed(office) for _ in range(bench.rounds)]
            doubled, lost = await _count_faults(office)
        rows += _rows(name, speeds, doubled, lost)
        rows.append(await _measure_with_history(bench, name, database))
    return rows


def _rows(name: str, speeds: list[AgentSpeed], doubled: int, lost: int) -> list[FigureResult]:
    at_least = TARGET_PER_S[name]
    calls = median([speed.calls for speed in speeds])
    cycle = median([speed.put_back for speed in speeds])
    visits = median([speed.visits for speed in speeds])
    return [
        FigureResult(
            6, f"call-next, 8 agents at once, {name}", "calls/s", calls, f"≥ {at_least}", calls >= at_least
        ),
        FigureResult(
            6, f"the same, each put back, {name}", "calls/s", cycle, "", None, note=f"{2 * cycle:.0f} changes/s"
        ),
        FigureResult(
            6,
            f"visits: call, start, finish, take, {name}",
            "visits/s",
            visits,
            "",
            None,
            note=f"{4 * visits:.0f} changes/s",
        ),
        FigureResult(
            6,
            f"called twice, and lost, {name}",
            "",
            doubled + lost,
            "0",
            doubled + lost == 0,
            note=f"{doubled} and {lost}",
        ),
    ]


async def _measure_with_history(bench: BenchmarkContext, name: str, database: str) -> FigureResult:
    """Alternate between an office with a long history and an office without."""
    async with AsyncExitStack() as stack:
        few = await _open_office(stack, bench, database, OLD_FEW)
        many = await _open_office(stack, bench, database, OLD_MANY)
        speeds = [
            (await _measure_calls(few, SECONDS / 2), await _measure_calls(many, SECONDS / 2))
            for _ in range(2 * bench.rounds)
        ]
    ratio = median([few_calls for few_calls, _ in speeds]) / median([many_calls for _, many_calls in speeds])
    return FigureResult(
        6,
        f"cost of a call with {OLD_MANY:,} old tickets against {OLD_FEW:,}, {name}",
        "×",
        ratio,
        f"≤ {OLD_RATIO}",
        ratio <= OLD_RATIO,
    )
