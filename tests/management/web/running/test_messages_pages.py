"""Messages of a manager's offices: failures, budgets, previews, test to oneself."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from office360.appointments.service import Appointment, BookingRequest, book_appointment
from office360.core.db.audit_entries import AuditEntryRow
from office360.core.db.outbox import DEAD, OutboxRow
from office360.core.runtime import Runtime
from office360.notifications.domain.message_kinds import TEST_KIND
from office360.offices.service import ServiceMode
from office360.server.settings import Settings
from sqlalchemy import select, update

from ....appointments.support.html_client import CitizenBrowser, HtmlPage
from ....conftest import MORNING, AppServer
from ....notifications.support.messages import stored_messages
from ...conftest import SignIn

MESSAGES = "/staff/manage/messages"
TEST = MESSAGES + "/test"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Send SMS to Spain."""
    return settings.model_copy(update={"sms_url": "https://sms.example.org", "sms_countries": ["34"]})


async def fail_message(runtime: Runtime) -> tuple[str, Appointment]:
    """Book an appointment whose e-mail is refused. Returns the message's id."""
    booking = BookingRequest(
        service="documents",
        mode="in_person",
        starts_at=MORNING.replace(day=26, minute=0),
        name="Amina",
        email="amina@example.org",
        phone="+34600000111",
    )
    appointment = await book_appointment(runtime, "centro", booking, request_key=None)
    async with runtime.transaction() as tx:
        await tx.session.execute(
            update(OutboxRow)
            .where(OutboxRow.subject == f"appointment:{appointment.id}")
            .values(state=DEAD, failure="recipient_refused: 550", not_before=tx.now)
        )
    return next(iter((await stored_messages(runtime)).values())).id, appointment


async def press(browser: CitizenBrowser, path: str, **typed: str) -> HtmlPage:
    page = await browser.get(MESSAGES)
    return await browser.post(path, [("csrf", page.form.value("csrf") or ""), *typed.items()])


async def test_failure_names_person_telephone_reason_and_advice(managers: AppServer, sign_in_as: SignIn) -> None:
    message_id, appointment = await fail_message(managers.runtime)
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(MESSAGES)
        for said in ("Amina", "a•••@example.org", "refuses this address (550)", "Tell the person by telephone"):
            assert said in page.text
        assert 'href="tel:+34600000111"' in page.html
        assert f'href="/staff/calendar/{appointment.id}"' in page.html
        assert (await carmen.get(f"/staff/calendar/{appointment.id}")).status == 200
        assert "amina@example.org" not in page.html
        after = await press(carmen, f"/staff/notices/{message_id}/told", page="manage", back="office=centro")
        assert after.path == f"{MESSAGES}?office=centro"
        assert "No message needs you" in after.text
        assert "1 message failed" not in (await carmen.get("/staff/manage/today")).text
    async with managers.runtime.read_session() as session:
        actions = list(await session.scalars(select(AuditEntryRow.action).where(AuditEntryRow.office == "centro")))
    assert "message.told_otherwise" in actions


async def test_messages_of_other_offices_are_refused(managers: AppServer, sign_in_as: SignIn) -> None:
    message_id, _ = await fail_message(managers.runtime)
    async with sign_in_as("diego") as diego:
        assert (await diego.get(f"{MESSAGES}?office=centro")).status == 403
        assert (await diego.get(f"{MESSAGES}/sent?office=centro")).status == 403
        assert "Amina" not in (await diego.get(MESSAGES)).text
        assert (await press(diego, f"/staff/notices/{message_id}/told")).status == 404
    async with sign_in_as("boris") as boris:
        assert (await boris.get(MESSAGES)).status == 403


async def test_counts_leave_out_test_messages(managers: AppServer, sign_in_as: SignIn) -> None:
    await fail_message(managers.runtime)
    async with sign_in_as("elena") as elena:
        await press(elena, TEST, channel="sms", phone="600 000 111")
        async with managers.runtime.transaction() as tx:
            sent = update(OutboxRow).values(state="sent", sent_at=tx.now)
            await tx.session.execute(sent.where(OutboxRow.kind == TEST_KIND))
        counts = (await elena.get(f"{MESSAGES}/sent")).text
        assert "Test message SMS" not in counts
        assert "1 of 1000 today" in (await elena.get(MESSAGES)).text


async def test_preview_is_framed_without_scripts(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        path = f"{MESSAGES}/templates/appointment_confirmed/email"
        page = await carmen.get(f"{path}?language=es&mode=video")
        assert re.search(r'<iframe[^>]+/html\?language=es&amp;mode=video"[^>]+ sandbox>', page.html)
        assert "Nombre Apellido" in page.text
        modes = re.search(r'<select id="mode".+?</select>', page.html, re.DOTALL)
        assert modes
        assert re.findall(r'value="(\w+)"', modes[0]) == list(get_args(ServiceMode))
        frame = await carmen.get(f"{path}/html?language=en")
        assert "sandbox" in frame.headers["Content-Security-Policy"]
        assert "default-src 'none'" in frame.headers["Content-Security-Policy"]
        assert "Name Surname" in frame.text
        sms = await carmen.get(f"{MESSAGES}/templates/turn_called/sms")
        assert re.search(r"\d+ characters: it costs \d SMS", sms.text)
        for missing in ("/templates/none/email", "/templates/turn_called/email"):
            assert (await carmen.get(MESSAGES + missing)).status == 404


async def test_test_message_shows_its_result_to_its_sender(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("carmen") as carmen:
        wrong = await press(carmen, TEST, channel="sms", phone="12")
        assert (wrong.status, 'value="12"' in wrong.html) == (422, True)
        assert (await press(carmen, TEST, channel="email")).status == 422  # the account has no address
        assert (await press(carmen, TEST, channel="push", subscription="{}")).status == 422
        queued = await press(carmen, TEST, channel="sms", phone="600 000 111")
        assert "Waits for the sender" in queued.text
        async with managers.runtime.transaction() as tx:
            failed = {"state": DEAD, "failure": "refused: 400 21614"}
            await tx.session.execute(update(OutboxRow).where(OutboxRow.kind == TEST_KIND).values(failed))
        assert "The other side refuses it (400 21614)." in (await carmen.get(queued.path)).text
        for _ in range(4):
            await press(carmen, TEST, channel="sms", phone="600 000 111")
        assert (await press(carmen, TEST, channel="sms", phone="600 000 111")).status == 429
    async with sign_in_as("elena") as elena:
        assert (await elena.get(queued.path)).status == 404
