"""Addresses that programs expect on every site, and pages that search engines may list."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.robotparser import RobotFileParser

import pytest
from office360.core.db.audit_entries import AuditActor
from office360.core.i18n.languages import LanguageChoice
from office360.management.actions.change_office import change_office
from office360.offices.domain.documents.site import SiteProfile
from office360.offices.service import Office, save_site_profile
from office360.server.web.request_context import INDEXED_ROUTES
from office360.server.web.well_known import security_txt
from PIL import Image

from ...conftest import AppServer
from ...staff.conftest import sign_in
from ..support import access_rows
from ..support.access_rows import parse_rows


async def fetch(server: AppServer, path: str) -> tuple[int, Mapping[str, str], bytes]:
    async with server.client() as client, client.get(path, allow_redirects=False) as answer:
        return answer.status, answer.headers, await answer.read()


# robots.txt, and what search engines may list


async def test_robots_txt_leaves_out_programs_and_names_no_secret(app_server: AppServer) -> None:
    status, headers, body = await fetch(app_server, "/robots.txt")
    assert (status, headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert headers["Cache-Control"] == "public, max-age=86400"
    rules = RobotFileParser()
    rules.parse(body.decode().splitlines())
    assert all(rules.can_fetch("a-crawler", path) for path in ("/", "/o/centro", "/privacy?lang=en"))
    # a crawler must be allowed to read that these are not to be listed
    assert all(rules.can_fetch("a-crawler", path) for path in ("/a/x", "/t/x", "/staff/link/x"))
    assert not any(rules.can_fetch("a-crawler", path) for path in ("/api/v1/offices", "/ws/ticket"))


def test_indexed_routes_are_public_and_need_no_token() -> None:
    public = {row for row, access in parse_rows(access_rows.PAGES).items() if access == "p"}
    assert {f"GET {path}" for path in INDEXED_ROUTES} <= public


@pytest.mark.parametrize(
    "path", ["/", "/?lang=en", "/turn", "/o/centro", "/o/centro/punctuality?lang=es", "/test"]
)
async def test_public_page_may_be_listed(app_server: AppServer, office: Office, path: str) -> None:
    status, headers, body = await fetch(app_server, path)
    assert status == 200
    assert "X-Robots-Tag" not in headers
    assert b'name="robots"' not in body


@pytest.mark.parametrize(
    "path",
    [
        "/t/unknown",
        "/a/unknown",
        "/waiting/unknown",
        "/staff/",
        "/staff/link/unknown",
        "/chat",
        "/o/centro/display",
        "/appointments/new?office=centro",
        "/turn?place=x",
        "/api/v1/offices",
        "/nowhere",
    ],
)
async def test_other_address_is_not_to_be_listed(app_server: AppServer, office: Office, path: str) -> None:
    _, headers, _ = await fetch(app_server, path)
    assert headers["X-Robots-Tag"] == "noindex"


async def test_page_of_unlisted_office_is_not_to_be_listed(app_server: AppServer, office: Office) -> None:
    actor = AuditActor(None, "test")
    await change_office(app_server.runtime, actor, "centro", lambda document: {**document, "listed": False})
    _, _, body = await fetch(app_server, "/o/centro")
    assert b'<meta name="robots" content="noindex">' in body


# favicon.ico


async def test_favicon_is_an_icon_of_three_sizes(app_server: AppServer) -> None:
    status, headers, body = await fetch(app_server, "/favicon.ico")
    assert (status, headers["Content-Type"]) == (200, "image/x-icon")
    assert headers["Cache-Control"] == "public, max-age=86400"
    with Image.open(io.BytesIO(body)) as icon:
        assert icon.format == "ICO"
        assert icon.info["sizes"] == {(16, 16), (32, 32), (48, 48)}


# security.txt


async def test_security_txt_gives_contact_of_the_organisation(app_server: AppServer) -> None:
    runtime = app_server.runtime
    assert (await fetch(app_server, "/.well-known/security.txt"))[0] == 404  # no contact is given
    async with runtime.transaction() as tx:
        profile = SiteProfile(controller_name="Concello", controller_email="datos@example.org")
        await save_site_profile(tx.session, tx.now, AuditActor("cli", "cli"), profile)
    status, headers, body = await fetch(app_server, "/.well-known/security.txt")
    assert (status, headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert body.decode() == security_txt("datos@example.org", runtime.public_url, runtime.now(), runtime.languages)


def test_security_txt_has_every_field_and_expires_within_a_year() -> None:
    now = datetime(2026, 12, 1, 23, 59, tzinfo=UTC)
    lines = security_txt("a+b%c@example.org", "https://citas.example.org", now, LanguageChoice()).splitlines()
    fields = dict(line.split(": ", 1) for line in lines)
    assert fields["Contact"] == "mailto:a%2Bb%25c@example.org"
    assert fields["Canonical"] == "https://citas.example.org/.well-known/security.txt"
    assert fields["Preferred-Languages"] == "es, en"
    expires = datetime.fromisoformat(fields["Expires"])
    assert timedelta(days=30) < expires - now < timedelta(days=365)


# change-password


@pytest.mark.usefixtures("staff_content")
async def test_change_password_leads_to_page_of_account(app_server: AppServer) -> None:
    async with app_server.client() as client:
        await sign_in(client, "boris")
        async with client.get("/.well-known/change-password") as page:
            assert (page.status, page.url.path) == (200, "/staff/account/password")
            assert 'type="password"' in await page.text()
            assert [each.status for each in page.history] == [303]
