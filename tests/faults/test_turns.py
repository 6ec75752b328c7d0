"""Faults under a queue: bus, processes, a phone's network.

All clients recover within ten seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from office360.server.settings import Settings
from sqlalchemy.engine import make_url

from ..conftest import MORNING
from ..support.installation import start_with_clock
from ..support.postgres import allow_connections
from ..support.processes import readiness
from ..support.valkey import RunningValkey
from .conftest import FaultScenario, until_ready
from .support.reconnecting_clients import RECOVERY_LIMIT_S, StateFrame
from .support.tcp_proxy import run_tcp_proxy

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

PUSH_LIMIT_S = 2.0  # below the resync interval of 3 s, so the bus delivered it


def is_called(frame: StateFrame) -> bool:
    return bool(frame["state"] == "called" and frame["desk"]["name"] == "1")


def is_next(frame: StateFrame) -> bool:
    return bool(frame["state"] == "waiting" and frame["ahead"] == 0)


def is_any_desk_calling(frame: StateFrame) -> bool:
    return any(desk["state"] == "calling" for desk in frame["desks"])


async def test_calls_arrive_by_polling_while_bus_is_down(scenario: FaultScenario, valkey: RunningValkey) -> None:
    here, there = scenario.installed.url, scenario.installed.staff_url
    first, second = (
        scenario.open_phone(await scenario.take_ticket(), here),
        scenario.open_phone(await scenario.take_ticket(), here),
    )
    board = scenario.open_board(here)
    await first.wait_until_shown(is_next)
    await second.wait_until_shown(lambda frame: frame["ahead"] == 1)
    valkey.stop()
    await until_ready(scenario.installed, "without bus")

    third = scenario.open_phone(await scenario.take_ticket(), here)
    ticket = await scenario.call_next(there)
    await first.wait_until_shown(is_called)
    await second.wait_until_shown(is_next)
    await third.wait_until_shown(lambda frame: frame["ahead"] == 1)
    await board.wait_until_shown(is_any_desk_calling)

    valkey.start()
    await until_ready(scenario.installed)
    await scenario.serve_ticket(ticket)
    await scenario.call_next(there)
    assert await second.wait_until_shown(is_called) < PUSH_LIMIT_S


async def test_kill_between_commit_and_publish_loses_no_call(
    scenario: FaultScenario, kill_before_publish: Callable[[], None]
) -> None:
    here = scenario.installed.url
    amina, diego = (
        scenario.open_phone(await scenario.take_ticket(), here),
        scenario.open_phone(await scenario.take_ticket(), here),
    )
    board = scenario.open_board(here)
    await amina.wait_until_shown(is_next)
    kill_before_publish()
    with pytest.raises(aiohttp.ClientError):  # the answer is lost
        await scenario.call_next()
    assert scenario.installed.processes[1].process.wait(RECOVERY_LIMIT_S) == -9
    await amina.wait_until_shown(is_called)
    await diego.wait_until_shown(is_next)
    await board.wait_until_shown(is_any_desk_calling)


async def test_phones_of_killed_process_reconnect_and_miss_nothing(
    scenario: FaultScenario,
) -> None:
    here, there = scenario.installed.url, scenario.installed.staff_url
    amina, diego = (
        scenario.open_phone(await scenario.take_ticket(), there, here),
        scenario.open_phone(await scenario.take_ticket(), there, here),
    )
    board = scenario.open_board(there, here)
    await amina.wait_until_shown(is_next)
    await diego.wait_until_shown(lambda frame: frame["ahead"] == 1)
    scenario.installed.processes[1].kill()
    await scenario.call_next(here)
    await amina.wait_until_shown(is_called)
    await diego.wait_until_shown(is_next)
    await board.wait_until_shown(is_any_desk_calling)


async def test_restarted_process_serves_waiting_phones(
    scenario: FaultScenario, tmp_path: Path, installed_environment: dict[str, str]
) -> None:
    here, there = scenario.installed.url, scenario.installed.staff_url
    amina = scenario.open_phone(await scenario.take_ticket(), there)
    await amina.wait_until_shown(is_next)
    scenario.installed.processes[1].kill()
    await scenario.call_next(here)
    port = int(there.rsplit(":", 1)[1])
    again = start_with_clock(tmp_path, installed_environment, port)
    try:
        await again.wait_until_ready()
        await amina.wait_until_shown(is_called)
        assert amina.connection_count == 2
    finally:
        again.ensure_ended()


async def test_phone_offline_for_a_minute_catches_up(
    scenario: FaultScenario,
) -> None:
    async with run_tcp_proxy(scenario.installed.url) as way:
        amina, diego = (
            scenario.open_phone(await scenario.take_ticket(), way.url),
            scenario.open_phone(await scenario.take_ticket(), way.url),
        )
        await amina.wait_until_shown(is_next)
        await diego.wait_until_shown(lambda frame: frame["ahead"] == 1)
        way.cut()
        await scenario.call_next()
        scenario.installed.clock.set(MORNING + timedelta(minutes=1))
        await scenario.take_ticket()
        way.restore()
        await amina.wait_until_shown(is_called)
        await diego.wait_until_shown(is_next)


async def test_hanging_bus_is_treated_as_down(scenario: FaultScenario, valkey: RunningValkey) -> None:
    here, there = scenario.installed.url, scenario.installed.staff_url
    amina = scenario.open_phone(await scenario.take_ticket(), here)
    await amina.wait_until_shown(is_next)
    valkey.freeze()
    try:
        async with asyncio.timeout(RECOVERY_LIMIT_S):
            await scenario.call_next(there)
        await amina.wait_until_shown(is_called)
        assert await readiness(here) == "without bus"
    finally:
        valkey.thaw()
    await until_ready(scenario.installed)


async def test_phones_recover_after_database_outage(
    scenario: FaultScenario, settings: Settings, postgres_url: str
) -> None:
    here = scenario.installed.url
    amina = scenario.open_phone(await scenario.take_ticket(), here)
    await amina.wait_until_shown(is_next)
    name = str(make_url(settings.database_url).database)
    await allow_connections(postgres_url, name, False)
    try:
        await until_ready(scenario.installed, "unavailable")
        status, _ = await scenario.post(here, "/offices/centro/tickets", {"service": "documents"})
        assert status >= 500
    finally:
        await allow_connections(postgres_url, name, True)
    await until_ready(scenario.installed)
    await scenario.call_next()
    await amina.wait_until_shown(is_called)
    assert amina.connection_count == 1  # its socket stayed open
