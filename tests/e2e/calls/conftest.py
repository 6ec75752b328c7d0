"""A call of Amina on a phone and Boris at a desk, in two browsers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from office360.core.runtime import Runtime
from office360.offices.service import Office
from playwright.async_api import Browser, BrowserContext

from ...conftest import AppServer, FakeClock
from ...rooms.support.video_appointments import AT, BookedVideoAppointment, book_video_appointment
from ..support.video_call import (
    BrowserCall,
    enter_lobby_and_room,
    expect_media_both_ways,
    new_browser_context,
    sign_in_agent,
)


@pytest.fixture
def booking_fields() -> dict[str, Any]:
    """Further fields of Amina's booking."""
    return {}


@pytest.fixture
async def booked(
    runtime: Runtime, office: Office, clock: FakeClock, booking_fields: dict[str, Any]
) -> BookedVideoAppointment:
    """The appointment of Amina, five minutes before its time."""
    made = await book_video_appointment(runtime, AT, "Amina", **booking_fields)
    clock.set(AT - timedelta(minutes=5))
    return made


@pytest.fixture
async def agent_context(app_server: AppServer, browser: Browser) -> AsyncIterator[BrowserContext]:
    """The browser of Boris, who is logged in."""
    desk = await new_browser_context(browser, 1280, 800)
    await sign_in_agent(desk, app_server)
    yield desk
    await desk.close()


@pytest.fixture
async def pages(
    app_server: AppServer, booked: BookedVideoAppointment, browser: Browser, agent_context: BrowserContext
) -> AsyncIterator[BrowserCall]:
    """Both pages, still empty."""
    phone = await new_browser_context(browser, 390, 844)
    yield BrowserCall(await phone.new_page(), await agent_context.new_page(), app_server, booked)
    await phone.close()


@pytest.fixture
async def lobby_call(pages: BrowserCall) -> BrowserCall:
    """Amina in the lobby, Boris on the agent's page of the room."""
    await enter_lobby_and_room(pages)
    return pages


@pytest.fixture
async def call(lobby_call: BrowserCall) -> BrowserCall:
    """Both in the call, with media in both directions."""
    await lobby_call.agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(lobby_call)
    return lobby_call


@pytest.fixture
async def testing_pages(
    app_server: AppServer, booked: BookedVideoAppointment, browser: Browser, agent_context: BrowserContext
) -> AsyncIterator[BrowserCall]:
    """Both pages, still empty; Amina's runs the short test in the lobby."""
    phone = await new_browser_context(browser, 390, 844, tests_line=True)
    yield BrowserCall(await phone.new_page(), await agent_context.new_page(), app_server, booked)
    await phone.close()
