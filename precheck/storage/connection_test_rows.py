"""Loads and saves tests. The only file of this folder that runs SQL."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ..domain.codes import new_code
from ..domain.fault_location import OurSide
from ..domain.measurement_times import Part
from ..domain.report import ConnectionTest
from .measurement_schemas import MeasurementsMessage
from .tables import ConnectionTestRow

CANDIDATES = 12  # codes looked at together; with half of them lent, one in 4,000 looks finds none free


class CodeTaken(Exception):
    """Another transaction took the code in the same moment: look again."""


async def insert(session: AsyncSession, test: ConnectionTest, token_hash: str) -> None:
    """Write a new test. Raises CodeTaken."""
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
            moments={},
            measurements={},
            our_side={},
        )
    )
    try:
        await session.flush()
    except IntegrityError as error:
        raise CodeTaken from error


async def lend_code(session: AsyncSession) -> str:
    """A code that no test has. When all looked at are lent, the one lent longest ago is taken back."""
    candidates = {new_code() for _ in range(CANDIDATES)}
    row = ConnectionTestRow
    lent = select(row.code).where(row.code.in_(candidates)).order_by(row.created_at)
    taken = [code for code in (await session.scalars(lent)) if code is not None]
    free = candidates.difference(taken)
    if free:
        return free.pop()
    await session.execute(update(row).where(row.code == taken[0]).values(code=None))
    return taken[0]


async def by_token_hash(session: AsyncSession, token_hash: str) -> ConnectionTest | None:
    return await _one(session, ConnectionTestRow.token_hash == token_hash)


async def by_code(session: AsyncSession, code: str) -> ConnectionTest | None:
    return await _one(session, ConnectionTestRow.code == code)


async def _one(session: AsyncSession, condition: ColumnElement[bool]) -> ConnectionTest | None:
    row = (await session.scalars(select(ConnectionTestRow).where(condition))).one_or_none()
    return None if row is None else _test(row)


async def of_appointments(session: AsyncSession, appointment_ids: Collection[str]) -> list[ConnectionTest]:
    """The reported tests of these appointments, the oldest first."""
    row = ConnectionTestRow
    reported = select(row).where(row.appointment_id.in_(appointment_ids), row.reported_at.is_not(None))
    return [_test(one) for one in await session.scalars(reported.order_by(row.reported_at, row.id))]


async def set_report(session: AsyncSession, test: ConnectionTest, measurements: MeasurementsMessage) -> None:
    """Write what `test` says now. A report that was not finished leaves a finished one as it is."""
    row = ConnectionTestRow
    values = {
        "measurements": measurements.model_dump(mode="json", exclude_none=True),
        "our_side": asdict(test.our_side) if test.our_side else {},
        "reported_at": test.reported_at,
        "finished": test.finished,
        "moments": {part: at.isoformat() for part, at in test.moments.items()},
    }
    mine = update(row).where(row.id == test.id)
    if not test.finished:
        mine = mine.where(row.reported_at.is_(None) | row.finished.is_(False))
    await session.execute(mine.values(**values))


async def set_appointment(session: AsyncSession, code: str, appointment_id: str, office_slug: str) -> bool:
    """Whether the test of this code belonged to no appointment yet, and does now."""
    row = ConnectionTestRow
    free = update(row).where(row.code == code, row.appointment_id.is_(None))
    result = await session.execute(free.values(appointment_id=appointment_id, office_slug=office_slug))
    return bool(result.rowcount)  # type: ignore[attr-defined]


async def remove(session: AsyncSession, test_id: str) -> None:
    await session.execute(delete(ConnectionTestRow).where(ConnectionTestRow.id == test_id))


def _test(row: ConnectionTestRow) -> ConnectionTest:
    said = MeasurementsMessage.model_validate(row.measurements)
    return ConnectionTest(
        id=row.id,
        code=row.code,
        appointment_id=row.appointment_id,
        office_slug=row.office_slug,
        created_at=row.created_at,
        reported_at=row.reported_at,
        finished=row.finished,
        moments={Part(part): datetime.fromisoformat(at) for part, at in row.moments.items()},
        measured=said.measured(),
        clues=said.clues(),
        our_side=OurSide(**row.our_side) if row.our_side else None,
    )
