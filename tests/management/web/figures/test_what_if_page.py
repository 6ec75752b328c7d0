"""The what-if page: recorded days, typed people, bad input, limits, roles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, time
from urllib.parse import urlencode

import pytest
from office360.core.errors import Refused
from office360.management.web.figures import what_if_page
from office360.offices.service import Office, office_by_slug
from office360.queue.queries import what_if_runs
from office360.queue.queries.recorded_demand import WhatIfQuestion, plan_what_if

from ....appointments.support.html_client import CitizenBrowser
from ....conftest import AppServer
from ....figures.support.recorded_visits import record_visits, visits_at
from ...conftest import SignIn

PATH = "/staff/manage/o/centro/what-if"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def ask(**changes: str) -> str:
    return f"{PATH}?{urlencode({'demand': 'recent', 'desks': '1', 'target': '20', **changes})}"


@pytest.fixture
async def recorded_office(managers: AppServer, office: Office) -> Office:
    """Record two days on which two desks served more people than they could."""
    for day in (date(2026, 11, 23), date(2026, 11, 24)):
        for hour in (9, 10, 11):
            visits = visits_at(office, day, time(hour), 14, 25)
            await record_visits(managers.runtime, office, [visit for visit in visits if visit.desk % 4 < 2] * 2)
    return office


@pytest.fixture
async def carmen(recorded_office: Office, sign_in_as: SignIn) -> AsyncIterator[CitizenBrowser]:
    async with sign_in_as("carmen") as browser:
        yield browser


async def test_plan_repeats_recorded_people_and_desks(managers: AppServer, recorded_office: Office) -> None:
    runtime = managers.runtime
    async with runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
        planned = await plan_what_if(session, office, runtime.now(), WhatIfQuestion("recent", more_desks=1))
    assert [day.day for day in planned.days] == [24, 23]
    assert (planned.people, planned.desks) == (48, (2, 2))
    assert planned.measured_wait_min == 25
    pair = planned.task.pairs[0]
    assert len({shift.desk_id for shift in pair.changed.shifts}) == 3
    assert pair.as_is.walk_ins == pair.changed.walk_ins


async def test_page_answers_in_one_sentence(carmen: CitizenBrowser) -> None:
    page = await carmen.get(ask(desks="2"))
    assert page.status == 200
    assert "The wait would fall from" in page.text
    assert "2 recorded days, with 48 people a day" in page.text
    assert "the mean wait really was 25 minutes" in page.text


@on_sqlite
async def test_wrong_values_are_answered_beside_their_fields(carmen: CitizenBrowser) -> None:
    page = await carmen.get(ask(desks="many", opens="25:00", target="0", line="nowhere", demand="2020-01-01"))
    assert page.status == 422
    for field in ("desks", "opens", "target", "line", "demand"):
        assert f'id="{field}-error"' in page.html
    assert 'value="many"' in page.html
    assert "one must stay" in (await carmen.get(ask(desks="-3"))).text


@on_sqlite
async def test_office_without_history_simulates_typed_people(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("diego") as browser:
        path = "/staff/manage/o/norte/what-if"
        assert "too few visits" in (await browser.get(path)).text
        typed = await browser.get(f"{path}?demand=typed&desks=1&target=20&h10=12")
        assert "12 people a day, as you typed them." in typed.text
        assert (await browser.get(PATH)).status == 403


@on_sqlite
async def test_person_beyond_the_limit_is_asked_to_wait(
    carmen: CitizenBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stay_busy(*arguments: object) -> None:
        raise Refused("simulation_busy")

    monkeypatch.setattr(what_if_page, "answer_what_if", stay_busy)
    statuses = [(await carmen.get(ask())).status for _ in range(what_if_page.SIMULATIONS_PER_MINUTE + 1)]
    assert statuses == [503] * what_if_page.SIMULATIONS_PER_MINUTE + [429]


@on_sqlite
async def test_second_simulation_is_busy_and_can_be_tried_again(
    managers: AppServer, carmen: CitizenBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(what_if_runs, "BUSY_AFTER_S", 0.01)
    runs = managers.runtime.db.process_cache.get(what_if_runs.WhatIfRuns)
    async with runs._running:
        page = await carmen.get(ask())
    assert page.status == 503
    assert "Busy: try again in a moment" in page.text
    assert "The wait would" in (await carmen.get(ask())).text
