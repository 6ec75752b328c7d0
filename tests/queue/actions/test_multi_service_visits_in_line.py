"""Visits of several services in the line: their length and their statistics."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.figures.domain.figure_groups import FigureGrouping
from office360.figures.queries.figure_report import measure_period
from office360.offices.service import bump_office_versions, office_by_id
from office360.offices.storage.tables import ServiceRow
from office360.queue import service
from office360.queue.actions.transfer import transfer_ticket
from office360.queue.domain.call_order import OpenDesk
from office360.queue.domain.service_times import (
    UNMEASURED_SERVICE_TIMES,
    ServiceHistory,
    ServiceTime,
    ServiceTimes,
    estimate_service_times,
)
from office360.queue.domain.ticket import Ticket
from office360.queue.domain.wait_estimate import ExpectedAppointment, ForecastInput, forecast_line
from office360.queue.queries import office_state
from office360.queue.queries.service_time_history import load_service_history
from office360.queue.simulation.plan import DayPlan, PlannedAppointment, PlannedService
from office360.queue.storage.ticket_rows import ticket_record_by_id
from sqlalchemy import update

from ...conftest import FakeClock
from ..conftest import AT_11, BORIS, ELENA, OfficeDriver
from ..support.tickets import T0, appointment_ticket, line_with, walk_in_ticket

MORE_SERVICES = ("certificate",)  # 15 minutes, after 10 for documents
sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


async def serve_both_services(driver: OfficeDriver, clock: FakeClock) -> Ticket:
    """Start to serve a visit of both services at boris's desk."""
    appointment = await driver.book_appointment(AT_11, more=MORE_SERVICES)
    clock.set(AT_11)
    await driver.check_in(appointment)
    await driver.open_desk()
    ticket = await driver.call_next()
    assert ticket is not None
    return await service.start_service(driver.runtime, BORIS, ticket.id)


async def test_ticket_lasts_as_long_as_all_its_services(driver: OfficeDriver, clock: FakeClock) -> None:
    appointment = await driver.book_appointment(AT_11, more=MORE_SERVICES)
    clock.set(AT_11)
    issued = await driver.check_in(appointment)
    async with driver.runtime.read_session() as session:
        record = await ticket_record_by_id(session, issued.ticket.id)
    assert record is not None
    assert record.ticket == issued.ticket
    assert (record.ticket.services, record.ticket.expected) == (("documents", "certificate"), minutes(25))
    seen = await driver.ticket_json(issued)
    assert (seen["service"], seen["more_services"]) == ("documents", ["certificate"])


@sqlite_only
async def test_expected_appointment_counts_all_its_services(driver: OfficeDriver) -> None:
    appointment = await driver.book_appointment(AT_11, more=MORE_SERVICES)
    async with driver.runtime.read_session() as session:
        state = await office_state.load_office_state(session, driver.office, driver.runtime.now())
    line_id = driver.office.service("documents").line_id
    assert [
        (appointment.expected, appointment.more_services) for appointment in state.appointments_by_line[line_id]
    ] == [(minutes(25), ("certificate",))]
    assert state.appointments_by_line[line_id][0].appointment_id == appointment.id


@sqlite_only
async def test_forecast_includes_long_visit_of_two_services(driver: OfficeDriver, clock: FakeClock) -> None:
    async with driver.runtime.transaction() as tx:
        await tx.session.execute(update(ServiceRow).where(ServiceRow.slug == "certificate").values(minutes=180))
        await bump_office_versions(tx.session, [driver.office.id])
    appointment = await driver.book_appointment(AT_11, more=MORE_SERVICES)
    clock.set(AT_11)
    await driver.check_in(appointment)
    await driver.open_desk()
    async with driver.runtime.read_session() as session:
        office = await office_by_id(session, driver.office.id)
        state = await office_state.load_office_state(session, office, clock.now())
    forecast = state.forecast_new_ticket(office.service("documents").line_id, minutes(10), "documents")
    assert forecast is not None
    assert forecast.finished_by > AT_11 + minutes(190)


@pytest.mark.parametrize(
    ("to", "left", "takes"),
    [
        ({"service": "certificate"}, ("certificate",), 15),  # documents are done
        ({"service": "documents", "desk": 2}, ("documents", "certificate"), 25),  # desk 2 does both services
        ({"desk": 2}, ("documents", "certificate"), 25),
    ],
)
async def test_transfer_keeps_remaining_services(
    driver: OfficeDriver, clock: FakeClock, to: dict[str, str | int], left: tuple[str, ...], takes: int
) -> None:
    ticket = await serve_both_services(driver, clock)
    await driver.open_desk(2, ELENA)
    desk = {"desk": driver.desk_id(2)} if "desk" in to else {}
    slug = {"service": str(to["service"])} if "service" in to else {}
    sent = await transfer_ticket(driver.runtime, BORIS, ticket.id, **slug, **desk)
    async with driver.runtime.read_session() as session:
        record = await ticket_record_by_id(session, sent.id)
    assert record is not None
    assert (record.ticket.services, record.ticket.expected) == (left, minutes(takes))


