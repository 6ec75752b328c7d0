"""Use cases of the test room that need no media, one function each; the only door that other folders may use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import appointment_by_token
from ...core.db.timers import TimerHandler
from ...core.errors import Gone, NotFound
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token, random_token
from ...offices.service import office_topic
from ..domain.capacity import OFFERS, REPORTS
from ..domain.codes import read_code
from ..domain.fault_location import Fault, OurSide
from ..domain.measurement_times import Moments, newest
from ..domain.report import ConnectionTest, TestSummary, report_object, summary_of
from ..domain.verdict import Grade
from ..storage import connection_test_rows
from ..storage.measurement_schemas import MeasurementsMessage

__all__ = [
    "TIMERS",
    "Circumstances",
    "ConnectionTest",
    "Fault",
    "Grade",
    "TestSummary",
    "add_report",
    "latest_tests",
    "link_test",
    "report_object",
    "start_test",
    "summary_of",
    "test_by_code",
    "test_by_token",
    "test_for_offer",
    "tests_of",
]

ATTEMPTS = 3  # a code that two transactions took at once; the second look finds it lent
KEPT = timedelta(days=30)  # long enough for an appointment and its complaint; then nobody asks any more
KEPT_EMPTY = timedelta(days=1)  # a test that reported nothing only holds a code
FORGET_TIMER = "test_forget"


async def start_test(
    runtime: Runtime, room: str, appointment_token: str | None, test_id: str | None = None
) -> tuple[ConnectionTest, str]:
    """A new test with its code and its token, which begins with the room that measures it.

    Raises NotFound for an appointment's token that nobody has.
    """
    token = f"{room}.{random_token()}"
    test_id = test_id or new_id()
    for _ in range(ATTEMPTS - 1):
        try:
            return await _start(runtime, test_id, token, appointment_token), token
        except connection_test_rows.CodeTaken:
            continue
    return await _start(runtime, test_id, token, appointment_token), token


async def _start(runtime: Runtime, test_id: str, token: str, appointment_token: str | None) -> ConnectionTest:
    async with runtime.transaction() as tx:
        appointment_id = office_slug = None
        if appointment_token is not None:
            appointment = await appointment_by_token(tx.session, appointment_token)
            appointment_id, office_slug = appointment.id, appointment.office_slug
        code = await connection_test_rows.lend_code(tx.session)
        test = ConnectionTest(test_id, code, appointment_id, office_slug, tx.now)
        await connection_test_rows.insert(tx.session, test, hash_token(token))
        await tx.schedule(FORGET_TIMER, subject=test.id, due_at=tx.now + KEPT_EMPTY)
    return test


async def test_by_token(session: AsyncSession, token: str) -> ConnectionTest:
    """Raises NotFound."""
    return _found(await connection_test_rows.by_token_hash(session, hash_token(token)))


async def test_for_offer(runtime: Runtime, token: str) -> ConnectionTest:
    """The test that wants media. Raises NotFound, Gone("test_over")."""
    async with runtime.reading() as session:
        test = await test_by_token(session, token)
    if runtime.now() - test.created_at >= OFFERS:
        raise Gone("test_over")
    return test


async def test_by_code(session: AsyncSession, code: str) -> ConnectionTest:
    """The test of a spoken code, however it was typed. Raises NotFound."""
    known = read_code(code)
    return _found(await connection_test_rows.by_code(session, known) if known else None)


def _found(test: ConnectionTest | None) -> ConnectionTest:
    if test is None:
        raise NotFound
    return test


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a report says beside its figures: whether it is whole, when its parts are of, and how we were."""

    finished: bool = True
    moments: Moments = field(default_factory=dict)
    our_side: OurSide | None = None


WHOLE = Circumstances()


async def add_report(
    runtime: Runtime, token: str, measurements: MeasurementsMessage, how: Circumstances = WHOLE
) -> ConnectionTest:
    """Keep what was measured; sent again, the last counts. Consoles of the office hear of it.

    One that was not finished never takes the place of one that was: a page that was left may report late.
    Raises NotFound, Gone("test_over") a day after the beginning.
    """
    async with runtime.transaction() as tx:
        test = await test_by_token(tx.session, token)
        if tx.now - test.created_at >= REPORTS:
            raise Gone("test_over")
        await connection_test_rows.set_report(tx.session, _reported(test, how, tx.now), measurements)
        await tx.schedule(FORGET_TIMER, subject=test.id, due_at=test.created_at + KEPT)
        _tell_office(tx, test.office_slug)
        return await test_by_token(tx.session, token)


def _reported(test: ConnectionTest, how: Circumstances, now: datetime) -> ConnectionTest:
    return replace(
        test,
        reported_at=newest(how.moments, otherwise=now),
        finished=how.finished,
        moments=how.moments,
        our_side=how.our_side or test.our_side,
    )


async def link_test(tx: Transaction, code: str, appointment_id: str, office_slug: str) -> None:
    """A test made without the appointment belongs to it from now on. An unknown code changes nothing."""
    known = read_code(code)
    if known and await connection_test_rows.set_appointment(tx.session, known, appointment_id, office_slug):
        _tell_office(tx, office_slug)


def _tell_office(tx: Transaction, office_slug: str | None) -> None:
    if office_slug is not None:
        tx.publish(office_topic(office_slug), {})


async def latest_tests(session: AsyncSession, appointment_ids: Collection[str]) -> Mapping[str, TestSummary]:
    """The last test that each of these appointments reported; one that was left counts only without another."""
    tests = await connection_test_rows.of_appointments(session, appointment_ids)
    by_weight = sorted(tests, key=lambda test: test.finished)
    return {test.appointment_id: summary_of(test) for test in by_weight if test.appointment_id}


async def tests_of(session: AsyncSession, appointment_id: str) -> list[TestSummary]:
    """All reported tests of an appointment, the newest first."""
    return [
        summary_of(test)
        for test in reversed(await connection_test_rows.of_appointments(session, [appointment_id]))
    ]


async def _forget(tx: Transaction, test_id: str) -> None:
    await connection_test_rows.remove(tx.session, test_id)


TIMERS: Mapping[str, TimerHandler] = {FORGET_TIMER: _forget}
