"""The public page on the punctuality of an office: figures, threshold, cache."""

from __future__ import annotations

import asyncio
from datetime import date, time, timedelta

import pytest
from office360.figures.queries import punctuality_cache
from office360.offices.service import Office
from office360.queue.service import visits_in_period

from ...conftest import AppServer, FakeClock
from ..support.recorded_visits import record_visits, visits_at

MONDAY = date(2026, 11, 16)  # of the newest full week before the clock of the tests
PATH = "/o/centro/punctuality"


async def read_page(app_server: AppServer, path: str = PATH, language: str = "en") -> str:
    async with app_server.client() as client, client.get(f"{path}?lang={language}") as response:
        assert response.status == (404 if "nowhere" in path else 200)
        return await response.text()


async def test_page_shows_shares_and_waits_by_hour(app_server: AppServer, office: Office) -> None:
    ranges = {"shown": (timedelta(minutes=5), timedelta(minutes=15))}
    for hour, wait_min in ((9, 12), (11, 40), (13, 6)):
        visits = visits_at(office, MONDAY, time(hour), 25, wait_min, **ranges)
        await record_visits(app_server.runtime, office, visits)
    page = await read_page(app_server)
    assert "Based on 75 visits." in page
    assert "50 of 75" in page  # those of 11:00 waited longer than they were shown
    assert "from 13:00 to 14:00" in page
    assert "9 out of 10 people wait 40 minutes or less." in page
    assert "¿Es puntual Oficina Centro?" in await read_page(app_server, language="es")
    assert PATH in await read_page(app_server, "/o/centro")


async def test_page_with_few_visits_shows_no_figure(app_server: AppServer, office: Office) -> None:
    await record_visits(app_server.runtime, office, visits_at(office, MONDAY, time(9), 49, 7))
    page = await read_page(app_server)
    assert "There is not enough data yet." in page
    assert "<table" not in page
    await read_page(app_server, "/o/nowhere/punctuality")


async def test_concurrent_readers_compute_once_an_hour(
    app_server: AppServer, office: Office, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []
    original = visits_in_period

    async def count(*arguments: object) -> object:
        computed.append(arguments)
        return await original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(punctuality_cache, "visits_in_period", count)
    await asyncio.gather(*(read_page(app_server) for _ in range(8)))
    assert len(computed) == 1
    clock.advance(minutes=59)
    await read_page(app_server)
    assert len(computed) == 1
    clock.advance(minutes=2)
    await read_page(app_server)
    assert len(computed) == 2
