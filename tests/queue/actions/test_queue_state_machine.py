"""State machine of the queue: concurrent clients on two processes and one database.

Random citizens and agents act at the same time, through two runtimes as in two web processes. After each step the
machine checks the invariants in SQL. On both databases.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from office360.appointments import service as appointments
from office360.appointments.service import BookingRequest
from office360.core.auth import Principal, StaffRole
from office360.core.db.timers import fire_due_timers
from office360.core.errors import NotAllowed, Refused
from office360.core.events import EventRegistry
from office360.core.ids import new_id
from office360.core.runtime import Runtime
from office360.offices.service import Office, office_by_slug
from office360.offices.storage.tables import LineRow
from office360.queue import service
from office360.queue.actions.agent import hold_ticket, put_back_ticket, recall_ticket, record_no_show, undo_no_show
from office360.queue.actions.citizen import postpone_call, rejoin_line
from office360.queue.actions.host import put_ticket_first
from office360.queue.actions.transfer import transfer_ticket
from office360.queue.domain.ticket import (
    ACTIVE_STATES,
    ALLOWED_TRANSITIONS,
    AT_DESK_STATES,
    TicketKind,
    TicketState,
)
from office360.queue.queries.staff_board import staff_board
from office360.queue.service import TicketRequest
from office360.queue.storage.tables import DeskSessionRow, LineDayRow, SegmentRow, TicketEventRow, TicketRow
from office360.server.runtime import make_runtime
from office360.server.settings import Settings
from sqlalchemy import select

from ...conftest import MORNING, FakeClock
from ...support.office_fixture import build_office
from ...support.suite.examples import examples

DEVICES, APPOINTMENTS, DESKS = 9, 3, 3
HOST = Principal("carmen", "Carmen", StaffRole.HOST, None)
SERVICES = ("documents", "certificate")

# Actions of agents and hosts on a ticket, and the states in which to try them.
STAFF_ACTIONS: dict[str, tuple[Any, frozenset[TicketState]]] = {
    "recall": (recall_ticket, frozenset({TicketState.CALLED})),
    "start": (service.start_service, frozenset({TicketState.CALLED, TicketState.ON_HOLD})),
    "finish": (service.finish_service, frozenset({TicketState.SERVING})),
    "no_show": (record_no_show, frozenset({TicketState.CALLED, TicketState.MISSED})),
    "undo_no_show": (undo_no_show, frozenset({TicketState.MISSED})),
    "put_back": (put_back_ticket, frozenset({TicketState.CALLED})),
    "hold": (hold_ticket, frozenset({TicketState.SERVING, TicketState.WAITING})),
}
CITIZEN_ACTIONS: dict[str, tuple[Any, frozenset[TicketState]]] = {
    "postpone": (postpone_call, frozenset({TicketState.WAITING, TicketState.CALLED})),
    "rejoin": (rejoin_line, frozenset({TicketState.MISSED})),
    "leave": (
        service.leave_line,
        frozenset({TicketState.WAITING, TicketState.CALLED, TicketState.MISSED, TicketState.ON_HOLD}),
    ),
}
STATES_FOR_ACTION = {
    act: states for acts in (STAFF_ACTIONS, CITIZEN_ACTIONS) for act, (_, states) in acts.items()
} | {
    "transfer": frozenset({TicketState.SERVING}),
    "place": frozenset({TicketState.WAITING, TicketState.MISSED}),
}
FREQUENT_ACTIONS = ["take"] * 3 + ["call"] * 4 + ["start"] * 3 + ["finish"] * 2  # or few tickets would be served
ACTIONS = [*FREQUENT_ACTIONS, "check_in", "open", "move", "close", *STATES_FOR_ACTION]


@dataclass(frozen=True)
class TwoProcesses:
    """One database, two runtimes over it, their event loop and their clock."""

    runner: asyncio.Runner
    runtimes: tuple[Runtime, Runtime]
    clock: FakeClock

    def run(self, what: Awaitable[Any]) -> Any:
        async def awaited() -> Any:
            return await what

        return self.runner.run(awaited())


@contextmanager
def two_processes(settings: Settings) -> Iterator[TwoProcesses]:
    clock = FakeClock(MORNING)
    with asyncio.Runner() as runner:

        async def made() -> tuple[Runtime, Runtime]:
            return make_runtime(settings, clock, EventRegistry()), make_runtime(settings, clock, EventRegistry())

        opened = TwoProcesses(runner, runner.run(made()), clock)
        try:
            yield opened
        finally:
            for runtime in opened.runtimes:
                opened.run(runtime.bus.close())
                opened.run(runtime.db.close())


class QueueStateMachine(RuleBasedStateMachine):
    """One office during some hours, with concurrent actions."""

    world: TwoProcesses

    def __init__(self) -> None:
        super().__init__()
        self.slug = f"office-{new_id().lower()}"
        self.agents = [Principal(f"{self.slug} {n}", f"Agent {n}", StaffRole.AGENT, None) for n in range(DESKS)]
        self.moment = 0
        self.tokens: dict[str, str] = {}
        self.rows: list[TicketRow] = []
        self.versions: dict[str, int] = {}
        self.seen: dict[str, Any] = {}

    @initialize()
    def an_office_opens(self) -> None:
        """Start with three appointments in the next hour, two open desks and four tickets."""
        self.world.clock.set(MORNING)
        self.world.run(self._build())

    async def _build(self) -> None:
        runtime = self.world.runtimes[0]
        await build_office(runtime, slug=self.slug, desks=DESKS)
        async with runtime.read_session() as session:
            self.office: Office = await office_by_slug(session, self.slug)
        self.booked = [await self._book(runtime, n) for n in range(APPOINTMENTS)]
        for number in (0, 1):
            await self._open(runtime, number)
        for number in range(4):
            await self._take(runtime, number)

    async def _book(self, runtime: Runtime, number: int) -> str:
        asked = BookingRequest(
            service="documents",
            mode="in_person",
            starts_at=MORNING + timedelta(minutes=30 * (number // 2 + 1)),
            name="Amina",
            email=f"amina{number}@example.org",
        )
        made = await appointments.book_appointment(runtime, self.slug, asked, request_key=None)
        return appointments.appointment_token(runtime, made)

    # Rules

    @rule(seed=st.integers(0, 2**32), minutes=st.integers(0, 6))
    def concurrent_actions_happen(self, seed: int, minutes: int) -> None:
        """Run random actions concurrently, then advance the clock."""
        self.moment += 1
        luck = Random(f"{seed} {self.moment}")  # hypothesis would repeat the same few actions
        acts = [(luck.choice(ACTIONS), luck.randrange(99)) for _ in range(luck.randint(2, 7))]
        able = [(act, number, self._ticket_for(act, number)) for act, number in acts]
        self.world.run(self._run_concurrently([partial(self._perform, *action) for action in able]))
        if minutes:
            self.world.clock.advance(minutes=minutes)
            self.world.run(
                self._run_concurrently([partial(fire_due_timers, handlers=service.TIMERS)] * 2)
            )  # both processes

    async def _run_concurrently(self, acts: list[Callable[[Runtime], Awaitable[Any]]]) -> None:
        runtimes = self.world.runtimes
        outcomes = await asyncio.gather(
            *(act(runtimes[n % 2]) for n, act in enumerate(acts)), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, Refused | NotAllowed):
                raise outcome

    def _ticket_for(self, act: str, number: int) -> TicketRow | None:
        """Return a ticket that was in a state in which the action is allowed."""
        able = [row for row in self.rows if row.state in STATES_FOR_ACTION.get(act, ())]
        return able[number % len(able)] if able else None

    async def _perform(self, act: str, number: int, row: TicketRow | None, runtime: Runtime) -> None:
        desk, other = number % DESKS, number // DESKS % DESKS
        match act:
            case "take":
                await self._take(runtime, number % DEVICES)
            case "check_in":
                await self._check_in(runtime, number % APPOINTMENTS)
            case "call":
                await service.call_next(runtime, self.agents[desk], self._desk(desk))
            case "open":
                await self._open(runtime, desk)
            case "move":
                await service.open_desk(runtime, self.agents[desk], self._desk(other))
            case "close":
                await service.close_desk(runtime, self.agents[desk], self._desk(desk))
            case _ if row is not None:
                await self._perform_on_ticket(runtime, act, number, row)

    async def _perform_on_ticket(self, runtime: Runtime, act: str, number: int, row: TicketRow) -> None:
        if act in CITIZEN_ACTIONS:
            await CITIZEN_ACTIONS[act][0](runtime, self.tokens[row.id])
        elif act == "transfer":
            await transfer_ticket(runtime, self._principal_for(row), row.id, service=SERVICES[number % 2])
        elif act == "place":
            await put_ticket_first(runtime, HOST, row.id, "cannot stand for long")
        else:
            await STAFF_ACTIONS[act][0](runtime, self._principal_for(row), row.id)

    def _principal_for(self, row: TicketRow) -> Principal:
        """Return the agent who serves the ticket, else the host."""
        return next((agent for agent in self.agents if agent.id == row.agent_id), HOST)

    def _desk(self, number: int) -> str:
        return self.office.desks[number].id

    async def _take(self, runtime: Runtime, who: int) -> None:
        asked = TicketRequest(service=SERVICES[who % 2], device=f"person {who}")
        issued = await service.take_ticket(runtime, self.slug, asked)
        self.tokens[issued.ticket.id] = issued.token

    async def _check_in(self, runtime: Runtime, number: int) -> None:
        issued = await service.take_ticket(runtime, self.slug, TicketRequest(appointment=self.booked[number]))
        self.tokens[issued.ticket.id] = issued.token

    async def _open(self, runtime: Runtime, number: int) -> None:
        await service.open_desk(runtime, self.agents[number], self._desk(number))

    # Invariants

    @invariant()
    def invariants_hold(self) -> None:
        if hasattr(self, "booked"):
            self.world.run(self._load_rows())
            self._check_numbers()
            self._check_uniqueness()
            self._check_history()
            self._check_versions()

    async def _load_rows(self) -> None:
        async with self.world.runtimes[0].read_session() as session:

            async def load_all(table: Any, condition: Any) -> list[Any]:
                statement = select(table).where(condition).execution_options(populate_existing=True)
                return list((await session.execute(statement)).scalars())

            self.rows = await load_all(TicketRow, TicketRow.office_id == self.office.id)
            self.rows.sort(key=lambda row: (row.issued_line_id, row.number))
            ids = [row.id for row in self.rows]
            line_ids = [line.id for line in self.office.lines]
            self.segments = await load_all(SegmentRow, SegmentRow.ticket_id.in_(ids))
            self.events = await load_all(TicketEventRow, TicketEventRow.ticket_id.in_(ids))
            self.days = await load_all(LineDayRow, LineDayRow.line_id.in_(line_ids))
            self.lines = await load_all(LineRow, LineRow.office_id == self.office.id)
            self.sitting = await load_all(DeskSessionRow, DeskSessionRow.office_id == self.office.id)
        for runtime in self.world.runtimes:
            await self._check_board(runtime)

    async def _check_board(self, runtime: Runtime) -> None:
        """Assert that the board of each process equals SQL, in spite of its caches."""
        async with runtime.read_session() as session:
            office = await office_by_slug(session, self.slug)
            board = await staff_board(session, office, runtime.now(), "en")
        slugs = {line.id: line.slug for line in self.office.lines}
        waiting = Counter(slugs[row.line_id] for row in self.rows if row.state == TicketState.WAITING)
        assert {line["slug"]: line["waiting"] for line in board["lines"]} == {
            slug: waiting[slug] for slug in slugs.values()
        }
        shown = {(ticket["id"], ticket["state"]) for ticket in board["tickets"]}
        assert shown == {(row.id, row.state) for row in self.rows if row.state in ACTIVE_STATES}
        at_desks = {desk["id"]: desk["ticket"]["id"] for desk in board["desks"] if desk["ticket"]}
        assert at_desks == {row.desk_id: row.id for row in self.rows if row.state in AT_DESK_STATES}

    def _check_numbers(self) -> None:
        """Assert that the numbers of a line and day are unique, without gaps, and counted."""
        for day in self.days:
            mine = [row for row in self.rows if row.issued_line_id == day.line_id]
            assert sorted(row.number for row in mine) == list(range(1, day.issued + 1))
            assert sum(1 for row in mine if row.kind == TicketKind.WALK_IN) == day.walk_ins
        assert {row.issued_line_id for row in self.rows} <= {day.line_id for day in self.days}

    def _check_uniqueness(self) -> None:
        """Assert the unique relations.

        One ticket per desk, appointment and device; one agent per desk, one desk per agent.
        """
        active = [row for row in self.rows if row.state in ACTIVE_STATES]
        for found in (
            [row.desk_id for row in active if row.state in AT_DESK_STATES],
            [row.appointment_id for row in active if row.appointment_id],
            [row.device_key for row in active if row.device_key],
            [session.desk_id for session in self.sitting if session.closed_at is None],
            [session.agent_id for session in self.sitting if session.closed_at is None],
        ):
            assert len(found) == len(set(found))
            assert None not in found
        assert all(row.desk_id is None for row in active if row.state == TicketState.WAITING)
        assert all(row.overtakings_left >= 0 for row in active)

    def _check_history(self) -> None:
        """Assert that events and segments lead from the issue of each ticket to its state."""
        for row in self.rows:
            events = [event for event in self.events if event.ticket_id == row.id]
            moves = [(event.before, event.after) for event in events if event.before != event.after]
            assert sum(1 for before, _ in moves if before is None) == 1
            assert all(
                after in ALLOWED_TRANSITIONS[TicketState(before)] for before, after in moves if before is not None
            )
            entered = Counter(after for _, after in moves)
            entered.subtract(before for before, _ in moves if before is not None)
            assert {state: count for state, count in entered.items() if count} == {row.state: 1}
            segments = sorted(
                (segment for segment in self.segments if segment.ticket_id == row.id),
                key=lambda segment: (segment.started_at, segment.ended_at),
            )
            assert Counter(segment.state for segment in segments) == Counter(
                before for before, _ in moves if before
            )
            ends = [row.issued_at, *(segment.ended_at for segment in segments)]
            assert ends == [*(segment.started_at for segment in segments), row.since]

    def _check_versions(self) -> None:
        """Assert that a version never decreases, and increases with each change of a ticket."""
        for line in self.lines:
            now = {
                row.id: (row.state, row.since, row.desk_id, row.overtakings_left, row.not_before, row.placed_at)
                for row in self.rows
                if row.line_id == line.id
            }
            before = self.versions.get(line.id, 0)
            assert line.version > before if now != self.seen.get(line.id, {}) else line.version >= before
            self.versions[line.id], self.seen[line.id] = line.version, now


def test_concurrent_clients_keep_queue_invariants(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with two_processes(settings) as opened:
        machine = type("QueueMachine", (QueueStateMachine,), {"world": opened})
        run_state_machine_as_test(
            machine, settings=MACHINE_SETTINGS, _min_steps=18
        )  # an example covers hours, not three steps
    # A failed timer is only postponed and logged, so look for it in the log.
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


MACHINE_SETTINGS = settings(
    max_examples=examples(4),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # no shrinking: a race cannot be repeated
    print_blob=True,
)
