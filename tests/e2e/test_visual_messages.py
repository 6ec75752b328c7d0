"""Visual checks of notification preferences and of the delivery report, in each state."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from office360.core.auth import StaffRole
from office360.core.db.outbox import OutboxRow
from office360.core.runtime import Runtime
from office360.notifications.domain.contact_tokens import contact_token
from office360.notifications.storage import channel_usage_rows
from office360.server.settings import Settings
from office360.staff.actions import accounts as staff
from playwright.async_api import Browser, expect
from sqlalchemy import update

from ..conftest import AppServer
from ..notifications.support.messages import enqueue_message
from ..notifications.support.payloads import appointment_payload, ticket_notification_payload
from .support.page_scripts import wait_for_modules
from .support.video_call import PASSWORD, sign_in_with_cookie
from .support.visual_check import VisualCheck, new_visitor_page

pytestmark = pytest.mark.e2e


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Run no worker, so that no message is sent during the test."""
    return settings.model_copy(update={"embedded_worker": False})


async def add_message(runtime: Runtime, key: str, kind: str, channel: str, recipient: str, **row: Any) -> None:
    made = appointment_payload if kind.startswith("appointment") else ticket_notification_payload
    payload = {**made(runtime.tokens), "office_slug": "centro"}
    await enqueue_message(runtime, key, kind=kind, channel=channel, recipient=recipient, payload=payload)
    async with runtime.transaction() as tx:
        await tx.session.execute(update(OutboxRow).where(OutboxRow.key == key).values(**row))


async def test_preferences_page_passes_visual_check(app_server: AppServer, browser: Browser) -> None:
    eyes, tokens = VisualCheck(), app_server.runtime.tokens
    by_email = contact_token(tokens, "email", "amina@example.org")
    async with new_visitor_page(browser, app_server) as page:
        await page.goto(f"/n/{by_email}/reminders")
        await wait_for_modules(page)
        await page.get_by_role("button", name="No recibir recordatorios").press("Enter")
        await expect(page.get_by_text("Ya no recibes recordatorios en esta dirección.")).to_be_visible()
        await eyes.check_page(page, "stopped")
        await page.get_by_role("button", name="Volver a recibir recordatorios").press("Enter")
        await expect(page.get_by_role("button", name="No recibir recordatorios")).to_be_visible()
    eyes.assert_no_flaws()


async def test_messages_page_passes_visual_check(app_server: AppServer, browser: Browser) -> None:
    eyes, runtime = VisualCheck(), app_server.runtime
    await staff.create_user(runtime, username="ada", name="Ada", role=StaffRole.ADMINISTRATOR, password=PASSWORD)
    async with new_visitor_page(browser, app_server) as page:
        await sign_in_with_cookie(page.context, app_server, "ada")
        await page.goto("/staff/notices")
        await page.get_by_role("heading", name="Mensajes del día").wait_for()
        await eyes.check_page(page, "nothing was sent")
        await enqueue_all_states(runtime)
        await page.goto("/staff/notices")
        await eyes.check_page(page, "messages of a day")
        await page.get_by_role("button", name="Probar otra vez").press("Enter")
        await expect(page.get_by_text("Otro intento de Ada a las 10:30")).to_be_visible()
    eyes.assert_no_flaws()


async def enqueue_all_states(runtime: Runtime) -> None:
    """Insert a message in each state, and an alarm."""
    now = runtime.now()
    refused = {"state": "dead", "failure": "recipient_refused 550 5.1.1"}
    await add_message(
        runtime, "dead", "appointment_confirmed", "email", "begona@a-long-name.example.org", **refused
    )
    later = {"failure": "later: 503", "lease_until": now + timedelta(minutes=8)}
    await add_message(runtime, "waits", "appointment_confirmed", "email", "amina@example.org", **later)
    await add_message(runtime, "sent", "turn_called", "sms", "+34600000001", state="sent", sent_at=now)
    await add_message(runtime, "push", "turn_next", "push", "01SUBSCRIPTION", state="sending")
    await add_message(runtime, "over", "turn_moved", "sms", "+34600000002", state="void", failure="stopped")
    night = {"not_before": now + timedelta(hours=20), "failure": "quiet_hours"}
    await add_message(runtime, "night", "turn_moved", "sms", "+34600000003", **night)
    async with runtime.transaction() as tx:
        await channel_usage_rows.insert_alarm(tx.session, now.date(), "sms_budget_spent", now)
