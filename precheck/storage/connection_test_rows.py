"""SQL of connection tests."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.write_conflicts import flush_inserts
from ...core.row_mapping import from_row
from ..domain.codes import generate_code
from ..domain.fault_location import RoomHealth
from ..domain.measurement_times import Part
from ..domain.report import ConnectionTest
from .measurement_schemas import MeasurementsMessage
from .tables import ConnectionTestRow

# Checked in a single query: with half of all codes in use, 1 query in 4,000 finds no free code.
CODE_CANDIDATES = 12


async def insert_test(session: AsyncSession, test: ConnectionTest, token_hash: str) -> None:
    """Insert a test. Raises WriteConflict when another transaction took its code."""
    session.add(
        ConnectionTestRow(
            id=test.id,
            code=test.code,
            token_hash=token_hash,
            appointment_id=test.appointment_id,
            office_slug=test.office_slug,
            created_at=test.created_at,
            reported_at=None,
            finished=test.finished,
            quick=test.quick,
            moments={},
            measurements={},
            our_side={},
        )
    )
    await flush_inserts(session)


async def allocate_code(session: AsyncSession) -> str:
    """Return an unused code.

    If all candidates are in use, the oldest code is taken from its test.
    """
    candidates = {generate_code() for _ in range(CODE_CANDIDATES)}
    row = ConnectionTestRow
    used_codes = select(row.code).where(row.code.in_(candidates)).order_by(row.created_at)
    taken = [code for code in (await session.scalars(used_codes)) if code is not None]
    free = candidates.difference(taken)
    if free:
        return free.pop()
    await session.execute(update(row).where(row.code == taken[0]).values(code=None))
    return taken[0]


async def load_test_by_token_hash(session: AsyncSession, token_hash: str) -> ConnectionTest | None:
    return await _load_test(session, ConnectionTestRow.token_hash == token_hash)


async def load_test_by_code(session: AsyncSession, code: str) -> ConnectionTest | None:
    return await _load_test(session, ConnectionTestRow.code == code)


async def _load_test(session: AsyncSession, condition: ColumnElement[bool]) -> ConnectionTest | None:
    row = (await session.scalars(select(ConnectionTestRow).where(condition))).one_or_none()
    return None if row is None else _to_connection_test(row)


async def load_reported_tests(session: AsyncSession, appointment_ids: Collection[str]) -> list[ConnectionTest]:
    """Load the reported tests of these appointments, oldest first."""
    row = ConnectionTestRow
    reported = select(row).where(row.appointment_id.in_(appointment_ids), row.reported_at.is_not(None))
    return [
        _to_connection_test(test_row)
        for test_row in await session.scalars(reported.order_by(row.reported_at, row.id))
    ]


async def save_report(session: AsyncSession, test: ConnectionTest, measurements: MeasurementsMessage) -> None:
    """Save the report of a test. An unfinished report does not overwrite a finished report."""
    row = ConnectionTestRow
    values = {
        "measurements": measurements.model_dump(mode="json", exclude_none=True),
        "our_side": asdict(test.room_health) if test.room_health else {},
        "reported_at": test.reported_at,
        "finished": test.finished,
        "moments": {part: at.isoformat() for part, at in test.measurement_times.items()},
    }
    statement = update(row).where(row.id == test.id)
    if not test.finished:
        statement = statement.where(row.reported_at.is_(None) | row.finished.is_(False))
    await session.execute(statement.values(**values))


async def assign_test_to_appointment(
    session: AsyncSession, appointment_id: str, office_slug: str, *, token_hash: str | None, code: str | None
) -> str | None:
    """Assign the test with this token, or else with this code, to an appointment.

    Returns the test's code; None if the test is unknown or already has an appointment.
    """
    row = ConnectionTestRow
    is_named = row.code == code if token_hash is None else row.token_hash == token_hash
    statement = update(row).where(is_named, row.appointment_id.is_(None))
    values = {"appointment_id": appointment_id, "office_slug": office_slug}
    return (await session.execute(statement.values(values).returning(row.code))).scalar_one_or_none()


async def delete_test(session: AsyncSession, test_id: str) -> None:
    await session.execute(delete(ConnectionTestRow).where(ConnectionTestRow.id == test_id))


def _to_connection_test(row: ConnectionTestRow) -> ConnectionTest:
    measurements = MeasurementsMessage.model_validate(row.measurements)
    return from_row(
        ConnectionTest,
        row,
        measurement_times={Part(part): datetime.fromisoformat(at) for part, at in row.moments.items()},
        measurements=measurements.to_measurements(),
        hints=measurements.to_hints(),
        details=measurements.details.to_details(),
        room_health=RoomHealth(**row.our_side) if row.our_side else None,
    )
