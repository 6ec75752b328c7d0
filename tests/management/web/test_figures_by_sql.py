"""The figures of the page's CSV against independent SQL, on both databases."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from office360.figures.service import keep_call_qualities
from office360.offices.service import office_by_slug

from ...conftest import AppServer, FakeClock
from ...figures.support.figures_by_sql import FiguresBySql
from ...figures.support.office_day import play_office_day
from ..conftest import SignIn

CSV = "/staff/manage/figures.csv?office=centro&period=today"


async def csv_rows(sign_in_as: SignIn, by: str) -> dict[str, dict[str, str]]:
    async with sign_in_as("carmen") as carmen:
        text = (await carmen.get(f"{CSV}&by={by}")).html
    return {f"{row['group']}:{row['name']}": row for row in csv.DictReader(io.StringIO(text))}


def assert_same(row: dict[str, str], expected: dict[str, Any]) -> None:
    """Compare the columns; durations are whole seconds in the file."""
    different = {
        name: (row[name], value)
        for name, value in expected.items()
        if (row[name] == "") != (value is None) or (value is not None and abs(float(row[name]) - value) > 0.5)
    }
    assert different == {}


@pytest.fixture
async def played_day(managers: AppServer, clock: FakeClock) -> AppServer:
    async with managers.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
    await play_office_day(managers.runtime, office, clock)
    return managers


async def test_day_figures_equal_independent_sql(
    played_day: AppServer, sign_in_as: SignIn, clock: FakeClock
) -> None:
    async with played_day.runtime.read_session() as session:
        sql = FiguresBySql(session, "2026-11-25")
        expected = {**await sql.visits(), **await sql.calls()}
        documents = await sql.visits("AND t.service = 'documents'")
    rows = await csv_rows(sign_in_as, "day")
    assert_same(rows["office:centro"], expected)
    assert_same(rows["day:2026-11-25"], expected)
    by_service = (await csv_rows(sign_in_as, "service"))["service:documents"]
    assert_same(by_service, {name: value for name, value in documents.items() if not name.startswith("service")})
    filled = [
        expected[name] for name in ("no_shows_count", "left", "on_time_count", "in_range_count", "way_p90_s")
    ]
    assert all(filled)
    assert (expected["video_held"], expected["video_good_of"], expected["video_good_count"]) == (3, 2, 1)
    clock.advance(hours=36)  # the night keeps the qualities, and the figures stay the same
    assert await keep_call_qualities(played_day.runtime) == 4
    text = f"{CSV.replace('period=today', 'from=2026-11-25&to=2026-11-25')}&by=day"
    async with sign_in_as("carmen") as carmen:
        again = list(csv.DictReader(io.StringIO((await carmen.get(text)).html)))
    before = rows["office:centro"]
    assert {name: value for name, value in again[0].items() if name.startswith("video")} == {
        name: value for name, value in before.items() if name.startswith("video")
    }
