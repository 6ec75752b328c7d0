"""An e-mail as bytes: headers, text and HTML as alternatives, the calendar file attached. Pure: no sockets.

Headers are built from parts that cannot hold a line's end, whatever stands in a name or an office's title.
The calendar file stands beside the alternatives and not among them: there Exchange takes METHOD:PUBLISH for a
meeting it cannot show, and hides the letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr

import idna

from .email import CalendarFile, Email
from .outcomes import Undeliverable

CALENDAR_NAME = "office360.ics"
# What the edge lets through and more, but nothing that ends an address or a line (RFC 5322, 3.2.3; RFC 6531).
_LOCAL = re.compile(r"""[^\s\x00-\x1f\x7f<>()\[\]\\,;:"@]+""")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is handed to a mail server. `needs_utf8`: only a server with SMTPUTF8 (RFC 6531) can take it."""

    sender: str
    recipient: str
    contents: bytes
    needs_utf8: bool


def envelope_of(email: Email, at: datetime) -> Envelope:
    """The e-mail as it leaves at this moment. Raises Undeliverable for an address that nobody can write to."""
    name, sender = sender_of(email.sender)
    recipient = mailbox(email.recipient)
    needs_utf8 = not (sender + recipient).isascii()
    message = EmailMessage(policy=SMTPUTF8 if needs_utf8 else SMTP)
    message["From"] = _address(sender, name)
    message["To"] = _address(recipient)
    message["Subject"] = email.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = email.message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice comes back
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"  # the same for Exchange
    _fill(message, email)
    return Envelope(sender, recipient, message.as_bytes(), needs_utf8)


def sender_of(text: str) -> tuple[str, str]:
    """Name and address of a sender such as `Office 360 <no-reply@example.org>`. Raises ValueError for others."""
    name, address = parseaddr(text)
    try:
        return " ".join(name.split()), mailbox(address)
    except Undeliverable:
        raise ValueError("write it as NAME <ADDRESS>, a name with a comma in double quotes") from None


def mailbox(text: str) -> str:
    """The address as a mail server reads it: the domain in ASCII (IDNA), the part before the @ as it is.

    Raises Undeliverable when it is none.
    """
    local, _, domain = text.rpartition("@")
    if not _LOCAL.fullmatch(local):
        raise Undeliverable("not_an_address")
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except UnicodeError:  # idna's own are of this kind
        raise Undeliverable("not_an_address") from None


def _address(mailbox: str, name: str = "") -> Address:
    local, _, domain = mailbox.rpartition("@")
    return Address(name, local, domain)


def _fill(message: EmailMessage, email: Email) -> None:
    # Quoted-printable, so that no relay on the way needs 8BITMIME or has to cut long lines.
    message.set_content(email.text, cte="quoted-printable")
    message.add_alternative(email.html, subtype="html", cte="quoted-printable")
    if email.calendar is not None:
        _attach(message, email.calendar)


def _attach(message: EmailMessage, calendar: CalendarFile) -> None:
    message.add_attachment(
        calendar.contents,
        maintype="text",
        subtype="calendar",
        params={"method": calendar.method, "charset": "utf-8"},
        filename=CALENDAR_NAME,
    )
