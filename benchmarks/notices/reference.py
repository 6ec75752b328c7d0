"""Upper bounds for a worker: prepared e-mails by smtplib over one connection; and commits.

A worker also renders each e-mail and survives a kill. The first bound is the conversation with the mail server
alone, the second is a database with one commit per message.
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
from ..installation import SECRET
from .outbox import run_sink

SENDER = "Office 360 <no-reply@example.org>"


@dataclass(frozen=True, slots=True)
class ReferenceRates:
    """Rates per second: e-mails by smtplib, and commits of a row."""

    emails: float
    commits: float

    def lines(self) -> list[str]:
        return [
            f"  lower bound: {self.emails:.0f} prepared e-mails a second by smtplib over one connection",
            f"  lower bound: {self.commits:.0f} SQLite commits a second (WAL, synchronous=NORMAL, one row each)",
        ]


def measure(folder: Path, messages: int) -> ReferenceRates:
    return ReferenceRates(
        _measure_emails(folder / "lower_bound", messages), _measure_commits(folder / "lower_bound.db", messages)
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
    """Build an e-mail as the product renders it."""
    tokens = TokenSigner([SECRET])
    pages = JinjaRenderer(FEATURE_FOLDERS, Catalogues(FEATURE_FOLDERS), StaticFolder(ROOT / "static"))
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
