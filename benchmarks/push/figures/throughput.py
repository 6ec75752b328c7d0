"""Figure 6: eight agents at once on one line. How many calls a second, and is each person called once?"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass

from sqlalchemy import select

from ....core.clock import SystemClock
from ....core.events import Events
from ....queue.storage.tables import TicketEventRow, TicketRow
from ....server.lifespan import make_runtime
from ..agents import Agent, agents, all_at_once
from ..figure import Bench, Row, median
from ..history import add_history
from ..installation import Installation, Served, installation
from ..profile import profiled

AGENTS = 8
WAITING = 200
SECONDS = 4.0
AT_LEAST = {"SQLite": 150, "PostgreSQL": 200}
OLD_FEW, OLD_MANY, OLD_RATIO = 1_000, 1_000_000, 1.2


@dataclass(frozen=True, slots=True)
class Speed:
    """A second: calls while nothing else is done, calls when each is put back, visits of four changes each."""

    calls: float
    put_back: float
    visits: float


@dataclass
class Office:
    """A running installation with its agents, and how many calls they were told of."""

    on: Installation
    served: Served
    staff: list[Agent]
    called: int = 0
    taken: int = 0


async def _calls_alone(office: Office, seconds: float) -> float:
    """All call at once, then all put back; only the calls are timed."""
    spent, number, end = 0.0, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.monotonic()
        tickets = await asyncio.gather(*(one.call() for one in office.staff))
        spent += time.monotonic() - start
        number += len(tickets)
        await asyncio.gather(
            *(one.put_back(ticket["id"]) for one, ticket in zip(office.staff, tickets, strict=True))
        )
    office.called += number
    return number / spent


async def _put_back(office: Office) -> float:
    before = sum(one.changes for one in office.staff)
    took_s = await all_at_once(office.staff, SECONDS)
    calls = (sum(one.changes for one in office.staff) - before) // 2
    office.called += calls
    return calls / took_s


async def _visits(office: Office) -> float:
    before = sum(one.changes for one in office.staff)
    took_s = await all_at_once(office.staff, SECONDS, office.on.filled)
    visits = (sum(one.changes for one in office.staff) - before) // 3
    office.called += visits
    office.taken += visits
    return visits / took_s


async def _speed(office: Office) -> Speed:
    return Speed(await _calls_alone(office, SECONDS), await _put_back(office), await _visits(office))


async def _open(stack: AsyncExitStack, bench: Bench, database: str, old: int = 0) -> Office:
    on = await stack.enter_async_context(
        installation(bench.tools, database, bench.redis_url, tickets=WAITING, desks=AGENTS)
    )
    if old:
        await add_history(on, old)
    served = stack.enter_context(on.serve(core=None))
    return Office(on, served, await stack.enter_async_context(agents(served.url, on.filled, AGENTS)))


# What SQL says afterwards


async def _faults(office: Office) -> tuple[int, int]:
    """Calls of somebody who was called already; calls and people that were told of and that SQL does not have."""
    runtime = make_runtime(office.on.settings.model_copy(update={"redis_url": ""}), SystemClock(), Events())
    try:
        async with runtime.reading() as session:
            happened = (
                await session.execute(
                    select(TicketEventRow.ticket_id, TicketEventRow.before, TicketEventRow.after)
                    .where(TicketEventRow.ticket_id.not_like("OLD%"))
                    .order_by(TicketEventRow.id)  # made under the line's lock; `at` is when the transaction began
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
    doubled = sum(_doubled(steps) for steps in by_ticket.values())
    called = sum(after == "called" for _, _, after in happened)
    people = WAITING + office.taken
    gaps = sum(count != 1 for count in Counter(numbers).values()) + abs(len(numbers) - people)
    return doubled, abs(called - office.called) + gaps


def _doubled(steps: list[tuple[str | None, str]]) -> int:
    """Steps into `called` that did not come from waiting, or that do not follow the step before."""
    state: str | None = None
    wrong = 0
    for before, after in steps:
        wrong += (state is not None and before != state) or (after == "called" and before != "waiting")
        state = after
    return wrong


async def measure(bench: Bench) -> list[Row]:
    rows: list[Row] = []
    for name, database in (("SQLite", "sqlite"), ("PostgreSQL", bench.postgres_url)):
        async with AsyncExitStack() as stack:
            office = await _open(stack, bench, database)
            with profiled(bench, office.served.process, f"throughput-{name}"):
                speeds = [await _speed(office) for _ in range(bench.rounds)]
            doubled, lost = await _faults(office)
        rows += _rows(name, speeds, doubled, lost)
        rows.append(await _past(bench, name, database))
    return rows


def _rows(name: str, speeds: list[Speed], doubled: int, lost: int) -> list[Row]:
    at_least = AT_LEAST[name]
    calls = median([one.calls for one in speeds])
    cycle = median([one.put_back for one in speeds])
    visits = median([one.visits for one in speeds])
    return [
        Row(6, f"call-next, 8 agents at once, {name}", "calls/s", calls, f"≥ {at_least}", calls >= at_least),
        Row(6, f"the same, each put back, {name}", "calls/s", cycle, "", None, note=f"{2 * cycle:.0f} changes/s"),
        Row(
            6,
            f"visits: call, start, finish, take, {name}",
            "visits/s",
            visits,
            "",
            None,
            note=f"{4 * visits:.0f} changes/s",
        ),
        Row(
            6,
            f"called twice, and lost, {name}",
            "",
            doubled + lost,
            "0",
            doubled + lost == 0,
            note=f"{doubled} and {lost}",
        ),
    ]


async def _past(bench: Bench, name: str, database: str) -> Row:
    """Two offices side by side, one with a long past; by turns, so that both meet the same machine."""
    async with AsyncExitStack() as stack:
        few = await _open(stack, bench, database, OLD_FEW)
        many = await _open(stack, bench, database, OLD_MANY)
        speeds = [
            (await _calls_alone(few, SECONDS / 2), await _calls_alone(many, SECONDS / 2))
            for _ in range(2 * bench.rounds)
        ]
    ratio = median([one for one, _ in speeds]) / median([other for _, other in speeds])
    return Row(
        6,
        f"cost of a call with {OLD_MANY:,} old tickets against {OLD_FEW:,}, {name}",
        "×",
        ratio,
        f"≤ {OLD_RATIO}",
        ratio <= OLD_RATIO,
    )
