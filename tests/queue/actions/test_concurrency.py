"""Random concurrent actions of citizens, agents and hosts in two processes."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from office360.core.auth import Principal, StaffRole
from office360.core.errors import Office360Error
from office360.core.runtime import Runtime
from office360.offices.storage.tables import LineRow
from office360.queue import service
from office360.queue.actions.agent import hold_ticket, put_back_ticket
from office360.queue.actions.citizen import postpone_call, rejoin_line
from office360.queue.actions.host import clear_help_request, put_ticket_first, set_priority
from office360.queue.actions.pause import pause_office, reopen_walk_ins, resume_office, stop_walk_ins
from office360.queue.actions.standby import join_standby
from office360.queue.actions.ticket_request import IssuedTicket
from office360.queue.actions.transfer import transfer_ticket
from office360.queue.domain.ticket import AT_DESK_STATES, ENDED_STATES
from office360.queue.service import TicketPriority, TicketRequest
from office360.queue.storage.tables import SegmentRow, TicketEventRow, TicketRow
from office360.server.runtime import open_runtime
from office360.server.settings import Settings
from sqlalchemy import select

from ...conftest import FakeClock
from ..conftest import CARMEN, OfficeDriver

HOSTS = (CARMEN, Principal("fatima", "Fatima", StaffRole.HOST, frozenset({"centro"})))
AGENTS = tuple(Principal(f"agent{number}", f"Agent {number}", StaffRole.AGENT, None) for number in range(1, 5))
SERVICES = ("documents", "certificate")
ROUNDS, PARALLEL_ACTIONS = 12, 8
# Expected refusals of an action that lost a race. Any other error, above all of the database, is a failure.
EXPECTED = {
    "illegal_transition",
    "not_your_desk",
    "desk_busy",
    "desk_taken",
    "desk_not_open",
    "ticket_moved",
    "paused",
    "walk_ins_stopped",
    "no_capacity",
    "postpone_used",
    "rejoin_used",
    "rejoin_too_late",
}

ClientAction = Callable[["RandomClients"], Awaitable[Any]]


@dataclass
class RandomClients:
    """Random citizens and staff of one office, each served by a process of it."""

    driver: OfficeDriver
    rng: random.Random
    processes: Sequence[Runtime]
    issued: list[IssuedTicket] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def runtime(self) -> Runtime:
        """Return the runtime of a random process."""
        return self.rng.choice(self.processes)

    def random_ticket(self) -> IssuedTicket:
        return self.rng.choice(self.issued)

    def random_desk(self) -> tuple[Principal, str]:
        number = self.rng.randrange(len(AGENTS))
        return AGENTS[number], self.driver.desk_id(number + 1)

    async def perform(self, act: ClientAction) -> None:
        try:
            await act(self)
        except Office360Error as refused:
            self.refused[refused.code] += 1


async def _take_ticket(hands: RandomClients) -> None:
    request = TicketRequest(service=hands.rng.choice(SERVICES), preferential_requested=True)
    use_case = hands.rng.choice((service.take_ticket, service.take_ticket, join_standby))
    hands.issued.append(await use_case(hands.runtime, "centro", request))


async def _act_as_citizen(hands: RandomClients) -> None:
    use_case = hands.rng.choice((service.leave_line, postpone_call, rejoin_line, service.ask_for_help))
    await use_case(hands.runtime, hands.random_ticket().token)


async def _act_as_agent(hands: RandomClients) -> None:
    agent, desk = hands.random_desk()
    called = await service.call_next(hands.runtime, agent, desk)
    if called is not None and hands.rng.random() < 0.8:
        await service.start_service(hands.runtime, agent, called.id)
        end = hands.rng.choice((service.finish_service, service.finish_service, _transfer_ticket, hold_ticket))
        await end(hands.runtime, agent, called.id)


async def _transfer_ticket(runtime: Runtime, agent: Principal, ticket_id: str) -> None:
    to = SERVICES[int(ticket_id[-1], 36) % 2]
    await transfer_ticket(runtime, agent, ticket_id, service=to)


async def _open_or_close_desk(hands: RandomClients) -> None:
    agent, desk = hands.random_desk()
    use_case = hands.rng.choice((service.open_desk, service.open_desk, service.close_desk))
    await use_case(hands.runtime, agent, desk)


async def _act_as_host(hands: RandomClients) -> None:
    host, ticket_id = hands.rng.choice(HOSTS), hands.random_ticket().ticket.id
    which = hands.rng.randrange(6)
    if which == 0:
        await put_ticket_first(hands.runtime, host, ticket_id, "Came late.")
    elif which == 1:
        await set_priority(hands.runtime, host, ticket_id, hands.rng.choice(list(TicketPriority)))
    elif which == 2:
        await clear_help_request(hands.runtime, host, ticket_id)
    elif which == 3:
        await put_back_ticket(hands.runtime, host, ticket_id)
    elif which == 4:
        use_case = hands.rng.choice((pause_office, resume_office, resume_office))
        await use_case(hands.runtime, host, "centro", "A drill.")
    else:
        line = hands.rng.choice(hands.driver.office.lines)
        await hands.rng.choice((stop_walk_ins, reopen_walk_ins))(hands.runtime, host, line.id)


async def _fire_timers(hands: RandomClients) -> None:
    await hands.driver.fire_due_timers()


CLIENT_ACTIONS: tuple[ClientAction, ...] = (
    _take_ticket,
    _take_ticket,
    _act_as_citizen,
    _act_as_agent,
    _act_as_agent,
    _act_as_agent,
    _open_or_close_desk,
    _act_as_host,
    _fire_timers,
)


@pytest.mark.parametrize("seed", [1, 2])
async def test_concurrent_random_actions_keep_queue_consistent(
    settings: Settings, driver: OfficeDriver, clock: FakeClock, seed: int
) -> None:
    # locks within a process would hide a missing lock of the database
    async with open_runtime(settings, clock) as other:
        hands = RandomClients(driver, random.Random(seed), (driver.runtime, other))
        await _act_at_random(hands, clock)
    assert len({issued.ticket.id for issued in hands.issued}) == len(hands.issued)
    assert set(hands.refused) <= EXPECTED


async def _act_at_random(hands: RandomClients, clock: FakeClock) -> None:
    driver = hands.driver
    hands.issued += [await driver.take_ticket() for _ in range(3)]
    for number, agent in enumerate(AGENTS, 1):
        await driver.open_desk(number, agent)
    for _ in range(ROUNDS):
        await asyncio.gather(*(hands.perform(hands.rng.choice(CLIENT_ACTIONS)) for _ in range(PARALLEL_ACTIONS)))
        clock.advance(seconds=hands.rng.choice((5, 40, 200)))
        await _check_invariants(driver.runtime)
    await resume_office(driver.runtime, CARMEN, "centro")
    await driver.fire_due_timers()
    await _check_invariants(driver.runtime)


async def _check_invariants(runtime: Runtime) -> None:
    async with runtime.read_session() as session:
        tickets = (await session.execute(select(TicketRow))).scalars().all()
        segments = (await session.execute(select(SegmentRow).order_by(SegmentRow.ended_at))).scalars().all()
        events = (await session.execute(select(TicketEventRow).order_by(TicketEventRow.id))).scalars().all()
        versions = (await session.execute(select(LineRow.version))).scalars().all()
    _check_consecutive_numbers(tickets)
    _check_one_ticket_per_desk(tickets)
    _check_segments(tickets, segments)
    _check_events(tickets, events)
    assert min(versions) >= 1


def _check_consecutive_numbers(tickets: Any) -> None:
    numbers: dict[str, list[int]] = defaultdict(list)
    for ticket in tickets:
        numbers[ticket.issued_line_id].append(ticket.number)
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in numbers.values())


def _check_one_ticket_per_desk(tickets: Any) -> None:
    at_desk = Counter(ticket.desk_id for ticket in tickets if ticket.state in AT_DESK_STATES)
    assert set(at_desk.values()) <= {1}
    assert None not in at_desk


def _check_segments(tickets: Any, segments: Any) -> None:
    """Assert that each segment and the present state start when the segment before ends."""
    past: dict[str, list[Any]] = defaultdict(list)
    for segment in segments:
        past[segment.ticket_id].append(segment)
    for ticket in tickets:
        ends = [segment.ended_at for segment in past[ticket.id]]
        assert sorted(segment.started_at for segment in past[ticket.id])[1:] == sorted(ends)[:-1], ticket.code
        if ends:
            assert ticket.since == max(ends), ticket.code


def _check_events(tickets: Any, events: Any) -> None:
    """Assert that the last event of each ticket holds its state."""
    steps: dict[str, list[tuple[str | None, str]]] = defaultdict(list)
    for event in events:
        if event.before != event.after:
            steps[event.ticket_id].append((event.before, event.after))
    for ticket in tickets:
        left = Counter(before for before, _ in steps[ticket.id])
        entered = Counter(after for _, after in steps[ticket.id])
        entered[ticket.state] -= 1
        left[None] -= 1
        assert +entered == +left, (ticket.code, steps[ticket.id])
        assert ticket.state in ENDED_STATES or ticket.expires_at is not None
