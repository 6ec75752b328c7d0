"""Citizens, agents and hosts who do everything at once, on both databases: what holds whatever they do."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from office360.core.auth import Principal, Role
from office360.core.errors import Office360Error
from office360.core.runtime import Runtime
from office360.offices.tables import LineRow
from office360.queue import service
from office360.queue.domain.ticket import AT_DESK, OVER
from office360.queue.service import IssuedTicket, Priority, TicketRequest
from office360.queue.storage.tables import SegmentRow, TicketEventRow, TicketRow
from sqlalchemy import select

from ...conftest import FakeClock
from ..conftest import CARMEN, Hall

HOSTS = (CARMEN, Principal("fatima", "Fatima", Role.HOST, frozenset({"centro"})))
AGENTS = tuple(Principal(f"agent{number}", f"Agent {number}", Role.AGENT, None) for number in range(1, 5))
SERVICES = ("documents", "certificate")
ROUNDS, HANDS = 12, 8
# What a rule may say to whoever was a moment late. Anything else, a fault of the database above all, is a failure.
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

Act = Callable[["Hands"], Awaitable[Any]]


@dataclass
class Hands:
    """Some people of an office, and chance."""

    hall: Hall
    chance: random.Random
    issued: list[IssuedTicket] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def runtime(self) -> Runtime:
        return self.hall.runtime

    def someone(self) -> IssuedTicket:
        return self.chance.choice(self.issued)

    def desk(self) -> tuple[Principal, str]:
        number = self.chance.randrange(len(AGENTS))
        return AGENTS[number], self.hall.desk(number + 1)

    async def do(self, act: Act) -> None:
        try:
            await act(self)
        except Office360Error as refused:
            self.refused[refused.code] += 1


async def _take(hands: Hands) -> None:
    request = TicketRequest(service=hands.chance.choice(SERVICES), preferential_requested=True)
    use_case = hands.chance.choice((service.take_ticket, service.take_ticket, service.join_standby))
    hands.issued.append(await use_case(hands.runtime, "centro", request))


async def _hold_one(hands: Hands) -> None:
    use_case = hands.chance.choice((service.leave, service.postpone, service.rejoin, service.ask_help))
    await use_case(hands.runtime, hands.someone().token)


async def _work(hands: Hands) -> None:
    agent, desk = hands.desk()
    called = await service.call_next(hands.runtime, agent, desk)
    if called is not None and hands.chance.random() < 0.8:
        await service.start(hands.runtime, agent, called.id)
        end = hands.chance.choice((service.finish, service.finish, _send_on, service.hold))
        await end(hands.runtime, agent, called.id)


async def _send_on(runtime: Runtime, agent: Principal, ticket_id: str) -> None:
    to = SERVICES[int(ticket_id[-1], 36) % 2]
    await service.transfer(runtime, agent, ticket_id, service=to)


async def _sit(hands: Hands) -> None:
    agent, desk = hands.desk()
    use_case = hands.chance.choice((service.open_desk, service.open_desk, service.close_desk))
    await use_case(hands.runtime, agent, desk)


async def _host(hands: Hands) -> None:
    host, ticket_id = hands.chance.choice(HOSTS), hands.someone().ticket.id
    which = hands.chance.randrange(6)
    if which == 0:
        await service.place(hands.runtime, host, ticket_id, "Came late.")
    elif which == 1:
        await service.set_priority(hands.runtime, host, ticket_id, hands.chance.choice(list(Priority)))
    elif which == 2:
        await service.help_given(hands.runtime, host, ticket_id)
    elif which == 3:
        await service.put_back(hands.runtime, host, ticket_id)
    elif which == 4:
        use_case = hands.chance.choice((service.pause, service.resume, service.resume))
        await use_case(hands.runtime, host, "centro", "A drill.")
    else:
        line = hands.chance.choice(hands.hall.office.lines)
        await hands.chance.choice((service.stop_line, service.open_line))(hands.runtime, host, line.id)


async def _time(hands: Hands) -> None:
    await hands.hall.timers()


ACTS: tuple[Act, ...] = (_take, _take, _hold_one, _work, _work, _work, _sit, _host, _time)


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_many_do_at_once_nothing_is_lost(hall: Hall, clock: FakeClock, seed: int) -> None:
    hands = Hands(hall, random.Random(seed))
    hands.issued += [await hall.take() for _ in range(3)]
    for number, agent in enumerate(AGENTS, 1):
        await hall.open(number, agent)
    for _ in range(ROUNDS):
        await asyncio.gather(*(hands.do(hands.chance.choice(ACTS)) for _ in range(HANDS)))
        clock.advance(seconds=hands.chance.choice((5, 40, 200)))
        await _check(hall.runtime)
    await service.resume(hall.runtime, CARMEN, "centro")
    await hall.timers()
    await _check(hall.runtime)
    assert len({one.ticket.id for one in hands.issued}) == len(hands.issued)
    assert set(hands.refused) <= EXPECTED


async def _check(runtime: Runtime) -> None:
    async with runtime.reading() as session:
        tickets = (await session.execute(select(TicketRow))).scalars().all()
        segments = (await session.execute(select(SegmentRow).order_by(SegmentRow.ended_at))).scalars().all()
        events = (await session.execute(select(TicketEventRow).order_by(TicketEventRow.id))).scalars().all()
        versions = (await session.execute(select(LineRow.version))).scalars().all()
    _numbers_have_no_gap(tickets)
    _nobody_shares_a_desk(tickets)
    _the_past_is_whole(tickets, segments)
    _every_change_of_state_has_its_event(tickets, events)
    assert min(versions) >= 1


def _numbers_have_no_gap(tickets: Any) -> None:
    numbers: dict[str, list[int]] = defaultdict(list)
    for one in tickets:
        numbers[one.issued_line_id].append(one.number)
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in numbers.values())


def _nobody_shares_a_desk(tickets: Any) -> None:
    at_desk = Counter(one.desk_id for one in tickets if one.state in AT_DESK)
    assert set(at_desk.values()) <= {1}
    assert None not in at_desk


def _the_past_is_whole(tickets: Any, segments: Any) -> None:
    """Each stretch begins where the one before ended, and the present one where the last ended."""
    past: dict[str, list[Any]] = defaultdict(list)
    for one in segments:
        past[one.ticket_id].append(one)
    for ticket in tickets:
        ends = [one.ended_at for one in past[ticket.id]]
        assert sorted(one.started_at for one in past[ticket.id])[1:] == sorted(ends)[:-1], ticket.code
        if ends:
            assert ticket.since == max(ends), ticket.code


def _every_change_of_state_has_its_event(tickets: Any, events: Any) -> None:
    """Told from the events alone, every ticket is where it is."""
    steps: dict[str, list[tuple[str | None, str]]] = defaultdict(list)
    for one in events:
        if one.before != one.after:
            steps[one.ticket_id].append((one.before, one.after))
    for ticket in tickets:
        left = Counter(before for before, _ in steps[ticket.id])
        entered = Counter(after for _, after in steps[ticket.id])
        entered[ticket.state] -= 1
        left[None] -= 1
        assert +entered == +left, (ticket.code, steps[ticket.id])
        assert ticket.state in OVER or ticket.expires_at is not None
