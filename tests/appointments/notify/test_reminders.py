"""Reminders as they are written and sent: once, with what is true then, to whoever still waits for the visit."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from office360.appointments.notify import reminders
from office360.appointments.notify.appointment_messages import REMIND, REMINDERS, subject
from office360.appointments.service import (
    Appointment,
    AppointmentState,
    LastTest,
    appointment_by_id,
    book,
    cancel,
    check_in,
    keep_reminding,
    mark_no_show,
    reschedule,
    tell_late,
    timers_of,
    token_of,
)
from office360.appointments.storage import appointment_rows
from office360.core.contact import push_subscriptions
from office360.core.db import timers
from office360.core.db.outbox import OutboxRow
from office360.core.db.timers import TimerHandler, TimerRow
from office360.core.errors import Refused
from office360.core.events import Events
from office360.core.runtime import Runtime
from office360.notifications.domain.message_content import Message, has_outlived
from office360.notifications.service import Undeliverable, work_once
from office360.offices.service import Office
from office360.server.lifespan import make_runtime
from office360.server.settings import load_settings
from sqlalchemy import delete, select

from ...conftest import MORNING, SECRET, AppServer, FakeClock
from ...support.office_fixture import build_office
from ...support.timeouts import PATIENCE_S
from ..support.agenda_settings import set_agenda
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, asking

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
THURSDAY_AT_18_15 = FRIDAY_AT_9 - timedelta(hours=14, minutes=45)  # the reminder of 18:00 has its few minutes
FRIDAY_AT_8 = FRIDAY_AT_9 - timedelta(hours=1)
DAY, HOUR = "appointment_reminder_day", "appointment_reminder_hour"
BROWSER = push_subscriptions.Browser("https://push.example.org/1", "p", "a")


class Connections:
    """What the test room knows, by appointment."""

    def __init__(self) -> None:
        self.verdicts: dict[str, str] = {}

    async def last(self, _session: Any, appointment_id: str) -> LastTest | None:
        verdict = self.verdicts.get(appointment_id)
        return LastTest(verdict, None, MORNING) if verdict else None


@pytest.fixture
def connections() -> Connections:
    return Connections()


@pytest.fixture
def handlers(connections: Connections) -> Mapping[str, TimerHandler]:
    return timers_of(connections.last)


async def written(runtime: Runtime, *kinds: str) -> list[OutboxRow]:
    async with runtime.reading() as session:
        found = await session.execute(select(OutboxRow).order_by(OutboxRow.created_at, OutboxRow.key))
        return [row for row in found.scalars() if row.kind in (kinds or REMINDERS)]


async def timer(runtime: Runtime, appointment: Appointment) -> datetime | None:
    async with runtime.reading() as session:
        return (await timers.due_of(session, REMIND, [subject(appointment)])).get(subject(appointment))


async def at(runtime: Runtime, clock: FakeClock, moment: datetime, handlers: Mapping[str, TimerHandler]) -> None:
    clock.set(moment)
    await timers.fire_due(runtime, handlers)


async def test_a_booking_is_reminded_on_the_day_before_and_an_hour_before(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    appointment = await book(runtime, "centro", asking())
    assert await written(runtime) == []
    await at(runtime, clock, THURSDAY_AT_18_15, handlers)
    assert [(row.kind, row.channel, row.recipient) for row in await written(runtime)] == [
        (DAY, "email", "amina@example.org")
    ]
    assert await timer(runtime, appointment) == FRIDAY_AT_8
    await at(runtime, clock, FRIDAY_AT_8, handlers)
    assert [row.kind for row in await written(runtime)] == [DAY, HOUR]
    assert await timer(runtime, appointment) is None


async def test_every_way_that_was_chosen_is_used_and_no_other(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    wants = asking(phone="+34600000001", remind_by_sms=True)
    appointment = await book(runtime, "centro", wants)
    async with runtime.transaction() as tx:
        await push_subscriptions.subscribe(
            tx.session, subject(appointment), BROWSER, tx.now, tx.now + timedelta(days=9)
        )
    other = asking(DIEGO, starts_at=FRIDAY_AT_9 + timedelta(minutes=15), phone="+34600000002")
    await book(runtime, "centro", other)
    await at(runtime, clock, FRIDAY_AT_8, handlers)
    found = await written(runtime)
    assert sorted(row.channel for row in found) == ["email", "push", "sms"]
    assert {row.recipient for row in found if row.channel == "sms"} == {"+34600000001"}
    told = next(row for row in found if row.channel == "push").payload
    assert "name" not in told  # read on a locked screen


@ON_SQLITE
async def test_a_reminder_says_what_is_true_when_it_leaves(
    runtime: Runtime,
    office: Office,
    clock: FakeClock,
    connections: Connections,
    handlers: Mapping[str, TimerHandler],
) -> None:
    appointment = await book(runtime, "centro", asking())
    connections.verdicts[appointment.id] = "red"
    await set_agenda(runtime, office, change_until=120)
    await at(runtime, clock, THURSDAY_AT_18_15, handlers)
    [row] = await written(runtime)
    assert row.payload["verdict"] == "red"
    assert row.payload["changes_until"] == "2026-11-27T06:00:00+00:00"
    assert row.payload["until"] == "2026-11-27T04:00:00+00:00"


async def test_a_move_takes_the_reminders_along(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    old = await book(runtime, "centro", asking())
    monday = FRIDAY_AT_9 + timedelta(days=3)
    new = await reschedule(runtime, token_of(runtime, old), monday)
    assert await timer(runtime, old) is None
    await at(runtime, clock, FRIDAY_AT_8, handlers)
    assert await written(runtime) == []
    await at(runtime, clock, monday - timedelta(hours=1), handlers)
    assert [row.payload["appointment_id"] for row in await written(runtime)] == [new.id]


async def test_whoever_cancelled_is_reminded_of_nothing_not_even_by_what_was_written(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    appointment = await book(runtime, "centro", asking())
    await at(runtime, clock, THURSDAY_AT_18_15, handlers)
    await cancel(runtime, token_of(runtime, appointment))
    assert [row.state for row in await written(runtime)] == ["void"]
    assert await timer(runtime, appointment) is None


@ON_SQLITE
async def test_whoever_is_here_is_not_reminded_any_more(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    appointment = await book(runtime, "centro", asking())
    await at(runtime, clock, FRIDAY_AT_8, handlers)
    async with runtime.transaction() as tx:
        await check_in(tx, appointment.id)
    assert [row.state for row in await written(runtime)] == ["void"]


@ON_SQLITE
@pytest.mark.parametrize("state", ["held", "preconfirmed", "no_show", "cancelled_office"])
async def test_only_what_is_confirmed_is_reminded_of(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler], state: str
) -> None:
    appointment = await book(runtime, "centro", asking())
    async with runtime.transaction() as tx:
        await appointment_rows.change(tx.session, appointment.id, AppointmentState.CONFIRMED, tx.now, state=state)
    await at(runtime, clock, THURSDAY_AT_18_15, handlers)
    assert await written(runtime) == []


async def test_a_cancellation_and_a_reminder_of_one_moment_leave_no_reminder(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    appointment = await book(runtime, "centro", asking())
    clock.set(THURSDAY_AT_18_15)
    await asyncio.gather(timers.fire_due(runtime, handlers), cancel(runtime, token_of(runtime, appointment)))
    assert {row.state for row in await written(runtime)} <= {"void"}


@ON_SQLITE
async def test_a_worker_that_was_away_for_a_day_reminds_nobody_too_late(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    appointment = await book(runtime, "centro", asking())
    await at(runtime, clock, FRIDAY_AT_9 - timedelta(hours=3), handlers)
    assert await written(runtime) == []  # the one of the evening is over, the next comes in two hours
    assert await timer(runtime, appointment) == FRIDAY_AT_8
    await at(runtime, clock, FRIDAY_AT_9, handlers)
    assert await written(runtime) == []


@ON_SQLITE
async def test_a_process_that_dies_before_its_commit_leaves_the_timer(
    runtime: Runtime, office: Office, clock: FakeClock, connections: Connections
) -> None:
    await book(runtime, "centro", asking())
    clock.set(THURSDAY_AT_18_15)

    async def dies(_session: Any, _appointment_id: str) -> LastTest | None:
        raise ConnectionError

    await timers.fire_due(runtime, timers_of(dies))
    assert await written(runtime) == []
    clock.advance(minutes=2)
    await timers.fire_due(runtime, timers_of(connections.last))
    assert [row.kind for row in await written(runtime)] == [DAY]


async def test_whoever_booked_before_there_were_reminders_gets_theirs_once(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    await book(runtime, "centro", asking())
    async with runtime.transaction() as tx:
        await tx.session.execute(delete(TimerRow))
    clock.set(THURSDAY_AT_18_15)
    assert await reminders.look_after(runtime) == 1
    assert await reminders.look_after(runtime) == 0  # it is about to do its work
    await timers.fire_due(runtime, handlers)
    assert await reminders.look_after(runtime) == 0
    await timers.fire_due(runtime, handlers)
    assert [row.kind for row in await written(runtime)] == [DAY]


@ON_SQLITE
async def test_a_changed_rule_counts_for_whoever_has_booked(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    appointment = await book(runtime, "centro", asking())
    await set_agenda(runtime, office, "certificate", reminders={"day_at": None, "minutes": 120})
    stop = asyncio.Event()
    looking = asyncio.create_task(keep_reminding(runtime, stop))
    async with asyncio.timeout(PATIENCE_S):
        while await timer(runtime, appointment) != FRIDAY_AT_9 - timedelta(hours=2):
            await asyncio.sleep(0.01)
    stop.set()
    await looking
    await at(runtime, clock, FRIDAY_AT_9 - timedelta(hours=2), handlers)
    assert [row.kind for row in await written(runtime)] == [HOUR]


# Running late


async def test_whoever_has_not_come_is_told_once_when_to_come_instead(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    appointment = await book(runtime, "centro", asking())
    clock.set(FRIDAY_AT_8)
    for minutes in (14, 42, 38, 50, 57, 58):
        async with runtime.transaction() as tx:
            await tell_late(tx, appointment.id, FRIDAY_AT_9 + timedelta(minutes=minutes))
    found = await written(runtime, "appointment_late")
    assert sorted(row.payload["come_at"][11:16] for row in found) == ["08:40", "08:55"]
    assert sorted(row.state for row in found) == ["pending", "void"]  # the newer in place of what has not left
    async with runtime.reading() as session:
        kept = await appointment_by_id(session, appointment.id)
    assert kept.expected_at == FRIDAY_AT_9 + timedelta(minutes=55)


@ON_SQLITE
async def test_whoever_was_told_a_later_time_keeps_it_when_things_go_better(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    appointment = await book(runtime, "centro", asking())
    clock.set(FRIDAY_AT_8)
    for minutes in (45, 20):
        async with runtime.transaction() as tx:
            assert await tell_late(tx, appointment.id, FRIDAY_AT_9 + timedelta(minutes=minutes))
    async with runtime.reading() as session:
        kept = await appointment_by_id(session, appointment.id)
    assert kept.told_starts_at == FRIDAY_AT_9 + timedelta(minutes=20)
    assert kept.expected_at == FRIDAY_AT_9 + timedelta(minutes=45)


@ON_SQLITE
async def test_nobody_is_told_who_is_here_has_cancelled_or_comes_much_later(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    here, gone, later = [
        await book(runtime, "centro", asking({"name": "A", "email": f"{after}@example.org"}, starts_at=moment))
        for after in (0, 15, 180)
        if (moment := FRIDAY_AT_9 + timedelta(minutes=after))
    ]
    clock.set(FRIDAY_AT_9 - timedelta(minutes=10))
    async with runtime.transaction() as tx:
        await check_in(tx, here.id)
    await cancel(runtime, token_of(runtime, gone))
    for one in (here, gone, later):
        async with runtime.transaction() as tx:
            assert not await tell_late(tx, one.id, one.starts_at + timedelta(hours=1))
    assert await written(runtime, "appointment_late") == []


@ON_SQLITE
async def test_an_office_that_does_not_tell_lateness_tells_nobody(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    appointment = await book(runtime, "centro", asking())
    await set_agenda(runtime, office, reminders={"late": None})
    clock.set(FRIDAY_AT_8)
    async with runtime.transaction() as tx:
        assert not await tell_late(tx, appointment.id, FRIDAY_AT_9 + timedelta(hours=1))


@ON_SQLITE
async def test_whoever_was_told_to_come_later_is_not_reminded_of_the_old_time(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    appointment = await book(runtime, "centro", asking())
    clock.set(FRIDAY_AT_8 - timedelta(minutes=30))
    async with runtime.transaction() as tx:
        await tell_late(tx, appointment.id, FRIDAY_AT_9 + timedelta(minutes=30))
    await at(runtime, clock, FRIDAY_AT_8, handlers)
    assert await written(runtime) == []


# Who wants an SMS


@ON_SQLITE
async def test_whoever_wants_an_sms_has_a_number_that_gets_one(app_server: AppServer) -> None:
    asked = {
        **AMINA,
        "office": "centro",
        "service": "certificate",
        "mode": "video",
        "starts_at": FRIDAY_AT_9.isoformat(),
        "privacy_accepted": True,
        "remind_by_sms": True,
    }
    async with app_server.client() as client:
        refused = {None: "required", "+4915112345678": "phone_country", "912345678": "phone_not_mobile"}
        for number, code in refused.items():
            answer = await client.post("/api/v1/appointments", json=asked | {"phone": number})
            assert answer.status == 422
            [wrong] = (await answer.json())["errors"]
            assert (wrong["field"], wrong["code"]) == ("phone", code)
        answer = await client.post("/api/v1/appointments", json=asked | {"phone": "600000001"})
        assert answer.status == 201
        time = f"starts_at={FRIDAY_AT_9.isoformat().replace('+00:00', 'Z')}"
        page = await client.get(f"/appointments/new?office=centro&service=complaints&mode=video&{time}")
        assert 'name="remind_by_sms"' in await page.text()


# Whatever happens


class Letterbox:
    """Takes letters; a worker can be killed before or after it hands one over."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.taken: list[tuple[datetime, Message]] = []
        self.dies: str | None = None

    async def send(self, message: Message) -> None:
        if has_outlived(message, self.clock.now()):  # as every channel looks
            raise Undeliverable("too_late")
        if self.dies == "before":
            raise KilledError
        self.taken.append((self.clock.now(), message))
        if self.dies == "after":
            raise KilledError


