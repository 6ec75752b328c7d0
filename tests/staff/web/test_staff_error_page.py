"""Errors of staff pages: the frame of the consoles, and links by role."""

from __future__ import annotations

import pytest
from office360.core.db.engine import Database
from office360.core.errors import DatabaseAway

from ...appointments.support.html_client import citizen_browser
from ...conftest import AppServer
from ...support.databases.contents import PASSWORD

UNKNOWN = ("/staff/nothing", "/staff/manage/nothing", "/staff/login")  # the last address is for POST only


@pytest.mark.parametrize("path", [*UNKNOWN, "/staff/manage", "/staff/host"])
async def test_public_is_not_told_which_pages_exist(app_server: AppServer, path: str) -> None:
    async with app_server.client() as client, client.get(path, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, f"/staff/?next={path}")


@pytest.mark.parametrize(
    ("username", "home", "others"),
    [
        ("boris", "/staff/desk", []),
        ("carmen", "/staff/host", ["/staff/desk", "/staff/manage"]),
        ("elena", "/staff/manage/today", ["/staff/desk", "/staff/host", "/staff/manage"]),
    ],
)
async def test_missing_page_leads_to_own_consoles(
    managers_content: None, app_server: AppServer, username: str, home: str, others: list[str]
) -> None:
    async with citizen_browser(app_server, "es") as browser:
        page = await browser.get("/staff/")
        await browser.send(page, "/staff/login", user=username, password=PASSWORD)
        missing = await browser.get("/staff/manage/nothing")
        assert (missing.status, "No encontramos esta página" in missing.text) == (404, True)
        for path in (home, *others):
            assert path in missing.links
        assert ("/staff/manage" in missing.links) == (username != "boris")
        assert "/appointments/find" not in missing.links
        english = await browser.get("/staff/nothing?lang=en")
        assert "We cannot find this page" in english.text


async def test_refused_page_is_shown_in_the_consoles(managers_content: None, app_server: AppServer) -> None:
    async with citizen_browser(app_server, "en") as browser:
        page = await browser.get("/staff/")
        await browser.send(page, "/staff/login", user="boris", password=PASSWORD)
        refused = await browser.get("/staff/manage")
        assert (refused.status, "Your account does not open this page." in refused.text) == (403, True)
        assert "/staff/desk" in refused.links
        assert (await browser.get("/nothing")).links.count("/appointments/find") == 1


async def test_program_gets_a_problem(app_server: AppServer) -> None:
    headers = {"Accept": "application/json"}
    async with app_server.client(headers=headers) as client, client.get("/staff/nothing") as answer:
        assert (answer.status, (await answer.json())["code"]) == (404, "not_found")


async def test_missing_page_without_database_is_still_answered(
    app_server: AppServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_database: Database) -> None:
        raise DatabaseAway

    async with app_server.client() as client:
        client.cookie_jar.update_cookies({"office360_staff": "a-session"})
        for session in ("read_session", "statement_session"):
            monkeypatch.setattr(Database, session, away)
        async with client.get("/staff/nothing") as answer:
            assert (answer.status, "/appointments/find" in await answer.text()) == (404, True)
