"""Database of the demo: the demo refuses every other database."""

from __future__ import annotations

import pytest
from office360.core.auth import StaffRole
from office360.core.db.audit_entries import AuditActor
from office360.core.runtime import Runtime
from office360.management.actions.change_office import add_office
from office360.offices.service import Office
from office360.server.commands.command_line import CommandRefused
from office360.server.demo.accounts import ensure_demo_logins
from office360.server.demo.offices import ensure_demo_offices
from office360.server.demo.own_database import demo_account_names, refuse_foreign_database
from office360.server.installation_check import check_installation
from office360.server.runtime import open_runtime
from office360.server.settings import Settings, load_settings
from office360.staff.service import create_user
from office360.staff.storage import staff_rows

from ...conftest import TEST_SECRET
from ...offices.domain.test_office_document import OFFICE
from ...support.office_fixture import build_office

PASSWORD = "a password of the tests"


async def find_user_id(runtime: Runtime, username: str) -> str:
    async with runtime.read_session() as session:
        user = await staff_rows.user_by_username(session, username)
    assert user is not None
    return user.id


async def test_demo_accepts_empty_database_and_its_own_city(runtime: Runtime) -> None:
    await refuse_foreign_database(runtime)
    await ensure_demo_offices(runtime)
    await ensure_demo_logins(runtime)
    await refuse_foreign_database(runtime)


async def test_demo_accepts_database_without_tables(empty_database_url: str) -> None:
    settings = load_settings(environment="development", secret_key=[TEST_SECRET], database_url=empty_database_url)
    async with open_runtime(settings) as runtime:
        await refuse_foreign_database(runtime)


async def test_demo_refuses_foreign_office(runtime: Runtime) -> None:
    await ensure_demo_offices(runtime)
    await build_office(runtime, slug="sur", name="Oficina Sur", position=9)
    with pytest.raises(CommandRefused, match="holds more than the demo city: office sur"):
        await refuse_foreign_database(runtime)


@pytest.mark.parametrize(("username", "name"), [("elena", "Elena"), ("admin", "Elena")])
async def test_demo_refuses_foreign_account(runtime: Runtime, username: str, name: str) -> None:
    role = StaffRole.ADMINISTRATOR
    await create_user(runtime, username=username, name=name, role=role, offices=None, password=PASSWORD)
    with pytest.raises(CommandRefused, match=f"account {username}"):
        await refuse_foreign_database(runtime)


async def test_demo_accepts_what_its_own_people_added(runtime: Runtime) -> None:
    await ensure_demo_offices(runtime)
    await ensure_demo_logins(runtime)
    ada = AuditActor(await find_user_id(runtime, "admin"), "Ada (demo)")
    await add_office(runtime, ada, "sur", OFFICE)
    await refuse_foreign_database(runtime)


async def test_check_names_demo_accounts_in_production(
    runtime: Runtime, office: Office, settings: Settings
) -> None:
    await ensure_demo_logins(runtime)
    async with runtime.read_session() as session:
        assert "admin" in await demo_account_names(session)
    found = await check_installation(settings.model_copy(update={"environment": "production"}))
    (problem,) = [result.problem or "" for result in found if result.part == "demo accounts"]
    assert problem.startswith("admin, agent1, agent2, agent3, host, manager can sign in")
    assert "demo accounts" not in {result.part for result in await check_installation(settings)}
