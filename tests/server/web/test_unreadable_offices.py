"""Bad rows of an office: other offices work, and `office360 check` names the rows."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from office360.core.auth import StaffRole
from office360.core.runtime import Runtime
from office360.offices.service import Office, all_offices, bump_office_versions, unreadable_offices
from office360.offices.storage.tables import DeskRow, LineRow, OfficeRow, OpeningRow, ServiceRow
from office360.server.installation_check import check_installation
from office360.server.settings import Settings
from office360.staff.actions.accounts import create_user
from sqlalchemy import text, update

from ...conftest import AppServer
from ...staff.conftest import PASSWORD, sign_in
from ...support.office_fixture import build_office

GOOD_PAGES = ("/", "/turn", "/api/v1/offices", "/o/norte", "/appointments/new", "/staff/host?office=norte")


async def spoil(runtime: Runtime, office: Office, table: Any, **values: Any) -> None:
    """Write values into every row of an office, as a careless program does."""
    column = table.id if table is OfficeRow else table.office_id
    async with runtime.transaction() as tx:
        await tx.session.execute(update(table).where(column == office.id).values(**values))
        await bump_office_versions(tx.session, [office.id])


async def load_slugs(runtime: Runtime) -> list[str]:
    async with runtime.read_session() as session:
        return [office.slug for office in await all_offices(session)]


@pytest.mark.parametrize(
    ("table", "values", "problem"),
    [
        (OfficeRow, {"timezone": "Europe/Nowhere"}, "offices.timezone is no name of the time zone database"),
        (OfficeRow, {"name": " "}, "offices.name is empty"),
        (OfficeRow, {"access": {"es": " "}}, "offices.access has no text"),
        (OfficeRow, {"booking": ["lead", 30]}, "offices.booking is no JSON object"),
        (OfficeRow, {"choices": {"outcomes": ["done"]}}, "offices.choices is no JSON object of texts"),
        (LineRow, {"names": {"en": ""}}, "lines.names of registry has no text"),
        (LineRow, {"rules": "fast"}, "lines.rules of registry is no JSON object"),
        (ServiceRow, {"modes": ["by_mail"]}, "services.modes of documents is no JSON list of in_person and video"),
        (ServiceRow, {"names": "Padrón"}, "services.names of documents is no JSON object of texts by language"),
        (ServiceRow, {"words": {"es": "padrón"}}, "services.words of documents is no JSON object with a list"),
        (ServiceRow, {"minutes": 0}, "services.minutes of documents is no whole number above 0"),
        (DeskRow, {"way": []}, "desks.way of 1 is no JSON object of texts by language"),
        (DeskRow, {"arrow": "up"}, "desks.arrow of 1 is none of left, ahead, right"),
        (OpeningRow, {"weekday": OpeningRow.weekday + 7}, "openings.weekday is no day from 0 (Monday) to 6"),
    ],
)
async def test_unreadable_office_is_left_out_and_named(
    runtime: Runtime, office: Office, table: Any, values: dict[str, Any], problem: str
) -> None:
    await build_office(runtime, slug="norte", name="Oficina Norte", position=1)
    await spoil(runtime, office, table, **values)
    assert await load_slugs(runtime) == ["norte"]
    async with runtime.read_session() as session:
        (found,) = await unreadable_offices(session)
    assert found.problems[0].text().startswith(problem)


async def test_service_of_another_offices_line_is_unreadable(runtime: Runtime, office: Office) -> None:
    await build_office(runtime, slug="norte", name="Oficina Norte", position=1)
    async with runtime.read_session() as session:
        norte = next(other for other in await all_offices(session) if other.slug == "norte")
    await spoil(runtime, office, ServiceRow, line_id=norte.lines[0].id)
    assert await load_slugs(runtime) == ["norte"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL refuses such values
@pytest.mark.parametrize(
    ("statement", "field"),
    [
        ("UPDATE offices SET access = '{broken' WHERE slug = 'centro'", "offices.access"),
        ("UPDATE offices SET pause_texts = 'soon' WHERE slug = 'centro'", "offices.pause_texts"),
        ("UPDATE lines SET names = 'A' WHERE letter = 'A' AND office_id = :id", "lines.names"),
        ("UPDATE openings SET closes = 'late' WHERE office_id = :id", "openings.closes"),
    ],
)
async def test_undecodable_value_does_not_break_other_offices(
    runtime: Runtime, office: Office, statement: str, field: str, caplog: pytest.LogCaptureFixture
) -> None:
    await build_office(runtime, slug="norte", name="Oficina Norte", position=1)
    async with runtime.transaction() as tx:
        await tx.session.execute(text(statement.replace(":id", f"'{office.id}'")))
        await bump_office_versions(tx.session, [office.id])
    with caplog.at_level(logging.ERROR):
        assert await load_slugs(runtime) == ["norte"]
        assert await load_slugs(runtime) == ["norte"]
    (record,) = [record for record in caplog.records if record.message == "office_unreadable"]
    assert (record.__dict__["office"], record.__dict__["reason"]) == ("centro", "undecodable")
    assert record.__dict__["field"] == field


async def test_pages_of_other_offices_survive_bad_rows(
    app_server: AppServer, office: Office, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    runtime = app_server.runtime
    await build_office(runtime, slug="norte", name="Oficina Norte", position=1)
    await create_user(
        runtime, username="carmen", name="Carmen", role=StaffRole.HOST, offices=None, password=PASSWORD
    )
    async with app_server.client() as client:
        await sign_in(client, "carmen")
        await spoil(runtime, office, OfficeRow, timezone="Europe/Nowhere")
        caplog.clear()
        for path in GOOD_PAGES:
            async with client.get(path) as answer:
                assert answer.status == 200, path
                assert "Oficina Norte" in await answer.text(), path
        async with client.get("/o/centro") as answer:
            assert answer.status == 503
            assert "Ahora no se puede usar esta oficina aquí. Llama a la oficina." in await answer.text()
    unreadable = [record for record in caplog.records if record.message == "office_unreadable"]
    assert len(unreadable) == 1  # once for the version, not for each request
    problems = {result.part: result.problem or "" for result in await check_installation(settings)}
    assert problems["office centro"].startswith("is left out of all pages: offices.timezone is no name")
