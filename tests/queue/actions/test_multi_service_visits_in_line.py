"""A visit of several services in the line: as long as all of them, and told apart in what was measured."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.offices.service import bump_offices, office_by_id
from office360.offices.tables import ServiceRow
from office360.queue import service
from office360.queue.domain.call_order import OpenDesk
from office360.queue.domain.service_times import COLD, History, Pace, Visit, pace_of
from office360.queue.domain.ticket import Ticket
from office360.queue.domain.wait_estimate import Booked, outlook
from office360.queue.queries import office_state
from office360.queue.queries.service_time_history import history_of
from office360.queue.queries.statistics_report import measure
from office360.queue.simulation.plan import Offered, Plan, Planned
from office360.queue.storage.store import by_id
from sqlalchemy import update

from ...conftest import FakeClock
from ..conftest import AT_11, BORIS, ELENA, Hall
from ..support.tickets import T0, booked, line, walk_in

BOTH = ("certificate",)  # 15 minutes, after documents, 10
sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


async def served(hall: Hall, clock: FakeClock) -> Ticket:
    """Amina, who came for both and sits at boris's desk."""
    appointment = await hall.book(AT_11, more=BOTH)
    clock.set(AT_11)
    await hall.check_in(appointment)
    await hall.open()
    ticket = await hall.call()
    assert ticket is not None
    return await service.start(hall.runtime, BORIS, ticket.id)


async def test_a_turn_takes_as_long_as_all_services_of_its_appointment(hall: Hall, clock: FakeClock) -> None:
    appointment = await hall.book(AT_11, more=BOTH)
    clock.set(AT_11)
    issued = await hall.check_in(appointment)
    async with hall.runtime.reading() as session:
        record = await by_id(session, issued.ticket.id)
    assert record is not None
    assert record.ticket == issued.ticket
    assert (record.ticket.services, record.ticket.expected) == (("documents", "certificate"), minutes(25))
    seen = await hall.seen(issued)
    assert (seen["service"], seen["more_services"]) == ("documents", ["certificate"])


@sqlite_only
async def test_whoever_is_still_expected_takes_as_long_as_all_their_services(hall: Hall) -> None:
    appointment = await hall.book(AT_11, more=BOTH)
    async with hall.runtime.reading() as session:
        floor = await office_state.floor(session, hall.office, hall.runtime.now())
    line_id = hall.office.service("documents").line_id
    assert [(one.expected, one.more) for one in floor.coming[line_id]] == [(minutes(25), ("certificate",))]
    assert floor.coming[line_id][0].appointment_id == appointment.id


@sqlite_only
async def test_whoever_has_too_little_time_left_after_a_long_visit_gets_no_turn(
    hall: Hall, clock: FakeClock
) -> None:
    async with hall.runtime.transaction() as tx:
        await tx.session.execute(update(ServiceRow).where(ServiceRow.slug == "certificate").values(minutes=180))
        await bump_offices(tx.session, [hall.office.id])
    appointment = await hall.book(AT_11, more=BOTH)
    clock.set(AT_11)
    await hall.check_in(appointment)
    await hall.open()
    async with hall.runtime.reading() as session:
        office = await office_by_id(session, hall.office.id)
        floor = await office_state.floor(session, office, clock.now())
    forecast = floor.forecast(office.service("documents").line_id, minutes(10), "documents")
    assert forecast is not None
    assert forecast.finished_by > AT_11 + minutes(190)


@pytest.mark.parametrize(
    ("to", "left", "takes"),
    [
        ({"service": "certificate"}, ("certificate",), 15),  # the first is done
        ({"service": "documents", "desk": 2}, ("documents", "certificate"), 25),  # a colleague does all of it
        ({"desk": 2}, ("documents", "certificate"), 25),
    ],
)
async def test_whoever_is_sent_on_takes_along_what_is_not_done_yet(
    hall: Hall, clock: FakeClock, to: dict[str, str | int], left: tuple[str, ...], takes: int
) -> None:
    ticket = await served(hall, clock)
    await hall.open(2, ELENA)
    desk = {"desk": hall.desk(2)} if "desk" in to else {}
    slug = {"service": str(to["service"])} if "service" in to else {}
    sent = await service.transfer(hall.runtime, BORIS, ticket.id, **slug, **desk)
    async with hall.runtime.reading() as session:
        record = await by_id(session, sent.id)
    assert record is not None
    assert (record.ticket.services, record.ticket.expected) == (left, minutes(takes))


