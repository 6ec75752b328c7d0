"""SQL statements on desk sessions, and on the counters of a line's day. No rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, literal, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.engine import execute_on_connection
from ...core.db.write_batch import WriteBatch
from ...core.db.write_conflicts import flush_inserts
from ...core.ids import new_id
from ..domain.desk_activity import DeskActivity, OtherWork
from ..domain.ticket import TicketKind
from .tables import DeskActivityRow, DeskSessionRow, LineDayRow

OPEN = "open"  # the kind of the time of a desk with an agent


@dataclass(frozen=True, slots=True)
class DeskSession:
    """The time of an agent at a desk. `works`: the agent's present work beside tickets."""

    desk_id: str
    agent_id: str
    agent_name: str
    opened_at: datetime
    works: tuple[OtherWork, ...] = ()


@dataclass(frozen=True, slots=True)
class LineDay:
    """The counters of a line on a day, and the kinds of its last calls."""

    issued: int = 0
    walk_ins: int = 0
    last_calls: tuple[TicketKind, ...] = ()


# Days of lines


async def line_days(session: AsyncSession, line_ids: Collection[str], day: date) -> dict[str, LineDay]:
    """Return the counters of each line on a day; 0 for a line without a row."""
    columns = (LineDayRow.line_id, LineDayRow.issued, LineDayRow.walk_ins, LineDayRow.last_calls)
    statement = select(*columns).where(LineDayRow.line_id.in_(line_ids), LineDayRow.day == day)
    found = dict.fromkeys(line_ids, LineDay())
    for line_id, issued, walk_ins, calls in await execute_on_connection(session, statement):
        found[line_id] = LineDay(issued, walk_ins, tuple(TicketKind(kind) for kind in calls))
    return found


def save_line_day(writes: WriteBatch, line_id: str, day: date, line_day: LineDay) -> None:
    """Save the counters of a line with the next flush."""
    row = {
        "line_id": line_id,
        "day": day,
        "issued": line_day.issued,
        "walk_ins": line_day.walk_ins,
        "last_calls": [str(kind) for kind in line_day.last_calls],
    }
    writes.insert(LineDayRow, row, replaces=("issued", "walk_ins", "last_calls"))


# Desks


async def open_desk_sessions(session: AsyncSession, office_ids: Collection[str]) -> dict[str, DeskSession]:
    """Return the open desk sessions of these offices, by desk id."""
    found = await _open_sessions(session, DeskSessionRow.office_id.in_(office_ids))
    return {desk_session.desk_id: desk_session for desk_session in found}


async def desk_session_for_agent(session: AsyncSession, agent_id: str) -> DeskSession | None:
    """Return the open desk session of an agent."""
    found = await _open_sessions(session, DeskSessionRow.agent_id == agent_id)
    return found[0] if found else None


async def _open_sessions(session: AsyncSession, condition: ColumnElement[bool]) -> Sequence[DeskSession]:
    rows = await session.scalars(select(DeskSessionRow).where(condition, DeskSessionRow.closed_at.is_(None)))
    found = list(rows)
    # by agent, not by desk: a call may begin before the agent opens a desk (docs/decisions/0048)
    works = await present_works(session, [row.agent_id for row in found])
    return [
        DeskSession(row.desk_id, row.agent_id, row.agent_name, row.opened_at, works.get(row.agent_id, ()))
        for row in found
    ]


async def desk_sessions_between(
    session: AsyncSession, office_id: str, since: datetime, until: datetime
) -> dict[str, list[tuple[datetime, datetime]]]:
    """Return the periods in which each desk was open, by desk id.

    A session that lasts ends at `until`.
    """
    row = DeskSessionRow
    overlaps = (row.opened_at < until) & (row.closed_at.is_(None) | (row.closed_at > since))
    rows = await session.execute(
        select(row.desk_id, row.opened_at, row.closed_at)
        .where(row.office_id == office_id, overlaps)
        .order_by(row.opened_at)
    )
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    for desk_id, opened_at, closed_at in rows:
        found.setdefault(desk_id, []).append((opened_at, closed_at or until))
    return found


