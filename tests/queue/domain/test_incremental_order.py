"""The incrementally updated order always equals the simulated order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from office360.queue.domain import incremental_order
from office360.queue.domain import ticket as rules
from office360.queue.domain.call_order import call_order
from office360.queue.domain.incremental_order import LineOrder, line_moves, update_line_order
from office360.queue.domain.line import Line, choose_and_call_next
from office360.queue.domain.line_settings import LineSettings
from office360.queue.domain.ticket import AT_DESK_STATES, Ticket, TicketState

from ...support.suite.examples import examples
from ..support.tickets import T0, appointment_ticket, preferential_ticket, walk_in_ticket

SETTINGS = LineSettings()


class LineDriver:
    """A line that changes, and its incrementally updated order."""

    def __init__(self) -> None:
        self.now = T0
        self.line = Line("line")
        self.issued = 0
        self.order: LineOrder | None = None

    def add_ticket(self, kind: str = "walk_in", offset: int = 0, overtakings_left: int = 2) -> Ticket:
        self.issued += 1
        self.now += timedelta(seconds=1)
        minute = (self.now - T0).total_seconds() / 60
        if kind == "booked":
            ticket = appointment_ticket(self.issued, minute, minute - offset, overtakings_left=overtakings_left)
        else:
            made = preferential_ticket if kind == "preferential" else walk_in_ticket
            ticket = made(self.issued, minute, overtakings_left=overtakings_left)
        return self.put_ticket(ticket)

    def put_ticket(self, ticket: Ticket) -> Ticket:
        self.line = self.line.with_tickets(ticket)
        return ticket

    def call_next(self) -> None:
        free = [
            desk
            for desk in ("d1", "d2")
            if desk not in {ticket.desk_id for ticket in self.tickets_in(*AT_DESK_STATES)}
        ]
        if free:
            (self.line,), _ = choose_and_call_next([self.line], free[0], "boris", self.now)

    def tickets_in(self, *states: TicketState) -> list[Ticket]:
        return [ticket for ticket in self.line.tickets if ticket.state in states]

    def updated_order(self) -> list[str]:
        """Update the order incrementally."""
        self.order = update_line_order(self.line, self.now, self.order)
        return list(self.order.ids)

    def simulated_order(self) -> list[str]:
        return [call.ticket.id for call in call_order(self.line, self.now)]


RUNS_PER_SHARE = 250  # enough to detect the removal of any rule of incremental_order.py
LINE_EVENTS = [
    "come",
    "booked",
    "preferential",
    "call",
    "call",
    "time",
    "leave",
    "postpone",
    "back",
    "miss",
    "done",
    "place",
]


def _apply_event(driver: LineDriver, event: str, data: Any) -> None:
    def pick_ticket(*states: TicketState) -> Ticket | None:
        found = driver.tickets_in(*states)
        return data.draw(st.sampled_from(found)) if found else None

    if event in ("come", "booked", "preferential"):
        driver.add_ticket(event, data.draw(st.integers(-15, 29)), data.draw(st.integers(0, 3)))
    elif event == "call":
        driver.call_next()
    elif event == "time":
        driver.now += timedelta(minutes=data.draw(st.sampled_from([0.2, 1, 7, 31, 46])))
    elif event == "leave" and (ticket := pick_ticket(TicketState.WAITING)):
        driver.put_ticket(rules.end_as_left(ticket, driver.now))
    elif event == "postpone" and (ticket := pick_ticket(TicketState.WAITING)) and not ticket.postpones:
        driver.put_ticket(rules.postpone_ticket(ticket, SETTINGS, driver.now))
    elif event == "back" and (ticket := pick_ticket(TicketState.CALLED)):
        driver.put_ticket(rules.take_back_call(ticket, driver.now))
    elif event == "miss" and (ticket := pick_ticket(TicketState.CALLED, TicketState.MISSED)):
        missed = ticket.state is TicketState.CALLED
        driver.put_ticket(
            rules.miss_call(ticket, driver.now) if missed else replace(ticket, state=TicketState.WAITING)
        )
    elif event == "done" and (ticket := pick_ticket(TicketState.CALLED)):
        driver.put_ticket(
            rules.end_service(rules.begin_service(ticket, "d1", "boris", driver.now), None, driver.now)
        )
        driver.line = replace(driver.line, tickets=tuple(driver.tickets_in(*rules.ACTIVE_STATES)))
    elif event == "place" and (ticket := pick_ticket(TicketState.WAITING)):
        driver.put_ticket(replace(ticket, placed_at=driver.now))


@settings(max_examples=examples(150), deadline=None)
@given(st.data(), st.lists(st.sampled_from(LINE_EVENTS), max_size=40), st.booleans())
def test_incremental_order_equals_full_simulation(data: st.DataObject, events: list[str], often: bool) -> None:
    driver = LineDriver()
    for event in events:
        _apply_event(driver, event, data)
        if often or data.draw(st.booleans()):
            assert driver.updated_order() == driver.simulated_order()
    assert driver.updated_order() == driver.simulated_order()


@pytest.mark.parametrize("booked_share", [0, 0.2, 0.5, 0.8])
def test_incremental_order_is_exact_near_guard_and_limit(booked_share: float) -> None:
    for seed in range(RUNS_PER_SHARE):
        _run_random_line(Random(seed), seed % 4, booked_share)


def _run_random_line(chance: Random, slack: int, booked_share: float) -> None:
    """Run a long mixed line near its overtaking limits, with many appointments."""
    driver = LineDriver()
    for _ in range(60):
        waiting, called = driver.tickets_in(TicketState.WAITING), driver.tickets_in(TicketState.CALLED)
        event = chance.choice(
            ["come", "come", "call", "call", "call", "time", "leave", "back", "done", "postpone"]
        )
        if event == "come":
            kind = "booked" if chance.random() < booked_share else chance.choice(["walk_in", "preferential"])
            driver.add_ticket(kind, chance.randint(-15, 29), chance.randint(0, slack))
        elif event == "call":
            driver.call_next()
        elif event == "time":
            driver.now += timedelta(minutes=chance.choice([0.1, 5, 16, 31, 46]))
        elif event == "leave" and waiting:
            first = [ticket for ticket in waiting if driver.order and ticket.id in driver.order.ids[:1]]
            driver.put_ticket(rules.end_as_left(chance.choice([*first, *first, *waiting]), driver.now))
        elif event == "postpone" and (able := [ticket for ticket in waiting if not ticket.postpones]):
            driver.put_ticket(rules.postpone_ticket(chance.choice(able), SETTINGS, driver.now))
        elif event == "back" and called:
            driver.put_ticket(rules.take_back_call(chance.choice(called), driver.now))
        elif event == "done" and called:
            driver.put_ticket(
                rules.end_service(rules.begin_service(called[0], "d1", "boris", driver.now), None, driver.now)
            )
            driver.line = replace(driver.line, tickets=tuple(driver.tickets_in(*rules.ACTIVE_STATES)))
        if chance.random() < 0.7:
            assert driver.updated_order() == driver.simulated_order()


@settings(max_examples=examples(100), deadline=None)
@given(st.data(), st.lists(st.sampled_from(["come", "call", "leave", "done", "time"]), max_size=40))
def test_incremental_order_is_exact_for_walk_ins_only(data: st.DataObject, events: list[str]) -> None:
    driver = LineDriver()
    for event in events:
        _apply_event(driver, event, data)
        assert driver.updated_order() == driver.simulated_order()


@pytest.fixture
def simulation_counter(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count the full simulations."""
    counted: Counter[str] = Counter()

    def counting(line: Line, now: Any) -> Any:
        counted["simulations"] += 1
        return call_order(line, now)

    monkeypatch.setattr(incremental_order, "call_order", counting)
    return counted


