"""Statistics of an office over HTTP, for the public and managers, as JSON and CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from office360.core.auth import StaffRole
from office360.offices.service import Office
from office360.queue import service
from office360.server.web.flood_limits import STATISTICS_PER_MINUTE
from office360.staff.actions.accounts import create_api_key

from ...conftest import AppServer, FakeClock
from ...queue.conftest import BORIS, OfficeDriver
from ...server.support.openapi_checker import DocumentCheckingClient

STATISTICS_PATH = "/stats/offices/centro"


@pytest.fixture
async def measured_driver(app_server: AppServer, office: Office, clock: FakeClock) -> OfficeDriver:
    """Create a served, a left and a waiting ticket.

    The served person waited 10 minutes, walked 1 minute and was served for 7 minutes.
    """
    measured_driver = OfficeDriver(app_server.runtime, office)
    await measured_driver.open_desk()
    await measured_driver.take_ticket()
    leaving = await measured_driver.take_ticket()
    await measured_driver.take_ticket("certificate")
    clock.advance(minutes=10)
    called = await measured_driver.call_next()
    assert called is not None
    clock.advance(minutes=1)
    await service.start_service(measured_driver.runtime, BORIS, called.id)
    clock.advance(minutes=7)
    await service.finish_service(measured_driver.runtime, BORIS, called.id)
    await service.leave_line(measured_driver.runtime, leaving.token)
    return measured_driver


async def read_statistics(
    app_server: AppServer, path: str, role: StaffRole | None = None, **headers: str
) -> tuple[int, Any]:
    """Return status and body, and check the body against the API document."""
    if role is not None:
        key = await create_api_key(app_server.runtime, role=role, offices=["centro"])
        headers["Authorization"] = f"Bearer {key}"
    async with app_server.client() as client:
        return await DocumentCheckingClient(client).call("GET", path, None, **headers)


async def test_public_statistics_show_total_and_days(app_server: AppServer, measured_driver: OfficeDriver) -> None:
    status, found = await read_statistics(app_server, STATISTICS_PATH)
    assert (status, found["from"], found["to"]) == (200, "2026-11-25", "2026-11-25")
    total = found["total"]
    assert (total["tickets"], total["served"], total["left"]) == (3, 1, 1)
    assert (total["wait"]["p50_s"], total["way"]["p50_s"], total["service"]["p50_s"]) == (600, 60, 420)
    assert [group["day"] for group in found["days"]] == ["2026-11-25"]
    assert (found["lines"], found["services"], found["hours"], total["video"]) == (None, None, None, None)


async def test_other_roles_get_public_statistics(app_server: AppServer, measured_driver: OfficeDriver) -> None:
    _, public = await read_statistics(app_server, STATISTICS_PATH)
    for role in (StaffRole.AGENT, StaffRole.HOST, StaffRole.INTEGRATION):
        assert (await read_statistics(app_server, STATISTICS_PATH, role))[1] == public


async def test_manager_statistics_show_lines_and_services(
    app_server: AppServer, measured_driver: OfficeDriver
) -> None:
    _, found = await read_statistics(app_server, STATISTICS_PATH, StaffRole.MANAGER)
    assert {group["slug"]: group["tickets"] for group in found["lines"]} == {"registry": 2, "identity": 1}
    assert {group["slug"]: group["tickets"] for group in found["services"]} == {"documents": 2, "certificate": 1}
    assert {group["hour"]: group["tickets"] for group in found["hours"]} == {10: 3}
    assert (found["total"]["video"]["held"], found["total"]["video"]["no_shows"]["share"]) == (0, None)


async def test_days_without_visits_have_null_durations(
    app_server: AppServer, measured_driver: OfficeDriver
) -> None:
    _, found = await read_statistics(app_server, f"{STATISTICS_PATH}?from=2026-11-23&to=2026-11-24")
    assert (found["total"]["tickets"], found["total"]["wait"]["p50_s"], found["days"]) == (0, None, [])
    _, found = await read_statistics(app_server, f"{STATISTICS_PATH}?from=2026-11-23&to=2026-11-25")
    assert found["total"]["tickets"] == 3


async def test_csv_contains_the_same_figures(app_server: AppServer, measured_driver: OfficeDriver) -> None:
    status, text = await read_statistics(app_server, STATISTICS_PATH, StaffRole.MANAGER, Accept="text/csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert status == 200
    assert [(row["group"], row["name"]) for row in rows] == [
        ("office", "centro"),
        ("day", "2026-11-25"),
        ("line", "identity"),
        ("line", "registry"),
        ("service", "certificate"),
        ("service", "documents"),
        ("hour", "10"),
    ]
    assert (rows[0]["wait_p50_s"], rows[0]["no_shows_of"], rows[2]["wait_p50_s"]) == ("600", "1", "")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=2026-11-25&to=2026-11-24", "ends_before"),
        ("from=2026-09-24&to=2026-11-25", "too_many_days"),
        ("from=0001-01-01&to=2026-11-25", "invalid_time"),
        ("from=yesterday", "wrong_type"),
    ],
)
async def test_invalid_period_is_reported(
    app_server: AppServer, measured_driver: OfficeDriver, query: str, code: str
) -> None:
    status, problem = await read_statistics(app_server, f"{STATISTICS_PATH}?{query}")
    assert (status, problem["errors"][0]["code"]) == (422, code)


async def test_period_may_have_62_days(app_server: AppServer, measured_driver: OfficeDriver) -> None:
    assert (await read_statistics(app_server, f"{STATISTICS_PATH}?from=2026-09-25&to=2026-11-25"))[0] == 200
    assert (await read_statistics(app_server, "/stats/offices/nowhere"))[0] == 404


async def test_statistics_requests_are_rate_limited(app_server: AppServer, office: Office) -> None:
    async with app_server.client() as client:
        judge = DocumentCheckingClient(client)
        statuses = [(await judge.call("GET", STATISTICS_PATH))[0] for _ in range(STATISTICS_PER_MINUTE + 1)]
    assert statuses == [200] * STATISTICS_PER_MINUTE + [429]
