"""Visual checks of e-mails in a mail program: phone and desk size, light and dark."""

from __future__ import annotations

from itertools import product
from typing import Any, Literal

import pytest
from office360.core.tokens import TokenSigner
from office360.notifications.domain.message_content import OutboxMessage
from office360.notifications.email.writer import EmailWriter
from office360.server.web.templates import JinjaRenderer
from playwright.async_api import Browser

from ..notifications.conftest import pages, tokens
from ..notifications.support.messages import SENDER, SITE, parse_time
from ..notifications.support.payloads import SAMPLE_PAYLOADS, appointment_payload, ticket_payload
from .support.axe import ALL_RULES, CONTRAST_RULE, find_axe_violations, has_horizontal_overflow

pytestmark = pytest.mark.e2e

__all__ = ["pages", "tokens"]  # fixtures

SENT_AT = parse_time("2026-11-26T10:00:00+00:00")
LONG_VALUES = {
    "service": "Reconocimiento del grado de discapacidad",
    "name": "Rosa Etxeberria Goikoetxea",
}  # docs/design.md
WIDTHS = (320, 390, 1280)
# Of all rules, only contrast depends on the scheme.
RULES_BY_SCHEME: dict[Literal["light", "dark"], Any] = {"light": ALL_RULES, "dark": CONTRAST_RULE}
# A mail program shows an e-mail as an article inside its own page, which has the landmarks.
PAGE_ONLY_RULES = ("landmark-one-main:", "region:")
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


def render_emails(pages: JinjaRenderer, tokens: TokenSigner) -> dict[str, str]:
    """Render the HTML of each kind of e-mail, by video and in person."""
    writer = EmailWriter(pages, tokens, SITE, SENDER)
    made = {}
    for kind, mode in product(KINDS, ("video", "in_person")):
        visit = appointment_payload(
            tokens, mode=mode, needs=["sign_language"], **LONG_VALUES, **MORE.get(kind, {})
        )
        payload = ticket_payload(tokens, line=LONG_VALUES["service"]) if kind == "ticket_issued" else visit
        message = OutboxMessage("01ROW", f"{kind}:1", "email", kind, "amina@example.org", "es", payload, SENT_AT)
        made[f"{kind} {mode}"] = writer.write(message, SENT_AT).html
    for kind in ("acceptance_code", "acceptance_receipt"):
        payload = {**SAMPLE_PAYLOADS[kind](tokens), **LONG_VALUES}
        message = OutboxMessage("01ROW", f"{kind}:1", "email", kind, "amina@example.org", "es", payload, SENT_AT)
        made[kind] = writer.write(message, SENT_AT).html
    for kind in ("staff_invitation", "staff_reset"):
        payload = {**SAMPLE_PAYLOADS[kind](tokens), "username": "rosa.etxeberria.goikoetxea@example.org"}
        message = OutboxMessage("01ROW", f"{kind}:1", "email", kind, "amina@example.org", "es", payload, SENT_AT)
        made[kind] = writer.write(message, SENT_AT).html
    return made


async def test_every_email_fits_width_and_is_accessible(
    browser: Browser, pages: JinjaRenderer, tokens: TokenSigner
) -> None:
    found = []
    page = await browser.new_page()
    for name, html in render_emails(pages, tokens).items():
        await page.set_content(html)
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 844})
            if await has_horizontal_overflow(page):
                found.append(f"{name} at {width}: scrolls sideways")
        for scheme, rules in RULES_BY_SCHEME.items():
            await page.emulate_media(color_scheme=scheme)
            found += [
                f"{name} in {scheme}: {violation}"
                for violation in await find_axe_violations(page, rules)
                if not violation.startswith(PAGE_ONLY_RULES)
            ]
    assert found == []


async def test_email_loads_no_external_resource(
    browser: Browser, pages: JinjaRenderer, tokens: TokenSigner
) -> None:
    asked: list[str] = []
    page = await browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    for html in render_emails(pages, tokens).values():
        await page.set_content(html, wait_until="load")
    assert [url for url in asked if url.startswith("http")] == []
    await page.close()
