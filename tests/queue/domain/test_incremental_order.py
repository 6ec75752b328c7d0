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
from office360.queue.domain.call_order import order
from office360.queue.domain.incremental_order import Order, order_of
from office360.queue.domain.line import Line, call_next
from office360.queue.domain.ticket import AT_DESK, LineRules, State, Ticket

from ..support.tickets import T0, booked, preferential, walk_in

RULES = LineRules()


class Hall:
    """A line in which things happen, and its order as it is kept."""

    def __init__(self) -> None:
        self.now = T0
        self.line = Line("line")
        self.issued = 0
        self.kept: Order | None = None

    def come(self, kind: str = "walk_in", offset: int = 0, passes_left: int = 2) -> Ticket:
        self.issued += 1
        self.now += timedelta(seconds=1)
        minute = (self.now - T0).total_seconds() / 60
        if kind == "booked":
            one = booked(self.issued, minute, minute - offset, passes_left=passes_left)
        else:
            made = preferential if kind == "preferential" else walk_in
            one = made(self.issued, minute, passes_left=passes_left)
        return self.change(one)

    def change(self, one: Ticket) -> Ticket:
        self.line = self.line.with_tickets(one)
        return one

    def call(self) -> None:
        free = [desk for desk in ("d1", "d2") if desk not in {one.desk_id for one in self.in_state(*AT_DESK)}]
        if free:
            (self.line,), _ = call_next([self.line], free[0], "boris", self.now)

    def in_state(self, *states: State) -> list[Ticket]:
        return [one for one in self.line.tickets if one.state in states]

    def look(self) -> list[str]:
        """The kept order, brought up to date."""
        self.kept = order_of(self.line, self.now, self.kept)
        return list(self.kept.ids)

    def played(self) -> list[str]:
        return [place.ticket.id for place in order(self.line, self.now)]


LIVES = 250  # of each kind; so many find each rule of order.py that is taken out
DOINGS = ["come", "booked", "preferential", "call", "call", "time", "leave", "postpone", "back", "miss", "done"]


def _happens(hall: Hall, doing: str, data: Any) -> None:
    def one_of(*states: State) -> Ticket | None:
        found = hall.in_state(*states)
        return data.draw(st.sampled_from(found)) if found else None

    if doing in ("come", "booked", "preferential"):
        hall.come(doing, data.draw(st.integers(-15, 29)), data.draw(st.integers(0, 3)))
    elif doing == "call":
        hall.call()
    elif doing == "time":
        hall.now += timedelta(minutes=data.draw(st.sampled_from([0.2, 1, 7, 31, 46])))
    elif doing == "leave" and (one := one_of(State.WAITING)):
        hall.change(rules.leave(one, hall.now))
    elif doing == "postpone" and (one := one_of(State.WAITING)) and not one.postpones:
        hall.change(rules.postpone(one, RULES, hall.now))
    elif doing == "back" and (one := one_of(State.CALLED)):
        hall.change(rules.put_back(one, hall.now))
    elif doing == "miss" and (one := one_of(State.CALLED, State.MISSED)):
        missed = one.state is State.CALLED
        hall.change(rules.miss(one, RULES, hall.now) if missed else replace(one, state=State.WAITING))
    elif doing == "done" and (one := one_of(State.CALLED)):
        hall.change(rules.finish(rules.start(one, "d1", "boris", hall.now), None, hall.now))
        hall.line = replace(hall.line, tickets=tuple(hall.in_state(*rules.ACTIVE)))
    elif doing == "place" and (one := one_of(State.WAITING)):
        hall.change(replace(one, placed_at=hall.now))


@settings(max_examples=150, deadline=None)
@given(st.data(), st.lists(st.sampled_from(DOINGS), max_size=40), st.booleans())
def test_the_kept_order_is_the_played_one(data: st.DataObject, doings: list[str], often: bool) -> None:
    hall = Hall()
    for doing in doings:
        _happens(hall, doing, data)
        if often or data.draw(st.booleans()):
            assert hall.look() == hall.played()
    assert hall.look() == hall.played()


