"""Data of a benchmark: an office that is always open, with desks, agents and many tickets.

Tickets are inserted through the product's tables and tokens in batches: 2,000 requests would take minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy import insert
from sqlalchemy.engine import make_url

from ...core.auth import StaffRole
from ...core.clock import SystemClock
from ...core.events import EventRegistry
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token
from ...offices.service import Office, hours, office_by_slug
from ...offices.storage.tables import DeskLineRow, DeskRow, ExtraOpeningRow, LineRow, OfficeRow, ServiceRow
from ...queue.domain.ticket import Ticket, TicketKind
from ...queue.storage import desk_rows
from ...queue.storage.desk_rows import LineDay
from ...queue.storage.tables import TicketRow
from ...queue.storage.ticket_rows import TicketRecord, ticket_columns
from ...server.migrations import migrate
from ...server.runtime import make_runtime
from ...server.settings import Settings
from ...staff.actions.accounts import create_api_key
from ..installation import SECRET, Installation, benchmark_settings
from ..machine import free_port
from .tools import BenchmarkTools

READY_TIMEOUT_S = 30
ZONE = ZoneInfo("Europe/Madrid")
SLUG = "bench"
SERVICE_MINUTES = 2  # short, so that 2,000 waiting tickets leave capacity for one more today
DAYS_OPEN = (-1, 0, 1, 2)
LINE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class FilledOffice:
    """Slugs and ids of the office, the agents' API keys by desk, and the token of each ticket."""

    office: str
    lines: tuple[str, ...]
    line_ids: tuple[str, ...]
    desks: tuple[str, ...]
    agent_keys: tuple[str, ...]
    integration_key: str
    ticket_ids: tuple[str, ...]
    tokens: tuple[str, ...]

    def hellos(self) -> list[str]:
        """Build the first message of each phone."""
        return [f'{{"type":"hello","token":"{token}"}}' for token in self.tokens]


async def fill_office(settings: Settings, *, tickets: int, lines: int = 1, desks: int = 8) -> FilledOffice:
    """Migrate the database, create the office, and insert waiting tickets in its lines."""
    runtime = make_runtime(settings, SystemClock(), EventRegistry())
    try:
        await migrate(runtime.db)
        await _make_office(runtime, lines, desks)
        async with runtime.read_session() as session:
            office = await office_by_slug(session, SLUG)
        ids = await insert_waiting_tickets(runtime, office, tickets)
        return FilledOffice(
            office=SLUG,
            lines=tuple(line.slug for line in office.lines),
            line_ids=tuple(line.id for line in office.lines),
            desks=tuple(desk.id for desk in office.desks),
            agent_keys=tuple([await create_api_key(runtime, role=StaffRole.AGENT) for _ in office.desks]),
            integration_key=await create_api_key(runtime, role=StaffRole.INTEGRATION),
            ticket_ids=tuple(ids),
            tokens=tuple(runtime.tokens.derive("ticket", id_) for id_ in ids),
        )
    finally:
        await runtime.bus.close()
        await runtime.db.close()


async def _make_office(runtime: Runtime, lines: int, desks: int) -> None:
    """Create the office. Each desk serves all lines."""
    office_id, line_ids = new_id(), [new_id() for _ in range(lines)]
    async with runtime.transaction() as tx:
        session, today = tx.session, tx.now.astimezone(ZONE).date()
        session.add(_office_row(office_id))
        await session.flush()
        session.add_all(_line_row(office_id, line_id, number) for number, line_id in enumerate(line_ids))
        session.add_all(
            ExtraOpeningRow(office_id=office_id, day=today + timedelta(days=day), opens=time(), closes=time())
            for day in DAYS_OPEN
        )
        await session.flush()
        session.add_all(_service_row(office_id, line_id, number) for number, line_id in enumerate(line_ids))
        rows = [_desk_row(office_id, number) for number in range(desks)]
        session.add_all(rows)
        await session.flush()
        session.add_all(
            DeskLineRow(desk_id=row.id, line_id=line_id, preference=preference)
            for row in rows
            for preference, line_id in enumerate(line_ids)
        )


def _office_row(office_id: str) -> OfficeRow:
    return OfficeRow(
        id=office_id,
        slug=SLUG,
        position=0,
        name="Oficina Centro",
        address="Calle del Olivar, 12, Madrid",
        phone="900 000 360",
        timezone=ZONE.key,
        access=None,
        paused=False,
        pause_message=None,
    )


def _line_row(office_id: str, line_id: str, number: int) -> LineRow:
    names = {"es": "Identidad digital", "en": "Digital identity"}
    return LineRow(
        id=line_id,
        office_id=office_id,
        slug=f"line-{number + 1}",
        letter=LINE_LETTERS[number],
        names=names,
        stopped=False,
        daily_quota=None,
        version=1,
    )


def _service_row(office_id: str, line_id: str, number: int) -> ServiceRow:
    return ServiceRow(
        id=new_id(),
        office_id=office_id,
        line_id=line_id,
        slug=f"service-{number + 1}",
        position=number,
        names={"es": "Certificado digital", "en": "Digital certificate"},
        modes=["in_person"],
        walk_in=True,
        minutes=SERVICE_MINUTES,
        bring=None,
        capacity={"in_person": 8},
    )