async def test_a_visit_of_several_services_tells_of_none_of_them_how_long_it_takes(
    hall: Hall, clock: FakeClock
) -> None:
    ticket = await served(hall, clock)
    clock.advance(minutes=40)
    await service.finish(hall.runtime, BORIS, ticket.id)
    async with hall.runtime.reading() as session:
        found = await history_of(session, hall.office, clock.now())
    assert (found.visits, found.calls) == ({}, 1)
    period = await measure(hall.runtime, "centro", None, None, detailed=True)
    assert period.services is not None
    assert (period.total.service.count, period.services["documents"].service.count) == (1, 0)
    assert period.services["documents"].served == 1


async def test_what_was_done_for_one_service_alone_is_its_own_history(hall: Hall, clock: FakeClock) -> None:
    ticket = await served(hall, clock)
    clock.advance(minutes=9)
    await service.transfer(hall.runtime, BORIS, ticket.id, service="certificate")
    again = await hall.call()
    assert again is not None
    await service.start(hall.runtime, BORIS, again.id)
    clock.advance(minutes=17)
    await service.finish(hall.runtime, BORIS, again.id)
    async with hall.runtime.reading() as session:
        found = await history_of(session, hall.office, clock.now())
    assert (found.visits, found.calls) == ({"certificate": (minutes(17),)}, 1)
    period = await measure(hall.runtime, "centro", None, None, detailed=True)
    assert period.services is not None
    assert period.services["certificate"].service.mean_s == 17 * 60


# Pure


def test_the_visit_of_several_services_is_what_was_measured_of_each() -> None:
    expected = {"documents": minutes(10), "certificate": minutes(15)}
    pace = pace_of(History(visits={"documents": (minutes(20),) * 500}), expected)
    one, other = pace.visit("documents", minutes(10)), pace.visit("certificate", minutes(15))
    both = pace.visit("documents", minutes(25), ("certificate",))
    assert both.mean == one.mean + other.mean
    assert max(one.deviation, other.deviation) < both.deviation < one.deviation + other.deviation


def test_of_a_service_that_is_no_longer_given_a_visit_takes_what_was_expected() -> None:
    pace = Pace(visits={"documents": Visit(minutes(5), minutes(1))})
    assert pace.visit("documents", minutes(25), ("old",)) == COLD.visit("documents", minutes(25))


def test_whoever_stands_behind_a_visit_of_several_services_waits_for_all_of_it() -> None:
    known = {"documents": Visit(minutes(10), minutes(1)), "certificate": Visit(minutes(30), minutes(1))}
    pace, desks = Pace(visits=known), [OpenDesk(("line",), T0)]
    behind = walk_in(2, 0)
    earliest = {}
    for more in ((), ("certificate",)):
        first = booked(1, -1, 0, more_services=more)
        crowd = line(first, behind)
        _, ranges = outlook(crowd, [crowd], desks, [], T0, pace)
        earliest[more] = ranges[behind.id].earliest
    assert earliest["certificate",] - earliest[()] >= minutes(20)  # thirty, less what is in doubt


def test_a_rehearsal_gives_a_visit_the_time_of_all_its_services() -> None:
    one = Offered("documents", "line", minutes(10), Visit(minutes(12), minutes(3)))
    other = Offered("certificate", "other", minutes(15), Visit(minutes(14), minutes(4)))
    plan = Plan(T0, T0 + minutes(60), (), (one, other), ())
    both = plan.booked(Planned("documents", T0, ("certificate",)))
    assert both == Offered("documents", "line", minutes(25), Visit(minutes(26), minutes(5)), ("certificate",))
    assert plan.booked(Planned("documents", T0)) == one


def test_whoever_is_booked_keeps_their_services_in_the_replay() -> None:
    coming = Booked(T0, minutes(25), "line", "documents", "a1", None, ("certificate",))
    known = {"documents": Visit(minutes(10), minutes(1)), "certificate": Visit(minutes(30), minutes(1))}
    crowd, desks = line(walk_in(1, 5)), [OpenDesk(("line",), T0)]
    later = {}
    for one in (coming, Booked(T0, minutes(10), "line", "documents", "a1")):
        _, ranges = outlook(crowd, [crowd], desks, [one], T0 + minutes(5), Pace(visits=known, no_show=0))
        later[one.more] = ranges["t01"].latest
    assert later["certificate",] > later[()]
