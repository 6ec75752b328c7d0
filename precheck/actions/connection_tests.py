"""Use cases of stored tests: begin, report, find, link to an appointment, delete.

No media.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import appointment_by_token, current_appointment
from ...core.db.timers import TimerHandler
from ...core.db.write_conflicts import retry_on_conflict
from ...core.errors import Gone, NotFound
from ...core.ids import new_id
from ...core.runtime import Runtime, Transaction
from ...core.tokens import hash_token, random_token
from ...offices.service import office_topic
from ..domain.capacity import OFFER_WINDOW, REPORT_WINDOW
from ..domain.codes import parse_code
from ..domain.fault_location import RoomHealth
from ..domain.measurement_times import MeasurementTimes, latest_time
from ..domain.report import ConnectionTest, ConnectionTestSummary, summarize_test
from ..domain.verdict import Grade
from ..storage import connection_test_rows
from ..storage.measurement_schemas import MeasurementsMessage

logger = logging.getLogger(__name__)

REPORT_RETENTION = timedelta(days=30)  # covers an appointment and a complaint about it
EMPTY_TEST_RETENTION = timedelta(days=1)  # a test without a report only occupies a code
DELETE_TEST_TIMER = "test_forget"


async def find_appointment_id(runtime: Runtime, token: str | None) -> str | None:
    """Look up the appointment of a new test; None without a token. Raises NotFound."""
    if token is None:
        return None
    async with runtime.read_session() as session:
        return (await appointment_by_token(session, token)).id


async def create_test(
    runtime: Runtime,
    room_name: str,
    appointment_token: str | None,
    test_id: str | None = None,
    *,
    quick: bool = False,
) -> tuple[ConnectionTest, str]:
    """Create a test with its code and token.

    The token begins with the name of the room that measures.

    Raises NotFound if the appointment's token is unknown.
    """
    token = f"{room_name}.{random_token()}"
    test_id = test_id or new_id()

    async def create_once() -> ConnectionTest:
        async with runtime.transaction() as tx:
            appointment_id = office_slug = None
            if appointment_token is not None:
                found = await appointment_by_token(tx.session, appointment_token)
                appointment = await current_appointment(tx.session, found)
                appointment_id, office_slug = appointment.id, appointment.office_slug
            code = await connection_test_rows.allocate_code(tx.session)
            test = ConnectionTest(test_id, code, appointment_id, office_slug, tx.now, quick=quick)
            await connection_test_rows.insert_test(tx.session, test, hash_token(token))
            await tx.schedule_timer(DELETE_TEST_TIMER, subject=test.id, due_at=tx.now + EMPTY_TEST_RETENTION)
            tx.log_after_commit(logger, "test_created", test=test.id, appointment=appointment_id)
        return test

    return await retry_on_conflict(create_once), token


async def find_test_by_token(session: AsyncSession, token: str) -> ConnectionTest:
    """Load the test with this token. Raises NotFound."""
    return _require_test(await connection_test_rows.load_test_by_token_hash(session, hash_token(token)))


async def find_test_for_offer(runtime: Runtime, token: str) -> ConnectionTest:
    """Load a test that may still send media. Raises NotFound, Gone("test_over")."""
    async with runtime.read_session() as session:
        test = await find_test_by_token(session, token)
    if runtime.now() - test.created_at >= OFFER_WINDOW:
        raise Gone("test_over")
    return test


async def find_test_by_code(session: AsyncSession, code: str) -> ConnectionTest:
    """Load the test with this code, in any spelling. Raises NotFound."""
    known = parse_code(code)
    return _require_test(await connection_test_rows.load_test_by_code(session, known) if known else None)


async def find_test_of_appointment(session: AsyncSession, appointment_id: str, code: str) -> ConnectionTest:
    """Load a test of this appointment by its code, in any spelling.

    Raises NotFound, also for a test of another appointment.
    """
    test = await find_test_by_code(session, code)
    if test.appointment_id != appointment_id:
        raise NotFound
    return test


def _require_test(test: ConnectionTest | None) -> ConnectionTest:
    if test is None:
        raise NotFound
    return test


@dataclass(frozen=True, slots=True)
class ReportContext:
    """Facts of a report beside its figures: completeness, times of parts, room health."""

    finished: bool = True
    measurement_times: MeasurementTimes = field(default_factory=dict)
    room_health: RoomHealth | None = None


DEFAULT_REPORT_CONTEXT = ReportContext()


async def add_report(
    runtime: Runtime,
    token: str,
    measurements: MeasurementsMessage,
    context: ReportContext = DEFAULT_REPORT_CONTEXT,
) -> ConnectionTest:
    """Store a report and publish the change to the office's consoles.

    A later report replaces an earlier report, but an unfinished one never a finished one, because a page that was
    left may report late.
    Raises NotFound, Gone("test_over") a day after the test began.
    """
    async with runtime.transaction() as tx:
        test = await find_test_by_token(tx.session, token)
        if tx.now - test.created_at >= REPORT_WINDOW:
            raise Gone("test_over")
        reported = replace(
            test,
            reported_at=latest_time(context.measurement_times, default=tx.now),
            finished=context.finished,
            measurement_times=context.measurement_times,
            room_health=context.room_health or test.room_health,
        )
        await connection_test_rows.save_report(tx.session, reported, measurements)
        await tx.schedule_timer(DELETE_TEST_TIMER, subject=test.id, due_at=test.created_at + REPORT_RETENTION)
        _publish_office_change(tx, test.office_slug)
        stored = await find_test_by_token(tx.session, token)
        grade = str(stored.verdict.grade)
        tx.log_after_commit(logger, "test_reported", test=test.id, grade=grade, finished=context.finished)
        return stored


async def link_test_to_appointment(
    tx: Transaction, appointment_id: str, office_slug: str, *, token: str | None = None, code: str | None = None
) -> str | None:
    """Assign a test to an appointment that it was made without, by its token or else code.

    Return its code; None if the token or code is unknown. The caller limits guessed codes.
    """
    token_hash, known_code = hash_token(token) if token else None, parse_code(code or "")
    if token_hash is None and known_code is None:
        return None
    linked = await connection_test_rows.assign_test_to_appointment(
        tx.session, appointment_id, office_slug, token_hash=token_hash, code=known_code
    )
    if linked is not None:
        _publish_office_change(tx, office_slug)
    return linked


def _publish_office_change(tx: Transaction, office_slug: str | None) -> None:
    if office_slug is not None:
        tx.publish_latest(office_topic(office_slug), {})


async def latest_test_summaries(
    session: AsyncSession, appointment_ids: Collection[str]
) -> Mapping[str, ConnectionTestSummary]:
    """Load the last reported test of each appointment; tests that say enough take precedence."""
    tests = await connection_test_rows.load_reported_tests(session, appointment_ids)
    finished_last = sorted(tests, key=lambda test: test.is_conclusive)
    return {test.appointment_id: summarize_test(test) for test in finished_last if test.appointment_id}


async def summary_of_appointment_test(
    session: AsyncSession, appointment_id: str, token: str
) -> ConnectionTestSummary | None:
    """Load a reported test by its token; None if it is unknown or not of this appointment."""
    test = await connection_test_rows.load_test_by_token_hash(session, hash_token(token))
    if test is None or test.appointment_id != appointment_id or test.reported_at is None:
        return None
    return summarize_test(test)


async def grades_before(session: AsyncSession, limits: Mapping[str, datetime]) -> Mapping[str, Grade]:
    """Return the grade of the last test of each appointment that was reported by an instant.

    `limits`: the instant by appointment. Finished tests take precedence.
    """
    tests = await connection_test_rows.load_reported_tests(session, list(limits))
    finished_last = sorted(tests, key=lambda test: test.finished)
    return {
        test.appointment_id: test.verdict.grade
        for test in finished_last
        if test.appointment_id and test.reported_at and test.reported_at <= limits[test.appointment_id]
    }


async def test_summaries_of_appointment(session: AsyncSession, appointment_id: str) -> list[ConnectionTestSummary]:
    """Load all reported tests of an appointment, newest first."""
    return [
        summarize_test(test)
        for test in reversed(await connection_test_rows.load_reported_tests(session, [appointment_id]))
    ]


async def _delete_test(tx: Transaction, test_id: str) -> None:
    await connection_test_rows.delete_test(tx.session, test_id)


TIMERS: Mapping[str, TimerHandler] = {DELETE_TEST_TIMER: _delete_test}
