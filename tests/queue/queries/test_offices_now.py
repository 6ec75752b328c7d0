"""Present figures of offices, read with few statements."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from office360.offices.service import Office, office_by_slug
from office360.queue.queries.offices_now import load_offices_now, long_wait_limit

from ...conftest import MORNING, FakeClock
from ..conftest import BORIS, OfficeDriver


async def test_waits_desks_and_late_appointments_are_measured(
    driver: OfficeDriver, clock: FakeClock, office: Office
) -> None:
    await driver.open_desk(1, BORIS)
    appointment = await driver.book_appointment(MORNING + timedelta(minutes=30))
    await driver.take_ticket()
    clock.advance(minutes=25)
    await driver.check_in(appointment)
    clock.advance(minutes=25)
    async with driver.runtime.read_session() as session:
        fresh = await office_by_slug(session, "centro")
        figures = (await load_offices_now(session, [fresh], clock.now()))[fresh.id]
    assert (figures.waiting, figures.longest_wait, figures.over_limit) == (2, timedelta(minutes=50), 1)
    assert (figures.desks_open, figures.desks, figures.late) == (1, 4, 1)


def test_long_wait_is_over_target_else_over_line_limit(office: Office) -> None:
    rules = {"guard_wait": 1_800}
    assert long_wait_limit(office, rules) == timedelta(minutes=30)
    assert long_wait_limit(replace(office, targets={"wait_p90_min": 15}), rules) == timedelta(minutes=15)