async def insert_desk_session(session: AsyncSession, office_id: str, opened: DeskSession) -> None:
    """Insert a desk session.

    Raises WriteConflict if the desk, or the agent at another desk, has an open session.
    """
    session.add(
        DeskSessionRow(
            id=new_id(),
            office_id=office_id,
            desk_id=opened.desk_id,
            agent_id=opened.agent_id,
            agent_name=opened.agent_name,
            opened_at=opened.opened_at,
        )
    )
    await flush_inserts(session)


async def close_desk_session(session: AsyncSession, desk_id: str, now: datetime) -> None:
    statement = update(DeskSessionRow).where(DeskSessionRow.desk_id == desk_id, DeskSessionRow.closed_at.is_(None))
    await session.execute(statement.values(closed_at=now))


# Work beside tickets


async def present_works(session: AsyncSession, agent_ids: Collection[str]) -> dict[str, tuple[OtherWork, ...]]:
    """Return the calls and pauses that last, by agent, in order of their beginning."""
    if not agent_ids:
        return {}
    row = DeskActivityRow
    lasting = (
        select(row.agent_id, row.kind, row.began_at, row.until, row.subject, row.reason)
        .where(row.agent_id.in_(agent_ids), row.ended_at.is_(None))
        .order_by(row.began_at)
    )
    found: dict[str, tuple[OtherWork, ...]] = {}
    for agent_id, kind, *values in await execute_on_connection(session, lasting):
        found[agent_id] = (*found.get(agent_id, ()), OtherWork(DeskActivity(kind), *values))
    return found


async def insert_work(session: AsyncSession, office_id: str, agent_id: str, work: OtherWork) -> None:
    """Insert work that begins. Raises WriteConflict if the agent's work on it lasts already."""
    session.add(
        DeskActivityRow(
            id=new_id(),
            office_id=office_id,
            agent_id=agent_id,
            kind=str(work.kind),
            subject=work.subject,
            reason=work.reason,
            began_at=work.began_at,
            until=work.until,
        )
    )
    await flush_inserts(session)


async def end_work(session: AsyncSession, agent_id: str, subject: str, now: datetime) -> bool:
    """End the work of an agent on this subject. Return False if none lasts."""
    row = DeskActivityRow
    lasts = (row.agent_id == agent_id) & (row.subject == subject) & row.ended_at.is_(None)
    ended = await session.execute(update(row).where(lasts).values(ended_at=now).returning(row.id))
    return ended.first() is not None


class RecordedSpan(NamedTuple):
    """A time in which a desk was open, or an agent had a call or a pause.

    `kind`: OPEN, or a value of DeskActivity.
    """

    office_id: str
    agent_id: str
    kind: str
    reason: str | None
    began_at: datetime
    ended_at: datetime | None


async def recorded_spans(
    session: AsyncSession, office_ids: Collection[str], since: datetime, until: datetime
) -> list[RecordedSpan]:
    """Return the sessions of desks, and the calls and pauses, that overlap a period."""
    desk, work = DeskSessionRow, DeskActivityRow
    statements = (
        select(desk.office_id, desk.agent_id, literal(OPEN), null(), desk.opened_at, desk.closed_at).where(
            desk.office_id.in_(office_ids),
            desk.opened_at < until,
            desk.closed_at.is_(None) | (desk.closed_at > since),
        ),
        select(work.office_id, work.agent_id, work.kind, work.reason, work.began_at, work.ended_at).where(
            work.office_id.in_(office_ids),
            work.began_at < until,
            work.ended_at.is_(None) | (work.ended_at > since),
        ),
    )
    return [
        RecordedSpan(*found)
        for statement in statements
        for found in await execute_on_connection(session, statement)
    ]
