"""Send rate of a worker, and duplicates."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from .outbox import cpu_s, fill_outbox, run_sink, run_worker, worker_environment
from .reference import ReferenceRates

RUN_TIMEOUT_S = 300  # for one run
POLL_INTERVAL_S = 0.2
RUNS = (("e-mail", 1, 0), ("SMS", 0, 1), ("both at once", 1, 1))


@dataclass(frozen=True, slots=True)
class SendRate:
    """A run. `seconds` is from first to last delivery, `cpu_s` of the worker from its start."""

    what: str
    messages: int
    seconds: float
    cpu_s: float
    duplicates: int
    missing: int

    @property
    def per_second(self) -> float:
        return self.messages / self.seconds


def measure(folder: Path, messages: int, postgres: str | None) -> list[SendRate]:
    """Measure runs, each with a new outbox; on PostgreSQL in sequence."""
    return [
        _measure_run(folder / f"run{number}", what, mails * messages, texts * messages, postgres)
        for number, (what, mails, texts) in enumerate(RUNS)
    ]


def _measure_run(folder: Path, what: str, mails: int, texts: int, postgres: str | None) -> SendRate:
    folder.mkdir()
    url = postgres or f"sqlite+aiosqlite:///{folder}/outbox.db"
    asyncio.run(fill_outbox(url, mails, texts))
    with run_sink(folder / "sink") as sink, run_worker(worker_environment(url, sink)) as worker:
        deadline = time.monotonic() + RUN_TIMEOUT_S
        while len(came := [*sink.received("email"), *sink.received("sms")]) < mails + texts:
            if time.monotonic() > deadline or worker.poll() is not None:
                break
            time.sleep(POLL_INTERVAL_S)
        spent = cpu_s(worker.pid)
        times = [message.at for message in came]
        doubled = sink.count_duplicates("email") + sink.count_duplicates("sms")
    missing = mails + texts - (len(came) - doubled)
    return SendRate(what, mails + texts, max(times) - min(times), spent, doubled, missing)


def table_lines(rates: list[SendRate], lower_bounds: ReferenceRates) -> list[str]:
    """Format the lines to print."""
    lines = ["one worker, one process; deliveries to a sink on loopback in another", *lower_bounds.lines()]
    for rate in rates:
        of_emails, of_commits = rate.per_second / lower_bounds.emails, rate.per_second / lower_bounds.commits
        lines += [
            f"  {rate.what}: {rate.messages} messages, {rate.per_second:.0f} a second",
            f"    {of_emails:.2f} of plain smtplib, {of_commits:.3f} of commits; "
            f"{rate.cpu_s / rate.messages * 1000:.1f} ms of CPU each, start included",
            f"    {rate.duplicates} came twice, {rate.missing} are missing",
        ]
    return lines
