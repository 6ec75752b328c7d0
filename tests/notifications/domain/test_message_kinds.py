"""Every declared kind renders in each language and for each of its channels."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from office360.core.i18n.languages import LANGUAGES
from office360.core.tokens import TokenSigner
from office360.notifications.domain.channel_declaration import MessageGroup
from office360.notifications.domain.declared_channels import CHOSEN
from office360.notifications.domain.message_content import OutboxMessage, expires_at, has_expired, short_link
from office360.notifications.domain.message_kinds import EMAIL, KINDS, PUSH
from office360.notifications.domain.short_message import MAX_PUSH_BYTES, ShortMessageWriter
from office360.notifications.email.writer import EmailWriter
from office360.queue.domain import ticket_notifications

from ..support.messages import SITE
from ..support.payloads import SAMPLE_PAYLOADS

WRITTEN_AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
EVERY_COMBINATION = [
    pytest.param(name, language, channel, id=f"{name}-{language}-{channel}")
    for name, kind in sorted(KINDS.items())
    for language in LANGUAGES
    for channel in sorted(kind.channels)
]


def build_message(name: str, language: str, channel: str, tokens: TokenSigner, **facts: Any) -> OutboxMessage:
    payload = {**SAMPLE_PAYLOADS[name](tokens), **facts}
    return OutboxMessage("01ROW", "k" * 120, channel, name, "amina@example.org", language, payload, WRITTEN_AT)


@pytest.mark.parametrize(("name", "language", "channel"), EVERY_COMBINATION)
def test_every_kind_renders_in_every_language_and_channel(
    name: str, language: str, channel: str, pages: Any, tokens: TokenSigner, writer: EmailWriter
) -> None:
    message = build_message(name, language, channel, tokens, message="Ñ" * 2_000)
    if channel == EMAIL:
        email = writer.write(message, WRITTEN_AT)
        texts = [email.subject, email.text, email.html]
        assert (email.calendar is not None) == (KINDS[name].calendar_method is not None)
    else:
        short_message = ShortMessageWriter(pages, tokens, SITE).write(message)
        texts = [short_message.title, short_message.body, short_message.plain]
        assert len(short_message.push_payload()) <= MAX_PUSH_BYTES
    assert all(text.strip() for text in texts)
    assert not any("None" in text or "%(" in text for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", sorted(name for name in KINDS if name.startswith("appointment_")))
def test_messages_of_a_telephone_call_name_neither_room_nor_turn(
    name: str, language: str, pages: Any, tokens: TokenSigner, writer: EmailWriter
) -> None:
    texts = []
    for channel in KINDS[name].channels:
        message = build_message(name, language, channel, tokens, mode="phone", call_to="6•• ••• •22")
        if channel == EMAIL:
            email = writer.write(message, WRITTEN_AT)
            texts += [email.text, email.html]
        else:
            texts.append(ShortMessageWriter(pages, tokens, SITE).write(message).plain)
    for words in ("/room", "/test", "?appointment=", "Calle del Olivar", "You can join", "Puedes entrar", "None"):
        assert not any(words in text for text in texts), words


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("staff_factor", "staff/account"),
        ("monthly_figures", "staff/manage/figures"),
        ("staff_test", "staff/manage/messages"),
    ],
)
def test_link_to_page_with_login_has_no_token(name: str, page: str, tokens: TokenSigner) -> None:
    assert short_link(build_message(name, "es", EMAIL, tokens), "a token", SITE) == f"{SITE}/{page}"


def test_kinds_declare_known_channels() -> None:
    for name, kind in KINDS.items():
        assert kind.channels, name
        assert kind.channels <= {EMAIL, PUSH, *CHOSEN}, name


def test_ticket_kinds_equal_queue_notification_kinds() -> None:
    kinds = {*ticket_notifications.NOTIFICATION_KINDS, ticket_notifications.EVACUATION_KIND}
    assert {name for name in KINDS if name.startswith("turn_")} == kinds


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_kind_expires(name: str, tokens: TokenSigner) -> None:
    message = build_message(name, "es", "email", tokens)
    assert not has_expired(message, WRITTEN_AT)
    assert has_expired(message, expires_at(message))


def test_urgent_kinds_ignore_quiet_hours() -> None:
    assert [name for name, kind in KINDS.items() if kind.is_urgent and kind.observes_quiet_hours] == []


def test_essential_kinds_cannot_be_stopped() -> None:
    needed = ("appointment_confirmed", "appointment_rescheduled", "appointment_cancelled", "ticket_link")
    assert {KINDS[name].group for name in needed} == {MessageGroup.TRANSACTIONAL}
    assert not any(KINDS[name].has_stop_link for name in needed)


def test_only_first_ticket_message_has_stop_link() -> None:
    assert [name for name in sorted(ticket_notifications.NOTIFICATION_KINDS) if KINDS[name].has_stop_link] == [
        "turn_issued"
    ]


@pytest.mark.parametrize(("mode", "path"), [("video", "/room"), ("in_person", "")])
def test_hour_reminder_leads_to_the_video_room(tokens: TokenSigner, mode: str, path: str) -> None:
    message = build_message("appointment_reminder_hour", "es", "sms", tokens, mode=mode)
    assert short_link(message, "T", "https://x") == f"https://x/a/T{path}"