@pytest.mark.parametrize("booked_share", [0, 0.2, 0.5, 0.8])
def test_near_the_guard_and_the_promise_it_is_too(booked_share: float) -> None:
    for seed in range(LIVES):
        _live(Random(seed), seed % 4, booked_share)


def _live(chance: Random, slack: int, booked_share: float) -> None:
    """Long mixed lines in which few passes are left and appointments are called one after the other."""
    hall = Hall()
    for _ in range(60):
        waiting, called = hall.in_state(State.WAITING), hall.in_state(State.CALLED)
        doing = chance.choice(
            ["come", "come", "call", "call", "call", "time", "leave", "back", "done", "postpone"]
        )
        if doing == "come":
            kind = "booked" if chance.random() < booked_share else chance.choice(["walk_in", "preferential"])
            hall.come(kind, chance.randint(-15, 29), chance.randint(0, slack))
        elif doing == "call":
            hall.call()
        elif doing == "time":
            hall.now += timedelta(minutes=chance.choice([0.1, 5, 16, 31, 46]))
        elif doing == "leave" and waiting:
            first = [one for one in waiting if hall.kept and one.id in hall.kept.ids[:1]]
            hall.change(rules.leave(chance.choice([*first, *first, *waiting]), hall.now))
        elif doing == "postpone" and (able := [one for one in waiting if not one.postpones]):
            hall.change(rules.postpone(chance.choice(able), RULES, hall.now))
        elif doing == "back" and called:
            hall.change(rules.put_back(chance.choice(called), hall.now))
        elif doing == "done" and called:
            hall.change(rules.finish(rules.start(called[0], "d1", "boris", hall.now), None, hall.now))
            hall.line = replace(hall.line, tickets=tuple(hall.in_state(*rules.ACTIVE)))
        if chance.random() < 0.7:
            assert hall.look() == hall.played()


@settings(max_examples=100, deadline=None)
@given(st.data(), st.lists(st.sampled_from(["come", "call", "leave", "done", "time"]), max_size=40))
def test_among_walk_ins_only_it_is_too(data: st.DataObject, doings: list[str]) -> None:
    hall = Hall()
    for doing in doings:
        _happens(hall, doing, data)
        assert hall.look() == hall.played()


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often an order was played through."""
    counted: Counter[str] = Counter()

    def counting(line: Line, now: Any) -> Any:
        counted["played"] += 1
        return order(line, now)

    monkeypatch.setattr(kept, "order", counting)
    return counted


def test_a_call_takes_the_first_away_without_playing_all(played: Counter[str]) -> None:
    hall = Hall()
    for number in range(30):
        hall.come("booked" if number % 3 == 0 else "walk_in", passes_left=9)
    first = hall.look()
    for _ in range(2):
        hall.call()
        assert hall.look() == hall.played()
    assert played["played"] == 1
    assert hall.look() == first[2:]


def test_whoever_comes_is_last_without_playing_all(played: Counter[str]) -> None:
    hall = Hall()
    hall.come("booked")
    for _ in range(10):
        hall.come()
    hall.look()
    newest = hall.come()
    assert hall.look()[-1] == newest.id
    assert hall.look() == hall.played()
    assert played["played"] == 1


def test_what_no_rule_looks_at_changes_no_order(played: Counter[str]) -> None:
    hall = Hall()
    one = hall.come()
    hall.come()
    hall.look()
    hall.change(replace(one, help=True))
    assert hall.look() == hall.played()
    assert played["played"] == 1


def test_an_order_is_played_again_when_the_clock_may_have_changed_it(played: Counter[str]) -> None:
    hall = Hall()
    early = hall.come("booked", offset=-5)
    hall.come()
    assert hall.look()[-1] == early.id
    hall.now += timedelta(minutes=3)
    assert hall.look()[0] == early.id
    assert played["played"] == 2
