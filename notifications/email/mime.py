"""E-mails as bytes: headers, alternatives, attached calendar file. Pure: no sockets.

This module builds the bytes itself because `email.message` takes half of the time that an
e-mail costs; tests parse every e-mail with `email.message`. No part of a header can hold a line end, whatever
a name or an office title holds. The calendar file stands beside the alternatives, not among them: inside,
Exchange takes METHOD:PUBLISH for a meeting that it cannot show, and hides the e-mail.
"""

from __future__ import annotations

import re
from base64 import b64encode, encodebytes
from binascii import b2a_qp
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parseaddr
from urllib.parse import urlsplit, urlunsplit

import idna

from ..domain.send_results import PermanentFailure
from .writer import CalendarFile, EmailContent

CALENDAR_FILE_NAME = "office360.ics"
ENCODED_WORD_BYTES = 45  # encoded in base64 they stay under the 75 characters of an encoded word (RFC 2047, 2)
MAX_HEADER_LENGTH = 70  # characters of a header that is not folded
# Wider than form validation, but without characters that end an address or a line (RFC 5322, 3.2.3; RFC 6531).
_LOCAL_PART = re.compile(r"""[^\s\x00-\x1f\x7f<>()\[\]\\,;:"@]+""")
_PRINTABLE_ASCII = re.compile(r"[\x20-\x7e]*")
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class EmailEnvelope:
    """Arguments of an SMTP transaction. Servers report to `sender` what they cannot deliver.

    With `needs_utf8` the server must support SMTPUTF8 (RFC 6531).
    """

    sender: str
    recipient: str
    contents: bytes
    needs_utf8: bool


def build_envelope(email: EmailContent, at: datetime, return_path: str = "") -> EmailEnvelope:
    """Build the bytes of an e-mail that is sent at this instant.

    Servers that cannot deliver it write to `return_path` (RFC 5321, 4.4), by default to its sender.
    Raises PermanentFailure for an invalid address and ValueError for a subject of several lines.
    """
    name, sender = parse_sender(email.sender)
    recipient = normalise_address(email.recipient)
    if _LINE_END.search(email.subject):
        raise ValueError("a subject has no linefeed or carriage return")
    headers = [
        ("From", f"{_quote_display_name(name)} <{sender}>" if name else sender),
        ("To", recipient),
        ("Subject", _encode_header_text(email.subject)),
        ("Date", format_datetime(at)),
        ("Message-ID", email.message_id),
        ("Auto-Submitted", "auto-generated"),  # RFC 3834: asks for no automatic replies
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),  # the same for Exchange
        *_unsubscribe_headers(email),
        ("MIME-Version", "1.0"),
    ]
    lines = [f"{name}: {value}" for name, value in headers]
    contents = "\r\n".join(lines).encode() + b"\r\n" + _mime_body(email)
    bounces_to = normalise_address(return_path) if return_path else sender
    needs_utf8 = not (sender + recipient + bounces_to).isascii()
    return EmailEnvelope(bounces_to, recipient, contents, needs_utf8)


def _unsubscribe_headers(email: EmailContent) -> list[tuple[str, str]]:
    """Build the headers for a mail program's unsubscribe button (RFC 2369, RFC 8058)."""
    if email.stop_link is None:
        return []
    one_click = ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    return [("List-Unsubscribe", f"<{_to_ascii_url(email.stop_link)}>"), one_click]


def _to_ascii_url(url: str) -> str:
    parts = urlsplit(url)
    if url.isascii() or not parts.hostname:
        return url
    host = idna.encode(parts.hostname, uts46=True).decode()
    return urlunsplit(parts._replace(netloc=host if parts.port is None else f"{host}:{parts.port}"))


def parse_sender(text: str) -> tuple[str, str]:
    """Split a sender such as `Office 360 <no-reply@example.org>` into name and address.

    Raises ValueError with a hint for the operator.
    """
    name, address = parseaddr(text)
    try:
        return " ".join(name.split()), normalise_address(address)
    except PermanentFailure:
        raise ValueError("write it as NAME <ADDRESS>, a name with a comma in double quotes") from None


def parse_return_path(text: str) -> str:
    """Return the address of a return path. Raises ValueError with a hint for the operator."""
    try:
        return normalise_address(text)
    except PermanentFailure:
        raise ValueError("write the address alone, such as bounces@example.org") from None


def normalise_address(text: str) -> str:
    """Return an address with its domain in ASCII (IDNA).

    Raises PermanentFailure if it is no address.
    """
    local, _, domain = text.rpartition("@")
    if not _LOCAL_PART.fullmatch(local):
        raise PermanentFailure("not_an_address")
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except UnicodeError:  # the base class of the errors of idna
        raise PermanentFailure("not_an_address") from None


def _encode_header_text(text: str) -> str:
    """Encode a header's text, unless it is safe unchanged, as encoded words (RFC 2047)."""
    if len(text) <= MAX_HEADER_LENGTH and _PRINTABLE_ASCII.fullmatch(text) and "=?" not in text:
        return text
    return "\r\n ".join(f"=?utf-8?b?{b64encode(part).decode()}?=" for part in _split_utf8(text))


def _split_utf8(text: str) -> Iterator[bytes]:
    """Split a text into parts of UTF-8 that hold whole characters."""
    part = b""
    for character in text:
        encoded = character.encode()
        if len(part) + len(encoded) > ENCODED_WORD_BYTES:
            yield part
            part = b""
        part += encoded
    yield part


def _quote_display_name(name: str) -> str:
    """Write a name before an address: quoted, or in encoded words (RFC 5322, 3.2.5)."""
    if _encode_header_text(name) != name:
        return _encode_header_text(name)
    return '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'


def _mime_body(email: EmailContent) -> bytes:
    # No part can contain "=_": quoted-printable writes = as =3D, and base64 has it only at the end of a line.
    boundary = f"=_{email.message_id[1:25]}"
    # RFC 2046, 5.1.4: the best alternative comes last
    texts = [_text_part("plain", email.text), _text_part("html", email.html)]
    alternatives = _multipart("alternative", f"{boundary}_1", texts)
    if email.calendar is None:
        return alternatives
    return _multipart("mixed", f"{boundary}_2", [alternatives, _calendar_part(email.calendar)])


def _multipart(subtype: str, boundary: str, parts: list[bytes]) -> bytes:
    delimiter = b"--" + boundary.encode()
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(delimiter + b"\r\n" + part + b"\r\n" for part in parts) + delimiter + b"--\r\n"


def _text_part(subtype: str, text: str) -> bytes:
    # quoted-printable, so that no relay needs 8BITMIME or has to break long lines
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head.encode() + b2a_qp(_LINE_END.sub("\r\n", text).encode())


def _calendar_part(calendar: CalendarFile) -> bytes:
    head = (
        f'Content-Type: text/calendar; charset="utf-8"; method="{calendar.method}"; '
        f'name="{CALENDAR_FILE_NAME}"\r\n'
        f'Content-Disposition: attachment; filename="{CALENDAR_FILE_NAME}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + encodebytes(calendar.contents).replace(b"\n", b"\r\n")
