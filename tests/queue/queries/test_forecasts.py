"""Cached forecasts of large offices: computed once, and never in a transaction."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from office360.offices.service import office_by_slug
from office360.queue.actions.pause import pause_office, resume_office
from office360.queue.domain.wait_estimate import ForecastRange, NewTicketForecast
from office360.queue.queries import forecasts, office_state
from office360.queue.queries.forecasts import ForecastCache, LineForecast

from ..conftest import CARMEN, OfficeDriver
from ..support.tickets import at_minute

FORECAST = LineForecast(
    {"a": ForecastRange(at_minute(0), at_minute(10))},
    NewTicketForecast(ForecastRange(at_minute(20), at_minute(30)), at_minute(40), timedelta()),
    waiting=3,
)


def test_ticket_missing_in_forecast_gets_new_ticket_range() -> None:
    assert FORECAST.range_for_ticket("a") == ForecastRange(at_minute(0), at_minute(10))
    assert FORECAST.range_for_ticket("b") == ForecastRange(at_minute(20), at_minute(30))


def test_new_ticket_range_shifts_with_waiting_count() -> None:
    shifted = FORECAST.forecast_for_new_ticket(waiting=5, each=timedelta(minutes=4))
    assert shifted is not None
    assert shifted.call_range == ForecastRange(at_minute(25), at_minute(40))  # 8 minutes later, rounded outwards
    assert shifted.finished_by == at_minute(48)
    assert FORECAST.forecast_for_new_ticket(waiting=2, each=timedelta(minutes=4)) == FORECAST.new_ticket


async def test_concurrent_requests_compute_forecast_once() -> None:
    computed = []

    def compute() -> LineForecast:
        computed.append(1)
        return FORECAST

    cache = ForecastCache()
    found = await asyncio.gather(*(cache.get_or_compute("line", "key", compute) for _ in range(20)))
    assert found == [FORECAST] * 20
    assert len(computed) == 1
    await cache.get_or_compute("line", "another key", compute)
    assert len(computed) == 2
    assert cache.get_usable("line", "key") is None


async def test_old_forecast_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ForecastCache()
    await cache.get_or_compute("line", "key", lambda: FORECAST)
    assert cache.get_usable("line", "key") is FORECAST
    monkeypatch.setattr(forecasts, "FORECAST_USABLE_S", 0.0)
    assert cache.get_usable("line", "key") is None


@pytest.fixture
def large_from_three_tickets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count an office of more than three tickets as large."""
    monkeypatch.setattr(forecasts, "LARGE_OFFICE_TICKETS", 3)
    monkeypatch.setattr(office_state, "LARGE_OFFICE_TICKETS", 3)


@pytest.mark.usefixtures("large_from_three_tickets")
async def test_cached_forecast_equals_direct_forecast(
    driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await driver.open_desk()
    issued = [await driver.take_ticket() for _ in range(5)]
    cached = [await driver.ticket_json(ticket) for ticket in issued]
    monkeypatch.setattr(office_state, "LARGE_OFFICE_TICKETS", 60)
    direct = [await driver.ticket_json(ticket) for ticket in issued]
    assert [ticket["ahead"] for ticket in cached] == [ticket["ahead"] for ticket in direct] == [0, 1, 2, 3, 4]
    assert [ticket["eta"] for ticket in cached] == [ticket["eta"] for ticket in direct]


@pytest.mark.usefixtures("large_from_three_tickets")
async def test_paused_office_hides_cached_forecast(driver: OfficeDriver) -> None:
    await driver.open_desk()
    issued = [await driver.take_ticket() for _ in range(4)]
    before = (await driver.ticket_json(issued[3]))["eta"]
    await pause_office(driver.runtime, CARMEN, "centro", None)
    assert (await driver.ticket_json(issued[3]))["eta"] is None
    await resume_office(driver.runtime, CARMEN, "centro", None)
    assert (await driver.ticket_json(issued[3]))["eta"] == before is not None


@pytest.mark.usefixtures("large_from_three_tickets")
async def test_transaction_uses_cached_forecast(driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    await driver.open_desk()
    for _ in range(4):
        await driver.take_ticket()
    async with driver.runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        state = await office_state.load_office_state(session, office, driver.runtime.now())
    assert state.forecasts.keys() == state.lines.keys()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("simulated inside a transaction")

    monkeypatch.setattr("office360.queue.domain.wait_estimate._forecast_calls", refuse)
    assert (await driver.take_ticket()).ticket.code == "A-005"
