"""URLs of mail servers: host, port, encryption, login and invalid URLs."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office360.notifications.email.server_url import MailServer, TlsMode, mail_host_name, parse_mail_server


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtp://relay.example.org", "relay.example.org", 25, TlsMode.OFFERED),
        ("smtp://relay.example.org:2525", "relay.example.org", 2525, TlsMode.OFFERED),
        ("smtp://amina:x@mail.example.org", "mail.example.org", 587, TlsMode.REQUIRED),
        ("smtp://amina:x@mail.example.org?starttls=off", "mail.example.org", 587, TlsMode.OFF),
        ("smtp://relay.example.org?starttls=required", "relay.example.org", 25, TlsMode.REQUIRED),
        ("smtps://amina:x@mail.example.org", "mail.example.org", 465, TlsMode.FROM_START),
        ("smtp://amina:x@127.0.0.1:1025", "127.0.0.1", 1025, TlsMode.OFFERED),
        ("smtp://amina:x@localhost", "localhost", 587, TlsMode.OFFERED),
        ("smtp://[::1]:1025", "::1", 1025, TlsMode.OFFERED),
    ],
)
def test_url_gives_host_port_and_tls_mode(url: str, host: str, port: int, tls: TlsMode) -> None:
    server = parse_mail_server(url)
    assert (server.host, server.port, server.tls) == (host, port, tls)


def test_login_requires_verified_tls_unless_url_says_off() -> None:
    assert parse_mail_server("smtp://amina:x@mail.example.org").is_verified
    assert not parse_mail_server("smtp://amina:x@mail.example.org?starttls=off").is_verified


def test_url_login_is_percent_decoded() -> None:
    server = parse_mail_server("smtp://amina%40example.org:p%40ss%2Fw%3Ard@mail.example.org")
    assert (server.username, server.password) == ("amina@example.org", "p@ss/w:rd")


def test_repr_hides_password() -> None:
    assert "secret" not in repr(parse_mail_server("smtp://amina:secret@mail.example.org"))


@pytest.mark.parametrize(
    ("url", "reason"),
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
def test_invalid_url_is_refused_with_reason(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_mail_server(url)


@pytest.mark.parametrize(
    ("site", "host"),
    [
        ("https://citas.example.org", "citas.example.org"),
        ("https://citas.peña.example", "citas.xn--pea-8ma.example"),
        ("http://127.0.0.1:8360", "[127.0.0.1]"),
        ("http://[::1]:8360", "[IPv6:::1]"),
    ],
)
def test_site_host_is_written_in_mail_format(site: str, host: str) -> None:
    assert mail_host_name(site) == host


@given(st.text())
def test_any_text_parses_or_raises_value_error(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(parse_mail_server(text), MailServer)
