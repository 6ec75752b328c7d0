"""Desks and calls on both databases: who may, what follows, and that no two desks call the same person."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from office360.core.auth import Principal, Role
from office360.core.errors import Conflict, NotAllowed, NotFound, Refused
from office360.offices.service import bump_offices, office_by_slug
from office360.offices.tables import DeskLineRow, OfficeRow
from office360.queue import service
from office360.queue.service import State, Ticket
from office360.queue.storage.tables import TicketRow
from sqlalchemy import delete, select, update

from ...conftest import FakeClock
from ...support.office_fixture import build_office
from ..conftest import AT_11, BORIS, CARMEN, DIEGO, ELENA, PROGRAM, Hall


async def _board(hall: Hall) -> dict[str, object]:
    async with hall.runtime.reading() as session:
        return await service.board(session, hall.office, hall.runtime.now(), "es")


async def _desk(hall: Hall, number: int = 1) -> dict[str, object]:
    desks = (await _board(hall))["desks"]
    return next(desk for desk in desks if desk["id"] == hall.desk(number))  # type: ignore[attr-defined]


# Desks


async def test_one_desk_has_one_agent(hall: Hall) -> None:
    await hall.open()
    await hall.open()  # sitting there already is no fault
    with pytest.raises(Conflict, match="desk_taken"):
        await hall.open(agent=ELENA)
    assert (await _desk(hall))["agent"] == "Boris"


async def test_of_two_agents_who_sit_down_at_once_one_gets_the_desk(hall: Hall) -> None:
    answers = await asyncio.gather(hall.open(), hall.open(agent=ELENA), return_exceptions=True)
    assert sorted(type(one).__name__ for one in answers) == ["Conflict", "str"]


async def test_an_agent_who_moves_closes_the_desk_left_behind(hall: Hall) -> None:
    await hall.open(1)
    await hall.open(2)
    assert (await _desk(hall, 1))["state"] == "closed"
    assert (await _desk(hall, 2))["state"] == "free"


async def test_nobody_moves_away_from_a_person(hall: Hall) -> None:
    await hall.called()
    with pytest.raises(Refused, match="desk_busy"):
        await hall.open(2)
    with pytest.raises(Refused, match="desk_busy"):
        await service.close_desk(hall.runtime, BORIS, hall.desk(1))


async def test_only_its_agent_or_a_host_closes_a_desk(hall: Hall) -> None:
    await hall.open()
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await service.close_desk(hall.runtime, ELENA, hall.desk(1))
    await service.close_desk(hall.runtime, CARMEN, hall.desk(1))
    await service.close_desk(hall.runtime, BORIS, hall.desk(1))  # closed already is no fault
    assert (await _desk(hall))["state"] == "closed"


async def test_a_host_finishes_what_an_agent_left_and_closes_the_desk(hall: Hall) -> None:
    _, called = await hall.called()
    await service.start(hall.runtime, BORIS, called.id)
    await service.finish(hall.runtime, CARMEN, called.id)
    await service.close_desk(hall.runtime, CARMEN, hall.desk(1))


@pytest.mark.parametrize("stranger", [DIEGO, PROGRAM])
async def test_strangers_and_programs_have_no_desk(hall: Hall, stranger: Principal) -> None:
    issued, called = await hall.called()
    for act in (service.open_desk, service.close_desk, service.call_next):
        with pytest.raises(NotAllowed):
            await act(hall.runtime, stranger, hall.desk(1))
    for change in (service.recall, service.start, service.no_show, service.finish, service.put_back, service.hold):
        with pytest.raises(NotAllowed):
            await change(hall.runtime, stranger, called.id)
    assert await hall.state(issued) == "called"


async def test_unknown_desks_and_tickets_are_not_found(hall: Hall) -> None:
    with pytest.raises(NotFound):
        await service.call_next(hall.runtime, BORIS, "nothing")
    with pytest.raises(NotFound):
        await service.start(hall.runtime, BORIS, "nothing")


# Calls


async def test_a_call_needs_ones_own_open_and_free_desk(hall: Hall) -> None:
    await hall.take()
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await hall.call()
    await hall.open()
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await hall.call(agent=CARMEN)
    await hall.call()
    await hall.take()
    with pytest.raises(Refused, match="desk_busy"):
        await hall.call()


async def test_nobody_there_is_nobody(hall: Hall) -> None:
    await hall.open()
    assert await hall.call() is None


async def test_a_paused_office_calls_nobody(hall: Hall) -> None:
    await hall.take()
    await hall.open()
    async with hall.runtime.transaction() as tx:
        await tx.session.execute(update(OfficeRow).values(paused=True))
    with pytest.raises(Refused, match="paused"):
        await hall.call()


async def test_the_called_phone_is_told_the_desk_the_way_and_until_when(hall: Hall) -> None:
    issued, _ = await hall.called()
    seen = await hall.seen(issued, "en")
    assert seen["desk"] == {
        "id": hall.desk(1),
        "name": "1",
        "way": "At the back, on the left",
        "arrow": "left",
    }
    assert (seen["state"], seen["ahead"], seen["eta"]) == ("called", None, None)
    assert seen["called_at"] == "2026-11-25T10:30:00+01:00"
    assert seen["until"] == "2026-11-25T10:33:00+01:00"
    assert seen["may"] == ["leave", "postpone"]


async def test_a_whole_visit(hall: Hall) -> None:
    issued, called = await hall.called()
    assert (await service.recall(hall.runtime, BORIS, called.id)).recalls == 1
    assert (await service.start(hall.runtime, BORIS, called.id)).state is State.SERVING
    with pytest.raises(Refused, match="illegal_transition"):
        await service.recall(hall.runtime, BORIS, called.id)
    done = await service.finish(hall.runtime, BORIS, called.id, outcome="resolved", note="All done")
    assert (done.state, done.outcome) == (State.FINISHED, "resolved")
    with pytest.raises(Refused, match="illegal_transition"):
        await service.finish(hall.runtime, BORIS, called.id)
    assert await hall.state(issued) == "finished"
    async with hall.runtime.reading() as session:
        assert (await session.execute(select(TicketRow.note))).scalar_one() == "All done"


async def test_a_call_taken_back_keeps_the_place(hall: Hall) -> None:
    first, called = await hall.called()
    second = await hall.take()
    await service.put_back(hall.runtime, BORIS, called.id)
    assert (await hall.seen(first))["ahead"] == 0
    assert (await hall.seen(second))["ahead"] == 1


async def test_another_agent_does_not_touch_this_desks_person(hall: Hall) -> None:
    _, called = await hall.called()
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await service.start(hall.runtime, ELENA, called.id)


async def test_a_person_on_hold_comes_back_to_the_same_desk_first(hall: Hall, clock: FakeClock) -> None:
    issued, called = await hall.called()
    await service.start(hall.runtime, BORIS, called.id)
    await service.hold(hall.runtime, BORIS, called.id, minutes=5)
    other = await hall.take()
    assert (await hall.seen(issued))["until"] == "2026-11-25T10:35:00+01:00"
    await hall.open(2, ELENA)
    clock.advance(minutes=5)
    await hall.timers()
    assert await hall.state(issued) == "waiting"
    at_other_desk = await hall.call(2, ELENA)
    assert at_other_desk is not None
    assert at_other_desk.id == other.ticket.id
    back = await hall.call()
    assert back is not None
    assert back.id == issued.ticket.id


async def test_a_person_on_hold_who_is_back_early_goes_on_at_once(hall: Hall) -> None:
    _, called = await hall.called()
    await service.start(hall.runtime, BORIS, called.id)
    await service.hold(hall.runtime, BORIS, called.id)
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await service.start(hall.runtime, ELENA, called.id)
    assert (await service.start(hall.runtime, BORIS, called.id)).state is State.SERVING


async def test_nobody_goes_on_at_a_desk_that_has_somebody(hall: Hall) -> None:
    _, called = await hall.called()
    await service.start(hall.runtime, BORIS, called.id)
    await service.hold(hall.runtime, BORIS, called.id)
    await hall.take()
    await hall.call()
    with pytest.raises(Refused, match="desk_busy"):
        await service.start(hall.runtime, BORIS, called.id)


async def test_when_a_desk_closes_whoever_was_to_come_back_may_be_called_by_any(hall: Hall) -> None:
    issued, called = await hall.called()
    await service.start(hall.runtime, BORIS, called.id)
    await service.hold(hall.runtime, BORIS, called.id)
    await service.close_desk(hall.runtime, BORIS, hall.desk(1))
    await hall.open(2, ELENA)
    back = await hall.call(2, ELENA)
    assert back is not None
    assert back.id == issued.ticket.id


# A desk whose person stands in a line that it does not serve


async def _no_longer_serves(hall: Hall, number: int, line: str) -> None:
    line_id = next(one.id for one in hall.office.lines if one.slug == line)
    async with hall.runtime.transaction() as tx:
        await tx.session.execute(
            delete(DeskLineRow).where(DeskLineRow.desk_id == hall.desk(number), DeskLineRow.line_id == line_id)
        )
        await bump_offices(tx.session, [hall.office.id])


async def test_a_person_of_another_line_keeps_the_desk_busy(hall: Hall) -> None:
    _, called = await hall.called()
    await service.start(hall.runtime, BORIS, called.id)
    await _no_longer_serves(hall, 1, "registry")
    await hall.take("certificate")
    with pytest.raises(Refused, match="desk_busy"):
        await hall.call()
    with pytest.raises(Refused, match="desk_busy"):
        await service.close_desk(hall.runtime, BORIS, hall.desk(1))


async def test_a_desk_without_lines_opens_and_closes_and_has_nobody_to_call(hall: Hall) -> None:
    await _no_longer_serves(hall, 1, "registry")
    await _no_longer_serves(hall, 1, "identity")
    await hall.take()
    for _ in range(2):  # sitting there already is no fault
        await hall.open(1)
    assert await hall.call() is None
    await service.close_desk(hall.runtime, BORIS, hall.desk(1))
    async with hall.runtime.reading() as session:
        assert await service.desk_of(session, BORIS.id) is None


async def test_a_call_that_loses_its_desk_meanwhile_is_refused(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_yet(*_: object) -> bool:
        return False

    _, called = await hall.called()
    await service.start(hall.runtime, BORIS, called.id)
    await _no_longer_serves(hall, 1, "registry")
    await hall.take("certificate")
    monkeypatch.setattr("office360.queue.storage.store.is_in_use", not_yet)
    with pytest.raises(Conflict, match="desk_busy"):
        await hall.call()


async def test_an_agent_who_was_moved_to_another_office_leaves_the_old_desk(hall: Hall) -> None:
    await build_office(hall.runtime, slug="norte", name="Oficina Norte", position=1)
    await hall.open(1, BORIS)
    moved = replace(BORIS, offices=frozenset({"norte"}))
    async with hall.runtime.reading() as session:
        norte = await office_by_slug(session, "norte")
    await service.open_desk(hall.runtime, moved, norte.desks[0].id)
    assert (await _desk(hall, 1))["state"] == "closed"


# Races


async def _agents(hall: Hall, count: int) -> list[Principal]:
    agents = [Principal(f"agent-{number}", f"Agent {number}", Role.AGENT, None) for number in range(count)]
    for number, agent in enumerate(agents, 1):
        await hall.open(number, agent)
    return agents


async def _attend_all(hall: Hall, number: int, agent: Principal) -> list[str]:
    """Call, start and finish until nobody is there."""
    attended: list[str] = []
    while (ticket := await hall.call(number, agent)) is not None:
        attended.append(ticket.id)
        await service.start(hall.runtime, agent, ticket.id)
        await service.finish(hall.runtime, agent, ticket.id)
    return attended


async def test_two_agents_who_call_at_once_get_two_people(hall: Hall) -> None:
    agents = await _agents(hall, 2)
    await hall.take()
    await hall.take("certificate")
    calls = await asyncio.gather(*(hall.call(number, agent) for number, agent in enumerate(agents, 1)))
    assert len({one.id for one in calls if one}) == 2


async def test_of_two_agents_and_one_person_exactly_one_gets_nobody(hall: Hall) -> None:
    agents = await _agents(hall, 2)
    await hall.take()
    calls = await asyncio.gather(*(hall.call(number, agent) for number, agent in enumerate(agents, 1)))
    assert sum(one is None for one in calls) == 1


async def test_one_agent_who_presses_twice_calls_once(hall: Hall) -> None:
    await hall.take()
    await hall.take()
    await hall.open()
    calls = await asyncio.gather(hall.call(), hall.call(), return_exceptions=True)
    assert sum(isinstance(one, Ticket) for one in calls) == 1
    assert [one.code for one in calls if isinstance(one, Refused)] == ["desk_busy"]


async def test_eight_agents_attend_thirty_people_each_of_them_once(hall: Hall) -> None:
    await build_office(hall.runtime, slug="grande", name="Oficina Grande", desks=8, position=1)
    async with hall.runtime.reading() as session:
        large = Hall(hall.runtime, await office_by_slug(session, "grande"))
    people = await asyncio.gather(
        *(
            service.take_ticket(
                hall.runtime,
                "grande",
                service.TicketRequest(service="documents" if number % 3 else "certificate"),
            )
            for number in range(30)
        )
    )
    agents = await _agents(large, 8)
    attended = await asyncio.gather(*(_attend_all(large, number, agent) for number, agent in enumerate(agents, 1)))
    everybody = [ticket_id for one in attended for ticket_id in one]
    assert sorted(everybody) == sorted(one.ticket.id for one in people)


async def test_a_call_and_a_leaving_at_once_leave_the_ticket_in_one_state(hall: Hall) -> None:
    await hall.open()
    issued = await hall.take()
    called, left = await asyncio.gather(
        hall.call(), service.leave(hall.runtime, issued.token), return_exceptions=True
    )
    assert isinstance(left, Ticket)
    assert await hall.state(issued) == "left"
    assert called is None or (isinstance(called, Ticket) and called.id == issued.ticket.id)


# By itself


async def test_a_call_is_repeated_after_a_minute_and_missed_after_three(hall: Hall, clock: FakeClock) -> None:
    issued, _ = await hall.called()
    clock.advance(seconds=59)
    await hall.timers()
    assert (await hall.seen(issued))["recalls"] == 0
    clock.advance(seconds=1)
    await hall.timers()
    assert (await hall.seen(issued))["recalls"] == 1
    clock.advance(minutes=2)
    await hall.timers()
    seen = await hall.seen(issued)
    assert (seen["state"], seen["may"]) == ("missed", ["leave", "rejoin"])
    assert seen["until"] == "2026-11-25T10:53:00+01:00"
    assert (await _desk(hall))["state"] == "free"


async def test_an_agents_own_recall_is_not_repeated_by_the_clock(hall: Hall, clock: FakeClock) -> None:
    issued, called = await hall.called()
    await service.recall(hall.runtime, BORIS, called.id)
    clock.advance(seconds=61)
    await hall.timers()
    assert (await hall.seen(issued))["recalls"] == 1


async def test_the_timers_of_an_earlier_call_do_nothing_to_a_later_one(hall: Hall, clock: FakeClock) -> None:
    issued, called = await hall.called()
    clock.advance(minutes=2)
    await service.put_back(hall.runtime, BORIS, called.id)
    await hall.call()
    clock.advance(seconds=61)
    await hall.timers()
    assert (await hall.seen(issued))["state"] == "called"


async def test_a_missed_ticket_rejoins_with_its_place_and_the_others_are_told_why(
    hall: Hall, clock: FakeClock
) -> None:
    issued, _ = await hall.called()
    other = await hall.take()
    clock.advance(minutes=3)
    await hall.timers()
    assert (await hall.seen(other))["ahead"] == 0
    await service.rejoin(hall.runtime, issued.token)
    assert (await hall.seen(issued))["ahead"] == 0
    seen = await hall.seen(other)
    assert (seen["ahead"], seen["reason"]) == (1, "returned")


async def test_twenty_minutes_after_a_missed_call_it_is_a_no_show(hall: Hall, clock: FakeClock) -> None:
    appointment = await hall.book(AT_11)
    clock.set(AT_11)
    await hall.open()
    issued = await hall.check_in(appointment)
    await hall.call()
    clock.advance(minutes=3)
    await hall.timers()
    clock.advance(minutes=20)
    with pytest.raises(Refused, match="rejoin_too_late"):
        await service.rejoin(hall.runtime, issued.token)
    await hall.timers()
    assert await hall.state(issued) == "no_show"
    assert await hall.appointment_state(appointment) == "no_show"


async def test_half_an_hour_after_closing_the_day_is_over(hall: Hall, clock: FakeClock) -> None:
    served, called = await hall.called()
    await service.start(hall.runtime, BORIS, called.id)
    waiting = await hall.take()
    clock.advance(hours=8, minutes=59)  # 19:29
    await hall.timers()
    assert await hall.state(waiting) == "waiting"
    clock.advance(minutes=1)
    await hall.timers()
    assert await hall.state(waiting) == "expired"
    assert await hall.state(served) == "finished"


async def test_when_an_appointment_comes_due_the_line_is_told(hall: Hall, clock: FakeClock) -> None:
    appointment = await hall.book(AT_11)
    clock.set(AT_11 - timedelta(minutes=10))
    await hall.take()
    mine = await hall.check_in(appointment)
    before = (await hall.seen(mine))["v"]
    clock.set(AT_11 - timedelta(minutes=2))
    await hall.timers()
    seen = await hall.seen(mine)
    assert seen["v"] > before  # type: ignore[operator]
    assert seen["ahead"] == 0


# The board


async def test_the_board_shows_desks_people_and_who_is_next_and_why(hall: Hall) -> None:
    _, called = await hall.called()
    await hall.take(name="Amina")
    board = await _board(hall)
    desk = await _desk(hall)
    assert desk["state"] == "calling"
    assert desk["ticket"] == {"id": called.id, "code": "A-001", "state": "called"}
    assert [(one["code"], one["why"]) for one in desk["next"]] == [("A-002", "arrival")]  # type: ignore[attr-defined]
    assert [(one["code"], one["name"]) for one in board["tickets"]] == [  # type: ignore[attr-defined]
        ("A-001", None),
        ("A-002", "Amina"),
    ]
    registry = board["lines"][0]  # type: ignore[index]
    assert (registry["slug"], registry["waiting"], registry["stopped"]) == ("registry", 1, False)


async def test_the_boards_version_never_falls(hall: Hall) -> None:
    async def version() -> int:
        async with hall.runtime.reading() as session:
            office = await office_by_slug(session, "centro")
            return int((await service.board(session, office, hall.runtime.now(), "es"))["v"])

    versions = [await version()]
    for act in (hall.take, hall.open, hall.call):
        await act()
        versions.append(await version())
    assert versions == sorted(set(versions))


async def test_the_waits_of_an_office_are_those_of_somebody_who_comes_now(hall: Hall) -> None:
    await hall.open()
    await hall.take()
    async with hall.runtime.reading() as session:
        registry, identity = await service.waits(session, hall.office, hall.runtime.now())
    assert (registry.slug, registry.name, registry.waiting) == ("registry", "Registro", 1)
    assert registry.eta is not None
    assert registry.eta[1] > hall.runtime.now()
    assert identity.waiting == 0
