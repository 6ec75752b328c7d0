"""What a worker can at most do here: the same letters, ready-made, by smtplib over one connection; and commits.

A worker writes each letter before it sends it, and does not forget it when it is killed: so the first figure is
what is left when everything but the conversation with the mail server is left out, the second what a database with
one commit a message would allow.
"""

from __future__ import annotations

import smtplib
import sqlite3
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ...core.i18n.catalogues import Catalogues
from ...core.tokens import TokenSigner
from ...notifications.domain.message_content import OutboxMessage
from ...notifications.email.mime import build_envelope
from ...notifications.email.writer import EmailWriter
from ...server.app import FEATURE_FOLDERS, ROOT
from ...server.web.static_files import StaticFolder
from ...server.web.templates import JinjaRenderer
from ...tests.notifications.support.payloads import appointment_payload
from .installation import SECRET, run_sink

SENDER = "Office 360 <no-reply@example.org>"


@dataclass(frozen=True, slots=True)
class ReferenceRates:
    """A second: letters by smtplib, and commits of one row."""

    letters: float
    commits: float

    def lines(self) -> list[str]:
        return [
            f"  floor: {self.letters:.0f} ready-made letters a second by smtplib over one connection",
            f"  floor: {self.commits:.0f} SQLite commits a second (WAL, synchronous=NORMAL, one row each)",
        ]


def measure(folder: Path, messages: int) -> ReferenceRates:
    return ReferenceRates(
        _measure_emails(folder / "floor", messages), _measure_commits(folder / "floor.db", messages)
    )


def _measure_emails(folder: Path, messages: int) -> float:
    contents = _build_email()
    with run_sink(folder) as sink, smtplib.SMTP("127.0.0.1", sink.smtp_port) as smtp:
        smtp.ehlo()
        began = time.monotonic()
        for number in range(messages):
            smtp.sendmail("no-reply@example.org", f"m{number}@example.org", contents)
        return messages / (time.monotonic() - began)


def _build_email() -> bytes:
    """One letter as the product writes it."""
    tokens = TokenSigner([SECRET])
    pages = JinjaRenderer(
        FEATURE_FOLDERS, Catalogues(FEATURE_FOLDERS), StaticFolder(ROOT / "static"), {"help_phone": "900 000 360"}
    )
    writer = EmailWriter(pages, tokens, "https://citas.example.org", SENDER)
    at = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
    to, payload = "amina@example.org", appointment_payload(tokens)
    message = OutboxMessage("01ROW", "confirmed:1", "email", "appointment_confirmed", to, "es", payload, at)
    return build_envelope(writer.write(message, at), at).contents


def _measure_commits(path: Path, count: int) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("CREATE TABLE sent (id INTEGER PRIMARY KEY, at TEXT)")
    began = time.monotonic()
    for number in range(count):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO sent VALUES (?, ?)", (number, "2026-11-25T09:30:00Z"))
        connection.execute("COMMIT")
    seconds = time.monotonic() - began
    connection.close()
    return count / seconds
