"""Accounts of management: carmen (manager), elena (administrator), diego (elsewhere)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from office360.core.auth import StaffRole
from office360.staff.actions import accounts

from ..appointments.support.html_client import CitizenBrowser, citizen_browser
from ..conftest import AppServer
from ..staff.conftest import PASSWORD
from ..support.office_fixture import build_office

SignIn = Callable[..., AbstractAsyncContextManager[CitizenBrowser]]


@pytest.fixture
async def managers(app_server: AppServer) -> AppServer:
    """Create two offices and three people who manage."""
    runtime = app_server.runtime
    await build_office(runtime, slug="norte", name="Oficina Norte", desks=1, position=1)
    people = (
        ("carmen", StaffRole.MANAGER, ["centro"]),
        ("diego", StaffRole.MANAGER, ["norte"]),
        ("boris", StaffRole.AGENT, ["centro"]),
        ("elena", StaffRole.ADMINISTRATOR, None),
    )
    for username, role, offices in people:
        await accounts.create_user(
            runtime,
            username=username,
            name=username.capitalize(),
            role=role,
            offices=offices,
            password=PASSWORD,
        )
    return app_server


@pytest.fixture
def sign_in_as(managers: AppServer) -> SignIn:
    """Return a function that opens a browser in which this person is logged in."""

    @asynccontextmanager
    async def sign_in(username: str, language: str = "en") -> AsyncIterator[CitizenBrowser]:
        async with citizen_browser(managers, language) as browser:
            page = await browser.get("/staff/")
            await browser.send(page, "/staff/login", user=username, password=PASSWORD)
            yield browser

    return sign_in
