"""How many messages a second one worker hands over, and how many of them twice."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from .installation import cpu_s, environment_of, fill, running_sink, running_worker
from .reference import Floors

LONGEST_S = 300  # a run that takes longer has failed
LOOK_S = 0.2
RUNS = (("e-mail", 1, 0), ("SMS", 0, 1), ("both at once", 1, 1))


@dataclass(frozen=True, slots=True)
class Rate:
    """One run. `seconds`: from the first delivery to the last; `cpu_s`: the worker's, from its start."""

    what: str
    messages: int
    seconds: float
    cpu_s: float
    duplicates: int
    missing: int

    @property
    def a_second(self) -> float:
        return self.messages / self.seconds


def measure(folder: Path, messages: int, postgres: str | None) -> list[Rate]:
    """Each run with an outbox of its own; with PostgreSQL the one that is given, a run after the other."""
    return [
        _run(folder / f"run{number}", what, mails * messages, texts * messages, postgres)
        for number, (what, mails, texts) in enumerate(RUNS)
    ]


def _run(folder: Path, what: str, mails: int, texts: int, postgres: str | None) -> Rate:
    folder.mkdir()
    url = postgres or f"sqlite+aiosqlite:///{folder}/outbox.db"
    asyncio.run(fill(url, mails, texts))
    with running_sink(folder / "sink") as sink, running_worker(environment_of(url, sink)) as worker:
        deadline = time.monotonic() + LONGEST_S
        while len(came := [*sink.came("email"), *sink.came("sms")]) < mails + texts:
            if time.monotonic() > deadline or worker.poll() is not None:
                break
            time.sleep(LOOK_S)
        spent = cpu_s(worker.pid)
        times = [one.at for one in came]
        doubled = sink.duplicates("email") + sink.duplicates("sms")
    missing = mails + texts - (len(came) - doubled)
    return Rate(what, mails + texts, max(times) - min(times), spent, doubled, missing)


def table(rates: list[Rate], floors: Floors) -> list[str]:
    """The lines to print."""
    lines = ["one worker, one process; deliveries to a sink on loopback in another", *floors.lines()]
    for one in rates:
        of_letters, of_commits = one.a_second / floors.letters, one.a_second / floors.commits
        lines += [
            f"  {one.what}: {one.messages} messages, {one.a_second:.0f} a second",
            f"    {of_letters:.2f} of plain smtplib, {of_commits:.3f} of commits; "
            f"{one.cpu_s / one.messages * 1000:.1f} ms of CPU each, start included",
            f"    {one.duplicates} came twice, {one.missing} are missing",
        ]
    return lines
