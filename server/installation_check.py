"""`office360 check`: asks every part of the installation whether it works, all at once, and says what is wrong.

A part is not asked whether it is there, it is used: the database's schema is compared, the relay relays, the mail
server is spoken to up to the letter itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
from sqlalchemy.exc import SQLAlchemyError

from ..appointments.domain.agenda_settings import BookingRules
from ..core.clock import SystemClock
from ..core.errors import FieldError, Invalid
from ..core.events import Events
from ..core.runtime import Runtime
from ..notifications import service as notifications
from ..offices.service import all_offices, unknown_places
from ..queue.domain.line_settings import LineRules
from ..signaling.ice import TurnServers, ice_servers
from ..signaling.turn_check import path_problem, turn_problem
from .lifespan import make_runtime
from .migrations import is_current
from .settings import Settings

PATIENCE_S = 10  # for database, bus and test room; what takes longer is of no use to a page either
CREDENTIALS = timedelta(minutes=3)
HERE = {"127.0.0.1", "::1", "localhost"}
SHOWN = 200  # characters of an answer that nobody expected

NO_BUS = "none: this is the only web process"
NO_RELAY = "none: people behind a strict firewall will have no video"
NO_TESTROOM = "beside the web process"
NO_MAIL = "none: letters wait in the outbox"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part, and what is wrong with it or else worth knowing."""

    part: str
    problem: str | None = None
    remark: str = "works"

    def text(self) -> str:
        return f"{self.part}: {self.problem or self.remark}"


async def findings(settings: Settings) -> list[Finding]:
    """What every part that the settings name says."""
    async with _runtime(settings) as runtime:
        turn = TurnServers(settings.turn_uris, settings.turn_secret)
        found = await asyncio.gather(
            _database(settings, runtime),
            *([_bus(runtime)] if settings.redis_url else []),
            *(_relay(uri, turn, runtime) for uri in turn.uris),
            *(_testroom(url) for url in settings.testroom_url),
            *([_path_to_testroom(settings, turn, runtime)] if turn.uris and _is_testroom(settings) else []),
            *([_mail(settings)] if settings.smtp_url else []),
            *([_sms(gateway)] if (gateway := settings.sms_gateway) is not None else []),
            *([_pushes(vapid, runtime)] if (vapid := settings.vapid) is not None else []),
        )
        if found[0].problem:
            return found
        return [
            *found,
            *await _lines(runtime),
            *await _agendas(runtime),
            *await _holidays(runtime),
            *await _letters(settings, runtime),
        ]


def remarks(settings: Settings) -> list[Finding]:
    """What this installation does without, and what that means for people."""
    without = [
        ("bus", settings.redis_url, NO_BUS),
        ("relay", settings.turn_uris, NO_RELAY),
        ("test room", settings.testroom_url, NO_TESTROOM),
        ("mail", settings.smtp_url, NO_MAIL),
    ]
    return [Finding(part, remark=remark) for part, setting, remark in without if not setting]


@asynccontextmanager
async def _runtime(settings: Settings) -> AsyncIterator[Runtime]:
    runtime = make_runtime(settings, SystemClock(), Events())
    try:
        yield runtime
    finally:
        await runtime.bus.close()
        await runtime.db.close()


async def _database(settings: Settings, runtime: Runtime) -> Finding:
    path = settings.sqlite_path
    if path is not None and not path.exists():
        return Finding("database", f"{path} does not exist; run: office360 migrate")
    try:
        async with asyncio.timeout(PATIENCE_S):
            if await is_current(runtime.db):
                return Finding("database")
    except TimeoutError:
        return Finding("database", _silence())
    except (SQLAlchemyError, OSError) as error:
        return Finding("database", _first_line(error))
    return Finding("database", "the schema is not up to date; run: office360 migrate")


async def _bus(runtime: Runtime) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await runtime.bus.ping()
    except TimeoutError:
        return Finding("bus", _silence())
    except OSError as error:  # BusDown is one
        return Finding("bus", _first_line(error))
    return Finding("bus")


async def _relay(uri: str, turn: TurnServers, runtime: Runtime) -> Finding:
    (server,) = ice_servers(turn, runtime.now(), CREDENTIALS)
    return Finding(f"relay {uri}", await turn_problem(uri, server))


