"""A call of Amina on a phone and Boris at a desk, in two browsers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from office360.core.runtime import Runtime
from office360.offices.service import Office
from playwright.async_api import Browser

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
def camera_fps() -> int:
    """Return a rate that saves a fifth of the CPU of a call."""
    return 10


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
async def pages(
    app_server: AppServer, booked: BookedVideoAppointment, browser: Browser
) -> AsyncIterator[BrowserCall]:
    """Both pages, still empty."""
    phone, desk = await new_browser_context(browser, 390, 844), await new_browser_context(browser, 1280, 800)
    await sign_in_agent(desk, app_server)
    yield BrowserCall(await phone.new_page(), await desk.new_page(), app_server, booked)
    await phone.close()
    await desk.close()


@pytest.fixture
async def call(pages: BrowserCall) -> BrowserCall:
    """Both in the call, with media in both directions."""
    await enter_lobby_and_room(pages)
    await pages.agent.get_by_role("button", name="Dejar entrar").click()
    await expect_media_both_ways(pages)
    return pages
