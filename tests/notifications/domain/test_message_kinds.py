"""Every kind that is declared can be written: in each language, by each channel that it is declared for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from office360.core.i18n.catalogues import LANGUAGES
from office360.core.tokens import Tokens
from office360.notifications.domain.message_content import Message, has_outlived, said_until
from office360.notifications.domain.message_kinds import EMAIL, KINDS, PUSH, SMS, Group
from office360.notifications.domain.short_message import PUSH_BYTES, NoticeWriter
from office360.notifications.email.writer import EmailWriter
from office360.queue.domain import ticket_notifications

from ..conftest import SITE
from ..support.payloads import SAMPLES

WRITTEN_AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
EVERY = [
    pytest.param(name, language, channel, id=f"{name}-{language}-{channel}")
    for name, kind in sorted(KINDS.items())
    for language in LANGUAGES
    for channel in sorted(kind.channels)
]


def message(name: str, language: str, channel: str, tokens: Tokens, **more: Any) -> Message:
    payload = {**SAMPLES[name](tokens), **more}
    return Message("01ROW", "k" * 120, channel, name, "amina@example.org", language, payload, WRITTEN_AT)


@pytest.mark.parametrize(("name", "language", "channel"), EVERY)
def test_every_kind_is_written_in_every_language_by_every_channel(
    name: str, language: str, channel: str, pages: Any, tokens: Tokens, writer: EmailWriter
) -> None:
    told = message(name, language, channel, tokens, message="Ñ" * 2_000)
    if channel == EMAIL:
        email = writer.write(told, WRITTEN_AT)
        texts = [email.subject, email.text, email.html]
        assert (email.calendar is not None) == (KINDS[name].calendar is not None)
    else:
        notice = NoticeWriter(pages, tokens, SITE).write(told)
        texts = [notice.title, notice.body, notice.plain]
        assert len(notice.push_payload()) <= PUSH_BYTES
    assert all(text.strip() for text in texts)
    assert not any("None" in text or "%(" in text for text in texts)


def test_no_kind_is_declared_for_a_way_that_nobody_knows() -> None:
    for name, kind in KINDS.items():
        assert kind.channels, name
        assert kind.channels <= {EMAIL, PUSH, SMS}, name


def test_what_a_turn_can_tell_is_what_can_be_written() -> None:
    assert {name for name in KINDS if name.startswith("turn_")} == ticket_notifications.KINDS


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_says_something_until_a_moment(name: str, tokens: Tokens) -> None:
    told = message(name, "es", "email", tokens)
    assert not has_outlived(told, WRITTEN_AT)
    assert has_outlived(told, said_until(told))


def test_what_asks_for_haste_does_not_wait_for_the_morning() -> None:
    assert [name for name, kind in KINDS.items() if kind.urgent and kind.waits] == []


def test_what_one_needs_to_come_cannot_be_stopped() -> None:
    needed = ("appointment_confirmed", "appointment_rescheduled", "appointment_cancelled", "ticket_link")
    assert {KINDS[name].group for name in needed} == {Group.TRANSACTIONAL}
    assert not any(KINDS[name].says_how_to_stop for name in needed)


def test_how_to_stop_notices_of_a_turn_is_said_once() -> None:
    assert [name for name in sorted(ticket_notifications.KINDS) if KINDS[name].says_how_to_stop] == ["turn_issued"]
