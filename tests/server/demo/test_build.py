"""The demo city: complete at any hour, and topped up by later starts."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from office360.appointments.service import Appointment, AppointmentState, appointments_of_day
from office360.core.db.outbox import OutboxRow
from office360.core.events import EventRegistry
from office360.core.runtime import Runtime
from office360.core.tokens import TokenSigner
from office360.offices.service import Office, all_offices, hours
from office360.precheck.actions.connection_tests import latest_test_summaries
from office360.queue import service as queue
from office360.queue.queries.staff_board import staff_board
from office360.queue.service import TicketRequest
from office360.server.demo.appointments import upcoming_appointments
from office360.server.demo.build import DemoSummary, build_demo
from office360.server.runtime import make_runtime
from office360.server.schema import metadata
from office360.server.settings import Settings, load_settings
from office360.staff.actions.accounts import login
from office360.staff.actions.passwords import needs_rehash
from office360.staff.storage import staff_rows
from sqlalchemy import func, select

from ...conftest import TEST_SECRET, FakeClock

MORNING = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)  # a Wednesday, 10:30 in Madrid
EVENING = datetime(2026, 11, 25, 17, 50, tzinfo=UTC)  # ten minutes before the central office closes
NIGHT = datetime(2026, 11, 26, 2, 10, tzinfo=UTC)
CHRISTMAS = datetime(2026, 12, 25, 11, 0, tzinfo=UTC)
CLOCK_CHANGE = datetime(2026, 10, 25, 0, 40, tzinfo=UTC)
JUST_OPENED = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def demo_settings(path: Path) -> Settings:
    url = f"sqlite+aiosqlite:///{path}"
    return load_settings(environment="development", secret_key=[TEST_SECRET], database_url=url)


@pytest.fixture(scope="module")
def built_demo(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoSummary]:
    """Build the city on a working morning, once for all tests that only read it."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    shutil.copy(sqlite_template, path)

    async def build() -> DemoSummary:
        runtime = make_runtime(demo_settings(path), FakeClock(MORNING), EventRegistry())
        summary = await build_demo(runtime)
        await runtime.db.close()
        return summary

    return path, asyncio.run(build())


@pytest.fixture
async def morning_demo(
    built_demo: tuple[Path, DemoSummary], clock: FakeClock, tmp_path: Path
) -> AsyncIterator[Runtime]:
    """Open a copy of the built city."""
    shutil.copy(built_demo[0], tmp_path / "copy.db")
    runtime = make_runtime(demo_settings(tmp_path / "copy.db"), clock, EventRegistry())
    yield runtime
    await runtime.db.close()


async def load_offices(runtime: Runtime) -> dict[str, Office]:
    async with runtime.read_session() as session:
        return {office.slug: office for office in await all_offices(session)}


async def load_board(runtime: Runtime, slug: str) -> dict[str, Any]:
    async with runtime.read_session() as session:
        office = next(office for office in await all_offices(session) if office.slug == slug)
        return await staff_board(session, office, runtime.now(), "es")


async def load_agenda(runtime: Runtime, slug: str, days: int = 1) -> list[Appointment]:
    office = (await load_offices(runtime))[slug]
    now = runtime.now()
    async with runtime.read_session() as session:
        return await appointments_of_day(
            session, office.id, now - timedelta(minutes=5), now + timedelta(days=days)
        )


def week(office: Office) -> list[tuple[int, int]]:
    """Return the opening hours from Monday on."""
    days = sorted(office.hours.weekly.items())
    return [(opening.opens.hour, opening.closes.hour) for _, openings in days for opening in openings]


async def row_counts(runtime: Runtime) -> dict[str, int]:
    """Count the rows of all tables that the demo fills."""
    async with runtime.read_session() as session:
        return {
            table.name: (await session.execute(select(func.count()).select_from(table))).scalar_one()
            for table in metadata.sorted_tables
        }


async def test_demo_has_one_large_and_two_small_offices(morning_demo: Runtime, clock: FakeClock) -> None:
    city = await load_offices(morning_demo)
    assert list(city) == ["centro", "norte", "henares"]
    centro, norte, henares = city.values()
    assert (len(centro.desks), len(norte.desks)) == (12, 4)
    assert [service.slug for service in centro.services] == [
        "documents",
        "certificate",
        "information",
        "health-card",
        "complaints",
        "hunting-fishing",
    ]
    assert centro.service("documents").modes == ("in_person",)
    assert centro.service("certificate").modes == ("in_person", "video")
    assert week(centro) == [(9, 19)] * 5 + [(9, 13)]
    assert week(norte) == week(henares) == [(9, 15)] * 5
    for office in city.values():
        assert all(set(line.names) == {"es", "en"} for line in office.lines)
        assert all(line.daily_quota is None for line in office.lines)
        assert {line.id for line in office.lines} == {
            line_id for desk in office.desks for line_id in desk.line_ids
        }


