"""Appointments that are kept waiting: who is told to come later, and is not late when they then come."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from office360.appointments.service import Appointment, LateWatch, appointment_by_id, mark_no_show, token_of
from office360.core.db.outbox import OutboxRow
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.queue import service
from office360.queue.domain import admission
from office360.queue.domain.line import due_at, is_late, standing
from office360.queue.domain.line_settings import LineRules
from office360.queue.domain.wait_estimate import Booked, expected_calls
from sqlalchemy import select

from ...conftest import AppServer, FakeClock
from ...queue.conftest import AT_11, BORIS, CARMEN, Hall
from ...queue.domain.test_wait_estimate import SURE, TEN, desks
from ...queue.support.tickets import at, booked, line

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
RULES = LineRules()


def expected(*coming: Booked, now: float = 0, count: int = 1) -> dict[str, float]:
    """From when on each may be called, in minutes."""
    people = line()
    found = expected_calls(people, [people], desks(count, now), coming, at(now), SURE)
    return {name: round((moment - at(0)).total_seconds() / 60) for name, moment in found.items()}


def coming(name: str, minute: float, told: float | None = None) -> Booked:
    return Booked(at(minute), TEN, "line", "documents", name, None if told is None else at(told))


def test_two_appointments_of_one_time_at_one_desk_are_called_one_after_the_other() -> None:
    found = expected(coming("a", 30), coming("b", 30), coming("c", 40))
    assert (found["a"], found["b"], found["c"]) == (25, 35, 45)
    assert expected(coming("a", 30), coming("b", 30), count=2) == {"a": 25, "b": 25}


def test_whoever_was_told_to_come_later_is_expected_then() -> None:
    found = expected(coming("a", 10, told=60), coming("b", 30))
    assert found["a"] >= 55
    assert found["b"] <= 30


def test_without_a_desk_nobody_can_be_told_when_to_come() -> None:
    assert expected(coming("a", 30), count=0) == {}


def test_lateness_counts_from_the_time_that_was_told_and_the_place_from_the_appointment() -> None:
    told = replace(booked(1, 45, 0), told_at=at(40))
    assert is_late(booked(1, 45, 0), RULES)
    assert not is_late(told, RULES)
    assert due_at(told, RULES) == at(-2)
    assert standing(told, RULES, False, at(45)) < standing(booked(2, 20, 20), RULES, False, at(45))
    assert is_late(replace(told, arrived_at=at(51)), RULES)


@pytest.mark.parametrize(
    ("minute", "told", "code"),
    [
        (31, None, "too_late_for_turn"),
        (31, 40, None),
        (69, 40, None),
        (70, 40, "too_late_for_turn"),
        (-16, 40, "too_early"),
    ],
)
def test_one_may_come_half_an_hour_after_what_was_told_and_as_early_as_before(
    minute: float, told: float | None, code: str | None
) -> None:
    moment = None if told is None else at(told)
    refusal = admission.appointment(at(0), at(minute), paused=False, rules=RULES, told_at=moment)
    assert (refusal.code if refusal else None) == code


# The whole of it


async def crowded(hall: Hall) -> list[Appointment]:
    """Two appointments every ten minutes from eleven on, and one desk for them."""
    await hall.open()
    return [
        await hall.book(AT_11 + timedelta(minutes=minutes), name=f"p{minutes}{one}")
        for minutes in (0, 10, 20, 30, 40)
        for one in "ab"
    ]


async def told(runtime: Runtime) -> dict[str, str]:
    """When to come, by appointment, as it stands in the outbox and has not been taken back."""
    async with runtime.reading() as session:
        rows = (await session.execute(select(OutboxRow).where(OutboxRow.kind == "appointment_late"))).scalars()
        return {
            row.payload["appointment_id"]: row.payload["come_at"][11:16] for row in rows if row.state != "void"
        }


async def test_a_delay_that_lasts_is_told_once_to_those_who_are_kept_waiting(
    hall: Hall, runtime: Runtime, clock: FakeClock
) -> None:
    people = await crowded(hall)
    watch = LateWatch(runtime, service.expected_calls)
    assert await watch.look() == 0  # desks open one after the other: it may be over in a moment
    clock.advance(minutes=5)
    assert await watch.look() > 0
    found = await told(runtime)
    assert people[-1].id in found
    assert people[0].id not in found
    assert found[people[-1].id] > "10:55"  # 11:55 in Madrid instead of 11:40
    clock.advance(minutes=1)
    assert await watch.look() == 0
    clock.advance(minutes=6)
    assert await watch.look() == 0


@ON_SQLITE
async def test_an_office_that_is_paused_or_closed_tells_nobody(
    hall: Hall, runtime: Runtime, clock: FakeClock
) -> None:
    await crowded(hall)
    await service.pause(runtime, CARMEN, "centro", "An alarm")
    watch = LateWatch(runtime, service.expected_calls)
    for _ in range(3):
        clock.advance(minutes=5)
        assert await watch.look() == 0


@ON_SQLITE
async def test_whoever_comes_when_they_were_told_to_is_not_late_and_the_ticket_says_so(
    app_server: AppServer, office: Office, clock: FakeClock
) -> None:
    runtime, hall = app_server.runtime, Hall(app_server.runtime, office)
    people = await crowded(hall)
    watch = LateWatch(runtime, service.expected_calls)
    await watch.look()
    clock.advance(minutes=5)
    await watch.look()
    async with runtime.reading() as session:
        last = await appointment_by_id(session, people[-1].id)
    assert last.told_starts_at is not None
    clock.set(last.told_starts_at + timedelta(minutes=9))
    for one in people[:-1]:
        async with runtime.transaction() as tx:
            await mark_no_show(tx, one.id)
    async with app_server.client() as client:
        token = token_of(runtime, last)
        page = await (await client.get(f"/a/{token}")).text()
        assert "Vamos con retraso" in page
        assert "conservas tu sitio" in page
        issued = await hall.check_in(last)
        assert not is_late(issued.ticket, RULES)
        assert issued.ticket.appointment_at == last.starts_at
        ticket = await (await client.get(f"/t/{issued.token}")).text()
        assert "te dijimos que vinieras a las" in ticket
    called = await hall.call(1, BORIS)
    assert called is not None
    assert called.id == issued.ticket.id


@ON_SQLITE
async def test_half_an_hour_after_what_was_told_a_host_decides(
    hall: Hall, runtime: Runtime, clock: FakeClock
) -> None:
    people = await crowded(hall)
    watch = LateWatch(runtime, service.expected_calls)
    await watch.look()
    clock.advance(minutes=5)
    await watch.look()
    async with runtime.reading() as session:
        last = await appointment_by_id(session, people[-1].id)
    clock.set(last.expected_at + timedelta(minutes=30))
    with pytest.raises(Refused, match="too_late_for_turn"):
        await hall.check_in(last)
