"""SIGHUP with phones connected: `python -m office360.benchmarks.restart [--phones 300]`.

Serves two web processes behind the documented nginx, on PostgreSQL and Redis. Phones hold sockets and reconnect as
the page does; people take turns and leave meanwhile. Then all processes are replaced. Afterwards SQL tells whether
an acknowledged turn is missing (lost), and whether there are more turns than requests (doubled).
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time as time_of_day
from pathlib import Path

import aiohttp
from sqlalchemy import delete, select

from ..core.clock import SystemClock
from ..core.events import EventRegistry
from ..core.runtime import Runtime
from ..core.tokens import hash_token
from ..offices.storage.tables import OfficeRow, OpeningRow
from ..queue.storage.tables import TicketRow
from ..server.migrations import migrate
from ..server.runtime import make_runtime
from ..tests.deploy.files import running_nginx
from ..tests.support.databases.templates import fresh_postgres_database
from ..tests.support.installation import to_environment
from ..tests.support.office_fixture import build_office
from ..tests.support.ports import free_port
from ..tests.support.postgres import running_postgres
from ..tests.support.processes import ServedProcess, child_pids, start_process
from ..tests.support.valkey import running_valkey
from .installation import COMMAND, benchmark_settings

SHARED_TICKETS = 10  # the line stays short, so that no person is refused
FIRST_DELAY_S, DELAY_S = 5.0, 2.0  # RELAXED_BACK_OFF of static/core/network/reconnect_wait.js
REPLACEMENT_TIMEOUT_S = 600


@dataclass
class RestartRecord:
    """Gaps, close codes, answers and latencies of a run."""

    gaps_s: list[float] = field(default_factory=list)
    close_codes: Counter[int | None] = field(default_factory=Counter)
    answers: Counter[int | str] = field(default_factory=Counter)
    acknowledged: list[str] = field(default_factory=list)  # tokens
    unanswered: int = 0  # requests for a turn whose outcome the client does not know
    latencies_s: list[float] = field(default_factory=list)


async def hold_socket(client: aiohttp.ClientSession, token: str, record: RestartRecord) -> None:
    """Hold a socket as a phone does, and record how long it is without a state."""
    lost_at_s: float | None = None
    while True:
        try:
            async with client.ws_connect("/ws/ticket") as socket:
                await socket.send_json({"type": "hello", "token": token})
                await socket.receive_json()
                if lost_at_s is not None:
                    record.gaps_s.append(time.perf_counter() - lost_at_s)
                    lost_at_s = None
                while (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass
                # not socket.close_code, which is 1006 if the server has gone before the client's answer
                is_told = message.type is aiohttp.WSMsgType.CLOSE
                record.close_codes[int(message.data) if is_told else socket.close_code] += 1
        except (aiohttp.ClientError, TypeError) as error:  # a socket that closes before its first frame
            record.close_codes[getattr(error, "status", None)] += 1
        lost_at_s = lost_at_s or time.perf_counter()
        await asyncio.sleep(random.uniform(0, FIRST_DELAY_S + DELAY_S))


async def take_and_leave(client: aiohttp.ClientSession, stop: asyncio.Event, record: RestartRecord) -> None:
    """Take a turn and leave it, again and again."""
    while not stop.is_set():
        began_s = time.perf_counter()
        try:
            token = await take_ticket(client, record)
            if token is None:
                continue
            async with client.post(f"/api/v1/tickets/{token}/leave", json={}) as answer:
                record.answers[answer.status] += 1
        except aiohttp.ClientError as error:
            record.answers[type(error).__name__] += 1
        record.latencies_s.append(time.perf_counter() - began_s)
        await asyncio.sleep(0.05)


async def take_ticket(client: aiohttp.ClientSession, record: RestartRecord) -> str | None:
    record.unanswered += 1
    async with client.post("/api/v1/offices/centro/tickets", json={"service": "documents"}) as answer:
        record.answers[answer.status] += 1
        token = str((await answer.json())["token"]) if answer.status == 201 else None
        record.unanswered -= answer.status < 500
    if token is not None:
        record.acknowledged.append(token)
    return token


async def open_office(runtime: Runtime) -> None:
    """Build an office that is open day and night."""
    await migrate(runtime.db)
    await build_office(runtime)
    async with runtime.transaction() as tx:
        offices = (await tx.session.execute(select(OfficeRow.id))).scalars().all()
        await tx.session.execute(delete(OpeningRow))
        tx.session.add_all(
            OpeningRow(office_id=office, weekday=day, opens=time_of_day(0), closes=time_of_day(23, 59))
            for office in offices
            for day in range(7)
        )


async def replace_processes(served: ServedProcess) -> float:
    """Send SIGHUP and wait until every process is another. Returns the seconds."""
    old, began_s = set(child_pids(served.pid)), time.perf_counter()
    served.process.send_signal(signal.SIGHUP)
    async with asyncio.timeout(REPLACEMENT_TIMEOUT_S):
        while old & (alive := set(child_pids(served.pid))) or len(alive) != len(old):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    return time.perf_counter() - began_s


async def measure(folder: Path, database_url: str, redis_url: str, phones: int, writers: int) -> None:
    settings = benchmark_settings(database_url, redis_url)
    runtime = make_runtime(settings, SystemClock(), EventRegistry())
    await open_office(runtime)
    environment = to_environment(settings, OFFICE360_TRUSTED_PROXIES="127.0.0.1", OFFICE360_LOG_LEVEL="WARNING")
    command = (*COMMAND[1:], "serve", "--workers", "2")
    served = start_process(folder, environment, command, free_port())
    record, stop = RestartRecord(), asyncio.Event()
    try:
        await served.wait_until_ready(REPLACEMENT_TIMEOUT_S)
        with running_nginx(folder, int(served.url.rpartition(":")[2])) as (_, tls_port):
            connector = aiohttp.TCPConnector(ssl=False, limit=0)
            async with (
                aiohttp.ClientSession(f"https://127.0.0.1:{tls_port}", connector=connector) as client,
                asyncio.TaskGroup() as group,
            ):
                tokens = [await take_ticket(client, record) for _ in range(SHARED_TICKETS)]
                assert all(tokens), record.answers
                holding = [
                    group.create_task(hold_socket(client, str(tokens[number % SHARED_TICKETS]), record))
                    for number in range(phones)
                ]
                writing = [group.create_task(take_and_leave(client, stop, record)) for _ in range(writers)]
                await asyncio.sleep(5)
                seconds = await replace_processes(served)
                await asyncio.sleep(FIRST_DELAY_S + 2 * DELAY_S + 5)
                stop.set()
                await asyncio.gather(*writing)
                for task in holding:
                    task.cancel()
                await asyncio.gather(*holding, return_exceptions=True)
        async with runtime.read_session() as session:
            stored = set((await session.execute(select(TicketRow.token_hash))).scalars())
    finally:
        served.ensure_ended()
        await runtime.bus.close()
        await runtime.db.close()
    print_record(record, stored, seconds, phones)


def print_record(record: RestartRecord, stored: set[str], seconds: float, phones: int) -> None:
    taken = {hash_token(token) for token in record.acknowledged}
    gaps = sorted(record.gaps_s) or [0.0]
    slowest = sorted(record.latencies_s)
    print(f"replaced in {seconds:.1f} s with {phones} phones; sockets closed: {dict(record.close_codes)}")
    print(f"gap of a phone: median {statistics.median(gaps):.1f} s, p99 {gaps[int(0.99 * (len(gaps) - 1))]:.1f} s")
    print(f"answers: {dict(record.answers)}; turn and leave p99 {slowest[int(0.99 * (len(slowest) - 1))]:.2f} s")
    lost, doubled = len(taken - stored), max(0, len(stored - taken) - record.unanswered)
    print(
        f"turns acknowledged {len(taken)}, not answered {record.unanswered}, stored {len(stored)}: lost {lost}, "
        f"doubled {doubled}"
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--phones", type=int, default=300)
    parser.add_argument("--writers", type=int, default=4)
    options = parser.parse_args(argv)
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as data,
        running_postgres(Path(data)) as server,
        fresh_postgres_database(server, "restart", "template1") as url,
        running_valkey(Path(folder, "valkey")) as bus,
    ):
        asyncio.run(measure(Path(folder), url, bus.url, options.phones, options.writers))


if __name__ == "__main__":
    main()