def test_call_removes_first_ticket_without_simulation(simulation_counter: Counter[str]) -> None:
    driver = LineDriver()
    for number in range(30):
        driver.add_ticket("booked" if number % 3 == 0 else "walk_in", overtakings_left=9)
    first = driver.updated_order()
    for _ in range(2):
        driver.call_next()
        assert driver.updated_order() == driver.simulated_order()
    assert simulation_counter["simulations"] == 1
    assert driver.updated_order() == first[2:]


def test_new_walk_in_is_appended_without_simulation(simulation_counter: Counter[str]) -> None:
    driver = LineDriver()
    driver.add_ticket("booked")
    for _ in range(10):
        driver.add_ticket()
    driver.updated_order()
    newest = driver.add_ticket()
    assert driver.updated_order()[-1] == newest.id
    assert driver.updated_order() == driver.simulated_order()
    assert simulation_counter["simulations"] == 1


def test_field_without_rule_triggers_no_simulation(simulation_counter: Counter[str]) -> None:
    driver = LineDriver()
    ticket = driver.add_ticket()
    driver.add_ticket()
    driver.updated_order()
    driver.put_ticket(replace(ticket, help=True))
    assert driver.updated_order() == driver.simulated_order()
    assert simulation_counter["simulations"] == 1


def test_order_is_simulated_again_when_appointment_is_due(simulation_counter: Counter[str]) -> None:
    driver = LineDriver()
    early = driver.add_ticket("booked", offset=-5)
    driver.add_ticket()
    assert driver.updated_order()[-1] == early.id
    driver.now += timedelta(minutes=3)
    assert driver.updated_order()[0] == early.id
    assert simulation_counter["simulations"] == 2


# Lines beside


def test_only_a_new_plain_walk_in_moves_no_one_beside() -> None:
    walk_in, driver = walk_in_ticket(1, 0), Line("line")
    before = driver.with_tickets(walk_in)
    assert not line_moves(before, before)
    assert not line_moves(before, before.with_tickets(walk_in_ticket(2, 1)))
    assert line_moves(before, before.with_tickets(appointment_ticket(2, 1, 1)))
    assert line_moves(before, before.with_tickets(preferential_ticket(2, 1)))
    assert line_moves(before, before.without_ticket(walk_in.id))
    assert line_moves(before, before.with_tickets(replace(walk_in, placed_at=T0)))
    called = before.with_tickets(replace(walk_in, state=TicketState.CALLED, desk_id="d1"))
    assert line_moves(before, called)
    assert line_moves(called, before)
    assert not line_moves(called, called.with_tickets(replace(called.tickets[0], state=TicketState.SERVING)))


def test_moves_name_who_left_who_returned_and_each_call() -> None:
    walk_in, driver = walk_in_ticket(1, 0), Line("line")
    before = driver.with_tickets(walk_in, walk_in_ticket(2, 1))
    called = before.with_tickets(replace(walk_in, state=TicketState.CALLED, desk_id="d1", called_at=T0))
    moves, back = line_moves(before, called), line_moves(called, before)
    assert moves is not None
    assert (set(moves.left), set(moves.returned), moves.calls) == ({walk_in.id}, set(), [("d1", T0)])
    assert back is not None
    assert (set(back.left), set(back.returned), back.calls) == (set(), {walk_in.id}, [])
