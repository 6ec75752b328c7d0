"""Evacuations of an office, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from office360.core.db.timer_rows import TimerRow
from office360.core.errors import NotAllowed, Refused
from office360.core.i18n.languages import LocalizedText
from office360.core.runtime import Runtime
from office360.offices.service import EVACUATION, Office, office_by_slug, save_office_pause
from office360.queue.actions.host import clear_help_request
from office360.queue.actions.line_transaction import lock_office_lines
from office360.queue.actions.pause import (
    announce_evacuation_to_agents,
    evacuate_office,
    pause_office,
    resume_office,
    take_back_calls,
)
from office360.queue.service import ask_for_help
from office360.queue.storage.tables import OfficeEventRow
from sqlalchemy import select

from ...conftest import FakeClock
from ..conftest import BORIS, CARMEN, OfficeDriver
from ..support.notifications import notification_rows

NUMBER = "+34600000001"
TEXTS = {"es": "Sal por la salida más cercana.", "en": "Leave by the nearest exit."}


def leave(office: Office) -> LocalizedText:
    return TEXTS


async def is_evacuating(runtime: Runtime) -> bool:
    async with runtime.read_session() as session:
        return (await office_by_slug(session, "centro")).is_evacuating


async def test_evacuation_is_a_pause_with_a_reason(driver: OfficeDriver) -> None:
    waiting = await driver.take_ticket()
    await driver.open_desk()
    evacuated = await evacuate_office(driver.runtime, CARMEN, "centro", leave)
    assert (evacuated.paused, evacuated.pause_reason, evacuated.is_evacuating) == (True, EVACUATION, True)
    seen = await driver.ticket_json(waiting, "en")
    assert (seen["paused"], seen["evacuation"], seen["pause_message"]) == (True, True, TEXTS["en"])
    with pytest.raises(Refused, match="paused") as refused:
        await driver.call_next()
    assert refused.value.details == {"evacuation": True}
    with pytest.raises(Refused, match="paused") as refused:
        await driver.take_ticket()
    assert refused.value.details["evacuation"]
    await resume_office(driver.runtime, CARMEN, "centro")
    seen = await driver.ticket_json(waiting)
    assert (seen["paused"], seen["evacuation"]) == (False, False)
    async with driver.runtime.read_session() as session:
        rows = (await session.execute(select(OfficeEventRow))).scalars()
        events = sorted((row.action, row.details["reason"]) for row in rows if "reason" in row.details)
    assert events == [("paused", EVACUATION), ("resumed", EVACUATION)]


async def test_pause_is_no_evacuation_before_nor_after_one(driver: OfficeDriver) -> None:
    await pause_office(driver.runtime, CARMEN, "centro", "Volvemos pronto.")
    assert not await is_evacuating(driver.runtime)
    await evacuate_office(driver.runtime, CARMEN, "centro", leave)
    with pytest.raises(Refused, match="evacuating"):
        await pause_office(driver.runtime, CARMEN, "centro", "Volvemos pronto.")
    assert await is_evacuating(driver.runtime)
    await resume_office(driver.runtime, CARMEN, "centro")
    await pause_office(driver.runtime, CARMEN, "centro", "Volvemos pronto.")
    assert not await is_evacuating(driver.runtime)


async def test_agent_may_not_evacuate_the_office(driver: OfficeDriver) -> None:
    with pytest.raises(NotAllowed):
        await evacuate_office(driver.runtime, BORIS, "centro", leave)
    assert not await is_evacuating(driver.runtime)


async def test_locked_line_does_not_delay_an_evacuation(
    driver: OfficeDriver, runtime: Runtime, database_url: str
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer, which locks no line")
    await driver.take_ticket(phone=NUMBER, sms=True)
    async with runtime.transaction() as tx:
        await lock_office_lines(tx, driver.office, [line.id for line in driver.office.lines])
        await evacuate_office(driver.runtime, CARMEN, "centro", leave)
        assert await is_evacuating(driver.runtime)
        rows = await notification_rows(driver.runtime)
        assert [row.kind for row in rows] == ["turn_issued", "turn_evacuation"]


async def test_evacuation_takes_calls_back_by_a_timer(driver: OfficeDriver) -> None:
    issued, _ = await driver.call_new_ticket()
    await evacuate_office(driver.runtime, CARMEN, "centro", leave)
    assert await driver.ticket_state(issued) == "called"
    await driver.fire_due_timers()
    seen = await driver.ticket_json(issued)
    assert (seen["state"], seen["ahead"], seen["desk"]) == ("waiting", 0, None)


async def test_work_done_after_the_answer_is_not_done_by_a_timer(driver: OfficeDriver) -> None:
    await driver.open_desk()
    office = await evacuate_office(driver.runtime, CARMEN, "centro", leave)
    for step in (announce_evacuation_to_agents, take_back_calls):
        async with driver.runtime.transaction() as tx:
            await step(tx, office.id)
    async with driver.runtime.read_session() as session:
        left = select(TimerRow.kind).where(TimerRow.subject == office.id)
        assert (await session.execute(left)).scalars().all() == []


async def test_evacuation_asks_again_for_promised_help(driver: OfficeDriver) -> None:
    asked = await driver.take_ticket()
    await ask_for_help(driver.runtime, asked.token)
    await clear_help_request(driver.runtime, CARMEN, asked.ticket.id)
    await evacuate_office(driver.runtime, CARMEN, "centro", leave)
    await driver.fire_due_timers()
    seen = await driver.ticket_json(asked)
    assert (seen["help"], seen["help_answered"]) == (True, False)


@pytest.mark.parametrize("paused", [True, False])
async def test_slow_pause_does_not_undo_an_evacuation(driver: OfficeDriver, paused: bool) -> None:
    """A pause, or its end, that read the office before the evacuation was committed."""
    if not paused:
        await pause_office(driver.runtime, CARMEN, "centro", "Volvemos pronto.")
    async with driver.runtime.read_session() as session:
        before = await office_by_slug(session, "centro")
    await evacuate_office(driver.runtime, CARMEN, "centro", leave)
    async with driver.runtime.transaction() as tx:
        after = replace(before, paused=paused, pause_message=None, pause_texts=None, pause_reason=None)
        assert not await save_office_pause(tx.session, after, before)
    assert await is_evacuating(driver.runtime)


async def test_message_to_leave_is_never_replaced(driver: OfficeDriver, clock: FakeClock) -> None:
    called = await driver.take_ticket(phone=NUMBER, sms=True)
    await driver.open_desk()
    await driver.call_next()
    clock.advance(seconds=1)
    await evacuate_office(driver.runtime, CARMEN, "centro", leave)
    await driver.fire_due_timers()
    await evacuate_office(driver.runtime, CARMEN, "centro", lambda office: {**TEXTS, "es": "Puerta B."})
    unsent = await notification_rows(driver.runtime, "pending")
    assert [row.kind for row in unsent] == ["turn_evacuation"]
    assert unsent[0].payload["code"] == called.ticket.code
    assert unsent[0].payload["message"] == TEXTS["es"]
    clock.advance(minutes=20)
    await resume_office(driver.runtime, CARMEN, "centro")
    assert [row.kind for row in await notification_rows(driver.runtime, "pending")] == ["turn_resumed"]


async def test_stale_reason_of_an_ended_pause_has_no_effect(driver: OfficeDriver) -> None:
    """A process of an older version ends a pause without clearing its reason."""
    evacuated = await evacuate_office(driver.runtime, CARMEN, "centro", leave)
    assert not replace(evacuated, paused=False).is_evacuating
