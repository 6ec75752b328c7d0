"""The order that is kept from change to change is the order of the rules, whatever happens in a line."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from office360.queue.domain import incremental_order as kept
from office360.queue.domain import ticket as rules
from office360.queue.domain.call_order import call_order
from office360.queue.domain.incremental_order import LineOrder, update_line_order
from office360.queue.domain.line import Line, choose_and_call_next
from office360.queue.domain.line_settings import LineSettings
from office360.queue.domain.ticket import AT_DESK_STATES, Ticket, TicketState

from ..support.tickets import T0, appointment_ticket, preferential_ticket, walk_in_ticket

RULES = LineSettings()


class LineDriver:
    """A line in which things happen, and its order as it is kept."""

    def __init__(self) -> None:
        self.now = T0
        self.line = Line("line")
        self.issued = 0
        self.order: LineOrder | None = None

    def add_ticket(self, kind: str = "walk_in", offset: int = 0, passes_left: int = 2) -> Ticket:
        self.issued += 1
        self.now += timedelta(seconds=1)
        minute = (self.now - T0).total_seconds() / 60
        if kind == "booked":
            one = appointment_ticket(self.issued, minute, minute - offset, passes_left=passes_left)
        else:
            made = preferential_ticket if kind == "preferential" else walk_in_ticket
            one = made(self.issued, minute, passes_left=passes_left)
        return self.put_ticket(one)

    def put_ticket(self, one: Ticket) -> Ticket:
        self.line = self.line.with_tickets(one)
        return one

    def call_next(self) -> None:
        free = [
            desk for desk in ("d1", "d2") if desk not in {one.desk_id for one in self.tickets_in(*AT_DESK_STATES)}
        ]
        if free:
            (self.line,), _ = choose_and_call_next([self.line], free[0], "boris", self.now)

    def tickets_in(self, *states: TicketState) -> list[Ticket]:
        return [one for one in self.line.tickets if one.state in states]

    def updated_order(self) -> list[str]:
        """The kept order, brought up to date."""
        self.order = update_line_order(self.line, self.now, self.order)
        return list(self.order.ids)

    def simulated_order(self) -> list[str]:
        return [place.ticket.id for place in call_order(self.line, self.now)]


RUNS_PER_SHARE = 250  # of each kind; so many find each rule of order.py that is taken out
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
]


def _apply_event(hall: LineDriver, doing: str, data: Any) -> None:
    def one_of(*states: TicketState) -> Ticket | None:
        found = hall.tickets_in(*states)
        return data.draw(st.sampled_from(found)) if found else None

    if doing in ("come", "booked", "preferential"):
        hall.add_ticket(doing, data.draw(st.integers(-15, 29)), data.draw(st.integers(0, 3)))
    elif doing == "call":
        hall.call_next()
    elif doing == "time":
        hall.now += timedelta(minutes=data.draw(st.sampled_from([0.2, 1, 7, 31, 46])))
    elif doing == "leave" and (one := one_of(TicketState.WAITING)):
        hall.put_ticket(rules.end_as_left(one, hall.now))
    elif doing == "postpone" and (one := one_of(TicketState.WAITING)) and not one.postpones:
        hall.put_ticket(rules.postpone_ticket(one, RULES, hall.now))
    elif doing == "back" and (one := one_of(TicketState.CALLED)):
        hall.put_ticket(rules.take_back_call(one, hall.now))
    elif doing == "miss" and (one := one_of(TicketState.CALLED, TicketState.MISSED)):
        missed = one.state is TicketState.CALLED
        hall.put_ticket(
            rules.miss_call(one, RULES, hall.now) if missed else replace(one, state=TicketState.WAITING)
        )
    elif doing == "done" and (one := one_of(TicketState.CALLED)):
        hall.put_ticket(rules.end_service(rules.begin_service(one, "d1", "boris", hall.now), None, hall.now))
        hall.line = replace(hall.line, tickets=tuple(hall.tickets_in(*rules.ACTIVE_STATES)))
    elif doing == "place" and (one := one_of(TicketState.WAITING)):
        hall.put_ticket(replace(one, placed_at=hall.now))


@settings(max_examples=150, deadline=None)
@given(st.data(), st.lists(st.sampled_from(LINE_EVENTS), max_size=40), st.booleans())
def test_incremental_order_equals_full_simulation(data: st.DataObject, doings: list[str], often: bool) -> None:
    hall = LineDriver()
    for doing in doings:
        _apply_event(hall, doing, data)
        if often or data.draw(st.booleans()):
            assert hall.updated_order() == hall.simulated_order()
    assert hall.updated_order() == hall.simulated_order()


@pytest.mark.parametrize("booked_share", [0, 0.2, 0.5, 0.8])
def test_incremental_order_is_exact_near_guard_and_limit(booked_share: float) -> None:
    for seed in range(RUNS_PER_SHARE):
        _run_random_line(Random(seed), seed % 4, booked_share)


def _run_random_line(chance: Random, slack: int, booked_share: float) -> None:
    """Long mixed lines in which few passes are left and appointments are called one after the other."""
    hall = LineDriver()
    for _ in range(60):
        waiting, called = hall.tickets_in(TicketState.WAITING), hall.tickets_in(TicketState.CALLED)
        doing = chance.choice(
            ["come", "come", "call", "call", "call", "time", "leave", "back", "done", "postpone"]
        )
        if doing == "come":
            kind = "booked" if chance.random() < booked_share else chance.choice(["walk_in", "preferential"])
            hall.add_ticket(kind, chance.randint(-15, 29), chance.randint(0, slack))
        elif doing == "call":
            hall.call_next()
        elif doing == "time":
            hall.now += timedelta(minutes=chance.choice([0.1, 5, 16, 31, 46]))
        elif doing == "leave" and waiting:
            first = [one for one in waiting if hall.order and one.id in hall.order.ids[:1]]
            hall.put_ticket(rules.end_as_left(chance.choice([*first, *first, *waiting]), hall.now))
        elif doing == "postpone" and (able := [one for one in waiting if not one.postpones]):
            hall.put_ticket(rules.postpone_ticket(chance.choice(able), RULES, hall.now))
        elif doing == "back" and called:
            hall.put_ticket(rules.take_back_call(chance.choice(called), hall.now))
        elif doing == "done" and called:
            hall.put_ticket(
                rules.end_service(rules.begin_service(called[0], "d1", "boris", hall.now), None, hall.now)
            )
            hall.line = replace(hall.line, tickets=tuple(hall.tickets_in(*rules.ACTIVE_STATES)))
        if chance.random() < 0.7:
            assert hall.updated_order() == hall.simulated_order()


@settings(max_examples=100, deadline=None)
@given(st.data(), st.lists(st.sampled_from(["come", "call", "leave", "done", "time"]), max_size=40))
def test_incremental_order_is_exact_for_walk_ins_only(data: st.DataObject, doings: list[str]) -> None:
    hall = LineDriver()
    for doing in doings:
        _apply_event(hall, doing, data)
        assert hall.updated_order() == hall.simulated_order()


@pytest.fixture
def simulation_counter(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often an order was played through."""
    counted: Counter[str] = Counter()

    def counting(line: Line, now: Any) -> Any:
        counted["played"] += 1
        return call_order(line, now)

    monkeypatch.setattr(kept, "call_order", counting)
    return counted