@pytest.mark.parametrize("now", [EVENING, NIGHT, CHRISTMAS, CLOCK_CHANGE])
async def test_demo_has_busy_open_office_at_any_hour(runtime: Runtime, clock: FakeClock, now: datetime) -> None:
    clock.set(now)
    await build_demo(runtime)
    henares = (await load_offices(runtime))["henares"]
    assert hours.is_open(henares.hours, now)
    seen = await load_board(runtime, "henares")
    states = Counter(desk["state"] for desk in seen["desks"])
    assert states["serving"] == 2
    assert states["closed"] == 4
    assert sum(line["waiting"] for line in seen["lines"]) >= 4
    soon = await load_agenda(runtime, "henares")
    for mode in ("in_person", "video"):
        near = [
            appointment
            for appointment in soon
            if appointment.mode == mode and appointment.starts_at <= now + timedelta(minutes=15)
        ]
        assert [appointment for appointment in near if appointment.state is AppointmentState.CONFIRMED], mode
    issued = await queue.take_ticket(runtime, "henares", TicketRequest(service="certificate"))
    assert issued.ticket.state == "waiting"


async def test_demo_offices_are_busy_on_working_morning(morning_demo: Runtime, clock: FakeClock) -> None:
    for slug, serving in (("centro", 4), ("norte", 2), ("henares", 2)):
        seen = await load_board(morning_demo, slug)
        assert Counter(desk["state"] for desk in seen["desks"])["serving"] == serving
        assert sum(line["waiting"] for line in seen["lines"]) >= 3
    waiting = [
        ticket for ticket in (await load_board(morning_demo, "centro"))["tickets"] if ticket["state"] == "waiting"
    ]
    oldest = min(datetime.fromisoformat(ticket["issued_at"]) for ticket in waiting)
    assert timedelta(minutes=10) <= clock.now() - oldest <= timedelta(minutes=40)


async def test_demo_video_appointments_have_varied_tests(morning_demo: Runtime, clock: FakeClock) -> None:
    centro = (await load_offices(morning_demo))["centro"]
    async with morning_demo.read_session() as session:
        due = await upcoming_appointments(session, centro, "video", clock.now())
        found = await latest_test_summaries(session, [appointment.id for appointment in due])
    verdicts = [str(found[appointment.id].verdict) if appointment.id in found else None for appointment in due]
    assert verdicts == [None, "green", "amber", None]
    assert found[due[2].id].fault == "wifi"


async def test_closed_demo_office_is_empty(morning_demo: Runtime, clock: FakeClock) -> None:
    clock.set(NIGHT)
    await build_demo(morning_demo)
    seen = await load_board(morning_demo, "centro")
    assert (seen["tickets"], {desk["state"] for desk in seen["desks"]}) == ([], {"closed"})


async def test_demo_offices_close_on_public_holidays(morning_demo: Runtime, clock: FakeClock) -> None:
    centro = (await load_offices(morning_demo))["centro"]
    for day in ("2026-12-08", "2026-12-25", "2027-01-01", "2027-01-06"):
        assert hours.opening_intervals(centro.hours, date.fromisoformat(day)) == []
    assert hours.opening_intervals(centro.hours, date(2026, 12, 9))


async def test_demo_agenda_is_filled_for_coming_weeks(morning_demo: Runtime, clock: FakeClock) -> None:
    booked = await load_agenda(morning_demo, "centro", days=14)
    days = {appointment.starts_at.date() for appointment in booked}
    assert len(days) >= 10
    assert {appointment.mode for appointment in booked} == {"in_person", "video", "phone"}
    assert {appointment.service_slug for appointment in booked} == {
        service.slug for service in (await load_offices(morning_demo))["centro"].services
    }


async def test_demo_people_are_marked_as_demo(morning_demo: Runtime, clock: FakeClock) -> None:
    for slug in ("centro", "norte", "henares"):
        people = [appointment.name for appointment in await load_agenda(morning_demo, slug, days=14)]
        seen = await load_board(morning_demo, slug)
        people += [ticket["name"] for ticket in seen["tickets"]]
        people += [desk["agent"] for desk in seen["desks"] if desk["agent"]]
        assert people
        assert [name for name in people if not name.endswith("(demo)")] == []
        assert {
            (appointment.email or "").partition("@")[2]
            for appointment in await load_agenda(morning_demo, slug, days=14)
        } == {"example.org"}


