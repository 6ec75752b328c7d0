"""The proof of work of the page for walk-ins, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from office360.core.auth import Principal, StaffRole
from office360.offices.service import Office
from office360.server.settings import Settings

from ...conftest import AppServer, FakeClock, serve_app
from ...e2e.support.connection_test import new_citizen_page
from ..conftest import OfficeDriver

pytestmark = pytest.mark.e2e


PAGE_SCRIPTS = re.compile(r"/(pages/.+|appointments/booking_form)\.js$")  # the bundle, else the module
FATIMA = Principal("fatima", "Fatima", StaffRole.AGENT, frozenset({"centro"}))


@pytest.fixture
async def busy_server(settings: Settings, clock: FakeClock, office: Office) -> AsyncIterator[AppServer]:
    """Serve an office in which three turns were taken over the address of the browser."""
    async with serve_app(settings.model_copy(update={"turns_per_address": 5}), clock) as server:
        for _ in range(3):
            async with (
                server.client() as phone,
                phone.post("/api/v1/offices/centro/tickets", json={"service": "documents"}) as answer,
            ):
                assert answer.status == 201
        yield server


async def take_turn(page: Any) -> None:
    await page.goto("/o/centro?service=documents")
    await press_take_turn(page)


async def press_take_turn(page: Any) -> None:
    form = page.locator("form#walk_in")
    await form.locator("button[type=submit]").click()


async def test_page_solves_its_proof_of_work_by_itself(browser: Any, busy_server: AppServer) -> None:
    page = await new_citizen_page(browser, busy_server.url)
    await take_turn(page)
    await page.wait_for_url("**/t/*")


async def test_press_before_the_script_is_loaded_gets_a_turn(browser: Any, busy_server: AppServer) -> None:
    page = await new_citizen_page(browser, busy_server.url)
    await page.route(PAGE_SCRIPTS, lambda route: route.abort())
    await page.goto("/o/centro?service=documents", wait_until="networkidle")
    await page.unroute(PAGE_SCRIPTS)
    await press_take_turn(page)
    await page.wait_for_url("**/t/*")


async def test_proof_of_work_begins_with_the_use_of_a_form(browser: Any, busy_server: AppServer) -> None:
    page = await browser.new_page(base_url=busy_server.url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/altcha") else None)
    await page.goto("/o/centro?service=documents", wait_until="networkidle")
    assert asked == []
    async with page.expect_request("**/api/v1/altcha"):
        await page.locator("#walk_in input[name=email]").fill("amina@example.org")
    assert len(asked) == 1
    await page.close()


async def test_refused_page_offers_a_turn_when_a_desk_opens(
    browser: Any, app_server: AppServer, server_driver: OfficeDriver, clock: FakeClock
) -> None:
    """25 minutes before closing, one desk has time for one visit, and two for two."""
    clock.set(datetime(2026, 11, 25, 17, 35, tzinfo=UTC))
    await server_driver.open_desk()
    await server_driver.take_ticket()
    page = await new_citizen_page(browser, app_server.url)
    await page.clock.install()
    await page.goto("/o/centro?service=documents")
    refusal, offer = page.locator("[data-refused]"), page.locator("[data-offer]")
    assert "Ahora hay demasiada gente; prueba más tarde." in await refusal.inner_text()
    assert await offer.is_hidden()
    async with page.expect_response("**/services") as refused_again:
        await page.clock.run_for(16_000)
    assert (await refused_again.value).ok
    assert await offer.is_hidden()
    await server_driver.open_desk(2, FATIMA)
    async with page.expect_response("**/services"):
        await page.clock.run_for(16_000)
    await offer.wait_for()
    assert await refusal.is_hidden()
    await page.clock.resume()
    await offer.locator("button[type=submit]").click()
    await page.wait_for_url("**/t/*")


async def test_page_without_script_sends_to_the_entrance(browser: Any, busy_server: AppServer) -> None:
    page = await new_citizen_page(browser, busy_server.url, java_script_enabled=False)
    await take_turn(page)
    alert = page.locator("[role=alert]")
    assert "pide tu turno en la entrada" in await alert.inner_text()
    assert await page.locator("input[value=documents]").is_checked()  # nothing is lost
