"""Pages that run a region every day, each at three sizes: axe, contrast, overflow."""

from __future__ import annotations

import pytest
from office360.appointments.service import book_appointment
from office360.appointments.storage.tables import AppointmentRow
from office360.core.auth import StaffRole
from office360.core.web.authentication import STAFF_COOKIE
from office360.offices.service import Office
from office360.staff.actions import accounts
from office360.staff.actions.emergencies import press_at_desk
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from ...appointments.support.phone_mode import AMINA_PHONE
from ...appointments.support.requesters import FRIDAY_AT_9, make_booking_request
from ...conftest import AppServer, FakeClock
from ...figures.support.office_day import play_office_day
from ..support.axe import ALL_RULES, CONTRAST_RULE
from ..support.video_call import PASSWORD
from ..support.visual_check import ScreenVariant, VisualCheck, new_visitor_page

pytestmark = [pytest.mark.e2e, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

VARIANTS = (
    ScreenVariant("phone", 390, 844, "light", ALL_RULES),
    ScreenVariant("tablet", 1024, 768, "light", None),
    ScreenVariant("desk", 1280, 800, "dark", CONTRAST_RULE),
)
MANAGE = "/staff/manage"
PATHS = (
    f"{MANAGE}/today",
    f"{MANAGE}/figures?period=today&by=hour",
    f"{MANAGE}/o/centro/targets",
    f"{MANAGE}/o/centro/what-if",
    f"{MANAGE}/o/centro/what-if?demand=typed&desks=1&target=10&h9=6&h10=9",
    f"{MANAGE}/o/centro/settings/lists/cancel_reasons",
    f"{MANAGE}/o/centro/settings/texts",
    f"{MANAGE}/o/centro/settings/texts/new",
    f"{MANAGE}/figures/mail",
    f"{MANAGE}/messages",
    f"{MANAGE}/messages/sent",
    f"{MANAGE}/messages/templates",
    f"{MANAGE}/messages/test",
    f"{MANAGE}/posters",
    f"{MANAGE}/screens",
    f"{MANAGE}/people/sign-in",
    f"{MANAGE}/people/groups",
    "/staff/calendar?office=centro&day=2026-11-27",
    "/staff/calendar/new?office=centro&day=2026-11-27",
    "/staff/calendar/list?office=centro&day=2026-11-27",
    "/staff/calendar/{appointment}",
    "/staff/calendar/{appointment}/cancel",
    "/staff/host/centro/cancel",
    "/staff/calls/{phone}",
    "/staff/account",
    "/staff/alerts",
    "/o/centro/punctuality",
    "/staff/rooms/{video}/timeline?lang=en",
)


REFUSED_PATHS = (
    f"{MANAGE}/figures?period=own&from=x",
    f"{MANAGE}/o/centro/what-if?demand=typed&desks=x&h9=y&target=0",
)


async def test_pages_of_daily_running_pass_visual_check(
    app_server: AppServer, office: Office, browser: Browser, clock: FakeClock
) -> None:
    eyes, runtime = VisualCheck(), app_server.runtime
    booked = await book_appointment(runtime, "centro", make_booking_request(starts_at=FRIDAY_AT_9))
    await play_office_day(runtime, office, clock)
    by_phone = make_booking_request(mode="phone", phone=AMINA_PHONE, starts_at=FRIDAY_AT_9, email="p@example.org")
    ids = {"appointment": booked.id, "phone": (await book_appointment(runtime, "centro", by_phone)).id}
    async with runtime.read_session() as session:
        held = select(AppointmentRow.id).where(AppointmentRow.mode == "video", AppointmentRow.state == "served")
        ids["video"] = (await session.scalars(held.limit(1))).one()
    await accounts.create_user(
        runtime, username="elena", name="Elena", role=StaffRole.ADMINISTRATOR, password=PASSWORD
    )
    token = await accounts.login(runtime, "elena", PASSWORD, "192.0.2.7")
    elena = await accounts.authenticate(runtime, cookie=token, bearer=None)
    assert elena is not None
    await press_at_desk(runtime, elena, office.desks[0].id)
    async with new_visitor_page(browser, app_server) as page:
        await page.context.add_cookies([{"name": STAFF_COOKIE, "value": token, "url": app_server.url}])
        for path in (*PATHS, *REFUSED_PATHS):
            answer = await page.goto(path.format(**ids))
            assert answer is not None
            if answer.status != (422 if path in REFUSED_PATHS else 200):
                eyes.flaws.append(f"{path}: {answer.status}")
            await eyes.check_page(page, path, VARIANTS)
        await _check_sign_in_rules(page, eyes)
    eyes.assert_no_flaws()


async def _check_sign_in_rules(page: Page, eyes: VisualCheck) -> None:
    await page.goto(f"{MANAGE}/people/sign-in?lang=es")
    await page.locator("[name=rule-agent][value=from]").check()
    await page.locator("[name=day-agent]").fill("")
    await page.get_by_role("button", name="Ver qué cambia").click()
    await eyes.check_page(page, "sign-in rules wrong", VARIANTS)
    await page.locator("[name=day-agent]").fill("2026-12-24")
    await page.get_by_role("button", name="Ver qué cambia").click()
    await expect(page.locator("[name=rule-agent][value=from]")).not_to_be_visible()
    await eyes.check_page(page, "sign-in rules review", VARIANTS)
