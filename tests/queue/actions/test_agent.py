"""Desks and calls of agents, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from office360.appointments.storage.tables import VisitNoteRow
from office360.core.auth import Principal, StaffRole
from office360.core.db.engine import Database
from office360.core.errors import Conflict, NotAllowed, NotFound, Refused
from office360.offices.service import bump_office_versions, office_by_slug
from office360.offices.storage.tables import DeskLineRow, OfficeRow
from office360.queue import service
from office360.queue.actions.agent import (
    hold_ticket,
    put_back_ticket,
    recall_ticket,
    record_no_show,
    undo_no_show,
)
from office360.queue.actions.citizen import rejoin_line
from office360.queue.actions.desks import pause_desk
from office360.queue.actions.pause import pause_office
from office360.queue.actions.transfer import transfer_ticket
from office360.queue.domain.ticket import Ticket
from office360.queue.queries.staff_board import staff_board
from office360.queue.service import TicketState
from office360.queue.storage.tables import DeskActivityRow
from sqlalchemy import delete, select, update

from ...conftest import FakeClock
from ...support.office_fixture import build_office
from ..conftest import AT_11, BORIS, CARMEN, DIEGO, ELENA, INTEGRATION, OfficeDriver


async def _board(driver: OfficeDriver) -> dict[str, object]:
    async with driver.runtime.read_session() as session:
        return await staff_board(session, driver.office, driver.runtime.now(), "es")


async def _desk(driver: OfficeDriver, number: int = 1) -> dict[str, object]:
    desks = (await _board(driver))["desks"]
    return next(desk for desk in desks if desk["id"] == driver.desk_id(number))  # type: ignore[attr-defined]


# Desks


async def test_desk_has_one_agent(driver: OfficeDriver) -> None:
    await driver.open_desk()
    await driver.open_desk()  # idempotent
    with pytest.raises(Conflict, match="desk_taken"):
        await driver.open_desk(agent=ELENA)
    assert (await _desk(driver))["agent"] == "Boris"


async def test_concurrent_agents_open_one_desk_only_once(driver: OfficeDriver) -> None:
    answers = await asyncio.gather(driver.open_desk(), driver.open_desk(agent=ELENA), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "str"]


async def test_opening_another_desk_closes_the_previous_one(driver: OfficeDriver) -> None:
    await driver.open_desk(1)
    await driver.open_desk(2)
    assert (await _desk(driver, 1))["state"] == "closed"
    assert (await _desk(driver, 2))["state"] == "free"


async def test_busy_desk_cannot_be_left_or_closed(driver: OfficeDriver) -> None:
    await driver.call_new_ticket()
    with pytest.raises(Refused, match="desk_busy"):
        await driver.open_desk(2)
    with pytest.raises(Refused, match="desk_busy"):
        await service.close_desk(driver.runtime, BORIS, driver.desk_id(1))


async def test_desk_is_closed_only_by_its_agent_or_a_host(driver: OfficeDriver) -> None:
    await driver.open_desk()
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await service.close_desk(driver.runtime, ELENA, driver.desk_id(1))
    await service.close_desk(driver.runtime, CARMEN, driver.desk_id(1))
    await service.close_desk(driver.runtime, BORIS, driver.desk_id(1))  # idempotent
    assert (await _desk(driver))["state"] == "closed"


async def test_host_finishes_ticket_and_closes_desk_of_agent(driver: OfficeDriver) -> None:
    _, called = await driver.call_new_ticket()
    await service.start_service(driver.runtime, BORIS, called.id)
    await service.finish_service(driver.runtime, CARMEN, called.id)
    await service.close_desk(driver.runtime, CARMEN, driver.desk_id(1))


@pytest.mark.parametrize("stranger", [DIEGO, INTEGRATION])
async def test_other_offices_and_integrations_cannot_use_desks(driver: OfficeDriver, stranger: Principal) -> None:
    issued, called = await driver.call_new_ticket()
    for act in (service.open_desk, service.close_desk, service.call_next):
        with pytest.raises(NotAllowed):
            await act(driver.runtime, stranger, driver.desk_id(1))
    for change in (
        recall_ticket,
        service.start_service,
        record_no_show,
        undo_no_show,
        service.finish_service,
        put_back_ticket,
        hold_ticket,
    ):
        with pytest.raises(NotAllowed):
            await change(driver.runtime, stranger, called.id)
    assert await driver.ticket_state(issued) == "called"


async def test_unknown_desk_or_ticket_is_not_found(driver: OfficeDriver) -> None:
    with pytest.raises(NotFound):
        await service.call_next(driver.runtime, BORIS, "nothing")
    with pytest.raises(NotFound):
        await service.start_service(driver.runtime, BORIS, "nothing")


# Calls


async def test_call_next_needs_open_free_desk_of_the_agent(driver: OfficeDriver) -> None:
    await driver.take_ticket()
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await driver.call_next()
    await driver.open_desk()
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await driver.call_next(agent=CARMEN)
    await driver.call_next()
    await driver.take_ticket()
    with pytest.raises(Refused, match="desk_busy"):
        await driver.call_next()


async def test_call_next_without_waiting_tickets_returns_none(driver: OfficeDriver) -> None:
    await driver.open_desk()
    assert await driver.call_next() is None


async def test_paused_office_refuses_call_next(driver: OfficeDriver) -> None:
    await driver.take_ticket()
    await driver.open_desk()
    async with driver.runtime.transaction() as tx:
        await tx.session.execute(update(OfficeRow).values(paused=True))
    with pytest.raises(Refused, match="paused"):
        await driver.call_next()


async def test_called_ticket_shows_desk_way_and_deadline(driver: OfficeDriver) -> None:
    issued, _ = await driver.call_new_ticket()
    seen = await driver.ticket_json(issued, "en")
    assert seen["desk"] == {
        "id": driver.desk_id(1),
        "name": "1",
        "way": "At the back, on the left",
        "arrow": "left",
    }
    assert (seen["state"], seen["ahead"], seen["eta"]) == ("called", None, None)
    assert seen["called_at"] == "2026-11-25T10:30:00+01:00"
    assert seen["until"] == "2026-11-25T10:33:00+01:00"
    assert seen["may"] == ["leave", "postpone"]


async def test_visit_is_recalled_started_and_finished(driver: OfficeDriver) -> None:
    issued, called = await driver.call_new_ticket()
    assert (await recall_ticket(driver.runtime, BORIS, called.id)).recalls == 1
    assert (await service.start_service(driver.runtime, BORIS, called.id)).state is TicketState.SERVING
    with pytest.raises(Refused, match="illegal_transition"):
        await recall_ticket(driver.runtime, BORIS, called.id)
    done = await service.finish_service(driver.runtime, BORIS, called.id, outcome="resolved", note="All done")
    assert (done.state, done.outcome) == (TicketState.FINISHED, "resolved")
    with pytest.raises(Refused, match="illegal_transition"):
        await service.finish_service(driver.runtime, BORIS, called.id)
    assert await driver.ticket_state(issued) == "finished"
    async with driver.runtime.read_session() as session:
        assert (await session.execute(select(VisitNoteRow.text))).scalar_one() == "All done"


async def test_ticket_put_back_keeps_its_position(driver: OfficeDriver) -> None:
    first, called = await driver.call_new_ticket()
    second = await driver.take_ticket()
    await put_back_ticket(driver.runtime, BORIS, called.id)
    assert (await driver.ticket_json(first))["ahead"] == 0
    assert (await driver.ticket_json(second))["ahead"] == 1


async def test_agent_cannot_start_ticket_of_another_desk(driver: OfficeDriver) -> None:
    _, called = await driver.call_new_ticket()
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await service.start_service(driver.runtime, ELENA, called.id)


async def test_held_ticket_returns_to_its_desk_first(driver: OfficeDriver, clock: FakeClock) -> None:
    issued, called = await driver.call_new_ticket()
    await service.start_service(driver.runtime, BORIS, called.id)
    await hold_ticket(driver.runtime, BORIS, called.id, minutes=5)
    other = await driver.take_ticket()
    assert (await driver.ticket_json(issued))["until"] == "2026-11-25T10:35:00+01:00"
    await driver.open_desk(2, ELENA)
    clock.advance(minutes=5)
    await driver.fire_due_timers()
    assert await driver.ticket_state(issued) == "waiting"
    at_other_desk = await driver.call_next(2, ELENA)
    assert at_other_desk is not None
    assert at_other_desk.id == other.ticket.id
    back = await driver.call_next()
    assert back is not None
    assert back.id == issued.ticket.id


async def test_held_ticket_can_be_resumed_before_hold_ends(driver: OfficeDriver) -> None:
    _, called = await driver.call_new_ticket()
    await service.start_service(driver.runtime, BORIS, called.id)
    await hold_ticket(driver.runtime, BORIS, called.id)
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await service.start_service(driver.runtime, ELENA, called.id)
    assert (await service.start_service(driver.runtime, BORIS, called.id)).state is TicketState.SERVING


async def test_held_ticket_cannot_resume_at_busy_desk(driver: OfficeDriver) -> None:
    _, called = await driver.call_new_ticket()
    await service.start_service(driver.runtime, BORIS, called.id)
    await hold_ticket(driver.runtime, BORIS, called.id)
    await driver.take_ticket()
    await driver.call_next()
    with pytest.raises(Refused, match="desk_busy"):
        await service.start_service(driver.runtime, BORIS, called.id)


async def test_held_ticket_of_closed_desk_is_callable_anywhere(driver: OfficeDriver) -> None:
    issued, called = await driver.call_new_ticket()
    await service.start_service(driver.runtime, BORIS, called.id)
    await hold_ticket(driver.runtime, BORIS, called.id)
    await service.close_desk(driver.runtime, BORIS, driver.desk_id(1))
    await driver.open_desk(2, ELENA)
    back = await driver.call_next(2, ELENA)
    assert back is not None
    assert back.id == issued.ticket.id


# A desk with a ticket of a line that it does not serve


async def _remove_line_from_desk(driver: OfficeDriver, number: int, line: str) -> None:
    line_id = next(own.id for own in driver.office.lines if own.slug == line)
    async with driver.runtime.transaction() as tx:
        await tx.session.execute(
            delete(DeskLineRow).where(
                DeskLineRow.desk_id == driver.desk_id(number), DeskLineRow.line_id == line_id
            )
        )
        await bump_office_versions(tx.session, [driver.office.id])


async def test_ticket_of_unserved_line_keeps_desk_busy(driver: OfficeDriver) -> None:
    _, called = await driver.call_new_ticket()
    await service.start_service(driver.runtime, BORIS, called.id)
    await _remove_line_from_desk(driver, 1, "registry")
    await driver.take_ticket("certificate")
    with pytest.raises(Refused, match="desk_busy"):
        await driver.call_next()
    with pytest.raises(Refused, match="desk_busy"):
        await service.close_desk(driver.runtime, BORIS, driver.desk_id(1))


async def test_desk_without_lines_opens_and_closes(driver: OfficeDriver) -> None:
    await _remove_line_from_desk(driver, 1, "registry")
    await _remove_line_from_desk(driver, 1, "identity")
    await driver.take_ticket()
    for _ in range(2):  # idempotent
        await driver.open_desk(1)
    assert await driver.call_next() is None
    await service.close_desk(driver.runtime, BORIS, driver.desk_id(1))
    async with driver.runtime.read_session() as session:
        assert await service.desk_id_for_agent(session, BORIS.id) is None


async def test_busy_desk_is_refused_also_without_next_ticket(driver: OfficeDriver) -> None:
    _, called = await driver.call_new_ticket()
    await service.start_service(driver.runtime, BORIS, called.id)
    await _remove_line_from_desk(driver, 1, "registry")
    with pytest.raises(Refused, match="desk_busy"):
        await driver.call_next()


async def test_call_ends_pause_of_another_process(driver: OfficeDriver) -> None:
    # the process that calls has not heard of the pause, and reads it with the line's new version
    await driver.take_ticket()
    await driver.open_desk(1)
    other = replace(driver.runtime, db=Database(driver.runtime.db.url))
    try:
        async with other.read_session() as session:  # caches the lines
            await staff_board(session, driver.office, driver.runtime.now(), "es")
        await pause_desk(driver.runtime, BORIS, driver.desk_id(1), "break", timedelta(minutes=10))
        assert await service.call_next(other, BORIS, driver.desk_id(1)) is not None
    finally:
        await other.db.close()
    async with driver.runtime.read_session() as session:
        ends = (await session.execute(select(DeskActivityRow.ended_at))).scalars().all()
    assert len(ends) == 1
    assert None not in ends


async def test_ticket_moved_by_another_process_is_found(driver: OfficeDriver) -> None:
    """This process knows the ticket in its old line, and no message told of the new line."""
    _, called = await driver.call_new_ticket()
    await service.start_service(driver.runtime, BORIS, called.id)
    other = replace(driver.runtime, db=Database(driver.runtime.db.url))
    try:
        await transfer_ticket(other, CARMEN, called.id, service="certificate")
    finally:
        await other.db.close()
    with pytest.raises(Refused, match="illegal_transition"):  # not Conflict("ticket_moved")
        await service.finish_service(driver.runtime, BORIS, called.id)


async def test_agent_moved_to_another_office_frees_old_desk(driver: OfficeDriver) -> None:
    await build_office(driver.runtime, slug="norte", name="Oficina Norte", position=1)
    await driver.open_desk(1, BORIS)
    moved = replace(BORIS, offices=frozenset({"norte"}))
    async with driver.runtime.read_session() as session:
        norte = await office_by_slug(session, "norte")
    await service.open_desk(driver.runtime, moved, norte.desks[0].id)
    assert (await _desk(driver, 1))["state"] == "closed"


# Races


async def _open_desks_for_agents(driver: OfficeDriver, count: int) -> list[Principal]:
    agents = [Principal(f"agent-{number}", f"Agent {number}", StaffRole.AGENT, None) for number in range(count)]
    for number, agent in enumerate(agents, 1):
        await driver.open_desk(number, agent)
    return agents


async def _serve_all(driver: OfficeDriver, number: int, agent: Principal) -> list[str]:
    """Call, start and finish tickets until the line is empty."""
    attended: list[str] = []
    while (ticket := await driver.call_next(number, agent)) is not None:
        attended.append(ticket.id)
        await service.start_service(driver.runtime, agent, ticket.id)
        await service.finish_service(driver.runtime, agent, ticket.id)
    return attended


async def test_concurrent_calls_get_different_tickets(driver: OfficeDriver) -> None:
    agents = await _open_desks_for_agents(driver, 2)
    await driver.take_ticket()
    await driver.take_ticket("certificate")
    calls = await asyncio.gather(*(driver.call_next(number, agent) for number, agent in enumerate(agents, 1)))
    assert len({call.id for call in calls if call}) == 2


async def test_concurrent_calls_share_no_ticket(driver: OfficeDriver) -> None:
    agents = await _open_desks_for_agents(driver, 2)
    await driver.take_ticket()
    calls = await asyncio.gather(*(driver.call_next(number, agent) for number, agent in enumerate(agents, 1)))
    assert sum(call is None for call in calls) == 1


async def test_double_press_of_call_next_calls_one_ticket(driver: OfficeDriver) -> None:
    await driver.take_ticket()
    await driver.take_ticket()
    await driver.open_desk()
    calls = await asyncio.gather(driver.call_next(), driver.call_next(), return_exceptions=True)
    assert sum(isinstance(call, Ticket) for call in calls) == 1
    assert [call.code for call in calls if isinstance(call, Refused)] == ["desk_busy"]


async def test_eight_agents_serve_thirty_tickets_once_each(driver: OfficeDriver) -> None:
    await build_office(driver.runtime, slug="grande", name="Oficina Grande", desks=8, position=1)
    async with driver.runtime.read_session() as session:
        large = OfficeDriver(driver.runtime, await office_by_slug(session, "grande"))
    people = await asyncio.gather(
        *(
            service.take_ticket(
                driver.runtime,
                "grande",
                service.TicketRequest(service="documents" if number % 3 else "certificate"),
            )
            for number in range(30)
        )
    )
    agents = await _open_desks_for_agents(large, 8)
    attended = await asyncio.gather(*(_serve_all(large, number, agent) for number, agent in enumerate(agents, 1)))
    everybody = [ticket_id for visit in attended for ticket_id in visit]
    assert sorted(everybody) == sorted(person.ticket.id for person in people)


async def test_concurrent_call_and_leave_end_in_state_left(driver: OfficeDriver) -> None:
    await driver.open_desk()
    issued = await driver.take_ticket()
    called, left = await asyncio.gather(
        driver.call_next(), service.leave_line(driver.runtime, issued.token), return_exceptions=True
    )
    assert isinstance(left, Ticket)
    assert await driver.ticket_state(issued) == "left"
    assert called is None or (isinstance(called, Ticket) and called.id == issued.ticket.id)


# Timers


async def test_call_is_repeated_after_1_and_missed_after_3_minutes(driver: OfficeDriver, clock: FakeClock) -> None:
    issued, _ = await driver.call_new_ticket()
    clock.advance(seconds=59)
    await driver.fire_due_timers()
    assert (await driver.ticket_json(issued))["recalls"] == 0
    clock.advance(seconds=1)
    await driver.fire_due_timers()
    assert (await driver.ticket_json(issued))["recalls"] == 1
    clock.advance(minutes=2)
    await driver.fire_due_timers()
    seen = await driver.ticket_json(issued)
    assert (seen["state"], seen["may"]) == ("missed", ["leave", "rejoin"])
    assert seen["until"] == "2026-11-25T10:53:00+01:00"
    assert (await _desk(driver))["state"] == "free"


async def test_timer_does_not_repeat_recall_of_agent(driver: OfficeDriver, clock: FakeClock) -> None:
    issued, called = await driver.call_new_ticket()
    await recall_ticket(driver.runtime, BORIS, called.id)
    clock.advance(seconds=61)
    await driver.fire_due_timers()
    assert (await driver.ticket_json(issued))["recalls"] == 1


async def test_timers_of_earlier_call_ignore_later_call(driver: OfficeDriver, clock: FakeClock) -> None:
    issued, called = await driver.call_new_ticket()
    clock.advance(minutes=2)
    await put_back_ticket(driver.runtime, BORIS, called.id)
    await driver.call_next()
    clock.advance(seconds=61)
    await driver.fire_due_timers()
    assert (await driver.ticket_json(issued))["state"] == "called"


async def test_rejoined_ticket_keeps_position_and_others_see_reason(
    driver: OfficeDriver, clock: FakeClock
) -> None:
    issued, _ = await driver.call_new_ticket()
    other = await driver.take_ticket()
    clock.advance(minutes=3)
    await driver.fire_due_timers()
    assert (await driver.ticket_json(other))["ahead"] == 0
    await rejoin_line(driver.runtime, issued.token)
    assert (await driver.ticket_json(issued))["ahead"] == 0
    seen = await driver.ticket_json(other)
    assert (seen["ahead"], seen["reason"]) == (1, "returned")


async def test_no_show_of_agent_keeps_the_right_to_rejoin(driver: OfficeDriver, clock: FakeClock) -> None:
    issued, called = await driver.call_new_ticket()
    await record_no_show(driver.runtime, BORIS, called.id)
    assert (await _desk(driver))["state"] == "free"
    await record_no_show(driver.runtime, BORIS, called.id)  # pressed twice
    seen = await driver.ticket_json(issued)
    assert (seen["state"], seen["may"]) == ("missed", ["leave", "rejoin"])
    assert seen["until"] == "2026-11-25T10:50:00+01:00"
    clock.advance(minutes=19)
    await rejoin_line(driver.runtime, issued.token)
    assert await driver.ticket_state(issued) == "waiting"


async def test_repeated_no_show_of_host_keeps_the_right_to_rejoin(driver: OfficeDriver) -> None:
    issued, called = await driver.call_new_ticket()
    for _ in range(2):
        await record_no_show(driver.runtime, CARMEN, called.id)
    assert (await driver.ticket_json(issued))["may"] == ["leave", "rejoin"]
    await rejoin_line(driver.runtime, issued.token)


async def test_agent_undoes_no_show_at_own_free_desk(driver: OfficeDriver, clock: FakeClock) -> None:
    issued, called = await driver.call_new_ticket()
    await record_no_show(driver.runtime, BORIS, called.id)
    await driver.open_desk(2, ELENA)
    with pytest.raises(NotAllowed, match="not_your_desk"):
        await undo_no_show(driver.runtime, ELENA, called.id)
    clock.advance(seconds=30)
    await undo_no_show(driver.runtime, BORIS, called.id)
    seen = await driver.ticket_json(issued)
    assert (seen["state"], seen["until"]) == ("called", "2026-11-25T10:33:30+01:00")
    await undo_no_show(driver.runtime, BORIS, called.id)  # pressed twice
    await record_no_show(driver.runtime, BORIS, called.id)
    await driver.take_ticket()
    await driver.call_next()
    with pytest.raises(Refused, match="desk_busy"):
        await undo_no_show(driver.runtime, BORIS, called.id)


async def test_desk_of_another_line_refuses_undo_of_no_show(driver: OfficeDriver) -> None:
    _, called = await driver.call_new_ticket()
    await record_no_show(driver.runtime, BORIS, called.id)
    async with driver.runtime.transaction() as tx:
        await tx.session.execute(delete(DeskLineRow).where(DeskLineRow.line_id == called.line_id))
        await bump_office_versions(tx.session, [driver.office.id])
    with pytest.raises(Refused, match="desk_not_for_service"):
        await undo_no_show(driver.runtime, BORIS, called.id)


async def test_paused_office_refuses_undo_of_no_show(driver: OfficeDriver) -> None:
    _, called = await driver.call_new_ticket()
    await record_no_show(driver.runtime, BORIS, called.id)
    await pause_office(driver.runtime, CARMEN, "centro")
    with pytest.raises(Refused, match="paused"):
        await undo_no_show(driver.runtime, BORIS, called.id)


async def test_missed_ticket_is_no_show_after_20_minutes(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11)
    clock.set(AT_11)
    await driver.open_desk()
    issued = await driver.check_in(appointment)
    await driver.call_next()
    clock.advance(minutes=3)
    await driver.fire_due_timers()
    clock.advance(minutes=20)
    with pytest.raises(Refused, match="rejoin_too_late"):
        await rejoin_line(driver.runtime, issued.token)
    await driver.fire_due_timers()
    assert await driver.ticket_state(issued) == "no_show"
    assert await driver.appointment_state(appointment) == "no_show"


async def test_tickets_expire_30_minutes_after_closing(driver: OfficeDriver, clock: FakeClock) -> None:
    served, called = await driver.call_new_ticket()
    await service.start_service(driver.runtime, BORIS, called.id)
    waiting = await driver.take_ticket()
    clock.advance(hours=8, minutes=59)  # 19:29
    await driver.fire_due_timers()
    assert await driver.ticket_state(waiting) == "waiting"
    clock.advance(minutes=1)
    await driver.fire_due_timers()
    assert await driver.ticket_state(waiting) == "expired"
    assert await driver.ticket_state(served) == "finished"


async def test_due_appointment_raises_line_version(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11)
    clock.set(AT_11 - timedelta(minutes=10))
    await driver.take_ticket()
    mine = await driver.check_in(appointment)
    before = (await driver.ticket_json(mine))["v"]
    clock.set(AT_11 - timedelta(minutes=2))
    await driver.fire_due_timers()
    seen = await driver.ticket_json(mine)
    assert seen["v"] > before  # type: ignore[operator]
    assert seen["ahead"] == 0


# The board


async def test_staff_board_shows_desks_tickets_and_next_calls(driver: OfficeDriver) -> None:
    _, called = await driver.call_new_ticket()
    await driver.take_ticket(name="Amina")
    board = await _board(driver)
    desk = await _desk(driver)
    assert desk["state"] == "calling"
    assert desk["ticket"] == {"id": called.id, "code": "A-001", "state": "called"}
    assert [(ticket["code"], ticket["why"]) for ticket in desk["next"]] == [("A-002", "arrival")]  # type: ignore[attr-defined]
    assert [(ticket["code"], ticket["name"]) for ticket in board["tickets"]] == [  # type: ignore[attr-defined]
        ("A-001", None),
        ("A-002", "Amina"),
    ]
    registry = board["lines"][0]  # type: ignore[index]
    assert (registry["slug"], registry["waiting"], registry["stopped"]) == ("registry", 1, False)


async def test_staff_board_version_always_grows(driver: OfficeDriver) -> None:
    async def version() -> int:
        async with driver.runtime.read_session() as session:
            office = await office_by_slug(session, "centro")
            return int((await staff_board(session, office, driver.runtime.now(), "es"))["v"])

    versions = [await version()]
    for act in (driver.take_ticket, driver.open_desk, driver.call_next):
        await act()
        versions.append(await version())
    assert versions == sorted(set(versions))


async def test_line_waits_are_for_a_new_walk_in(driver: OfficeDriver) -> None:
    await driver.open_desk()
    await driver.take_ticket()
    async with driver.runtime.read_session() as session:
        registry, identity = await service.line_waits(session, driver.office, driver.runtime.now())
    assert (registry.slug, registry.name, registry.waiting) == ("registry", "Registro", 1)
    assert registry.eta is not None
    assert registry.eta[1] > driver.runtime.now()
    assert identity.waiting == 0


async def test_people_ahead_are_those_whom_shared_desks_call_first(driver: OfficeDriver, clock: FakeClock) -> None:
    for _ in range(2):
        await driver.take_ticket("certificate")
    clock.advance(minutes=1)
    own, last = await driver.take_ticket(), await driver.take_ticket()
    clock.advance(minutes=1)
    after = await driver.take_ticket("certificate")
    for opens in (False, True):  # before the first agent comes, the count is that of all desks
        if opens:
            await driver.open_desk()
        seen = [await driver.ticket_json(issued) for issued in (own, last, after)]
        assert [shown["ahead"] for shown in seen] == [2, 3, 4]
        assert [shown["ahead_in_other_lines"] for shown in seen] == [2, 2, 2]
    await driver.call_next()
    assert (await driver.ticket_json(own))["ahead"] == 1


async def test_early_appointment_counts_before_a_later_call(driver: OfficeDriver, clock: FakeClock) -> None:
    booked = await driver.book_appointment(AT_11)
    clock.set(AT_11 - timedelta(minutes=14))
    await driver.open_desk()
    walk_ins = [await driver.take_ticket() for _ in range(3)]
    early = await driver.check_in(booked)
    seen = [await driver.ticket_json(ticket) for ticket in (walk_ins[0], early, *walk_ins[1:])]
    assert [shown["ahead"] for shown in seen] == [0, 2, 1, 3]
    assert [shown["ahead_in_other_lines"] for shown in seen] == [0, 0, 0, 0]


async def test_calls_of_other_lines_at_same_desk_are_counted(driver: OfficeDriver, clock: FakeClock) -> None:
    _, at_desk = await driver.call_new_ticket()
    clock.advance(minutes=1)
    for _ in range(3):
        await driver.take_ticket("certificate")
    clock.advance(minutes=1)
    last = await driver.take_ticket()
    for count in range(3):
        calls = (await driver.ticket_json(last))["other_calls"]
        assert calls == ({"count": count, "since": "2026-11-25T10:32:00+01:00"} if count > 1 else None)
        at_desk = await finish_and_call_next(driver, at_desk, clock)
    assert (await driver.ticket_json(last))["ahead"] == 0
    assert (await finish_and_call_next(driver, at_desk, clock)).id == last.ticket.id
    assert (await driver.ticket_json(await driver.take_ticket()))["other_calls"] is None


async def test_other_calls_before_a_ticket_are_not_its_own(driver: OfficeDriver, clock: FakeClock) -> None:
    _, at_desk = await driver.call_new_ticket()
    clock.advance(minutes=1)
    for _ in range(3):
        await driver.take_ticket("certificate")
    clock.advance(minutes=1)
    first = await driver.take_ticket()
    for _ in range(2):
        at_desk = await finish_and_call_next(driver, at_desk, clock)
    last = await driver.take_ticket()
    await finish_and_call_next(driver, at_desk, clock)
    assert (await driver.ticket_json(first))["other_calls"] == {"count": 3, "since": "2026-11-25T10:32:00+01:00"}
    assert (await driver.ticket_json(last))["other_calls"] is None


async def test_transfer_into_line_is_not_its_call(driver: OfficeDriver, clock: FakeClock) -> None:
    for _ in range(3):
        await driver.take_ticket("certificate")
    clock.advance(minutes=1)
    waiting = await driver.take_ticket()
    clock.advance(minutes=1)
    await driver.open_desk()
    at_desk = await driver.call_next()
    assert at_desk is not None
    for _ in range(2):
        at_desk = await finish_and_call_next(driver, at_desk, clock)
    await service.start_service(driver.runtime, BORIS, at_desk.id)
    await transfer_ticket(driver.runtime, BORIS, at_desk.id, service="documents")
    calls = {"count": 2, "since": "2026-11-25T10:31:00+01:00"}
    assert (await driver.ticket_json(waiting))["other_calls"] == calls


async def finish_and_call_next(driver: OfficeDriver, at_desk: Ticket, clock: FakeClock) -> Ticket:
    await service.start_service(driver.runtime, BORIS, at_desk.id)
    await service.finish_service(driver.runtime, BORIS, at_desk.id)
    clock.advance(minutes=1)
    called = await driver.call_next()
    assert called is not None
    return called
