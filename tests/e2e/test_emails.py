"""Letters as a mail program shows them: on a phone and a desk, in the light and in the dark, for everybody."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from office360.core.tokens import Tokens
from office360.notifications.domain.message_content import Message
from office360.notifications.email.writer import EmailWriter
from office360.server.web.templates import JinjaPages

from ..notifications.conftest import SENDER, SITE, appointment, at, pages, ticket, tokens
from .support.axe import overflows, violations

pytestmark = pytest.mark.e2e

__all__ = ["pages", "tokens"]  # fixtures, found by their names

SENT_AT = at("2026-11-26T10:00:00+00:00")
LONG = {"service": "Reconocimiento del grado de discapacidad", "name": "Rosa Etxeberria Goikoetxea"}  # look.md
WIDTHS = (320, 390, 1280)
# A letter is shown inside the page of a mail program, which has the landmarks; it is an article there.
OF_PAGES = ("landmark-one-main:", "region:")
KINDS = (
    "appointment_confirmed",
    "appointment_rescheduled",
    "appointment_cancelled",
    "appointment_reminder_day",
    "appointment_late",
    "ticket_issued",
)
MORE: dict[str, dict[str, Any]] = {
    "appointment_rescheduled": {"previous_starts_at": "2026-11-26T11:00:00+00:00"},
    "appointment_reminder_day": {"until": "2026-11-27T05:20:00+00:00", "verdict": "red"},
    "appointment_late": {"come_at": "2026-11-27T09:00:00+00:00", "told_at": None},
}


def letters(pages: JinjaPages, tokens: Tokens) -> dict[str, str]:
    """The HTML of each kind of letter, by video and at the office."""
    writer = EmailWriter(pages, tokens, SITE, SENDER)
    made = {}
    for kind, mode in product(KINDS, ("video", "in_person")):
        visit = appointment(tokens, mode=mode, needs=["sign_language"], **LONG, **MORE.get(kind, {}))
        payload = ticket(tokens, line=LONG["service"]) if kind == "ticket_issued" else visit
        message = Message("01ROW", f"{kind}:1", "email", kind, "amina@example.org", "es", payload, SENT_AT)
        made[f"{kind} {mode}"] = writer.write(message, SENT_AT).html
    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_letter_fits_and_stands_in_nobodys_way(
    browser: Any, pages: JinjaPages, tokens: Tokens, scheme: str
) -> None:
    found = []
    for width in WIDTHS:
        context = await browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
        page = await context.new_page()
        for name, html in letters(pages, tokens).items():
            await page.set_content(html)
            if await overflows(page):
                found.append(f"{name} at {width}: scrolls sideways")
            found += [
                f"{name} at {width}: {one}" for one in await violations(page) if not one.startswith(OF_PAGES)
            ]
        await context.close()
    assert found == []


async def test_a_letter_asks_nobody_for_anything(browser: Any, pages: JinjaPages, tokens: Tokens) -> None:
    asked: list[str] = []
    page = await browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    for html in letters(pages, tokens).values():
        await page.set_content(html, wait_until="load")
    assert [url for url in asked if url.startswith("http")] == []
    await page.close()
