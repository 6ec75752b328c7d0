"""A mail server's URL: what it means, and what is refused before anything is sent."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.notifications.email.server_url import MailServer, Tls, host_of, mail_server


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtp://relay.example.org", "relay.example.org", 25, Tls.OFFERED),
        ("smtp://relay.example.org:2525", "relay.example.org", 2525, Tls.OFFERED),
        ("smtp://amina:x@mail.example.org", "mail.example.org", 587, Tls.REQUIRED),
        ("smtp://amina:x@mail.example.org?starttls=off", "mail.example.org", 587, Tls.OFF),
        ("smtp://relay.example.org?starttls=required", "relay.example.org", 25, Tls.REQUIRED),
        ("smtps://amina:x@mail.example.org", "mail.example.org", 465, Tls.FROM_START),
        ("smtp://amina:x@127.0.0.1:1025", "127.0.0.1", 1025, Tls.OFFERED),
        ("smtp://amina:x@localhost", "localhost", 587, Tls.OFFERED),
        ("smtp://[::1]:1025", "::1", 1025, Tls.OFFERED),
    ],
)
def test_a_url_says_who_and_how(url: str, host: str, port: int, tls: Tls) -> None:
    server = mail_server(url)
    assert (server.host, server.port, server.tls) == (host, port, tls)


def test_a_password_never_crosses_a_network_in_clear_unless_the_url_says_so() -> None:
    assert mail_server("smtp://amina:x@mail.example.org").is_verified
    assert not mail_server("smtp://amina:x@mail.example.org?starttls=off").is_verified


def test_signs_in_name_and_password_are_written_with_percent() -> None:
    server = mail_server("smtp://amina%40example.org:p%40ss%2Fw%3Ard@mail.example.org")
    assert (server.username, server.password) == ("amina@example.org", "p@ss/w:rd")


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(mail_server("smtp://amina:secret@mail.example.org"))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mail.example.org", "smtp://HOST"),
        ("http://mail.example.org", "smtp://HOST"),
        ("smtp://", "smtp://HOST"),
        ("smtp://mail.example.org:mail", "port"),
        ("smtp://mail.example.org:99999", "port"),
        ("smtp://mail.example.org?starttls=maybe", "starttls"),
        ("smtp://mail.example.org?tls=yes", "starttls"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        mail_server(url)


@pytest.mark.parametrize(
    ("site", "host"),
    [
        ("https://citas.example.org", "citas.example.org"),
        ("https://citas.peña.example", "citas.xn--pea-8ma.example"),
        ("http://127.0.0.1:8360", "[127.0.0.1]"),
        ("http://[::1]:8360", "[IPv6:::1]"),
    ],
)
def test_a_site_is_written_as_mail_writes_hosts(site: str, host: str) -> None:
    assert host_of(site) == host


@given(st.text())
def test_any_text_is_a_server_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(mail_server(text), MailServer)
