"""Previews: every kind in every channel and language, by the real renderers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from office360.core.i18n.languages import LANGUAGES
from office360.core.tokens import TokenSigner
from office360.notifications.domain.message_kinds import KINDS
from office360.notifications.domain.sample_payloads import SampleOffice, sample_message
from office360.notifications.sms.gateway_request import count_segments
from office360.notifications.web.message_previews import PreviewWriter, message_kinds

from ...support.phone_links import unlinked_numbers
from ..support.messages import SENDER, SITE
from ..support.payloads import SAMPLE_PAYLOADS

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
OFFICE = SampleOffice(
    slug="centro",
    name="Oficina Centro",
    address="Calle del Olivar, 12",
    phone="900 000 361",
    access=None,
    timezone=ZoneInfo("Europe/Madrid"),
    service="Registro",
    service_slug="registry",
    minutes=10,
    bring=None,
    line="Registro",
    code="A-042",
    desk="1",
    way=None,
)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_message_kind_has_a_preview(kind: str, pages: Any, tokens: TokenSigner) -> None:
    writer = PreviewWriter(pages, tokens, SITE, SENDER)
    for language in LANGUAGES:
        for channel in message_kinds()[kind].channels:
            for mode in ("in_person", "video", "phone"):
                message = sample_message(kind, channel, language, OFFICE, NOW, mode=mode)
                preview = writer.write(message, NOW)
                email, push, sms = preview.email, preview.push, preview.sms
                texts = [email.subject, email.text, email.html] if email else []
                texts += [push.title, push.body] if push else []
                texts += [sms.text] if sms else []
                texts += [preview.text] if preview.text is not None else []
                assert texts
                assert all(text.strip() for text in texts)
                assert not any("None" in text or "%(" in text for text in texts)
                if email:
                    assert unlinked_numbers(email.html) == []
                    assert "tel:" not in email.text


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_example_facts_are_those_of_real_messages(kind: str, tokens: TokenSigner) -> None:
    channel = sorted(KINDS[kind].channels)[0]
    real = {name for name, value in SAMPLE_PAYLOADS[kind](tokens).items() if value is not None}
    unused = {"calendar_uid", "revision"}
    assert real - unused <= set(sample_message(kind, channel, "es", OFFICE, NOW).payload)


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("a" * 160, (160, 1)),
        ("a" * 161, (161, 2)),
        ("a" * 306, (306, 2)),
        ("a" * 159 + "€", (161, 2)),
        ("á" * 70, (70, 1)),
        ("á" * 71, (71, 2)),
    ],
)
def test_sms_segments_are_counted_by_alphabet(text: str, cost: tuple[int, int]) -> None:
    assert count_segments(text) == cost