def test_call_removes_first_ticket_without_simulation(simulation_counter: Counter[str]) -> None:
    hall = LineDriver()
    for number in range(30):
        hall.add_ticket("booked" if number % 3 == 0 else "walk_in", passes_left=9)
    first = hall.updated_order()
    for _ in range(2):
        hall.call_next()
        assert hall.updated_order() == hall.simulated_order()
    assert simulation_counter["played"] == 1
    assert hall.updated_order() == first[2:]


def test_new_walk_in_is_appended_without_simulation(simulation_counter: Counter[str]) -> None:
    hall = LineDriver()
    hall.add_ticket("booked")
    for _ in range(10):
        hall.add_ticket()
    hall.updated_order()
    newest = hall.add_ticket()
    assert hall.updated_order()[-1] == newest.id
    assert hall.updated_order() == hall.simulated_order()
    assert simulation_counter["played"] == 1


def test_field_without_rule_triggers_no_simulation(simulation_counter: Counter[str]) -> None:
    hall = LineDriver()
    one = hall.add_ticket()
    hall.add_ticket()
    hall.updated_order()
    hall.put_ticket(replace(one, help=True))
    assert hall.updated_order() == hall.simulated_order()
    assert simulation_counter["played"] == 1


def test_order_is_simulated_again_when_appointment_is_due(simulation_counter: Counter[str]) -> None:
    hall = LineDriver()
    early = hall.add_ticket("booked", offset=-5)
    hall.add_ticket()
    assert hall.updated_order()[-1] == early.id
    hall.now += timedelta(minutes=3)
    assert hall.updated_order()[0] == early.id
    assert simulation_counter["played"] == 2
