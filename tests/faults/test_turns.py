"""What breaks under a queue: bus, processes, a phone's network. Everybody is right again within ten seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from office360.server.settings import Settings
from sqlalchemy.engine import make_url

from ..conftest import MORNING
from ..support.installation import start_at
from ..support.processes import readiness
from ..support.valkey import RunningValkey
from .conftest import City, until_ready
from .support.reconnecting_clients import RIGHT_S, Frame
from .support.tcp_proxy import cable

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

AT_ONCE_S = 2.0  # sooner than the look every 3 s: by the bus


def called(frame: Frame) -> bool:
    return bool(frame["state"] == "called" and frame["desk"]["name"] == "1")


def is_next(frame: Frame) -> bool:
    return bool(frame["state"] == "waiting" and frame["ahead"] == 0)


def calling(frame: Frame) -> bool:
    return any(desk["state"] == "calling" for desk in frame["desks"])


async def test_while_the_bus_is_away_calls_are_found_by_a_look_and_afterwards_they_come_at_once_again(
    city: City, valkey: RunningValkey
) -> None:
    here, there = city.installed.url, city.installed.staff_url
    first, second = city.phone(await city.take(), here), city.phone(await city.take(), here)
    board = city.board(here)
    await first.shows(is_next)
    await second.shows(lambda frame: frame["ahead"] == 1)
    valkey.stop()
    await until_ready(city.installed, 503)

    began = time.monotonic()
    third = city.phone(await city.take(), here)
    ticket = await city.call_next(there)
    assert time.monotonic() - began < AT_ONCE_S  # nobody waits for a bus that is known to be away
    await first.shows(called)
    await second.shows(is_next)
    await third.shows(lambda frame: frame["ahead"] == 1)
    await board.shows(calling)

    valkey.start()
    await until_ready(city.installed, 200)
    await city.serve(ticket)
    await city.call_next(there)
    assert await second.shows(called) < AT_ONCE_S


async def test_a_process_that_is_killed_between_commit_and_publish_takes_no_call_with_it(
    city: City, die_at_publish: Callable[[], None]
) -> None:
    here = city.installed.url
    amina, diego = city.phone(await city.take(), here), city.phone(await city.take(), here)
    board = city.board(here)
    await amina.shows(is_next)
    die_at_publish()
    with pytest.raises(aiohttp.ClientError):  # the agent never learns whether it worked
        await city.call_next()
    assert city.installed.processes[1].process.wait(RIGHT_S) == -9
    await amina.shows(called)
    await diego.shows(is_next)
    await board.shows(calling)


async def test_phones_of_a_process_that_is_killed_come_back_at_the_other_and_miss_nothing(city: City) -> None:
    here, there = city.installed.url, city.installed.staff_url
    amina, diego = city.phone(await city.take(), there, here), city.phone(await city.take(), there, here)
    board = city.board(there, here)
    await amina.shows(is_next)
    await diego.shows(lambda frame: frame["ahead"] == 1)
    city.installed.processes[1].kill()
    await city.call_next(here)
    await amina.shows(called)
    await diego.shows(is_next)
    await board.shows(calling)


async def test_a_process_that_is_started_again_serves_the_phones_that_waited_for_it(
    city: City, tmp_path: Path, installed_environment: dict[str, str]
) -> None:
    here, there = city.installed.url, city.installed.staff_url
    amina = city.phone(await city.take(), there)
    await amina.shows(is_next)
    city.installed.processes[1].kill()
    await city.call_next(here)
    port = int(there.rsplit(":", 1)[1])
    again = start_at(tmp_path, installed_environment, port)
    try:
        await again.ready()
        await amina.shows(called)
        assert amina.comings == 2
    finally:
        again.end()


async def test_a_phone_without_network_for_a_minute_is_right_again_and_has_lost_nothing(city: City) -> None:
    async with cable(city.installed.url) as way:
        amina, diego = city.phone(await city.take(), way.url), city.phone(await city.take(), way.url)
        await amina.shows(is_next)
        await diego.shows(lambda frame: frame["ahead"] == 1)
        way.pull()
        await city.call_next()
        city.installed.clock.set(MORNING + timedelta(minutes=1))
        await city.take()
        way.put_in()
        await amina.shows(called)
        await diego.shows(is_next)


async def test_a_bus_that_hangs_is_as_good_as_away(city: City, valkey: RunningValkey) -> None:
    here, there = city.installed.url, city.installed.staff_url
    amina = city.phone(await city.take(), here)
    await amina.shows(is_next)
    valkey.freeze()
    try:
        async with asyncio.timeout(RIGHT_S):
            await city.call_next(there)
        await amina.shows(called)
        assert await readiness(here) == 503
    finally:
        valkey.thaw()
    await until_ready(city.installed, 200)


async def test_a_database_that_was_away_is_used_again_and_every_phone_is_right(
    city: City, settings: Settings, postgres_url: str
) -> None:
    here = city.installed.url
    amina = city.phone(await city.take(), here)
    await amina.shows(is_next)
    name = str(make_url(settings.database_url).database)
    await let_in(postgres_url, name, False)
    try:
        await until_ready(city.installed, 503)
        status, _ = await city.post(here, "/offices/centro/tickets", {"service": "documents"})
        assert status >= 500
    finally:
        await let_in(postgres_url, name, True)
    await until_ready(city.installed, 200)
    await city.call_next()
    await amina.shows(called)
    assert amina.comings == 1  # its socket stood all the time


async def let_in(server: str, database: str, allowed: bool) -> None:
    """End all connections to a database and let no new one in, as while its server restarts; or do again."""
    plain = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    await connection.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS {str(allowed).lower()}')
    if not allowed:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", database
        )
    await connection.close()
