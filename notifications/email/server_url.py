"""Which mail server, and how it is spoken to, out of one URL. Pure: no sockets.

A password never leaves this machine in clear unless the URL says so: with a user's name STARTTLS is required and
the certificate checked. Without one there is nothing to steal but what any relay on the way reads anyway, so
encryption is taken when it is offered, from whatever certificate (RFC 7435), as mail servers do among themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import idna

RELAY_PORT, SUBMISSION_PORT, TLS_PORT = 25, 587, 465  # RFC 5321, RFC 6409, RFC 8314
STARTTLS_WORDS = ("required", "off")


class TlsMode(Enum):
    """When the connection is encrypted."""

    OFF = "off"
    OFFERED = "offered"  # whenever the server can; its certificate is not checked
    REQUIRED = "required"
    FROM_START = "from start"


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server that takes our letters."""

    host: str
    port: int
    tls: TlsMode
    username: str | None = None
    password: str = field(default="", repr=False)

    @property
    def is_verified(self) -> bool:
        """Whether its certificate must be one that this machine trusts."""
        return self.tls in (TlsMode.REQUIRED, TlsMode.FROM_START)


def parse_mail_server(url: str) -> MailServer:
    """The server of `smtp://[USER:PASSWORD@]HOST[:PORT][?starttls=required|off]` or `smtps://…`.

    Raises ValueError, in words for whoever sets it up, when it is written otherwise. Never quotes the password.
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
    """The host of a site as mail writes it: its name in ASCII, or its address in brackets (RFC 5321, 4.1.3).

    By it this machine introduces itself to a mail server, and letters have their identifiers.
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
    asked = dict(parse_qsl(parts.query))
    word = asked.pop("starttls", None)
    if asked or (word is not None and word not in STARTTLS_WORDS):
        raise ValueError("after the question mark only starttls=required or starttls=off is known")
    if parts.scheme == "smtps":
        return TlsMode.FROM_START
    if word is not None:
        return TlsMode(word)
    return TlsMode.REQUIRED if with_login and not _is_this_machine(parts.hostname or "") else TlsMode.OFFERED


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
