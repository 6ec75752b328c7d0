"""Connection tests in the agent's console: live results, and a test by its dictated code."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from office360.appointments import service as appointments
from office360.precheck.actions import connection_tests
from office360.precheck.storage.measurement_schemas import MeasurementsMessage
from playwright.async_api import Page, expect

from ...appointments.support.requesters import make_booking_request
from ...conftest import MORNING, AppServer
from ...precheck.support.detailed_test import DETAILED
from ..support.axe import find_axe_violations
from ..support.visual_check import VisualCheck
from ..test_console import boris, open_console, open_desk, page

pytestmark = pytest.mark.e2e

WEAK = MeasurementsMessage.model_validate({"rtt_ms": 84, "loss_up_pct": 3.1, "microphone_dbfs": -31})

PRINTED_PAGES = 2  # verdict and plots; measures and tables

__all__ = ["boris", "page"]  # fixtures of the console tests


async def test_verdict_appears_at_desk_live(app_server: AppServer, page: Page) -> None:
    runtime = app_server.runtime
    amina = await appointments.book_appointment(
        runtime, "centro", make_booking_request(starts_at=MORNING + timedelta(minutes=90))
    )
    await open_console(page)
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
    await open_console(page)
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
    detailed = MeasurementsMessage.model_validate(DETAILED)
    await connection_tests.add_report(app_server.runtime, token, detailed)
    eyes = VisualCheck()
    await open_console(page)
    await page.goto("/staff/tests?code=nothing")
    await eyes.check_page(page, "unknown test code")
    await page.goto(f"/staff/tests/{test.code}")
    assert await printed_pages(page) == PRINTED_PAGES
    await expect(page.get_by_role("heading", name="Todas las medidas")).to_be_hidden()
    await page.get_by_text("Informe técnico").first.click()
    await eyes.check_page(page, "test with its report")
    eyes.assert_no_flaws()
    await expect_report_to_be_copied_and_saved(page, str(test.code))


async def printed_pages(page: Page) -> int:
    """Print the page, which unfolds the report, and count its sheets."""
    return len(pypdfium2.PdfDocument(await page.pdf(prefer_css_page_size=True)))


async def expect_report_to_be_copied_and_saved(page: Page, code: str) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Copiar").click()
    await expect(page.locator("[data-status]")).to_have_text("Copiado")
    copied = await page.evaluate("navigator.clipboard.readText()")
    async with page.expect_download() as saving:
        await page.get_by_role("link", name="Descargar como texto").click()
    saved = await saving.value
    assert saved.suggested_filename == f"office360-test-{code}.txt"
    assert await asyncio.to_thread(Path(await saved.path()).read_text, "utf-8") == copied
