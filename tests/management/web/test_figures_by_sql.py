"""The figures of the page's CSV against independent SQL, on both databases."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from office360.core.runtime import Runtime
from office360.figures.domain.figure_groups import PeriodTallies, compute_figures
from office360.figures.service import figures_row, keep_call_qualities
from office360.offices.service import office_by_slug
from office360.rooms.domain.call_survey import CallSurvey, Rating, SurveyAnswer
from office360.rooms.storage.survey_rows import save_survey
from office360.rooms.storage.tables import ParticipantRow, RoomRow
from sqlalchemy import select, update

from ...conftest import AppServer, FakeClock
from ...figures.support.figures_by_sql import FiguresBySql
from ...figures.support.office_day import play_office_day
from ..conftest import SignIn

CSV = "/staff/manage/figures.csv?office=centro&period=today"


NO_FIGURES = compute_figures(PeriodTallies({}, {}))
GROUPS = {"Together": "office", "Day": "day", "Hour": "hour", "Service": "service", "Queue": "line"}


def parse_csv(text: str) -> list[dict[str, str]]:
    """Return the rows with the API's names of the columns, which stand in the same order."""
    _heads, *rows = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    columns = ("group", "name", "zone", *figures_row(NO_FIGURES))
    return [dict(zip(columns, row, strict=True)) for row in rows]


async def csv_rows(server: AppServer, sign_in_as: SignIn, by: str) -> dict[str, dict[str, str]]:
    """Return the rows of a file by group and key, which the file has as names."""
    async with server.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
    keys = {"office:Oficina Centro": "office:centro"} | {f"hour:{hour}:00": f"hour:{hour}" for hour in range(24)}
    keys |= {f"service:{service.name('en')}": f"service:{service.slug}" for service in office.services}
    keys |= {f"line:{line.name('en')}": f"line:{line.slug}" for line in office.lines}
    async with sign_in_as("carmen") as carmen:
        rows = parse_csv((await carmen.get(f"{CSV}&by={by}")).html)
    named = {f"{GROUPS[row['group']]}:{row['name']}": row for row in rows}
    return {keys.get(name, name): row for name, row in named.items()}


def tolerance(column: str) -> float:
    return 0.005 if column.endswith("_pct") else 0.5


def assert_same(row: dict[str, str], expected: dict[str, Any], about: str = "") -> None:
    """Compare the columns; durations are whole seconds in the file."""
    different = {
        name: (row[name], value)
        for name, value in expected.items()
        if (row[name] == "") != (value is None)
        or (value is not None and abs(float(row[name]) - value) > tolerance(name))
    }
    assert different == {}, about


async def rate_calls(runtime: Runtime) -> None:
    """Have the admitted citizens rate their calls: the first well, the others not."""
    async with runtime.transaction() as tx:
        citizens = select(ParticipantRow).where(ParticipantRow.role == "citizen").order_by(ParticipantRow.id)
        admitted = citizens.where(ParticipantRow.admitted_at.is_not(None))
        for number, row in enumerate(await tx.session.scalars(admitted)):
            rating = Rating.FAIR if number else Rating.GOOD
            survey = CallSurvey(SurveyAnswer(rating, rating, None if number else Rating.BAD), tx.now, tx.now)
            await save_survey(tx.session, row.appointment_id, row.id, survey)


async def continue_call_by_phone(runtime: Runtime) -> None:
    """Have the first admitted citizen go on by telephone."""
    async with runtime.transaction() as tx:
        citizens = select(ParticipantRow.appointment_id).where(ParticipantRow.role == "citizen")
        admitted = citizens.where(ParticipantRow.admitted_at.is_not(None)).order_by(ParticipantRow.id).limit(1)
        of_call = RoomRow.appointment_id == admitted.scalar_subquery()
        await tx.session.execute(update(RoomRow).where(of_call).values(by_phone_since=tx.now))


@pytest.fixture
async def played_day(managers: AppServer, clock: FakeClock) -> AppServer:
    async with managers.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
    await play_office_day(managers.runtime, office, clock)
    await rate_calls(managers.runtime)
    await continue_call_by_phone(managers.runtime)
    return managers


