"""E-mails as bytes: no text can inject headers, and every address is valid for a server."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from office360.notifications.domain.send_results import PermanentFailure
from office360.notifications.email.mime import build_envelope, normalise_address, parse_sender
from office360.notifications.email.writer import CalendarFile, EmailContent

from ..support.messages import SENDER, parse_time

LEAVES_AT = parse_time("2026-11-25T10:00:00+00:00")
HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
}
EMAIL = EmailContent(
    message_id="<0123456789abcdef0123456789abcdef@citas.example.org>",
    sender=SENDER,
    recipient="amina@example.org",
    subject="Cita confirmada",
    text="Hola, Amina.\n",
    html="<!doctype html><p>Hola, Amina.</p>",
    calendar=CalendarFile("PUBLISH", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
    links=(),
)


def parse_email(contents: bytes) -> EmailMessage:
    message = message_from_bytes(contents, policy=SMTPUTF8)
    assert isinstance(message, EmailMessage)
    return message


def test_calendar_is_attachment_beside_text_and_html() -> None:
    message = parse_email(build_envelope(EMAIL, LEAVES_AT).contents)
    alternatives, calendar = message.iter_parts()
    assert message.get_content_type() == "multipart/mixed"
    assert alternatives.get_content_type() == "multipart/alternative"
    # RFC 2046, 5.1.4: the best alternative is last
    assert [part.get_content_type() for part in alternatives.iter_parts()] == ["text/plain", "text/html"]
    assert calendar.get_content_disposition() == "attachment"
    assert EMAIL.calendar is not None
    assert calendar.get_payload(decode=True) == EMAIL.calendar.contents


def test_email_without_calendar_has_no_attachment() -> None:
    message = parse_email(build_envelope(replace(EMAIL, calendar=None), LEAVES_AT).contents)
    assert message.get_content_type() == "multipart/alternative"


def test_return_path_is_in_the_envelope_only() -> None:
    plain, returned = build_envelope(EMAIL, LEAVES_AT), build_envelope(EMAIL, LEAVES_AT, "bounces@cáceres.example")
    assert (plain.sender, returned.sender) == ("no-reply@example.org", "bounces@xn--cceres-pta.example")
    assert returned.contents == plain.contents
    assert not returned.needs_utf8
    assert build_envelope(EMAIL, LEAVES_AT, "devolución@example.org").needs_utf8


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@settings(deadline=None)  # parsing with email.message is slow on a busy machine
@given(subject=TEXT, name=TEXT, body=TEXT)
def test_texts_cannot_inject_headers_or_addresses(subject: str, name: str, body: str) -> None:
    one_line = " ".join(subject.split())  # as EmailWriter does
    display_name = " ".join(name.split()).replace('"', "").replace("\\", "")
    email = replace(EMAIL, subject=one_line, sender=f'"{display_name}" <no-reply@example.org>', text=body + "\n")
    envelope = build_envelope(email, LEAVES_AT)
    message = parse_email(envelope.contents)
    assert set(message.keys()) == HEADERS
    assert [address.addr_spec for address in message["From"].addresses] == ["no-reply@example.org"]
    assert [address.addr_spec for address in message["To"].addresses] == ["amina@example.org"]
    assert envelope.contents.isascii()


@pytest.mark.parametrize("subject", ["Cita\r\nBcc: x@example.org", "Cita\nx", "Cita\rx"])
def test_multiline_subject_raises_value_error(subject: str) -> None:
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        build_envelope(replace(EMAIL, subject=subject), LEAVES_AT)


@given(st.text())
def test_any_recipient_is_one_address_or_refused(text: str) -> None:
    try:
        address = normalise_address(text)
    except PermanentFailure:
        return
    local, _, domain = address.rpartition("@")
    assert local
    assert domain
    assert domain.isascii()
    assert not set(address) & set(" \t\r\n\0<>,;")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("amina@example.org", "amina@example.org"),
        ("amina+cita@Example.ORG", "amina+cita@example.org"),
        ("amina@peña.example", "amina@xn--pea-8ma.example"),
        ("begoña@example.org", "begoña@example.org"),
        ("no-reply@localhost", "no-reply@localhost"),
    ],
)
def test_address_domain_is_written_in_ascii(text: str, written: str) -> None:
    assert normalise_address(text) == written


@pytest.mark.parametrize(
    ("setting", "read_as"),
    [
        ("no-reply@example.org", ("", "no-reply@example.org")),
        ("Cita previa <no-reply@example.org>", ("Cita previa", "no-reply@example.org")),
        ('"Ayuntamiento, Cita previa" <a@example.org>', ("Ayuntamiento, Cita previa", "a@example.org")),
        ("Atención ciudadana <a@example.org>", ("Atención ciudadana", "a@example.org")),
    ],
)
def test_sender_setting_gives_name_and_address(setting: str, read_as: tuple[str, str]) -> None:
    assert parse_sender(setting) == read_as


@pytest.mark.parametrize("setting", ["", "Office 360", "Ayuntamiento, Cita <a@example.org>", "a@b@c"])
def test_invalid_sender_is_refused_with_reason(setting: str) -> None:
    with pytest.raises(ValueError, match="NAME <ADDRESS>"):
        parse_sender(setting)
