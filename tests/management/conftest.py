"""Accounts of management: carmen (manager), elena (administrator), diego (elsewhere)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from ..appointments.support.html_client import CitizenBrowser, citizen_browser
from ..conftest import AppServer
from ..support.databases.contents import PASSWORD

SignIn = Callable[..., AbstractAsyncContextManager[CitizenBrowser]]


@pytest.fixture
def managers(managers_content: None, app_server: AppServer) -> AppServer:
    """Serve two offices and the people who manage them."""
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
