"""An office's days in figures over HTTP: for everybody, for managers, as JSON and as a table."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from office360.core.auth import Role
from office360.offices.service import Office
from office360.queue import service
from office360.server.web.flood_limits import STATISTICS_PER_MINUTE
from office360.staff.actions.accounts import create_api_key

from ...conftest import AppServer, FakeClock
from ...server.support.openapi_checker import Judge
from ..conftest import BORIS, Hall

STATS = "/stats/offices/centro"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # no SQL of its own


@pytest.fixture
async def hall(app_server: AppServer, office: Office, clock: FakeClock) -> Hall:
    """One was served for seven minutes after ten of waiting and one of walking, one left, one waits."""
    hall = Hall(app_server.runtime, office)
    await hall.open()
    await hall.take()
    leaving = await hall.take()
    await hall.take("certificate")
    clock.advance(minutes=10)
    called = await hall.call()
    assert called is not None
    clock.advance(minutes=1)
    await service.start(hall.runtime, BORIS, called.id)
    clock.advance(minutes=7)
    await service.finish(hall.runtime, BORIS, called.id)
    await service.leave(hall.runtime, leaving.token)
    return hall


async def read(app_server: AppServer, path: str, role: Role | None = None, **headers: str) -> tuple[int, Any]:
    """The answer, which is as it is published."""
    if role is not None:
        key = await create_api_key(app_server.runtime, role=role, offices=["centro"])
        headers["Authorization"] = f"Bearer {key}"
    async with app_server.client() as client:
        return await Judge(client).call("GET", path, None, **headers)


async def test_everybody_reads_the_whole_and_its_days(app_server: AppServer, hall: Hall) -> None:
    status, found = await read(app_server, STATS)
    assert (status, found["from"], found["to"]) == (200, "2026-11-25", "2026-11-25")
    total = found["total"]
    assert (total["tickets"], total["served"], total["left"]) == (3, 1, 1)
    assert (total["wait"]["p50_s"], total["way"]["p50_s"], total["service"]["p50_s"]) == (600, 60, 420)
    assert [one["day"] for one in found["days"]] == ["2026-11-25"]
    assert (found["lines"], found["services"]) == (None, None)


@on_sqlite
async def test_whoever_is_no_manager_reads_what_everybody_reads(app_server: AppServer, hall: Hall) -> None:
    _, public = await read(app_server, STATS)
    for role in (Role.AGENT, Role.HOST, Role.INTEGRATION):
        assert (await read(app_server, STATS, role))[1] == public


async def test_a_manager_reads_it_line_by_line_and_service_by_service(app_server: AppServer, hall: Hall) -> None:
    _, found = await read(app_server, STATS, Role.MANAGER)
    assert {one["slug"]: one["tickets"] for one in found["lines"]} == {"registry": 2, "identity": 1}
    assert {one["slug"]: one["tickets"] for one in found["services"]} == {"documents": 2, "certificate": 1}


async def test_days_without_anybody_are_empty_and_not_zero_seconds(app_server: AppServer, hall: Hall) -> None:
    _, found = await read(app_server, f"{STATS}?from=2026-11-23&to=2026-11-24")
    assert (found["total"]["tickets"], found["total"]["wait"]["p50_s"], found["days"]) == (0, None, [])
    _, found = await read(app_server, f"{STATS}?from=2026-11-23&to=2026-11-25")
    assert found["total"]["tickets"] == 3


@on_sqlite
async def test_a_table_says_the_same(app_server: AppServer, hall: Hall) -> None:
    status, text = await read(app_server, STATS, Role.MANAGER, Accept="text/csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert status == 200
    assert [(row["group"], row["name"]) for row in rows] == [
        ("office", "centro"),
        ("day", "2026-11-25"),
        ("line", "identity"),
        ("line", "registry"),
        ("service", "certificate"),
        ("service", "documents"),
    ]
    assert (rows[0]["wait_p50_s"], rows[0]["no_shows_of"], rows[2]["wait_p50_s"]) == ("600", "1", "")


@on_sqlite
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=2026-11-25&to=2026-11-24", "ends_before"),
        ("from=2026-09-24&to=2026-11-25", "too_many_days"),
        ("from=0001-01-01&to=2026-11-25", "invalid_time"),
        ("from=yesterday", "wrong_type"),
    ],
)
async def test_days_that_cannot_be_told_are_named(
    app_server: AppServer, hall: Hall, query: str, code: str
) -> None:
    status, problem = await read(app_server, f"{STATS}?{query}")
    assert (status, problem["errors"][0]["code"]) == (422, code)


@on_sqlite
async def test_sixty_two_days_can_be_told(app_server: AppServer, hall: Hall) -> None:
    assert (await read(app_server, f"{STATS}?from=2026-09-25&to=2026-11-25"))[0] == 200
    assert (await read(app_server, "/stats/offices/nowhere"))[0] == 404


@on_sqlite
async def test_figures_are_counted_a_few_times_a_minute_for_one_address(
    app_server: AppServer, office: Office
) -> None:
    async with app_server.client() as client:
        judge = Judge(client)
        statuses = [(await judge.call("GET", STATS))[0] for _ in range(STATISTICS_PER_MINUTE + 1)]
    assert statuses == [200] * STATISTICS_PER_MINUTE + [429]
