"""An e-mail as bytes: no name, office or subject can add a header, and each address is one for a server."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from office360.notifications.domain.send_results import Undeliverable
from office360.notifications.email.mime import envelope_of, mailbox, sender_of
from office360.notifications.email.writer import CalendarFile, Email

from ..conftest import SENDER, at

LEAVES_AT = at("2026-11-25T10:00:00+00:00")
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
EMAIL = Email(
    message_id="<0123456789abcdef0123456789abcdef@citas.example.org>",
    sender=SENDER,
    recipient="amina@example.org",
    subject="Cita confirmada",
    text="Hola, Amina.\n",
    html="<!doctype html><p>Hola, Amina.</p>",
    calendar=CalendarFile("PUBLISH", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
    links=(),
)


def read(contents: bytes) -> EmailMessage:
    message = message_from_bytes(contents, policy=SMTPUTF8)
    assert isinstance(message, EmailMessage)
    return message


def test_the_calendar_stands_beside_text_and_page_and_not_among_them() -> None:
    message = read(envelope_of(EMAIL, LEAVES_AT).contents)
    letter, calendar = message.iter_parts()
    assert message.get_content_type() == "multipart/mixed"
    assert letter.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in letter.iter_parts()] == [
        "text/plain",
        "text/html",
    ]  # the best is last
    assert calendar.get_content_disposition() == "attachment"
    assert EMAIL.calendar is not None
    assert calendar.get_payload(decode=True) == EMAIL.calendar.contents


def test_without_a_calendar_nothing_is_attached() -> None:
    message = read(envelope_of(replace(EMAIL, calendar=None), LEAVES_AT).contents)
    assert message.get_content_type() == "multipart/alternative"


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@settings(deadline=None)  # reading it with the library is slow, the more on a busy machine
@given(subject=TEXT, name=TEXT, body=TEXT)
def test_no_text_can_add_a_header_or_an_address(subject: str, name: str, body: str) -> None:
    folded = " ".join(subject.split())  # as the writer makes it
    shown = " ".join(name.split()).replace('"', "").replace("\\", "")
    email = replace(EMAIL, subject=folded, sender=f'"{shown}" <no-reply@example.org>', text=body + "\n")
    envelope = envelope_of(email, LEAVES_AT)
    message = read(envelope.contents)
    assert set(message.keys()) == HEADERS
    assert [one.addr_spec for one in message["From"].addresses] == ["no-reply@example.org"]
    assert [one.addr_spec for one in message["To"].addresses] == ["amina@example.org"]
    assert envelope.contents.isascii()


@pytest.mark.parametrize("subject", ["Cita\r\nBcc: x@example.org", "Cita\nx", "Cita\rx"])
def test_a_subject_of_several_lines_cannot_be_written(subject: str) -> None:
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        envelope_of(replace(EMAIL, subject=subject), LEAVES_AT)


@given(st.text())
def test_any_recipient_is_one_plain_address_or_refused(text: str) -> None:
    try:
        written = mailbox(text)
    except Undeliverable:
        return
    local, _, domain = written.rpartition("@")
    assert local
    assert domain
    assert domain.isascii()
    assert not set(written) & set(" \t\r\n\0<>,;")


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
def test_an_address_is_written_as_a_server_reads_it(text: str, written: str) -> None:
    assert mailbox(text) == written


@pytest.mark.parametrize(
    ("setting", "read_as"),
    [
        ("no-reply@example.org", ("", "no-reply@example.org")),
        ("Cita previa <no-reply@example.org>", ("Cita previa", "no-reply@example.org")),
        ('"Ayuntamiento, Cita previa" <a@example.org>', ("Ayuntamiento, Cita previa", "a@example.org")),
        ("Atención ciudadana <a@example.org>", ("Atención ciudadana", "a@example.org")),
    ],
)
def test_a_sender_has_a_name_and_an_address(setting: str, read_as: tuple[str, str]) -> None:
    assert sender_of(setting) == read_as


@pytest.mark.parametrize("setting", ["", "Office 360", "Ayuntamiento, Cita <a@example.org>", "a@b@c"])
def test_a_sender_that_is_none_is_refused_in_words(setting: str) -> None:
    with pytest.raises(ValueError, match="NAME <ADDRESS>"):
        sender_of(setting)
