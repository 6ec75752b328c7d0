"""Stored connection tests: code, report, appointment, deletion. On both databases."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from office360.appointments import service as appointments
from office360.appointments.service import Appointment
from office360.core.db import timers
from office360.core.errors import Gone, NotFound
from office360.core.runtime import Runtime
from office360.core.tokens import hash_token
from office360.offices.service import Office, office_topic
from office360.precheck.actions import connection_tests
from office360.precheck.domain import codes
from office360.precheck.domain.measurement_times import Part, times_from_ages
from office360.precheck.storage import connection_test_rows
from office360.precheck.storage.measurement_schemas import MeasurementsMessage

from ...appointments.support.requesters import make_booking_request
from ...conftest import FakeClock
from ...support.timeouts import TEST_TIMEOUT_S

WEAK = MeasurementsMessage.model_validate({"rtt_ms": 84, "loss_up_pct": 3.1, "path": "udp", "up_kbps": 640})
UNFINISHED = connection_tests.ReportContext(finished=False)


@pytest.fixture
async def amina(runtime: Runtime, office: Office) -> Appointment:
    return await appointments.book_appointment(runtime, "centro", make_booking_request())


def appointment_token(runtime: Runtime, appointment: Appointment) -> str:
    return appointments.appointment_token(runtime, appointment)


@pytest.fixture
async def told(runtime: Runtime) -> AsyncIterator[asyncio.Event]:
    """An event that is set when a change of the office is published."""
    event = asyncio.Event()

    async def hear(_message: Any) -> None:
        event.set()

    subscription = await runtime.bus.subscribe(office_topic("centro"), hear)
    yield event
    await subscription.close()


async def test_life_of_a_test_is_logged(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "office360.precheck"):
        begun, token = await connection_tests.create_test(runtime, "room", None)
        await connection_tests.add_report(runtime, token, WEAK)
    lines = [(record.getMessage(), record.__dict__["test"]) for record in caplog.records]
    assert lines == [("test_created", begun.id), ("test_reported", begun.id)]
    assert caplog.records[1].__dict__["grade"] == "amber"


async def test_report_is_found_by_token_and_by_code(runtime: Runtime) -> None:
    begun, token = await connection_tests.create_test(runtime, "room", None)
    await connection_tests.add_report(runtime, token, WEAK)
    async with runtime.read_session() as session:
        by_token = await connection_tests.find_test_by_token(session, token)
        by_code = await connection_tests.find_test_by_code(session, (begun.code or "").lower().replace("-", " "))
    assert by_token == by_code
    assert (by_token.measurements.loss_up_pct, by_token.verdict.grade) == (3.1, "amber")


async def test_token_contains_room_and_is_stored_hashed(runtime: Runtime) -> None:
    test, token = await connection_tests.create_test(runtime, "a1b2c3d4", None)
    room, _, secret = token.partition(".")
    assert (room, len(secret) >= 22) == ("a1b2c3d4", True)
    async with runtime.read_session() as session:
        assert await connection_test_rows.load_test_by_token_hash(session, token) is None
        assert (await connection_test_rows.load_test_by_token_hash(session, hash_token(token))) == test


@pytest.mark.parametrize("token", ["", "x", "room.x", "room." + "x" * 24])
async def test_unknown_token_is_not_found(runtime: Runtime, token: str) -> None:
    async with runtime.read_session() as session:
        with pytest.raises(NotFound):
            await connection_tests.find_test_by_token(session, token)
    with pytest.raises(NotFound):
        await connection_tests.add_report(runtime, token, WEAK)


async def test_unknown_appointment_creates_no_test(runtime: Runtime) -> None:
    with pytest.raises(NotFound):
        await connection_tests.create_test(runtime, "room", "x" * 24)


async def test_appointment_report_notifies_its_office(
    runtime: Runtime, amina: Appointment, told: asyncio.Event
) -> None:
    test, token = await connection_tests.create_test(runtime, "room", appointment_token(runtime, amina))
    assert (test.appointment_id, test.office_slug) == (amina.id, "centro")
    await connection_tests.add_report(runtime, token, WEAK)
    await asyncio.wait_for(told.wait(), TEST_TIMEOUT_S)


async def test_latest_reported_test_of_appointment_counts(
    runtime: Runtime, amina: Appointment, clock: FakeClock
) -> None:
    async with runtime.read_session() as session:
        assert await connection_tests.latest_test_summaries(session, [amina.id]) == {}
    first, token = await connection_tests.create_test(runtime, "room", appointment_token(runtime, amina))
    await connection_tests.add_report(runtime, token, WEAK)
    clock.advance(minutes=5)
    second, token = await connection_tests.create_test(runtime, "room", appointment_token(runtime, amina))
    async with runtime.read_session() as session:
        assert (await connection_tests.latest_test_summaries(session, [amina.id]))[amina.id].code == first.code
    await connection_tests.add_report(runtime, token, MeasurementsMessage(rtt_ms=20))
    async with runtime.read_session() as session:
        latest = (await connection_tests.latest_test_summaries(session, [amina.id]))[amina.id]
        history = await connection_tests.test_summaries_of_appointment(session, amina.id)
    assert (latest.code, latest.verdict) == (second.code, "unknown")
    assert [test.code for test in history] == [second.code, first.code]
    assert history[1].advice_codes == ("other_network", "close_other_programs")


async def test_report_can_be_replaced_within_a_day(runtime: Runtime, clock: FakeClock) -> None:
    _, token = await connection_tests.create_test(runtime, "room", None)
    await connection_tests.add_report(runtime, token, WEAK)
    clock.advance(hours=23, minutes=59)
    test = await connection_tests.add_report(runtime, token, MeasurementsMessage(rtt_ms=900))
    assert (test.measurements.rtt_ms, test.verdict.grade) == (900, "red")
    clock.advance(minutes=1)
    with pytest.raises(Gone, match="test_over"):
        await connection_tests.add_report(runtime, token, WEAK)


async def test_unfinished_report_never_replaces_a_finished_one(runtime: Runtime, clock: FakeClock) -> None:
    _, token = await connection_tests.create_test(runtime, "room", None)
    left = await connection_tests.add_report(runtime, token, MeasurementsMessage(rtt_ms=20), UNFINISHED)
    assert (left.finished, left.measurements.rtt_ms) == (False, 20)
    whole = await connection_tests.add_report(runtime, token, WEAK)
    clock.advance(minutes=1)
    assert await connection_tests.add_report(runtime, token, MeasurementsMessage(rtt_ms=20), UNFINISHED) == whole


async def test_late_report_keeps_its_measurement_time(runtime: Runtime, clock: FakeClock) -> None:
    _, token = await connection_tests.create_test(runtime, "room", None)
    moments = times_from_ages({Part.DEVICES: 7_300, Part.NETWORK: 7_200}, clock.now())
    test = await connection_tests.add_report(
        runtime, token, WEAK, connection_tests.ReportContext(measurement_times=moments)
    )
    assert (test.measured_at, test.measurement_times) == (clock.now() - timedelta(hours=2), moments)


async def test_unfinished_test_counts_only_without_a_finished_one(
    runtime: Runtime, amina: Appointment, clock: FakeClock
) -> None:
    async def latest() -> tuple[str | None, bool]:
        async with runtime.read_session() as session:
            found = (await connection_tests.latest_test_summaries(session, [amina.id]))[amina.id]
        return found.code, found.finished

    codes = []
    for how in (UNFINISHED, connection_tests.ReportContext(), UNFINISHED):
        test, token = await connection_tests.create_test(runtime, "room", appointment_token(runtime, amina))
        await connection_tests.add_report(runtime, token, WEAK, how)
        codes.append((test.code, await latest()))
        clock.advance(minutes=5)
    (left, first), (whole, second), (_, third) = codes
    assert (first, second, third) == ((left, False), (whole, True), (whole, True))


async def test_offer_is_refused_10_minutes_after_creation(runtime: Runtime, clock: FakeClock) -> None:
    _, token = await connection_tests.create_test(runtime, "room", None)
    clock.advance(minutes=9)
    await connection_tests.find_test_for_offer(runtime, token)
    clock.advance(minutes=1)
    with pytest.raises(Gone, match="test_over"):
        await connection_tests.find_test_for_offer(runtime, token)


async def test_link_to_an_appointment_is_made_only_once(
    runtime: Runtime, amina: Appointment, told: asyncio.Event
) -> None:
    test, token = await connection_tests.create_test(runtime, "room", None)
    await connection_tests.add_report(runtime, token, WEAK)
    async with runtime.transaction() as tx:
        await connection_tests.link_test_to_appointment(tx, amina.id, "centro", code=(test.code or "").lower())
    await asyncio.wait_for(told.wait(), TEST_TIMEOUT_S)
    async with runtime.transaction() as tx:
        await connection_tests.link_test_to_appointment(tx, "somebody else's", "norte", code=test.code)
    async with runtime.read_session() as session:
        assert (await connection_tests.latest_test_summaries(session, [amina.id]))[amina.id].code == test.code
        assert (await connection_tests.find_test_by_token(session, token)).office_slug == "centro"


@pytest.mark.parametrize("code", ["", "nonsense", "K7-41"])
async def test_unknown_code_links_nothing(runtime: Runtime, amina: Appointment, code: str) -> None:
    async with runtime.transaction() as tx:
        await connection_tests.link_test_to_appointment(tx, amina.id, "centro", code=code)
    async with runtime.read_session() as session:
        assert await connection_tests.test_summaries_of_appointment(session, amina.id) == []


async def test_reports_expire_after_30_days_and_empty_tests_after_1(runtime: Runtime, clock: FakeClock) -> None:
    _, reported = await connection_tests.create_test(runtime, "room", None)
    _, empty = await connection_tests.create_test(runtime, "room", None)
    await connection_tests.add_report(runtime, reported, WEAK)

    async def kept() -> list[str]:
        found = []
        async with runtime.read_session() as session:
            for token in (reported, empty):
                if await connection_test_rows.load_test_by_token_hash(session, hash_token(token)):
                    found.append(token)
        return found

    clock.advance(days=1, seconds=-1)
    await timers.fire_due_timers(runtime, connection_tests.TIMERS)
    assert await kept() == [reported, empty]
    clock.advance(seconds=1)
    assert await timers.fire_due_timers(runtime, connection_tests.TIMERS) == 1
    assert await kept() == [reported]
    clock.advance(days=29)
    assert await timers.fire_due_timers(runtime, connection_tests.TIMERS) == 1
    assert await kept() == []


async def test_oldest_code_is_reused_when_all_are_taken(
    runtime: Runtime, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten codes in all, so that the test need not create ten thousand tests."""
    for name, value in {"ALPHABET": "K", "FIRST_DIGITS": "7", "TENS": "4"}.items():
        monkeypatch.setattr(codes, name, value)
    token_by_code: dict[str | None, str] = {}
    while len(token_by_code) < 10:
        clock.advance(seconds=1)
        test, token = await connection_tests.create_test(runtime, "room", None)
        token_by_code.setdefault(test.code, token)
    newest, token = await connection_tests.create_test(runtime, "room", None)
    async with runtime.read_session() as session:
        assert (await connection_tests.find_test_by_code(session, newest.code or "")).id == newest.id
        before = await connection_tests.find_test_by_token(session, token_by_code[newest.code])
    assert (before.code, newest.code in token_by_code) == (None, True)


async def test_concurrent_tests_get_different_codes(runtime: Runtime) -> None:
    begun = await asyncio.gather(*(connection_tests.create_test(runtime, "room", None) for _ in range(8)))
    assert len({test.code for test, _ in begun}) == 8