async def _testroom(url: str) -> Finding:
    part = f"test room {url}"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as client,
            client.get(f"{url}/readyz") as answer,
        ):
            if answer.status == HTTPStatus.OK:
                return Finding(part)
            return Finding(part, f"it answers {answer.status}: {(await answer.text())[:SHOWN]}")
    except TimeoutError:
        return Finding(part, _silence())
    except (aiohttp.ClientError, OSError) as error:
        return Finding(part, _first_line(error))


def _is_testroom(settings: Settings) -> bool:
    """Whether a test room runs on this machine."""
    return not settings.testroom_url or any(urlsplit(url).hostname in HERE for url in settings.testroom_url)


async def _path_to_testroom(settings: Settings, turn: TurnServers, runtime: Runtime) -> Finding:
    """Who needs the relay for a call needs it for the test too; a private address must be allowed on the relay."""
    (server,) = ice_servers(turn, runtime.now(), CREDENTIALS)
    first, _, last = settings.testroom_ports.partition("-")
    problem = await path_problem(turn.uris[0], server, range(int(first), int(last) + 1))
    return Finding("relay to the test room", problem)


async def _mail(settings: Settings) -> Finding:
    problem = await notifications.smtp_problem(
        settings.smtp_url, sender=settings.mail_from, public_url=settings.public_url
    )
    return Finding("mail", problem)


async def _sms(gateway: notifications.Gateway) -> Finding:
    return Finding("SMS", await notifications.sms_problem(gateway))


async def _pushes(vapid: notifications.Vapid, runtime: Runtime) -> Finding:
    """Whether the key signs; only a browser's own service can say more, and only of one that subscribed."""
    try:
        vapid.authorization(f"{runtime.public_url}/", runtime.now())
    except ValueError as error:
        return Finding("pushes", _first_line(error))
    return Finding("pushes")


async def _lines(runtime: Runtime) -> list[Finding]:
    """Lines whose own numbers make no sense: their office can do nothing until they do."""
    async with runtime.reading() as session:
        offices = await all_offices(session)
    found = []
    for office in offices:
        for line in office.lines:
            try:
                LineRules.of(line.rules)
            except Invalid as invalid:
                wrong = ", ".join(_wrong(one) for one in invalid.fields)
                found.append(Finding(f"line {line.slug} of {office.slug}", wrong))
    return found


async def _agendas(runtime: Runtime) -> list[Finding]:
    """Agendas whose own numbers make no sense: nothing can be booked there until they do."""
    async with runtime.reading() as session:
        offices = await all_offices(session)
    found = []
    for office in offices:
        for service in office.services:
            try:
                BookingRules.of(office.booking, service.booking)
            except Invalid as invalid:
                wrong = ", ".join(_wrong(one) for one in invalid.fields)
                found.append(Finding(f"agenda of {service.slug} in {office.slug}", wrong))
    return found


async def _holidays(runtime: Runtime) -> list[Finding]:
    """Offices that would stay open on public holidays, because nobody knows those of their place."""
    async with runtime.reading() as session:
        unknown = await unknown_places(session)
    return [
        Finding(f"holidays of {slug}", f"nobody knows this {field}; see the table offices")
        for slug, field in unknown.items()
    ]


_WRONG = {
    "unexpected": "not known",
    "not_a_number": "not a whole number",
    "not_a_choice": "not one of the choices",
    "invalid_time": "not a time such as 09:00",
    "wrong_type": "of another kind than it must be",
}


def _wrong(error: FieldError) -> str:
    if error.code == "out_of_range":
        return f"{error.field} is not from {error.params['min']} to {error.params['max']}"
    return f"{error.field} is {_WRONG[error.code]}"


async def _letters(settings: Settings, runtime: Runtime) -> list[Finding]:
    """What does not reach people; no fault of a part, but somebody should know."""
    async with runtime.reading() as session:
        said = await notifications.complaints(session, settings.channels, runtime.now())
    return [Finding("letters", remark=one) for one in said]


def _silence() -> str:
    return f"no answer within {PATIENCE_S} s"


def _first_line(error: Exception) -> str:
    """Drivers add the statement and a link to their manual."""
    return f"{type(error).__name__}: {error}".splitlines()[0]
