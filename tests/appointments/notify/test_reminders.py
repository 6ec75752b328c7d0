"""Reminders and delay notices: once, with current facts, to expected citizens only."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from office360.appointments.notify import reminders
from office360.appointments.notify.appointment_messages import REMINDER_KINDS
from office360.appointments.notify.delays import announce_delay
from office360.appointments.notify.reminder_timers import REMINDER_TIMER, outbox_subject
from office360.appointments.service import (
    Appointment,
    AppointmentState,
    LastTestResult,
    appointment_by_id,
    appointment_token,
    book_appointment,
    cancel_appointment,
    check_in,
    mark_no_show,
    reminder_timers,
    reschedule_appointment,
    run_reminder_repair,
)
from office360.appointments.storage import appointment_rows
from office360.core.contact import push_subscriptions
from office360.core.db import timers
from office360.core.db.outbox import OutboxRow
from office360.core.db.timer_rows import TimerRow, timer_due_times
from office360.core.db.timers import TimerHandler
from office360.core.errors import Refused
from office360.core.events import EventRegistry
from office360.core.runtime import Runtime
from office360.notifications.actions.worker import send_due_messages
from office360.notifications.domain.message_content import OutboxMessage, has_expired
from office360.notifications.domain.send_results import PermanentFailure
from office360.offices.service import Office
from office360.server.runtime import make_runtime
from office360.server.settings import load_settings
from sqlalchemy import delete, select

from ...conftest import MORNING, TEST_SECRET, AppServer, FakeClock
from ...notifications.support.channels import by_sms
from ...support.office_fixture import build_office
from ...support.suite.examples import examples
from ...support.timeouts import TEST_TIMEOUT_S
from ..support.agenda_settings import set_agenda
from ..support.requesters import AMINA, DIEGO, FRIDAY_AT_9, make_booking_request

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
THURSDAY_AT_18_15 = FRIDAY_AT_9 - timedelta(hours=14, minutes=45)  # 18:00 and the spread of the reminder
FRIDAY_AT_8 = FRIDAY_AT_9 - timedelta(hours=1)
DAY, HOUR = "appointment_reminder_day", "appointment_reminder_hour"
BROWSER = push_subscriptions.PushSubscription("https://push.example.org/1", "p", "a")


class FakeLastTests:
    """The last connection test of each appointment."""

    def __init__(self) -> None:
        self.verdicts: dict[str, str] = {}

    async def load(self, _session: Any, appointment_id: str) -> LastTestResult | None:
        verdict = self.verdicts.get(appointment_id)
        return LastTestResult(verdict, None, MORNING) if verdict else None


@pytest.fixture
def connections() -> FakeLastTests:
    return FakeLastTests()


@pytest.fixture
def handlers(connections: FakeLastTests) -> Mapping[str, TimerHandler]:
    return reminder_timers(connections.load)


async def load_messages(runtime: Runtime, *kinds: str) -> list[OutboxRow]:
    async with runtime.read_session() as session:
        found = await session.execute(select(OutboxRow).order_by(OutboxRow.created_at, OutboxRow.key))
        return [row for row in found.scalars() if row.kind in (kinds or REMINDER_KINDS)]


async def reminder_due_at(runtime: Runtime, appointment: Appointment) -> datetime | None:
    async with runtime.read_session() as session:
        return (await timer_due_times(session, REMINDER_TIMER, [outbox_subject(appointment)])).get(
            outbox_subject(appointment)
        )


async def run_timers_at(
    runtime: Runtime, clock: FakeClock, moment: datetime, handlers: Mapping[str, TimerHandler]
) -> None:
    clock.set(moment)
    await timers.fire_due_timers(runtime, handlers)


async def test_booking_gets_day_and_hour_reminders(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    appointment = await book_appointment(runtime, "centro", make_booking_request())
    assert await load_messages(runtime) == []
    await run_timers_at(runtime, clock, THURSDAY_AT_18_15, handlers)
    assert [(row.kind, row.channel, row.recipient) for row in await load_messages(runtime)] == [
        (DAY, "email", "amina@example.org")
    ]
    assert await reminder_due_at(runtime, appointment) == FRIDAY_AT_8
    await run_timers_at(runtime, clock, FRIDAY_AT_8, handlers)
    assert [row.kind for row in await load_messages(runtime)] == [DAY, HOUR]
    assert await reminder_due_at(runtime, appointment) is None


async def test_reminder_uses_exactly_the_chosen_channels(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    wants = make_booking_request(phone="+34600000001", channels=by_sms("+34600000001"))
    appointment = await book_appointment(runtime, "centro", wants)
    async with runtime.transaction() as tx:
        await push_subscriptions.save_push_subscription(
            tx.session, outbox_subject(appointment), BROWSER, tx.now, tx.now + timedelta(days=9)
        )
    other = make_booking_request(DIEGO, starts_at=FRIDAY_AT_9 + timedelta(minutes=15), phone="+34600000002")
    await book_appointment(runtime, "centro", other)
    await run_timers_at(runtime, clock, FRIDAY_AT_8, handlers)
    found = await load_messages(runtime)
    assert sorted(row.channel for row in found) == ["email", "push", "sms"]
    assert {row.recipient for row in found if row.channel == "sms"} == {"+34600000001"}
    payload = next(row for row in found if row.channel == "push").payload
    assert "name" not in payload  # others may read it on a locked screen


@ON_SQLITE
async def test_reminder_content_is_current_when_written(
    runtime: Runtime,
    office: Office,
    clock: FakeClock,
    connections: FakeLastTests,
    handlers: Mapping[str, TimerHandler],
) -> None:
    appointment = await book_appointment(runtime, "centro", make_booking_request())
    connections.verdicts[appointment.id] = "red"
    await set_agenda(runtime, office, change_until=120)
    await run_timers_at(runtime, clock, THURSDAY_AT_18_15, handlers)
    [row] = await load_messages(runtime)
    assert row.payload["verdict"] == "red"
    assert row.payload["changes_until"] == "2026-11-27T06:00:00+00:00"
    assert row.payload["until"] == "2026-11-27T04:00:00+00:00"


async def test_reschedule_moves_the_reminders(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    old = await book_appointment(runtime, "centro", make_booking_request())
    monday = FRIDAY_AT_9 + timedelta(days=3)
    new = await reschedule_appointment(runtime, appointment_token(runtime, old), monday)
    assert await reminder_due_at(runtime, old) is None
    await run_timers_at(runtime, clock, FRIDAY_AT_8, handlers)
    assert await load_messages(runtime) == []
    await run_timers_at(runtime, clock, monday - timedelta(hours=1), handlers)
    assert [row.payload["appointment_id"] for row in await load_messages(runtime)] == [new.id]


async def test_cancel_voids_written_reminders(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    appointment = await book_appointment(runtime, "centro", make_booking_request())
    await run_timers_at(runtime, clock, THURSDAY_AT_18_15, handlers)
    await cancel_appointment(runtime, appointment_token(runtime, appointment))
    assert [row.state for row in await load_messages(runtime)] == ["void"]
    assert await reminder_due_at(runtime, appointment) is None


@ON_SQLITE
async def test_check_in_voids_written_reminders(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    appointment = await book_appointment(runtime, "centro", make_booking_request())
    await run_timers_at(runtime, clock, FRIDAY_AT_8, handlers)
    async with runtime.transaction() as tx:
        await check_in(tx, appointment.id)
    assert [row.state for row in await load_messages(runtime)] == ["void"]


@ON_SQLITE
@pytest.mark.parametrize("state", ["held", "preconfirmed", "no_show", "cancelled_office"])
async def test_only_confirmed_appointments_get_reminders(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler], state: str
) -> None:
    appointment = await book_appointment(runtime, "centro", make_booking_request())
    async with runtime.transaction() as tx:
        await appointment_rows.update_appointment(
            tx.session, appointment.id, AppointmentState.CONFIRMED, tx.now, state=state
        )
    await run_timers_at(runtime, clock, THURSDAY_AT_18_15, handlers)
    assert await load_messages(runtime) == []


async def test_concurrent_cancel_and_reminder_leave_no_reminder(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    appointment = await book_appointment(runtime, "centro", make_booking_request())
    clock.set(THURSDAY_AT_18_15)
    await asyncio.gather(
        timers.fire_due_timers(runtime, handlers),
        cancel_appointment(runtime, appointment_token(runtime, appointment)),
    )
    assert {row.state for row in await load_messages(runtime)} <= {"void"}


@ON_SQLITE
async def test_worker_back_after_a_day_skips_outdated_reminders(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    appointment = await book_appointment(runtime, "centro", make_booking_request())
    await run_timers_at(runtime, clock, FRIDAY_AT_9 - timedelta(hours=3), handlers)
    assert await load_messages(runtime) == []  # the evening reminder is outdated, the next one is due in two hours
    assert await reminder_due_at(runtime, appointment) == FRIDAY_AT_8
    await run_timers_at(runtime, clock, FRIDAY_AT_9, handlers)
    assert await load_messages(runtime) == []


@ON_SQLITE
async def test_failed_reminder_transaction_keeps_its_timer(
    runtime: Runtime, office: Office, clock: FakeClock, connections: FakeLastTests
) -> None:
    await book_appointment(runtime, "centro", make_booking_request())
    clock.set(THURSDAY_AT_18_15)

    async def fail(_session: Any, _appointment_id: str) -> LastTestResult | None:
        raise ConnectionError

    await timers.fire_due_timers(runtime, reminder_timers(fail))
    assert await load_messages(runtime) == []
    clock.advance(minutes=2)
    await timers.fire_due_timers(runtime, reminder_timers(connections.load))
    assert [row.kind for row in await load_messages(runtime)] == [DAY]


async def test_missing_reminder_timer_is_repaired_once(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    await book_appointment(runtime, "centro", make_booking_request())
    async with runtime.transaction() as tx:
        await tx.session.execute(delete(TimerRow))
    clock.set(THURSDAY_AT_18_15)
    assert await reminders.repair_reminder_timers(runtime) == 1
    assert await reminders.repair_reminder_timers(runtime) == 0  # its reminder is about to be sent
    await timers.fire_due_timers(runtime, handlers)
    assert await reminders.repair_reminder_timers(runtime) == 0
    await timers.fire_due_timers(runtime, handlers)
    assert [row.kind for row in await load_messages(runtime)] == [DAY]


@ON_SQLITE
async def test_changed_settings_reschedule_existing_reminders(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    appointment = await book_appointment(runtime, "centro", make_booking_request())
    await set_agenda(runtime, office, "certificate", reminders={"day_at": None, "minutes": 120})
    stop = asyncio.Event()
    repairing = asyncio.create_task(run_reminder_repair(runtime, stop))
    async with asyncio.timeout(TEST_TIMEOUT_S):
        while await reminder_due_at(runtime, appointment) != FRIDAY_AT_9 - timedelta(hours=2):
            await asyncio.sleep(0.01)
    stop.set()
    await repairing
    await run_timers_at(runtime, clock, FRIDAY_AT_9 - timedelta(hours=2), handlers)
    assert [row.kind for row in await load_messages(runtime)] == [HOUR]


# Delay notices


async def test_delay_is_announced_and_replaces_unsent_messages(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    appointment = await book_appointment(runtime, "centro", make_booking_request())
    clock.set(FRIDAY_AT_8)
    for minutes in (14, 42, 38, 50, 57, 58):
        async with runtime.transaction() as tx:
            await announce_delay(tx, appointment.id, FRIDAY_AT_9 + timedelta(minutes=minutes))
    found = await load_messages(runtime, "appointment_late")
    assert sorted(row.payload["come_at"][11:16] for row in found) == ["08:40", "08:55"]
    assert sorted(row.state for row in found) == ["pending", "void"]  # the newer notice replaces the unsent one
    async with runtime.read_session() as session:
        kept = await appointment_by_id(session, appointment.id)
    assert kept.expected_at == FRIDAY_AT_9 + timedelta(minutes=55)


@ON_SQLITE
async def test_latest_announced_time_stays_valid_after_improvement(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    appointment = await book_appointment(runtime, "centro", make_booking_request())
    clock.set(FRIDAY_AT_8)
    for minutes in (45, 20):
        async with runtime.transaction() as tx:
            assert await announce_delay(tx, appointment.id, FRIDAY_AT_9 + timedelta(minutes=minutes))
    async with runtime.read_session() as session:
        kept = await appointment_by_id(session, appointment.id)
    assert kept.told_starts_at == FRIDAY_AT_9 + timedelta(minutes=20)
    assert kept.expected_at == FRIDAY_AT_9 + timedelta(minutes=45)


@ON_SQLITE
async def test_delay_is_not_announced_to_unaffected_people(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    here, gone, later = [
        await book_appointment(
            runtime,
            "centro",
            make_booking_request({"name": "A", "email": f"{after}@example.org"}, starts_at=moment),
        )
        for after in (0, 15, 180)
        if (moment := FRIDAY_AT_9 + timedelta(minutes=after))
    ]
    clock.set(FRIDAY_AT_9 - timedelta(minutes=10))
    async with runtime.transaction() as tx:
        await check_in(tx, here.id)
    await cancel_appointment(runtime, appointment_token(runtime, gone))
    for appointment in (here, gone, later):
        async with runtime.transaction() as tx:
            assert not await announce_delay(tx, appointment.id, appointment.starts_at + timedelta(hours=1))
    assert await load_messages(runtime, "appointment_late") == []


@ON_SQLITE
async def test_office_without_delay_setting_announces_no_delay(
    runtime: Runtime, office: Office, clock: FakeClock
) -> None:
    appointment = await book_appointment(runtime, "centro", make_booking_request())
    await set_agenda(runtime, office, reminders={"late": None})
    clock.set(FRIDAY_AT_8)
    async with runtime.transaction() as tx:
        assert not await announce_delay(tx, appointment.id, FRIDAY_AT_9 + timedelta(hours=1))


@ON_SQLITE
async def test_announced_delay_suppresses_the_reminder(
    runtime: Runtime, office: Office, clock: FakeClock, handlers: Mapping[str, TimerHandler]
) -> None:
    appointment = await book_appointment(runtime, "centro", make_booking_request())
    clock.set(FRIDAY_AT_8 - timedelta(minutes=30))
    async with runtime.transaction() as tx:
        await announce_delay(tx, appointment.id, FRIDAY_AT_9 + timedelta(minutes=30))
    await run_timers_at(runtime, clock, FRIDAY_AT_8, handlers)
    assert await load_messages(runtime) == []


# SMS


@ON_SQLITE
async def test_sms_reminder_requires_a_reachable_number(app_server: AppServer) -> None:
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


# Random histories


class KillableChannel:
    """A channel that keeps messages; it can kill the worker before or after it takes one."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.delivered: list[tuple[datetime, OutboxMessage]] = []
        self.killed_when: str | None = None

    async def send(self, message: OutboxMessage) -> None:
        if has_expired(message, self.clock.now()):  # every channel checks this
            raise PermanentFailure("too_late")
        if self.killed_when == "before":
            raise KilledError
        self.delivered.append((self.clock.now(), message))
        if self.killed_when == "after":
            raise KilledError


