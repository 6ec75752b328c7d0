"""Connection tests in the agent's console: live results, and a test by its dictated code."""

from __future__ import annotations

from datetime import timedelta

import pytest
from office360.appointments import service as appointments
from office360.precheck.actions import connection_tests
from office360.precheck.storage.measurement_schemas import MeasurementsMessage
from playwright.async_api import Page, expect

from ..appointments.support.requesters import make_booking_request
from ..conftest import MORNING, AppServer
from .support.axe import find_axe_violations
from .support.visual_check import VisualCheck
from .test_console import boris, open_desk, page, sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

WEAK = MeasurementsMessage.model_validate({"rtt_ms": 84, "loss_up_pct": 3.1, "microphone_dbfs": -31})

__all__ = ["boris", "page"]  # fixtures of the console tests


async def test_verdict_appears_at_desk_live(app_server: AppServer, page: Page) -> None:
    runtime = app_server.runtime
    amina = await appointments.book_appointment(
        runtime, "centro", make_booking_request(starts_at=MORNING + timedelta(minutes=90))
    )
    await sign_in(page)
    await open_desk(page)
    row = page.locator(".vid", has_text="Amina")
    await expect(row.locator(".verdict")).to_have_text("No ha hecho la prueba")
    await expect(row.locator(".test-code")).to_be_hidden()

    test, token = await connection_tests.create_test(
        runtime, "room", appointments.appointment_token(runtime, amina)
    )
    await connection_tests.add_report(runtime, token, WEAK)
    await expect(row.locator(".verdict")).to_have_text("Se pierden datos")
    await expect(row.locator(".verdict")).to_have_attribute("data-verdict", "amber")
    await expect(row.locator(".test-code")).to_have_text(f"Prueba {test.code}")
    assert await find_axe_violations(page) == []


async def test_dictated_code_opens_citizen_result(app_server: AppServer, page: Page) -> None:
    test, token = await connection_tests.create_test(app_server.runtime, "room", None)
    await connection_tests.add_report(app_server.runtime, token, WEAK)
    assert test.code
    await sign_in(page)
    await open_desk(page)
    await page.get_by_label("Código de prueba").fill(test.code.lower().replace("-", ""))
    async with page.context.expect_page() as opening:  # a new tab, so that the desk stays open
        await page.keyboard.press("Enter")
    seen = await opening.value
    await expect(seen.get_by_role("heading", level=1)).to_have_text("Se te oirá bien. La imagen puede cortarse.")
    await expect(seen.locator(".spoken")).to_have_text(test.code)
    await expect(page.locator(".now")).to_have_attribute("data-state", "free")


async def test_staff_test_page_passes_visual_check(app_server: AppServer, page: Page) -> None:
    test, token = await connection_tests.create_test(app_server.runtime, "room", None)
    await connection_tests.add_report(app_server.runtime, token, WEAK)
    eyes = VisualCheck()
    await sign_in(page)
    for path in (f"/staff/tests/{test.code}", "/staff/tests?code=nothing"):
        await page.goto(path)
        await eyes.check_page(page, path)
    eyes.assert_no_flaws()