def _desk_row(office_id: str, number: int) -> DeskRow:
    way = {"es": "Al fondo, a la izquierda", "en": "At the back, on the left"}
    return DeskRow(id=new_id(), office_id=office_id, position=number, name=str(number + 1), way=way, arrow="left")


async def insert_waiting_tickets(runtime: Runtime, office: Office, number: int) -> list[str]:
    """Insert waiting tickets, equally over the lines. Returns their ids by number."""
    ids: list[str] = []
    async with runtime.transaction() as tx:
        for place, line in enumerate(office.lines):
            mine = number // len(office.lines) + (place < number % len(office.lines))
            rows = [
                ticket_row(tx, office, line.id, line.letter, place_in_line + 1) for place_in_line in range(mine)
            ]
            if rows:
                await tx.session.execute(insert(TicketRow), rows)
            day = hours.to_local_day(office.hours, tx.now)
            desk_rows.save_line_day(tx.writes, line.id, day, LineDay(issued=mine, walk_ins=mine))
            ids += [row["id"] for row in rows]
    return ids


def ticket_row(tx: Transaction, office: Office, line_id: str, letter: str, number: int) -> dict[str, Any]:
    """Build the row of a waiting ticket, as the product inserts it."""
    ticket = _build_ticket(line_id, letter, number, tx.now)
    record = TicketRecord(
        ticket=ticket,
        office_id=office.id,
        issued_line_id=line_id,
        token_hash=hash_token(tx.runtime.tokens.derive("ticket", ticket.id)),
        day=hours.to_local_day(office.hours, tx.now),
        language="es",
        expires_at=tx.now + timedelta(hours=20),
    )
    return ticket_columns(record)


def _build_ticket(line_id: str, letter: str, number: int, now: datetime) -> Ticket:
    """Build a ticket. A smaller number means an earlier arrival."""
    at = now - timedelta(seconds=600) + timedelta(milliseconds=100 * number)
    return Ticket(
        id=new_id(),
        line_id=line_id,
        number=number,
        code=f"{letter}-{number:03d}",
        service=f"service-{LINE_LETTERS.index(letter) + 1}",
        kind=TicketKind.WALK_IN,
        issued_at=at,
        arrived_at=at,
        since=at,
        expected=timedelta(minutes=SERVICE_MINUTES),
        overtakings_left=2,
    )


@asynccontextmanager
async def create_installation(
    tools: BenchmarkTools,
    database: str,
    redis_url: str,
    *,
    tickets: int,
    lines: int = 1,
    desks: int = 8,
    python: Path | None = None,
) -> AsyncIterator[Installation[FilledOffice]]:
    """Create a new database. `database`: "sqlite", or the administrator's URL of a PostgreSQL.

    `python` is that of an earlier installation of the product, whose servers run on the database.
    """
    folder = Path(tempfile.mkdtemp(dir=tools.folder, prefix="installation-"))
    try:
        async with _create_database(database, folder) as url:
            settings = benchmark_settings(url, redis_url)
            if python is not None:
                filled = _fill_with(python, url, {"tickets": tickets, "lines": lines, "desks": desks})
                yield Installation(settings, filled, folder, python)
                return
            # the in-process bus: no process is running yet
            filled = await fill_office(
                settings.model_copy(update={"redis_url": ""}), tickets=tickets, lines=lines, desks=desks
            )
            yield Installation(settings, filled, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_FILL = """
import asyncio, dataclasses, json, sys
from office360.benchmarks.push.office import fill_office
from office360.server.settings import load_settings
secret, url, sizes = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
settings = load_settings(environment="development", secret_key=[secret], database_url=url)
print(json.dumps(dataclasses.asdict(asyncio.run(fill_office(settings, **sizes)))))
"""


def _fill_with(python: Path, url: str, sizes: Mapping[str, int]) -> FilledOffice:
    """Fill a database with the tables of another revision."""
    command = [str(python), "-c", _FILL, SECRET, url, json.dumps(sizes)]
    done = subprocess.run(command, cwd=python.parents[2], stdout=subprocess.PIPE, check=True)
    filled = json.loads(done.stdout.splitlines()[-1])
    values: dict[str, Any] = {
        name: tuple(found) if isinstance(found, list) else found for name, found in filled.items()
    }
    return FilledOffice(**values)


@asynccontextmanager
async def _create_database(kind: str, folder: Path) -> AsyncIterator[str]:
    if kind == "sqlite":
        yield f"sqlite+aiosqlite:///{folder}/bench.db"
        return
    name = f"bench_{free_port()}"
    await _execute_sql(kind, f'CREATE DATABASE "{name}"')
    try:
        yield make_url(kind).set(database=name).render_as_string(hide_password=False)
    finally:
        with contextlib.suppress(OSError, asyncpg.PostgresError):
            await _execute_sql(kind, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _execute_sql(url: str, statement: str) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncio.wait_for(asyncpg.connect(plain), READY_TIMEOUT_S)
    await connection.execute(statement)
    await connection.close()
