"""Delayed appointments: forecast, delay notice, and check-in at the announced time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from office360.appointments.notify.delays import DelayMonitor
from office360.appointments.service import Appointment, appointment_by_id, appointment_token, mark_no_show
from office360.core.db.outbox import OutboxRow
from office360.core.errors import Refused
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.queue import service
from office360.queue.actions.pause import pause_office
from office360.queue.domain import admission
from office360.queue.domain.line import due_at, is_late, priority_key
from office360.queue.domain.line_settings import LineSettings
from office360.queue.domain.wait_estimate import ExpectedAppointment, ForecastInput, expected_call_times
from sqlalchemy import select

from ...conftest import AppServer, FakeClock
from ..conftest import AT_11, BORIS, CARMEN, OfficeDriver
from ..support.forecasts import EXACT_SERVICE_TIMES, TEN, open_desks
from ..support.tickets import appointment_ticket, at_minute, line_with

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SETTINGS = LineSettings()


def expected_minutes(*booked: ExpectedAppointment, now: float = 0, count: int = 1) -> dict[str, float]:
    """Return the expected minute of each call."""
    line = line_with()
    times = expected_call_times(
        line, ForecastInput([line], open_desks(count, now), booked, at_minute(now), EXACT_SERVICE_TIMES)
    )
    return {name: round((time - at_minute(0)).total_seconds() / 60) for name, time in times.items()}


def expected_appointment(name: str, minute: float, announced: float | None = None) -> ExpectedAppointment:
    return ExpectedAppointment(
        at_minute(minute), TEN, "line", "documents", name, None if announced is None else at_minute(announced)
    )


def test_appointments_at_one_desk_are_called_in_sequence() -> None:
    found = expected_minutes(
        expected_appointment("a", 30), expected_appointment("b", 30), expected_appointment("c", 40)
    )
    assert (found["a"], found["b"], found["c"]) == (25, 35, 45)
    assert expected_minutes(expected_appointment("a", 30), expected_appointment("b", 30), count=2) == {
        "a": 25,
        "b": 25,
    }


def test_delayed_appointment_is_expected_at_announced_time() -> None:
    found = expected_minutes(expected_appointment("a", 10, announced=60), expected_appointment("b", 30))
    assert found["a"] >= 55
    assert found["b"] <= 30


def test_expected_calls_need_an_open_desk() -> None:
    assert expected_minutes(expected_appointment("a", 30), count=0) == {}


def test_lateness_counts_from_announced_time() -> None:
    announced = replace(appointment_ticket(1, 45, 0), told_at=at_minute(40))
    assert is_late(appointment_ticket(1, 45, 0), SETTINGS)
    assert not is_late(announced, SETTINGS)
    assert due_at(announced, SETTINGS) == at_minute(-2)
    assert priority_key(announced, SETTINGS, False, at_minute(45)) < priority_key(
        appointment_ticket(2, 20, 20), SETTINGS, False, at_minute(45)
    )
    assert is_late(replace(announced, arrived_at=at_minute(51)), SETTINGS)


@pytest.mark.parametrize(
    ("minute", "announced", "code"),
    [
        (31, None, "too_late_for_turn"),
        (31, 40, None),
        (69, 40, None),
        (70, 40, "too_late_for_turn"),
        (-16, 40, "too_early"),
    ],
)
def test_check_in_closes_30_minutes_after_announced_time(
    minute: float, announced: float | None, code: str | None
) -> None:
    moment = None if announced is None else at_minute(announced)
    refusal = admission.check_appointment(
        at_minute(0), at_minute(minute), paused=False, settings=SETTINGS, told_at=moment
    )
    assert (refusal.code if refusal else None) == code


# Delay notices


async def book_crowded_day(driver: OfficeDriver) -> list[Appointment]:
    """Book two appointments every ten minutes from eleven on, for a single desk."""
    await driver.open_desk()
    return [
        await driver.book_appointment(AT_11 + timedelta(minutes=minutes), name=f"p{minutes}{letter}")
        for minutes in (0, 10, 20, 30, 40)
        for letter in "ab"
    ]


async def announced_times(runtime: Runtime) -> dict[str, str]:
    """Return the announced start of each appointment, from messages that are not void."""
    async with runtime.read_session() as session:
        rows = (await session.execute(select(OutboxRow).where(OutboxRow.kind == "appointment_late"))).scalars()
        return {
            row.payload["appointment_id"]: row.payload["come_at"][11:16] for row in rows if row.state != "void"
        }


async def test_lasting_delay_is_announced_once(driver: OfficeDriver, runtime: Runtime, clock: FakeClock) -> None:
    appointments = await book_crowded_day(driver)
    watch = DelayMonitor(runtime, service.expected_call_times)
    assert await watch.check_offices() == 0  # desks open one by one: the delay must last first
    clock.advance(minutes=5)
    assert await watch.check_offices() > 0
    found = await announced_times(runtime)
    assert appointments[-1].id in found
    assert appointments[0].id not in found
    assert found[appointments[-1].id] > "10:55"  # 11:55 in Madrid instead of 11:40
    clock.advance(minutes=1)
    assert await watch.check_offices() == 0
    clock.advance(minutes=6)
    assert await watch.check_offices() == 0


@ON_SQLITE
async def test_paused_office_announces_no_delay(driver: OfficeDriver, runtime: Runtime, clock: FakeClock) -> None:
    await book_crowded_day(driver)
    await pause_office(runtime, CARMEN, "centro", "An alarm")
    watch = DelayMonitor(runtime, service.expected_call_times)
    for _ in range(3):
        clock.advance(minutes=5)
        assert await watch.check_offices() == 0


@ON_SQLITE
async def test_arrival_at_announced_time_is_not_late(
    app_server: AppServer, office: Office, clock: FakeClock
) -> None:
    runtime, driver = app_server.runtime, OfficeDriver(app_server.runtime, office)
    appointments = await book_crowded_day(driver)
    watch = DelayMonitor(runtime, service.expected_call_times)
    await watch.check_offices()
    clock.advance(minutes=5)
    await watch.check_offices()
    async with runtime.read_session() as session:
        last = await appointment_by_id(session, appointments[-1].id)
    assert last.told_starts_at is not None
    clock.set(last.told_starts_at + timedelta(minutes=9))
    for appointment in appointments[:-1]:
        async with runtime.transaction() as tx:
            await mark_no_show(tx, appointment.id)
    async with app_server.client() as client:
        token = appointment_token(runtime, last)
        page = await (await client.get(f"/a/{token}")).text()
        assert "Vamos con retraso" in page
        assert "conservas tu sitio" in page
        issued = await driver.check_in(last)
        assert not is_late(issued.ticket, SETTINGS)
        assert issued.ticket.appointment_at == last.starts_at
        ticket = await (await client.get(f"/t/{issued.token}")).text()
        assert "te dijimos que vinieras a las" in ticket
    called = await driver.call_next(1, BORIS)
    assert called is not None
    assert called.id == issued.ticket.id


@ON_SQLITE
async def test_check_in_30_minutes_after_announced_time_is_refused(
    driver: OfficeDriver, runtime: Runtime, clock: FakeClock
) -> None:
    appointments = await book_crowded_day(driver)
    watch = DelayMonitor(runtime, service.expected_call_times)
    await watch.check_offices()
    clock.advance(minutes=5)
    await watch.check_offices()
    async with runtime.read_session() as session:
        last = await appointment_by_id(session, appointments[-1].id)
    clock.set(last.expected_at + timedelta(minutes=30))
    with pytest.raises(Refused, match="too_late_for_turn"):
        await driver.check_in(last)
