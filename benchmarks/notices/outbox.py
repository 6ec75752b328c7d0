"""The product under test: a database with a full outbox, and `office360 worker` processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from ...core.clock import SystemClock
from ...core.db.engine import Database
from ...core.db.outbox import OutboxRow, build_outbox_row, enqueue_unless_present
from ...core.events import EventRegistry
from ...core.tokens import TokenSigner
from ...server.migrations import migrate
from ...server.runtime import make_runtime
from ...tests.notifications.support.payloads import appointment_payload, ticket_notification_payload
from ...tests.support.installation import to_environment
from ...tests.support.processes import environment_without_settings
from ..installation import COMMAND, benchmark_settings

MESSAGE_LIFETIME = timedelta(hours=12)
INSERT_CHUNK_ROWS = 500


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A delivery at the sink: its time (CLOCK_MONOTONIC, seconds) and identifier."""

    at: float
    identifier: str


@dataclass(frozen=True, slots=True)
class MessageSink:
    """The receiving side, in its own process."""

    folder: Path
    smtp_port: int
    sms_port: int

    def received(self, channel: str) -> list[ReceivedMessage]:
        """Return the deliveries in order, without a line that is still being written."""
        lines = (self.folder / channel).read_text().splitlines(keepends=True)
        pairs = [line.split() for line in lines if line.endswith("\n")]
        return [ReceivedMessage(float(at), identifier) for at, identifier in pairs]

    def count_duplicates(self, channel: str) -> int:
        """Count the deliveries that were not the first of their message."""
        return sum(
            count - 1 for count in Counter(message.identifier for message in self.received(channel)).values()
        )


@contextmanager
def run_sink(folder: Path) -> Iterator[MessageSink]:
    """Run a mail server and an SMS gateway that accept all messages."""
    folder.mkdir()
    command = [sys.executable, "-m", "office360.benchmarks.notices.sink", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        smtp_port, sms_port = map(int, process.stdout.readline().split())
        yield MessageSink(folder, smtp_port, sms_port)
        process.communicate()


def worker_environment(database_url: str, sink: MessageSink) -> dict[str, str]:
    """Build the settings of a worker that sends to the sink."""
    return environment_without_settings() | to_environment(
        benchmark_settings(database_url),
        OFFICE360_ENVIRONMENT="production",
        OFFICE360_PUBLIC_URL="https://citas.example.org",
        OFFICE360_MAIL_FROM="Office 360 <no-reply@example.org>",
        OFFICE360_SMTP_URL=f"smtp://127.0.0.1:{sink.smtp_port}?starttls=off",
        OFFICE360_SMS_URL=f"http://127.0.0.1:{sink.sms_port}/sms",
        OFFICE360_SMS_PER_DAY="10000000",
        OFFICE360_QUIET_HOURS="",
        OFFICE360_LOG_LEVEL="ERROR",
    )


@contextmanager
def run_worker(environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run `office360 worker` and terminate it, unless it was killed before."""
    process = subprocess.Popen([*COMMAND, "worker"], env=environment)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def cpu_s(pid: int) -> float:
    """Return the user and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def fill_outbox(database_url: str, mails: int, texts: int) -> None:
    """Fill the outbox with e-mails and SMS, each about a different subject."""
    runtime = make_runtime(benchmark_settings(database_url), SystemClock(), EventRegistry())
    try:
        await migrate(runtime.db)
        rows = [
            *(_build_email_row(runtime.tokens, number) for number in range(mails)),
            *(_build_sms_row(runtime.tokens, number) for number in range(texts)),
        ]
        for begin in range(0, len(rows), INSERT_CHUNK_ROWS):
            async with runtime.transaction() as tx:
                await enqueue_unless_present(tx.session, rows[begin : begin + INSERT_CHUNK_ROWS])
    finally:
        await runtime.bus.close()
        await runtime.db.close()


async def count_states(database_url: str) -> dict[str, int]:
    """Count the messages by state."""
    database = Database(database_url)
    try:
        async with database.read_session() as session:
            counted = await session.execute(select(OutboxRow.state, func.count()).group_by(OutboxRow.state))
            return {state: count for state, count in counted}  # noqa: C416 - mypy sees rows, not pairs
    finally:
        await database.close()


def _build_email_row(tokens: TokenSigner, number: int) -> OutboxRow:
    starts_at = datetime.now(UTC) + MESSAGE_LIFETIME
    times = {"starts_at": starts_at, "ends_at": starts_at, "entry_opens_at": starts_at}
    payload = appointment_payload(tokens, **{name: moment.isoformat() for name, moment in times.items()})
    return _build_row("appointment_confirmed", "email", number, f"m{number}@{number % 50}.example.org", payload)


def _build_sms_row(tokens: TokenSigner, number: int) -> OutboxRow:
    payload = ticket_notification_payload(tokens, until=(datetime.now(UTC) + MESSAGE_LIFETIME).isoformat())
    return _build_row("turn_called", "sms", number, f"+346{number:08d}", payload)


def _build_row(kind: str, channel: str, number: int, recipient: str, payload: Mapping[str, Any]) -> OutboxRow:
    return build_outbox_row(
        kind,
        subject=f"{channel}:{number}",
        recipient=recipient,
        payload=payload,
        key=f"{kind}:{number}",
        language="es",
        channel=channel,
        created_at=datetime.now(UTC),
        not_before=None,
    )