class KilledError(BaseException):
    """The process ends here: nothing that it had under way is closed."""


ACTS = st.one_of(
    st.tuples(st.just("book"), st.integers(0, 5)),
    st.tuples(st.sampled_from(["book", "move", "cancel", "come", "come"]), st.integers(0, 5)),
    st.tuples(st.just("late"), st.integers(0, 90)),
    st.tuples(st.just("look"), st.just(0)),
)
WAITS = st.sampled_from([5, 20, 55, 240, 400, 400, 1500])  # minutes
STEPS = st.lists(st.tuples(ACTS, WAITS, st.sampled_from(["", "", "", "away", "before", "after"])), max_size=25)


@given(steps=STEPS)
@hypothesis_settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_nobody_is_reminded_after_the_begin_or_of_a_visit_that_is_off_and_of_none_twice(
    sqlite_template: Path, tmp_path: Path, steps: Sequence[tuple[tuple[str, Any], int, str]]
) -> None:
    shutil.copy(sqlite_template, tmp_path / "any.db")
    asyncio.run(_Life(f"sqlite+aiosqlite:///{tmp_path / 'any.db'}").live(steps))


class _Life:
    """A few appointments, a worker that comes and goes, and a clock that only goes on."""

    def __init__(self, url: str) -> None:
        self.clock = FakeClock(MORNING)
        chosen = load_settings(environment="development", secret_key=[SECRET], database_url=url)
        self.runtime = make_runtime(chosen, self.clock, Events())
        self.box = Letterbox(self.clock)
        self.mine: list[Appointment] = []
        self.ended: dict[str, datetime] = {}
        self.handlers = timers_of(Connections().last)
        self.people = 0

    async def live(self, steps: Sequence[tuple[tuple[str, Any], int, str]]) -> None:
        await build_office(self.runtime)
        try:
            for (what, how), minutes, worker in steps:
                await getattr(self, f"_{what}")(how)
                self.clock.advance(minutes=minutes)
                if worker != "away":
                    await self._work(worker)
            self.check_written(await written(self.runtime))
            self.check_sent()
        finally:
            await self.runtime.bus.close()
            await self.runtime.db.close()

    async def _book(self, slot: int) -> None:
        self.people += 1
        person = {"name": "Amina", "email": f"{self.people}@example.org"}
        starts_at = self._slot(slot)
        try:
            self.mine.append(await book(self.runtime, "centro", asking(person, starts_at=starts_at)))
        except Refused:
            return

    def _slot(self, slot: int) -> datetime:
        """Soon, tomorrow, or days later, always when the office is open."""
        day = self.clock.now().date() + timedelta(days=slot)
        return datetime(day.year, day.month, day.day, 9, 15 * (slot % 4), tzinfo=UTC)

    def _one(self, number: int) -> Appointment | None:
        return self.mine[number % len(self.mine)] if self.mine else None

    async def _move(self, number: int) -> None:
        one = self._one(number)
        if one is None:
            return
        try:
            new = await reschedule(self.runtime, token_of(self.runtime, one), self._slot(number + 1))
        except Refused:
            return
        if new.id not in {known.id for known in self.mine}:
            self.ended.setdefault(one.id, self.clock.now())
            self.mine.append(new)

    async def _cancel(self, number: int) -> None:
        one = self._one(number)
        if one is None:
            return
        try:
            await cancel(self.runtime, token_of(self.runtime, one))
        except Refused:
            return
        self.ended.setdefault(one.id, self.clock.now())

    async def _come(self, number: int) -> None:
        one = self._one(number)
        if one is None:
            return
        try:
            async with self.runtime.transaction() as tx:
                await (check_in if number % 2 else mark_no_show)(tx, one.id)
        except Refused:
            return
        self.ended.setdefault(one.id, self.clock.now())

    async def _late(self, minutes: int) -> None:
        for one in self.mine:
            async with self.runtime.transaction() as tx:
                await tell_late(tx, one.id, one.starts_at + timedelta(minutes=minutes))

    async def _look(self, _: int) -> None:
        await reminders.look_after(self.runtime)

    async def _work(self, dies: str) -> None:
        """The worker does what is due; killed, it leaves its claims to the next, some minutes later."""
        self.box.dies = dies or None
        try:
            await timers.fire_due(self.runtime, self.handlers)
            while await work_once(self.runtime, {"email": self.box}, jitter=lambda: 0.0):
                pass
        except KilledError:
            self.clock.advance(minutes=5)

    def check_written(self, rows: Sequence[OutboxRow]) -> None:
        by_id = {one.id: one for one in self.mine}
        for row in rows:
            one = by_id[row.payload["appointment_id"]]
            assert row.created_at < datetime.fromisoformat(row.payload["until"]) <= one.starts_at
            assert row.created_at <= self.ended.get(one.id, row.created_at), "written for a visit that is off"

    def check_sent(self) -> None:
        by_id = {one.id: one for one in self.mine}
        told: dict[tuple[str, str], set[str]] = {}
        for at_, message in self.box.taken:
            if message.kind not in REMINDERS:
                continue
            one = by_id[message.payload["appointment_id"]]
            assert at_ < one.starts_at, "reminded after the begin"
            assert at_ <= self.ended.get(one.id, at_), "reminded of a visit that is off"
            told.setdefault((one.id, message.kind), set()).add(message.key)
        assert all(len(keys) == 1 for keys in told.values()), "reminded twice"