@pytest.mark.parametrize("now", [JUST_OPENED, EVENING])
async def test_second_demo_start_changes_nothing(runtime: Runtime, clock: FakeClock, now: datetime) -> None:
    clock.set(now)
    first = await build_demo(runtime)
    before = await row_counts(runtime)
    second = await build_demo(runtime)
    assert await row_counts(runtime) == before
    assert second == first


async def test_demo_start_on_later_day_adds_people(runtime: Runtime, clock: FakeClock) -> None:
    await build_demo(runtime)
    clock.advance(days=1)
    await build_demo(runtime)
    seen = await load_board(runtime, "henares")
    assert seen["tickets"]
    assert {ticket["issued_at"][:10] for ticket in seen["tickets"]} == {"2026-11-26"}
    assert [
        appointment
        for appointment in await load_agenda(runtime, "centro")
        if appointment.starts_at <= clock.now() + timedelta(minutes=15)
    ]


async def test_demo_start_weeks_later_extends_agenda_and_hours(morning_demo: Runtime, clock: FakeClock) -> None:
    clock.advance(days=70)
    await build_demo(morning_demo)
    city = await load_offices(morning_demo)
    in_two_months = (clock.now() + timedelta(days=60)).date()
    assert hours.opening_intervals(city["henares"].hours, in_two_months)
    assert in_two_months.year == 2027
    assert (
        len({appointment.starts_at.date() for appointment in await load_agenda(morning_demo, "centro", days=14)})
        >= 9
    )


async def test_demo_start_ends_old_tickets(morning_demo: Runtime, clock: FakeClock) -> None:
    clock.advance(hours=4)
    await build_demo(morning_demo)
    for ticket in (await load_board(morning_demo, "henares"))["tickets"]:
        assert clock.now() - datetime.fromisoformat(ticket["issued_at"]) < timedelta(hours=1)


async def test_demo_keeps_messages_of_upcoming_appointments_only(morning_demo: Runtime, clock: FakeClock) -> None:
    async with morning_demo.read_session() as session:
        rows = list((await session.execute(select(OutboxRow))).scalars())
    assert 0 < len(rows) <= 30
    assert all(datetime.fromisoformat(row.payload["starts_at"]) < clock.now() + timedelta(hours=2) for row in rows)
    assert all(row.created_at < clock.now() - timedelta(hours=1) for row in rows)
    assert all(datetime.fromisoformat(row.payload["ends_at"]) > clock.now() for row in rows)


# Addresses and logins


async def test_every_printed_demo_login_works(morning_demo: Runtime, built_demo: tuple[Path, DemoSummary]) -> None:
    lines = [line.split() for line in printed_logins(built_demo[1])]
    assert [role for role, *_ in lines] == ["administrator", "manager", "host", "agent", "agent", "agent"]
    for _, user, password in lines:
        assert await login(morning_demo, user, password, "127.0.0.1")


async def test_first_login_replaces_cheap_demo_hash(
    morning_demo: Runtime, built_demo: tuple[Path, DemoSummary]
) -> None:
    _, username, password = printed_logins(built_demo[1])[0].split()
    assert needs_rehash(await load_password_hash(morning_demo, username))
    await login(morning_demo, username, password, "127.0.0.1")
    assert not needs_rehash(await load_password_hash(morning_demo, username))


async def load_password_hash(runtime: Runtime, username: str) -> str:
    async with runtime.read_session() as session:
        user = await staff_rows.user_by_username(session, username)
    assert user is not None
    assert user.password_hash is not None
    return user.password_hash


async def test_new_secret_changes_demo_passwords(
    morning_demo: Runtime, built_demo: tuple[Path, DemoSummary]
) -> None:
    other = replace(morning_demo, tokens=TokenSigner(["another secret, also long enough to be accepted"]))
    summary = await build_demo(other)
    assert not set(printed_logins(summary)) & set(printed_logins(built_demo[1]))
    _, user, password = printed_logins(summary)[-1].split()
    assert await login(other, user, password, "127.0.0.1")


def test_demo_summary_lists_addresses_first(built_demo: tuple[Path, DemoSummary]) -> None:
    text = built_demo[1].text()
    assert text.splitlines()[0].split() == ["http://127.0.0.1:8360/", "the", "web", "app"]
    assert "http://127.0.0.1:8360/o/centro " in text
    for what in ("a video appointment", "an appointment in person"):
        assert re.search(rf"^http://127.0.0.1:8360/a/\S+ +{what} at 10:\d\d", text, flags=re.M)


def printed_logins(summary: DemoSummary) -> list[str]:
    """Return the printed lines ROLE USER PASSWORD."""
    role = r"(administrator|manager|host|agent)"
    return [line for line in summary.text().splitlines() if re.fullmatch(rf"{role} \S+ \S+", line)]