class KilledError(BaseException):
    """The end of a worker process, without any cleanup."""


ACTS = st.one_of(
    st.tuples(st.just("book"), st.integers(0, 5)),
    st.tuples(st.sampled_from(["book", "reschedule", "cancel", "attend", "attend"]), st.integers(0, 5)),
    st.tuples(st.just("announce_delay"), st.integers(0, 90)),
    st.tuples(st.just("repair"), st.just(0)),
)
WAITS = st.sampled_from([5, 20, 55, 240, 400, 400, 1500])  # minutes
STEPS = st.lists(st.tuples(ACTS, WAITS, st.sampled_from(["", "", "", "stopped", "before", "after"])), max_size=25)


@given(steps=STEPS)
@hypothesis_settings(
    max_examples=examples(12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_history_sends_no_late_stale_or_double_reminder(
    sqlite_template: Path, tmp_path: Path, steps: Sequence[tuple[tuple[str, int], int, str]]
) -> None:
    shutil.copy(sqlite_template, tmp_path / "any.db")
    asyncio.run(_ReminderModel(f"sqlite+aiosqlite:///{tmp_path / 'any.db'}").run_history(steps))


class _ReminderModel:
    """A few appointments, a worker that stops and restarts, and a clock."""

    def __init__(self, url: str) -> None:
        self.clock = FakeClock(MORNING)
        chosen = load_settings(environment="development", secret_key=[TEST_SECRET], database_url=url)
        self.runtime = make_runtime(chosen, self.clock, EventRegistry())
        self.channel = KillableChannel(self.clock)
        self.appointments: list[Appointment] = []
        self.ended: dict[str, datetime] = {}
        self.handlers = reminder_timers(FakeLastTests().load)
        self.people = 0
        self.acts: Mapping[str, Callable[[int], Awaitable[None]]] = {
            "book": self._book,
            "reschedule": self._reschedule,
            "cancel": self._cancel,
            "attend": self._attend,
            "announce_delay": self._announce_delay,
            "repair": self._repair,
        }

    async def run_history(self, steps: Sequence[tuple[tuple[str, int], int, str]]) -> None:
        await build_office(self.runtime)
        try:
            for (act, number), minutes, worker in steps:
                await self.acts[act](number)
                self.clock.advance(minutes=minutes)
                if worker != "stopped":
                    await self._run_worker(worker)
            self.check_written(await load_messages(self.runtime))
            self.check_sent()
        finally:
            await self.runtime.bus.close()
            await self.runtime.db.close()

    async def _book(self, slot: int) -> None:
        self.people += 1
        person = {"name": "Amina", "email": f"{self.people}@example.org"}
        starts_at = self._slot(slot)
        try:
            self.appointments.append(
                await book_appointment(self.runtime, "centro", make_booking_request(person, starts_at=starts_at))
            )
        except Refused:
            return

    def _slot(self, slot: int) -> datetime:
        """Return a time soon, tomorrow or days later, within opening hours."""
        day = self.clock.now().date() + timedelta(days=slot)
        return datetime(day.year, day.month, day.day, 9, 15 * (slot % 4), tzinfo=UTC)

    def _pick(self, number: int) -> Appointment | None:
        return self.appointments[number % len(self.appointments)] if self.appointments else None

    async def _reschedule(self, number: int) -> None:
        appointment = self._pick(number)
        if appointment is None:
            return
        try:
            new = await reschedule_appointment(
                self.runtime, appointment_token(self.runtime, appointment), self._slot(number + 1)
            )
        except Refused:
            return
        if new.id not in {known.id for known in self.appointments}:
            self.ended.setdefault(appointment.id, self.clock.now())
            self.appointments.append(new)

    async def _cancel(self, number: int) -> None:
        appointment = self._pick(number)
        if appointment is None:
            return
        try:
            await cancel_appointment(self.runtime, appointment_token(self.runtime, appointment))
        except Refused:
            return
        self.ended.setdefault(appointment.id, self.clock.now())

    async def _attend(self, number: int) -> None:
        appointment = self._pick(number)
        if appointment is None:
            return
        try:
            async with self.runtime.transaction() as tx:
                await (check_in if number % 2 else mark_no_show)(tx, appointment.id)
        except Refused:
            return
        self.ended.setdefault(appointment.id, self.clock.now())

    async def _announce_delay(self, minutes: int) -> None:
        for appointment in self.appointments:
            async with self.runtime.transaction() as tx:
                await announce_delay(tx, appointment.id, appointment.starts_at + timedelta(minutes=minutes))

    async def _repair(self, _: int) -> None:
        await reminders.repair_reminder_timers(self.runtime)

    async def _run_worker(self, killed_when: str) -> None:
        """Run the worker; the next one takes the claims of a killed worker minutes later."""
        self.channel.killed_when = killed_when or None
        try:
            await timers.fire_due_timers(self.runtime, self.handlers)
            while await send_due_messages(self.runtime, {"email": self.channel}, jitter=lambda: 0.0):
                pass
        except KilledError:
            self.clock.advance(minutes=5)

    def check_written(self, rows: Sequence[OutboxRow]) -> None:
        by_id = {appointment.id: appointment for appointment in self.appointments}
        for row in rows:
            appointment = by_id[row.payload["appointment_id"]]
            assert row.created_at < datetime.fromisoformat(row.payload["until"]) <= appointment.starts_at
            assert row.created_at <= self.ended.get(appointment.id, row.created_at), (
                "written for an ended appointment"
            )

    def check_sent(self) -> None:
        by_id = {appointment.id: appointment for appointment in self.appointments}
        keys: dict[tuple[str, str], set[str]] = {}
        for sent_at, message in self.channel.delivered:
            if message.kind not in REMINDER_KINDS:
                continue
            appointment = by_id[message.payload["appointment_id"]]
            assert sent_at < appointment.starts_at, "reminded after the start"
            assert sent_at <= self.ended.get(appointment.id, sent_at), "reminded of an ended appointment"
            keys.setdefault((appointment.id, message.kind), set()).add(message.key)
        assert all(len(each) == 1 for each in keys.values()), "reminded twice"
