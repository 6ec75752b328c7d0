"""The what-if page: recorded days, typed people, bad input, limits, roles."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

import pytest
from office360.core.errors import Refused
from office360.core.ids import new_id
from office360.management.web.figures import what_if_page
from office360.offices.service import Office
from office360.queue.queries.what_if import what_if_runs
from office360.queue.queries.what_if.what_if_plan import WhatIfQuestion, plan_what_if
from office360.queue.simulation.what_if import compare_cases
from office360.queue.storage.history_rows import insert_office_event
from office360.queue.storage.tables import DeskSessionRow

from ....appointments.support.html_client import CitizenBrowser
from ....conftest import AppServer
from ....figures.support.recorded_visits import record_visits, visits_at, visits_in_turn
from ...conftest import SignIn

PATH = "/staff/manage/o/centro/what-if"
SATURDAY, MONDAY, TUESDAY = date(2026, 11, 21), date(2026, 11, 23), date(2026, 11, 24)


def ask(**changes: str) -> str:
    return f"{PATH}?{urlencode({'demand': 'recent', 'desks': '1', 'target': '20', **changes})}"


@pytest.fixture
async def recorded_office(managers: AppServer, office: Office) -> Office:
    """Record two days on which two desks served more people than they could without a wait."""
    for day in (MONDAY, TUESDAY):
        await record_visits(managers.runtime, office, visits_in_turn(office, day, time(9), 40, 4, desks=2))
    return office


@pytest.fixture
async def carmen(recorded_office: Office, sign_in_as: SignIn) -> AsyncIterator[CitizenBrowser]:
    async with sign_in_as("carmen") as browser:
        yield browser


async def test_plan_repeats_recorded_people_and_desks(managers: AppServer, recorded_office: Office) -> None:
    runtime = managers.runtime
    office = recorded_office
    async with runtime.read_session() as session:
        planned = await plan_what_if(session, office, runtime.now(), WhatIfQuestion("recent", more_desks=1))
    assert planned.days == (TUESDAY, MONDAY)
    assert (planned.people, planned.desk_days, planned.derived) == (40, 4, 4)
    pair = planned.task.pairs[0]
    open_hours = [(shift.opens, shift.closes) for shift in pair.as_is.shifts]
    nine = datetime.combine(TUESDAY, time(9), office.timezone)
    # 20 visits of nine minutes at each desk, the second begins four minutes later
    assert open_hours == [
        (nine, nine + timedelta(minutes=180)),
        (nine + timedelta(minutes=4), nine + timedelta(minutes=184)),
    ]
    assert len({shift.desk_id for shift in pair.changed.shifts}) == 3
    assert pair.as_is.walk_ins == pair.changed.walk_ins
    check = compare_cases(planned.task, lambda: True).check
    assert check.recorded_min == pytest.approx(9.5)
    assert check.is_close


async def test_plan_takes_desks_from_openings_and_pauses(managers: AppServer, recorded_office: Office) -> None:
    runtime = managers.runtime
    desks = recorded_office.desks

    def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
        return datetime.combine(day, time(hour, minute), recorded_office.timezone)

    async with runtime.transaction() as tx:
        for desk, opened_at, closed_at in (
            (desks[0], at(9), at(12, 30)),
            (desks[1], at(9), None),  # the agent forgot to close it
            (desks[2], at(13), at(14)),  # open, but it served no person
        ):
            agent = {"agent_id": f"agent of {desk.name}", "agent_name": "Boris"}
            times = {"opened_at": opened_at, "closed_at": closed_at}
            tx.session.add(
                DeskSessionRow(id=new_id(), office_id=recorded_office.id, desk_id=desk.id, **agent, **times)
            )
        for action, moment in (
            ("paused", at(20, day=SATURDAY)),
            ("resumed", at(9, 30)),
            ("paused", at(13, 30)),
            ("paused", at(13, 40)),
            ("resumed", at(18)),
        ):
            insert_office_event(tx.session, recorded_office.id, action, "staff:carmen", moment)
    async with runtime.read_session() as session:
        question = WhatIfQuestion(MONDAY.isoformat(), more_desks=1)
        planned = await plan_what_if(session, recorded_office, runtime.now(), question)
    assert (planned.desk_days, planned.derived) == (3, 0)
    pair = planned.task.pairs[0]
    assert [(shift.desk_id, shift.opens, shift.closes) for shift in pair.as_is.shifts] == [
        (desks[0].id, at(9, 30), at(12, 30)),
        (desks[1].id, at(9, 30), at(13, 30)),
        (desks[1].id, at(18), at(19)),
        (desks[2].id, at(13), at(13, 30)),
    ]
    added = [shift for shift in pair.changed.shifts if shift.desk_id == "one more 1"]
    assert all(not at(13, 30) <= shift.opens < at(18) for shift in added)


async def test_page_answers_in_one_sentence(carmen: CitizenBrowser) -> None:
    page = await carmen.get(ask(desks="2"))
    assert page.status == 200
    assert "The wait would fall from" in page.text
    assert "on these days the mean wait really was 10 min. Simulated with the same" in page.text
    assert "2 recorded days, with 40 people a day" in page.text
    assert "Of 4 desk days, 4 have no recorded opening." in page.text
    assert page.html.count('<svg class="chart') == 2  # for a narrow and a wide place


async def test_page_without_a_close_replay_tells_no_figure(
    managers: AppServer, office: Office, sign_in_as: SignIn
) -> None:
    at_once = visits_at(office, MONDAY, time(9), 20, wait_min=2, served=timedelta(minutes=30))
    # one desk cannot serve twenty people at the same time
    await record_visits(managers.runtime, office, [replace(visit, desk=0) for visit in at_once])
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(ask())
    assert "These days cannot be told." in page.text
    assert re.search(r"really was 2 min\. Simulated .* it is \d\d+\.", page.text)
    assert "The wait would" not in page.text
    assert '<svg class="chart' not in page.html
    assert "With the change" not in page.text


async def test_page_about_days_without_desks_tells_so(
    managers: AppServer, office: Office, sign_in_as: SignIn
) -> None:
    visits = visits_in_turn(office, MONDAY, time(9), 40, 4, desks=2)
    await record_visits(managers.runtime, office, [replace(visit, desk=None) for visit in visits])
    async with sign_in_as("carmen") as carmen:
        page = await carmen.get(ask())
        assert "These days cannot be told." in page.text
        assert "No desk is recorded on them" in page.text
        assert "The wait would" not in page.text
        await record_visits(managers.runtime, office, visits_in_turn(office, TUESDAY, time(9), 40, 4, desks=2))
        assert "1 day is left out" in (await carmen.get(ask(desks="2"))).text
        assert f"{TUESDAY} ·" not in (await carmen.get(ask(demand=TUESDAY.isoformat()))).text


async def test_wrong_values_are_answered_beside_their_fields(carmen: CitizenBrowser) -> None:
    page = await carmen.get(ask(desks="many", opens="25:00", target="0", line="nowhere", demand="2020-01-01"))
    assert page.status == 422
    for field in ("desks", "opens", "target", "line", "demand"):
        assert f'id="{field}-error"' in page.html
    assert 'value="many"' in page.html
    assert "One of them must stay." in (await carmen.get(ask(desks="-3"))).text


async def test_office_without_history_simulates_typed_people(managers: AppServer, sign_in_as: SignIn) -> None:
    async with sign_in_as("diego") as browser:
        path = "/staff/manage/o/norte/what-if"
        assert "too few visits" in (await browser.get(path)).text
        typed = await browser.get(f"{path}?demand=typed&desks=1&target=20&h10=12")
        assert "12 people a day, as you typed them." in typed.text
        assert "no real day confirms it" in typed.text
        assert "The wait would" not in typed.text
        assert (await browser.get(PATH)).status == 403


async def test_person_beyond_the_limit_is_asked_to_wait(
    carmen: CitizenBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stay_busy(*arguments: object) -> None:
        raise Refused("simulation_busy")

    monkeypatch.setattr(what_if_page, "answer_what_if", stay_busy)
    statuses = [(await carmen.get(ask())).status for _ in range(what_if_page.SIMULATIONS_PER_MINUTE + 1)]
    assert statuses == [503] * what_if_page.SIMULATIONS_PER_MINUTE + [429]


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
