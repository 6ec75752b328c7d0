"""Long lines are foretold beside the calls: off the loop, once for all who ask, never inside a transaction."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from office360.offices.service import office_by_slug
from office360.queue.domain.wait_estimate import ForecastRange, NewTicketForecast
from office360.queue.queries import forecasts, office_state
from office360.queue.queries.forecasts import ForecastCache, LineForecast

from ..conftest import OfficeDriver
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
    told = FORECAST.forecast_for_new_ticket(waiting=5, each=timedelta(minutes=4))
    assert told is not None
    assert told.call_range == ForecastRange(at_minute(25), at_minute(40))  # eight minutes later, rounded outwards
    assert told.finished_by == at_minute(48)
    assert FORECAST.forecast_for_new_ticket(waiting=2, each=timedelta(minutes=4)) == FORECAST.new_ticket


async def test_concurrent_requests_compute_forecast_once() -> None:
    played = []

    def play() -> LineForecast:
        played.append(1)
        return FORECAST

    memory = ForecastCache()
    assert (
        await asyncio.gather(*(memory.get_or_compute("line", "floor", play) for _ in range(20))) == [FORECAST] * 20
    )
    assert len(played) == 1
    await memory.get_or_compute("line", "another floor", play)
    assert len(played) == 2
    assert memory.get_usable("line", "floor") is None


async def test_old_forecast_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = ForecastCache()
    await memory.get_or_compute("line", "floor", lambda: FORECAST)
    assert memory.get_usable("line", "floor") is FORECAST
    monkeypatch.setattr(forecasts, "FORECAST_USABLE_S", 0.0)
    assert memory.get_usable("line", "floor") is None


@pytest.fixture
def large_from_three_tickets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three people are a long line."""
    monkeypatch.setattr(forecasts, "LARGE_OFFICE_TICKETS", 3)
    monkeypatch.setattr(office_state, "LARGE_OFFICE_TICKETS", 3)


@pytest.mark.usefixtures("large_from_three_tickets")
async def test_cached_forecast_equals_direct_forecast(
    driver: OfficeDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await driver.open_desk()
    issued = [await driver.take_ticket() for _ in range(5)]
    told = [await driver.ticket_json(one) for one in issued]
    monkeypatch.setattr(office_state, "LARGE_OFFICE_TICKETS", 60)
    played = [await driver.ticket_json(one) for one in issued]
    assert [one["ahead"] for one in told] == [one["ahead"] for one in played] == [0, 1, 2, 3, 4]
    assert [one["eta"] for one in told] == [one["eta"] for one in played]


@pytest.mark.usefixtures("large_from_three_tickets")
async def test_paused_office_hides_cached_forecast(driver: OfficeDriver) -> None:
    from office360.queue.actions.pause import pause_office, resume_office

    from ..conftest import CARMEN

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
        around = await office_state.load_office_state(session, office, driver.runtime.now())
    assert around.forecasts.keys() == around.lines.keys()

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("played inside a transaction")

    monkeypatch.setattr("office360.queue.domain.wait_estimate._forecast_calls", refuse)
    assert (await driver.take_ticket()).ticket.code == "A-005"