async def test_combined_visit_measures_no_single_service(driver: OfficeDriver, clock: FakeClock) -> None:
    ticket = await serve_both_services(driver, clock)
    clock.advance(minutes=40)
    await service.finish_service(driver.runtime, BORIS, ticket.id)
    async with driver.runtime.read_session() as session:
        found = await load_service_history(session, driver.office, clock.now())
    assert (found.durations_by_service, found.calls) == ({}, 1)
    report = await measure_period(driver.runtime, "centro", None, None, detailed=True)
    documents = report.groups[FigureGrouping.SERVICE]["documents"].visits
    assert (report.total.visits.service.count, documents.service.count) == (1, 0)
    assert documents.served == 1


async def test_single_service_part_is_measured(driver: OfficeDriver, clock: FakeClock) -> None:
    ticket = await serve_both_services(driver, clock)
    clock.advance(minutes=9)
    await transfer_ticket(driver.runtime, BORIS, ticket.id, service="certificate")
    again = await driver.call_next()
    assert again is not None
    await service.start_service(driver.runtime, BORIS, again.id)
    clock.advance(minutes=17)
    await service.finish_service(driver.runtime, BORIS, again.id)
    async with driver.runtime.read_session() as session:
        found = await load_service_history(session, driver.office, clock.now())
    assert (found.durations_by_service, found.calls) == ({"certificate": (minutes(17),)}, 1)
    report = await measure_period(driver.runtime, "centro", None, None, detailed=True)
    assert report.groups[FigureGrouping.SERVICE]["certificate"].visits.service.mean_s == 17 * 60


# Rules


def test_combined_service_time_adds_measured_times() -> None:
    expected = {"documents": minutes(10), "certificate": minutes(15)}
    pace = estimate_service_times(
        ServiceHistory(durations_by_service={"documents": (minutes(20),) * 500}), expected
    )
    documents, other = pace.visit_time("documents", minutes(10)), pace.visit_time("certificate", minutes(15))
    both = pace.visit_time("documents", minutes(25), ("certificate",))
    assert both.mean == documents.mean + other.mean
    assert max(documents.deviation, other.deviation) < both.deviation < documents.deviation + other.deviation


def test_combined_time_with_removed_service_is_expected() -> None:
    pace = ServiceTimes(by_service={"documents": ServiceTime(minutes(5), minutes(1))})
    assert pace.visit_time("documents", minutes(25), ("old",)) == UNMEASURED_SERVICE_TIMES.visit_time(
        "documents", minutes(25)
    )


def test_combined_visit_delays_next_ticket_by_all_services() -> None:
    known = {
        "documents": ServiceTime(minutes(10), minutes(1)),
        "certificate": ServiceTime(minutes(30), minutes(1)),
    }
    pace, desks = ServiceTimes(by_service=known), [OpenDesk(("line",), T0)]
    behind = walk_in_ticket(2, 0)
    earliest = {}
    for more in ((), ("certificate",)):
        first = appointment_ticket(1, -1, 0, more_services=more)
        crowd = line_with(first, behind)
        _, ranges = forecast_line(crowd, ForecastInput([crowd], desks, [], T0, pace))
        earliest[more] = ranges[behind.id].earliest
    assert earliest["certificate",] - earliest[()] >= minutes(20)  # 30, less the uncertainty of the forecast


def test_plan_adds_times_of_all_services() -> None:
    service = PlannedService("documents", "line", minutes(10), ServiceTime(minutes(12), minutes(3)))
    other = PlannedService("certificate", "other", minutes(15), ServiceTime(minutes(14), minutes(4)))
    plan = DayPlan(T0, T0 + minutes(60), (), (service, other), ())
    both = plan.appointment_service(PlannedAppointment("documents", T0, ("certificate",)))
    assert both == PlannedService(
        "documents", "line", minutes(25), ServiceTime(minutes(26), minutes(5)), ("certificate",)
    )
    assert plan.appointment_service(PlannedAppointment("documents", T0)) == service


def test_expected_appointment_keeps_services_in_forecast() -> None:
    coming = ExpectedAppointment(T0, minutes(25), "line", "documents", "a1", None, ("certificate",))
    known = {
        "documents": ServiceTime(minutes(10), minutes(1)),
        "certificate": ServiceTime(minutes(30), minutes(1)),
    }
    crowd, desks = line_with(walk_in_ticket(1, 5)), [OpenDesk(("line",), T0)]
    later = {}
    for appointment in (coming, ExpectedAppointment(T0, minutes(10), "line", "documents", "a1")):
        _, ranges = forecast_line(
            crowd,
            ForecastInput(
                [crowd], desks, [appointment], T0 + minutes(5), ServiceTimes(by_service=known, no_show_share=0)
            ),
        )
        later[appointment.more_services] = ranges["t01"].latest
    assert later["certificate",] > later[()]