async def test_day_figures_equal_independent_sql(
    played_day: AppServer, sign_in_as: SignIn, clock: FakeClock
) -> None:
    expected = (await figures_by_sql(played_day))["office:centro"]
    rows = await csv_rows(played_day, sign_in_as, "day")
    assert_same(rows["office:centro"], expected)
    assert_same(rows["day:2026-11-25"], expected)
    filled = [
        expected[name] for name in ("no_shows_count", "left", "on_time_count", "in_range_count", "way_p90_s")
    ]
    assert all(filled)
    assert (expected["video_held"], expected["video_good_of"], expected["video_good_count"]) == (3, 2, 1)
    assert (expected["video_tests_red"], expected["video_tests_none"]) == (1, 2)
    assert (expected["video_by_phone"], list(rows["office:centro"])[-1]) == (1, "video_by_phone")
    assert (expected["survey_answers"], expected["survey_good_sound_count"]) == (3, 1)
    assert (expected["phone_held"], expected["phone_attempts"], expected["phone_on_time_count"]) == (2, 5, 2)
    clock.advance(hours=36)  # the night keeps the qualities, and the figures stay the same
    assert await keep_call_qualities(played_day.runtime) == 4
    text = f"{CSV.replace('period=today', 'from=2026-11-25&to=2026-11-25')}&by=day"
    async with sign_in_as("carmen") as carmen:
        again = parse_csv((await carmen.get(text)).html)
    before = rows["office:centro"]
    assert {name: value for name, value in again[0].items() if name.startswith("video")} == {
        name: value for name, value in before.items() if name.startswith("video")
    }


async def test_groups_equal_independent_sql(played_day: AppServer, sign_in_as: SignIn) -> None:
    expected = await figures_by_sql(played_day, with_groups=True)
    rows = await csv_rows(played_day, sign_in_as, "hour") | await csv_rows(played_day, sign_in_as, "service")
    rows |= await csv_rows(played_day, sign_in_as, "line")
    assert set(expected) == set(rows)
    for name, row in rows.items():
        assert_same(row, expected[name], name)
    assert rows["hour:12"]["video_rtt_ms"] == "110"  # the mean of two calls
    assert len({row["service_p90_s"] for name, row in rows.items() if name.startswith("service")}) > 1


@pytest.mark.parametrize(("language", "first"), [("es", "Dividido por"), ("en", "Split by")])
async def test_every_column_has_words(managers: AppServer, sign_in_as: SignIn, language: str, first: str) -> None:
    async with sign_in_as("carmen", language) as carmen:
        text = (await carmen.get(f"{CSV}&by=day")).html.removeprefix("\ufeff")
    heads, total, *_days = csv.reader(io.StringIO(text))
    assert heads[0] == first
    assert len(set(heads)) == len(heads) == len(figures_row(NO_FIGURES)) + 3
    assert [head for head in heads if "_" in head] == []
    assert total[2] == {"es": "hora de Europa central", "en": "Central European Time"}[language]


async def figures_by_sql(server: AppServer, *, with_groups: bool = False) -> dict[str, dict[str, Any]]:
    """Return the rows of the day, by their group and name."""
    async with server.runtime.read_session() as session:
        sql = FiguresBySql(session, "2026-11-25")
        found = {"office:centro": await _row(sql)}
        if not with_groups:
            return found
        for hour in range(24):
            conditions = sql.in_hour("t.arrived_at", hour), sql.in_hour("a.starts_at", hour)
            found[f"hour:{hour}"] = await _row(sql, *conditions)
        for service in ("documents", "certificate", "complaints"):
            conditions = f"AND t.service = '{service}'", f"AND a.service_slug = '{service}'"
            found[f"service:{service}"] = await _row(sql, *conditions, own_service=True)
        for line in ("registry", "identity", "information"):
            of_line = f"AND t.line_id IN (SELECT l.id FROM lines l WHERE l.slug = '{line}')"
            found[f"line:{line}"] = await _row(sql, of_line, "AND a.id IS NULL")
    cases = ("tickets", "video_appointments", "phone_appointments")
    return {name: row for name, row in found.items() if any(row[case] for case in cases)}


async def _row(
    sql: FiguresBySql, visits: str = "", calls: str = "", *, own_service: bool = False
) -> dict[str, Any]:
    found = await sql.visits(visits, own_service=own_service)
    row = {**found, **await sql.calls(calls), **await sql.phone(calls), **await sql.survey(calls)}
    sums = (
        "served",
        "_count",
        "_of",
        "walk_ins",
        "held",
        "left",
        "expired",
        "attempts",
        "answer",
        "appointments",
        "phone",
    )
    return {name: 0 if value is None and name.endswith(sums) else value for name, value in row.items()}
