"""The whole product with a mail server and without one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from office360.appointments.queries.first_available import first_available_slots
from office360.appointments.service import BookingRequest, SlotSearch, book_appointment
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.server.settings import Settings

from ..conftest import serve_app
from ..support.timeouts import TEST_TIMEOUT_S
from .support.smtp_server import run_mail_server

pytestmark = pytest.mark.usefixtures("embedded_worker")


async def book_first_slot(runtime: Runtime, office: Office) -> None:
    async with runtime.read_session() as session:
        search = SlotSearch(office, [office.service("certificate")], "video")
        (slot,) = await first_available_slots(session, [search], runtime.now())
    assert slot is not None
    await book_appointment(
        runtime,
        "centro",
        BookingRequest("certificate", "video", slot.starts_at, "Amina (demo)", "amina@example.org"),
    )


@pytest.mark.parametrize("environment", ["development", "production"])
async def test_booking_confirmation_reaches_mail_server(
    settings: Settings, clock: Any, runtime: Runtime, office: Office, tmp_path: Path, environment: str
) -> None:
    async with run_mail_server(tmp_path) as mail_server:
        changes = {
            "smtp_url": mail_server.url(),
            "environment": environment,
            "mail_from": "Cita <cita@example.org>",
            "mail_return_path": "bounces@example.org",
        }
        async with serve_app(settings.model_copy(update=changes), clock):
            await book_first_slot(runtime, office)
            await asyncio.wait_for(mail_server.email_arrived.wait(), TEST_TIMEOUT_S)
            async with asyncio.timeout(TEST_TIMEOUT_S):
                while not mail_server.envelopes:
                    await asyncio.sleep(0.01)
        (envelope,), (email,) = mail_server.envelopes, mail_server.emails
    assert envelope.mail_from == "bounces@example.org"
    assert (email["From"], email["To"]) == ("Cita <cita@example.org>", "amina@example.org")
    assert mail_server.open == set()


async def test_readiness_probe_counts_emails_without_channel(
    settings: Settings, clock: Any, runtime: Runtime, office: Office
) -> None:
    async with serve_app(settings.model_copy(update={"environment": "production"}), clock) as server:
        await book_first_slot(runtime, office)
        async with server.client() as client, client.get("/readyz") as response:
            assert (response.status, await response.json()) == (200, {"status": "ok", "waiting": {"email": 1}})
