"""Accounts: boris (agent), carmen (host), diego (agent of another office)."""

from __future__ import annotations

import re
from typing import Any

import aiohttp
import pytest
from office360.core.auth import Principal
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.staff.actions import accounts
from office360.staff.storage.tables import UserRow
from sqlalchemy import select

from ..support.databases.contents import PASSWORD

CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture
async def staff(staff_content: None, runtime: Runtime, office: Office) -> dict[str, str]:
    """Return ids by username."""
    async with runtime.read_session() as session:
        rows = (await session.execute(select(UserRow.username, UserRow.id))).all()
    return {row.username: row.id for row in rows}


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


__all__ = ["PASSWORD"]
