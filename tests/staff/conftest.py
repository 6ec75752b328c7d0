"""Accounts: boris (agent), carmen (host), diego (agent of another office)."""

from __future__ import annotations

import re
from typing import Any

import aiohttp
import pytest
from office360.core.auth import Principal, StaffRole
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.staff.actions import accounts

from ..support.office_fixture import build_office

PASSWORD = "a password of the tests"
CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture
async def staff(runtime: Runtime, office: Office) -> dict[str, str]:
    """Ids by username."""
    await build_office(runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    people = [
        ("boris", StaffRole.AGENT, "centro"),
        ("carmen", StaffRole.HOST, "centro"),
        ("diego", StaffRole.AGENT, "norte"),
    ]
    return {
        username: await accounts.create_user(
            runtime,
            username=username,
            name=username.capitalize(),
            role=role,
            offices=[slug],
            password=PASSWORD,
        )
        for username, role, slug in people
    }


async def load_principal(runtime: Runtime, username: str) -> Principal:
    token = await accounts.login(runtime, username, PASSWORD, "192.0.2.7")
    found = await accounts.authenticate(runtime, cookie=token, bearer=None)
    assert found is not None
    return found


async def post(client: aiohttp.ClientSession, path: str, **options: Any) -> aiohttp.ClientResponse:
    """Post and read the whole answer, which frees the connection."""
    answer = await client.post(path, **options)
    await answer.read()
    return answer


async def sign_in(
    client: aiohttp.ClientSession, username: str, password: str = PASSWORD
) -> aiohttp.ClientResponse:
    """Log in as a browser does: with the form of the page and its CSRF token."""
    async with client.get("/staff/") as page:
        csrf = CSRF.search(await page.text())
    assert csrf is not None
    form = {"csrf": csrf.group(1), "user": username, "password": password}
    return await post(client, "/staff/login", data=form, allow_redirects=False)


async def fetch_csrf_token(client: aiohttp.ClientSession, path: str) -> str:
    async with client.get(path) as page:
        found = CSRF.search(await page.text())
    assert found is not None
    return found.group(1)
