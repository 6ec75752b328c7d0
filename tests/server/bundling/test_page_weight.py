"""Few requests and bytes until a page answers a press, and only HTML on a second visit."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from office360.core.auth import StaffRole
from office360.core.web.authentication import STAFF_COOKIE
from office360.staff.actions import accounts
from playwright.async_api import Browser

from ...conftest import AppServer, FakeClock
from ...e2e.support.page_loads import (
    NOTE_ANSWER_JS,
    TARGETS,
    PageLoad,
    RequestRecorder,
    load_page,
    open_measured_pages,
    run_request_recorder,
)
from ...e2e.support.video_call import PASSWORD
from ...rooms.support.video_appointments import AT, book_video_appointment

IDLE_S = 0.3
LIVE_KINDS = ("socket", "fetch", "service worker")  # no files of the page
pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


async def test_pages_load_few_files_once(app_server: AppServer, browser: Browser, clock: FakeClock) -> None:
    paths, cookie = await prepare_pages(app_server, clock)
    heavy, repeated = {}, {}
    async with run_request_recorder(app_server.url) as recorder:
        for name, target in TARGETS.items():
            cold, warm = await visit_twice(browser, recorder, paths[name], cookie)
            if len(cold.until) > target.requests or cold.kilobytes > (target.kilobytes or cold.kilobytes):
                kinds = Counter(request.kind for request in cold.until)
                heavy[name] = f"{len(cold.until)} requests, {cold.kilobytes:.0f} KB: {dict(kinds)}"
            # the service worker looks for a new version of itself and of the ticket on each visit
            loaded = [request for request in [*warm.until[1:], *warm.after] if request.kind not in LIVE_KINDS]
            if loaded:
                repeated[name] = [request.path for request in loaded]
    assert (heavy, repeated) == ({}, {})


async def prepare_pages(server: AppServer, clock: FakeClock) -> tuple[dict[str, str], str]:
    """Prepare the contents of the pages, five minutes before a call.

    Return the addresses and the session of an account for all offices.
    """
    booked = await book_video_appointment(server.runtime, AT)
    clock.set(AT - timedelta(minutes=5))
    await accounts.create_user(
        server.runtime, username="carmen", name="Carmen", role=StaffRole.ADMINISTRATOR, password=PASSWORD
    )
    cookie = await accounts.login(server.runtime, "carmen", PASSWORD, "192.0.2.7")
    headers = {"Cookie": f"{STAFF_COOKIE}={cookie}", "Sec-Fetch-Site": "same-origin"}
    async with server.client(headers=headers, raise_for_status=True) as session:
        return await open_measured_pages(session, booked.appointment.id, booked.token), cookie


async def visit_twice(
    browser: Browser, recorder: RequestRecorder, path: str, cookie: str
) -> tuple[PageLoad, PageLoad]:
    """Visit a page with an empty browser profile, and again."""
    context = await browser.new_context(viewport={"width": 390, "height": 844})
    await context.add_init_script(NOTE_ANSWER_JS)
    await context.add_cookies([{"name": STAFF_COOKIE, "value": cookie, "url": recorder.url}])
    page = await context.new_page()
    cold, warm = [await load_page(page, recorder, path, idle_s=IDLE_S, is_first=first) for first in (True, False)]
    await context.close()
    return cold, warm
