"""The whole product with a mail server, and without one: what is written reaches a mailbox, or is said to wait."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from office360.appointments.service import BookingRequest, book, first_free
from office360.core.runtime import Runtime
from office360.offices.service import Office
from office360.server.settings import Settings

from ...conftest import serving
from ...support.timeouts import PATIENCE_S
from ..support.smtp_server import post_office


async def book_one(runtime: Runtime, office: Office) -> None:
    async with runtime.reading() as session:
        slot = await first_free(session, office, office.service("certificate"), "video", runtime.now())
    assert slot is not None
    await book(
        runtime,
        "centro",
        BookingRequest("certificate", "video", slot.starts_at, "Amina (demo)", "amina@example.org"),
    )


@pytest.mark.parametrize("environment", ["development", "production"])
async def test_a_booking_is_a_letter_in_a_mailbox(
    settings: Settings, clock: Any, runtime: Runtime, office: Office, tmp_path: Path, environment: str
) -> None:
    async with post_office(tmp_path) as post:
        changes = {"smtp_url": post.url(), "environment": environment, "mail_from": "Cita <cita@example.org>"}
        async with serving(settings.model_copy(update=changes), clock):
            await book_one(runtime, office)
            await asyncio.wait_for(post.asked.wait(), PATIENCE_S)
            async with asyncio.timeout(PATIENCE_S):
                while not post.envelopes:
                    await asyncio.sleep(0.01)
        (letter,) = post.letters
    assert (letter["From"], letter["To"]) == ("Cita <cita@example.org>", "amina@example.org")
    assert post.open == set()


async def test_letters_that_nobody_sends_are_named_by_the_readiness_probe_and_make_nothing_red(
    settings: Settings, clock: Any, runtime: Runtime, office: Office
) -> None:
    async with serving(settings.model_copy(update={"environment": "production"}), clock) as server:
        await book_one(runtime, office)
        async with server.client() as client, client.get("/readyz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok", "waiting": {"email": 1}})
