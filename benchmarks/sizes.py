"""Sizes of an installation: `python -m office360.benchmarks.sizes [VISITS]`.

Runs PostgreSQL, Valkey, two web processes, a worker and a test room on loopback, as docs/install.md does. Prints
the memory of each process before the first person and after VISITS people (1,000) who took a ticket with an
e-mail, were called and served over the API, and how much the database grew. At most five minutes.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from pathlib import Path

from sqlalchemy import text

from .soak.city import StaffedOffice, build_city
from .soak.people_client import PeopleClient, Traffic, open_people_client
from .soak.soaked_product import SoakedProduct, run_processes, run_product

DEFAULT_VISITS = 1_000
TIMEOUT_S = 300.0
DESKS = 8
MESSAGES_TIMEOUT_S = 60.0
LIMITS = ("TICKETS_PER_MINUTE", "WRITES_PER_MINUTE", "GETS_PER_MINUTE", "TURNS_PER_ADDRESS")
NO_LIMITS = {f"OFFICE360_{name}": "1000000" for name in LIMITS}  # all load comes from one address


def resident_mb(pid: int) -> tuple[float, float]:
    """Return the RAM of a process, and its share of it (PSS)."""
    rows = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if ":" in line
    )
    rss, pss = (int(rows[name].split()[0]) / 1024 for name in ("Rss", "Pss"))
    return rss, pss


def print_ram(product: SoakedProduct, when: str) -> None:
    supervisor = product.processes["web"].popen
    assert supervisor is not None
    for pid, name in sorted(
        {supervisor.pid: "supervisor of web", **product.pids()}.items(), key=lambda row: row[1]
    ):
        rss, pss = resident_mb(pid)
        print(f"{when}: {name}: {rss:.0f} MB in RAM, {pss:.0f} MB of it its own share")


async def database_bytes(product: SoakedProduct) -> int:
    async with product.runtime.read_session() as session:
        return int((await session.execute(text("SELECT pg_database_size(current_database())"))).scalar_one())


async def serve_visits(client: PeopleClient, office: StaffedOffice, desk: str, numbers: list[int]) -> None:
    """Serve so many people at one desk, one after the other."""
    key = office.desk_keys[desk]

    async def post(path: str, body: object = None, by: str = key) -> dict[str, object]:
        answer = await client.post(f"/api/v1{path}", body, key=by)
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"{path}: {answer.status} {answer.code}")
        return answer.body if isinstance(answer.body, dict) else {}

    await post(f"/desks/{desk}/open")
    for number in numbers:
        ticket = {"service": "documents", "email": f"citizen{number}@example.org"}
        await post(f"/offices/{office.office.slug}/tickets", ticket, by="")
        called = await post(f"/desks/{desk}/call-next")
        for step in ("start", "finish"):
            await post(f"/staff/tickets/{called['id']}/{step}")


async def wait_until_messages_are_sent(product: SoakedProduct) -> int:
    """Wait until no message is due. Returns how many there are."""
    waiting = "SELECT count(*) FILTER (WHERE state = 'pending' AND not_before <= now()), count(*) FROM outbox"
    async with asyncio.timeout(MESSAGES_TIMEOUT_S):
        while True:
            async with product.runtime.read_session() as session:
                due, total = (await session.execute(text(waiting))).one()
            if not due:
                return int(total)
            await asyncio.sleep(0.5)


async def measure(visits: int) -> None:
    traffic = Traffic()
    with tempfile.TemporaryDirectory() as folder:
        async with asyncio.timeout(TIMEOUT_S), run_product(Path(folder)) as product:
            product.environment.update(NO_LIMITS)
            (office, *_) = await build_city(product.runtime, 1, DESKS)
            async with (
                run_processes(product),
                open_people_client(product.web_url, traffic, random.Random(1)) as client,
            ):
                before = await database_bytes(product)
                print_ram(product, "idle")
                desks = list(office.desk_keys)
                async with asyncio.TaskGroup() as group:
                    for place, desk in enumerate(desks):
                        group.create_task(
                            serve_visits(client, office, desk, list(range(place, visits, len(desks))))
                        )
                messages = await wait_until_messages_are_sent(product)
                after = await database_bytes(product)
                print_ram(product, f"after {visits} visits")
    grown_mb = (after - before) / 1e6
    print(f"database: {before / 1e6:.1f} MB with two offices, {after / 1e6:.1f} MB after {visits} visits")
    print(
        f"database: {grown_mb / visits * 1000:.1f} MB for 1,000 visits with {messages / visits:.1f} messages each"
    )


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_VISITS))
