"""The monthly figures by e-mail: once a month, late after an outage, and to whom."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from office360.core.db.outbox import OutboxRow
from office360.core.edited_values import form_version
from office360.core.runtime import Runtime
from office360.management.actions.figure_mails import (
    send_due_figure_mails,
    turn_off_figure_mail,
    turn_on_figure_mail,
)
from office360.management.storage.figure_mail_rows import figure_mail_of_user
from office360.notifications.actions.preferences import contact_preferences, set_group_preference
from office360.notifications.domain.contact_tokens import contact_token
from office360.offices.service import office_by_slug
from office360.staff.service import OPERATOR, account_values, change_person, disable_person, load_person_record
from sqlalchemy import select

from ...conftest import AppServer, FakeClock
from ...figures.support.recorded_visits import record_visits, visits_at
from ...staff.conftest import load_principal

EMAIL = "carmen@example.org"
BEFORE = datetime(2026, 12, 1, 6, 59, tzinfo=UTC)  # 7:59 in Madrid on a working day
DUE = datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


async def set_email(runtime: Runtime, username: str, email: str | None = EMAIL, **changes: object) -> str:
    principal = await load_principal(runtime, username)
    async with runtime.read_session() as session:
        record = await load_person_record(session, principal.id, runtime.now())
    assert record is not None
    stored = record.person.details
    wanted = replace(stored, email=email, **changes)  # type: ignore[arg-type]
    await change_person(runtime, OPERATOR, principal.id, form_version(account_values(stored)), wanted)
    return principal.id


async def written_mails(runtime: Runtime) -> list[OutboxRow]:
    async with runtime.read_session() as session:
        rows = select(OutboxRow).where(OutboxRow.kind == "monthly_figures").order_by(OutboxRow.id)
        return list((await session.scalars(rows)).all())


@pytest.fixture
async def subscribed(managers: AppServer, clock: FakeClock, office: object) -> Runtime:
    """Subscribe carmen to the central office, where people waited 10 minutes in November."""
    runtime = managers.runtime
    async with runtime.read_session() as session:
        centro = await office_by_slug(session, "centro")
    await record_visits(runtime, centro, visits_at(centro, date(2026, 11, 24), time(9), 12, 10))
    await set_email(runtime, "carmen")
    await turn_on_figure_mail(runtime, await load_principal(runtime, "carmen"), ["centro"], "es")
    return runtime


async def test_mail_is_written_once_on_the_first_working_day(subscribed: Runtime, clock: FakeClock) -> None:
    assert await send_due_figure_mails(subscribed) == 0  # the month before it was turned on is not reported
    clock.set(BEFORE)
    assert await send_due_figure_mails(subscribed) == 0
    clock.set(DUE)
    assert sum(await asyncio.gather(*(send_due_figure_mails(subscribed) for _ in range(3)))) == 1
    clock.advance(hours=1)
    assert await send_due_figure_mails(subscribed) == 0
    (mail,) = await written_mails(subscribed)
    assert (mail.recipient, mail.language, mail.office) == (EMAIL, "es", "centro")
    marks = {mark["key"]: mark["value"] for mark in mail.payload["offices"][0]["marks"]}
    assert (marks["tickets"], marks["wait_p50"]) == (12, 10)


async def test_worker_that_was_down_writes_it_later_by_day(subscribed: Runtime, clock: FakeClock) -> None:
    clock.set(datetime(2026, 12, 9, 2, 0, tzinfo=UTC))
    assert await send_due_figure_mails(subscribed) == 0  # not at night
    clock.advance(hours=6)
    assert await send_due_figure_mails(subscribed) == 1
    clock.set(datetime(2027, 1, 4, 9, 0, tzinfo=UTC))  # the first of January was a holiday Friday
    assert await send_due_figure_mails(subscribed) == 1
    assert len({mail.key for mail in await written_mails(subscribed)}) == 2


async def test_unsubscribe_link_stops_until_it_is_turned_on_again(subscribed: Runtime, clock: FakeClock) -> None:
    token = contact_token(subscribed.tokens, "email", EMAIL)
    citizen = await contact_preferences(subscribed, token)
    assert "figures" not in {group.group for group in citizen.groups}  # only staff have such messages
    await set_group_preference(subscribed, token, "figures", stop=True)
    clock.set(DUE)
    assert await send_due_figure_mails(subscribed) == 0
    await turn_on_figure_mail(subscribed, await load_principal(subscribed, "carmen"), ["centro"], "en")
    assert await send_due_figure_mails(subscribed) == 0  # begins with the next month
    clock.set(datetime(2027, 1, 4, 9, 0, tzinfo=UTC))
    assert await send_due_figure_mails(subscribed) == 1


async def test_person_who_lost_the_office_gets_nothing(subscribed: Runtime, clock: FakeClock) -> None:
    await set_email(subscribed, "carmen", offices=frozenset({"norte"}))
    clock.set(DUE)
    assert await send_due_figure_mails(subscribed) == 0
    assert await written_mails(subscribed) == []


async def test_disabled_account_and_turning_off_delete_it(subscribed: Runtime, clock: FakeClock) -> None:
    carmen = await load_principal(subscribed, "carmen")
    await turn_off_figure_mail(subscribed, carmen)
    await turn_on_figure_mail(subscribed, carmen, ["centro"], "es")
    await disable_person(subscribed, OPERATOR, carmen.id)
    async with subscribed.read_session() as session:
        assert await figure_mail_of_user(session, carmen.id) is None
    clock.set(DUE + timedelta(days=1))
    assert await send_due_figure_mails(subscribed) == 0
