"""Mail server settings from a URL: host, port, encryption and login. Pure: no sockets.

A login never leaves this machine unencrypted unless the URL says so: it requires STARTTLS and a trusted
certificate. Without a login, any relay on the way can read the e-mails anyway. Encryption is then used if the
server offers it, with any certificate (RFC 7435), as mail servers do among themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import idna

from ...core.contact.ssrf_guard import is_loopback_host

RELAY_PORT, SUBMISSION_PORT, TLS_PORT = 25, 587, 465  # RFC 5321, RFC 6409, RFC 8314
STARTTLS_WORDS = ("required", "off")


class TlsMode(Enum):
    """Ways to encrypt a connection to a mail server."""

    OFF = "off"
    OFFERED = "offered"  # STARTTLS if the server offers it, with any certificate
    REQUIRED = "required"
    FROM_START = "from start"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Address, encryption and login of the mail server that accepts our e-mails."""

    host: str
    port: int
    tls: TlsMode
    username: str | None = None
    password: str = field(default="", repr=False)

    @property
    def is_verified(self) -> bool:
        """Whether this machine must trust the server's certificate."""
        return self.tls in (TlsMode.REQUIRED, TlsMode.FROM_START)


def parse_mail_server(url: str) -> MailServer:
    """Parse `smtp://[USER:PASSWORD@]HOST[:PORT][?starttls=required|off]` or `smtps://…`.

    Raises ValueError with a hint for the operator, which never quotes the password.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("write it as smtp://HOST or smtps://HOST, with USER:PASSWORD@ before the host if needed")
    username = unquote(parts.username) if parts.username else None
    tls = _parse_tls_mode(parts, with_login=username is not None)
    port = _parse_port(parts) or (
        TLS_PORT if tls is TlsMode.FROM_START else SUBMISSION_PORT if username else RELAY_PORT
    )
    return MailServer(parts.hostname, port, tls, username, unquote(parts.password or ""))


def mail_host_name(site: str) -> str:
    """Return the host of a site in the format of SMTP (RFC 5321, 4.1.3).

    That is its name in ASCII, or its IP address in brackets. EHLO and the Message-ID contain it.
    """
    host = urlsplit(site).hostname or "localhost"
    try:
        address = ip_address(host)
    except ValueError:
        return idna.encode(host, uts46=True).decode()
    return f"[IPv6:{host}]" if address.version == 6 else f"[{host}]"


def _parse_port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ValueError("the port is a number up to 65535") from None


def _parse_tls_mode(parts: SplitResult, *, with_login: bool) -> TlsMode:
    parameters = dict(parse_qsl(parts.query))
    starttls = parameters.pop("starttls", None)
    if parameters or (starttls is not None and starttls not in STARTTLS_WORDS):
        raise ValueError("after the question mark write only starttls=required or starttls=off")
    if parts.scheme == "smtps":
        return TlsMode.FROM_START
    if starttls is not None:
        return TlsMode(starttls)
    return TlsMode.REQUIRED if with_login and not is_loopback_host(parts.hostname or "") else TlsMode.OFFERED
