"""Long lines are foretold beside the calls: off the loop, once for all who ask, never inside a transaction."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from office360.offices.service import office_by_slug
from office360.queue.domain.wait_estimate import Forecast, Range
from office360.queue.queries import forecasts, office_state
from office360.queue.queries.forecasts import Foretold, Outlooks

from ..conftest import Hall
from ..support.tickets import at

TOLD = Foretold({"a": Range(at(0), at(10))}, Forecast(Range(at(20), at(30)), at(40), timedelta()), waiting=3)


def test_whoever_came_since_is_called_after_all_of_them() -> None:
    assert TOLD.range_of("a") == Range(at(0), at(10))
    assert TOLD.range_of("b") == Range(at(20), at(30))


def test_whoever_comes_when_more_wait_is_called_later() -> None:
    told = TOLD.of_newcomer(waiting=5, each=timedelta(minutes=4))
    assert told is not None
    assert told.called == Range(at(25), at(40))  # eight minutes later, rounded outwards
    assert told.finished_by == at(48)
    assert TOLD.of_newcomer(waiting=2, each=timedelta(minutes=4)) == TOLD.newcomer


async def test_a_line_is_played_once_for_all_who_ask_at_once() -> None:
    played = []

    def play() -> Foretold:
        played.append(1)
        return TOLD

    memory = Outlooks()
    assert await asyncio.gather(*(memory.fresh("line", "floor", play) for _ in range(20))) == [TOLD] * 20
    assert len(played) == 1
    await memory.fresh("line", "another floor", play)
    assert len(played) == 2
    assert memory.latest("line", "floor") is None


async def test_what_was_foretold_long_ago_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Outlooks()
    await memory.fresh("line", "floor", lambda: TOLD)
    assert memory.latest("line", "floor") is TOLD
    monkeypatch.setattr(forecasts, "STALE_S", 0.0)
    assert memory.latest("line", "floor") is None


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three people are a long line."""
    monkeypatch.setattr(forecasts, "LONG", 3)
    monkeypatch.setattr(office_state, "LONG", 3)


@pytest.mark.usefixtures("short")
async def test_a_long_line_says_the_same_as_a_short_one(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    await hall.open()
    issued = [await hall.take() for _ in range(5)]
    told = [await hall.seen(one) for one in issued]
    monkeypatch.setattr(office_state, "LONG", 60)
    played = [await hall.seen(one) for one in issued]
    assert [one["ahead"] for one in told] == [one["ahead"] for one in played] == [0, 1, 2, 3, 4]
    assert [one["eta"] for one in told] == [one["eta"] for one in played]


@pytest.mark.usefixtures("short")
async def test_a_paused_office_foretells_nothing_though_it_did_a_moment_ago(hall: Hall) -> None:
    from office360.queue.actions.pause import pause, resume

    from ..conftest import CARMEN

    await hall.open()
    issued = [await hall.take() for _ in range(4)]
    before = (await hall.seen(issued[3]))["eta"]
    await pause(hall.runtime, CARMEN, "centro", None)
    assert (await hall.seen(issued[3]))["eta"] is None
    await resume(hall.runtime, CARMEN, "centro", None)
    assert (await hall.seen(issued[3]))["eta"] == before is not None


@pytest.mark.usefixtures("short")
async def test_a_transaction_uses_what_was_foretold(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    await hall.open()
    for _ in range(4):
        await hall.take()
    async with hall.runtime.reading() as session:
        office = await office_by_slug(session, "centro")
        around = await office_state.floor(session, office, hall.runtime.now())
    assert around.foretold.keys() == around.lines.keys()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("played inside a transaction")

    monkeypatch.setattr("office360.queue.domain.wait_estimate._foretold", refuse)
    assert (await hall.take()).ticket.code == "A-005"
