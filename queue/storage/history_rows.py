"""SQL statements on the history of tickets and offices: segments and events. No rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.write_batch import WriteBatch
from ...core.ids import new_id
from ...offices.service import Office
from ..domain.line_statistics import MeasuredVisit, TicketSegment
from ..domain.ticket import AT_DESK_STATES, UNRECORDED_OUTCOME, Ticket, TicketKind, TicketState
from .tables import OfficeEventRow, SegmentRow, TicketEventRow, TicketRow

_VISIT_COLUMNS = (
    TicketRow.id,
    TicketRow.line_id,
    TicketRow.service,
    TicketRow.day,
    TicketRow.kind,
    TicketRow.state,
    TicketRow.arrived_at,
    TicketRow.appointment_at,
    TicketRow.told_at,
    TicketRow.shown_earliest,
    TicketRow.shown_latest,
    TicketRow.postpones,
    TicketRow.placed_at,
)


def insert_ticket_segments(writes: WriteBatch, ended: Sequence[Ticket], now: datetime) -> None:
    """Insert the segments that end now, with the next flush.

    `ended`: each ticket as it was in its segment.
    """
    for ticket in ended:
        row = {
            "id": new_id(),
            "ticket_id": ticket.id,
            "line_id": ticket.line_id,
            "state": ticket.state,
            "started_at": ticket.since,
            "ended_at": now,
            "desk_id": ticket.desk_id,
            "agent_id": ticket.agent_id,
            "services": " ".join(ticket.services),
        }
        writes.insert(SegmentRow, row)


def insert_ticket_events(
    writes: WriteBatch,
    changed: Sequence[tuple[Ticket, TicketState | None]],
    action: str,
    actor: str,
    now: datetime,
    details: Mapping[str, Any],
) -> None:
    """Insert an event for each changed ticket, with the next flush.

    `changed`: the ticket afterwards, and its state before.
    """
    for ticket, before in changed:
        row = {
            "id": new_id(),
            "ticket_id": ticket.id,
            "at": now,
            "action": action,
            "actor": actor,
            "before": before,
            "after": ticket.state,
            "details": details,
        }
        writes.insert(TicketEventRow, row)


def insert_office_event(
    session: AsyncSession,
    office_id: str,
    action: str,
    actor: str,
    now: datetime,
    *,
    line_id: str | None = None,
    **details: Any,
) -> None:
    """Insert the event of a staff decision about an office, or about a line of it."""
    row = {"office_id": office_id, "line_id": line_id, "at": now, "action": action, "actor": actor}
    session.add(OfficeEventRow(id=new_id(), details=details, **row))


async def first_ticket_day(session: AsyncSession, office_id: str) -> date | None:
    """Return the day of the first ticket of an office."""
    first: date | None = await session.scalar(
        select(func.min(TicketRow.day)).where(TicketRow.office_id == office_id)
    )
    return first


async def visits_on_day(session: AsyncSession, office: Office, day: date) -> list[MeasuredVisit]:
    """Return the visits of a local day of an office, with their segments."""
    of_day = (TicketRow.office_id == office.id) & (TicketRow.day == day)
    segments = await _segments_by_ticket(session, of_day)
    # a past visit may have been in a line that was removed since
    slugs = {line.id: line.slug for line in (*office.lines, *office.removed_lines)}
    rows = await session.execute(select(*_VISIT_COLUMNS).where(of_day).order_by(TicketRow.issued_at, TicketRow.id))
    return [
        MeasuredVisit(
            line=slugs[row.line_id],
            service=row.service,
            day=row.day,
            kind=TicketKind(row.kind),
            state=TicketState(row.state),
            arrived_at=row.arrived_at,
            appointment_at=row.appointment_at,
            shown_range=(row.shown_earliest, row.shown_latest) if row.shown_latest is not None else None,
            segments=tuple(segments.get(row.id, ())),
            is_excluded=row.postpones > 0 or row.placed_at is not None,
            told_at=row.told_at,
        )
        for row in rows
    ]


async def _segments_by_ticket(
    session: AsyncSession, condition: ColumnElement[bool]
) -> dict[str, list[TicketSegment]]:
    """Return the ended segments of the tickets that match, in order of time."""
    row = SegmentRow
    ended = select(row.ticket_id, row.state, row.started_at, row.ended_at, row.services)
    joined = ended.join(TicketRow, TicketRow.id == row.ticket_id).where(condition)
    found: dict[str, list[TicketSegment]] = defaultdict(list)
    for ticket_id, state, started_at, ended_at, services in await session.execute(joined.order_by(row.started_at)):
        found[ticket_id].append(TicketSegment(TicketState(state), started_at, ended_at, services))
    return found


@dataclass(frozen=True, slots=True)
class CallHistory:
    """The durations of visits by service slug, and the number of answered calls.

    Segments of several services at once are left out: they do not tell how long each service takes.
    """

    durations_by_service: dict[str, list[timedelta]]
    answered: int
    unanswered: int


async def call_history(session: AsyncSession, office_id: str, since: date, limit: int) -> CallHistory:
    """Return the calls of the newest ended tickets of an office.

    `since`: the first day. `limit`: the largest number of tickets.
    """
    since_day = (TicketRow.office_id == office_id) & (TicketRow.day >= since)
    # a visit that no agent ended has no true duration (docs/decisions/0016)
    ended = TicketRow.state.in_((TicketState.FINISHED, TicketState.NO_SHOW)) & or_(
        TicketRow.outcome.is_(None), TicketRow.outcome != UNRECORDED_OUTCOME
    )
    newest = (
        select(TicketRow.id, TicketRow.service, TicketRow.state)
        .where(since_day, ended)
        .order_by(TicketRow.day.desc(), TicketRow.issued_at.desc())
        .limit(limit)
        .subquery()
    )
    # segments that are older than the column `services` have None there
    services = func.coalesce(SegmentRow.services, newest.c.service)
    statement = select(
        newest.c.id, services, newest.c.state, SegmentRow.started_at, SegmentRow.ended_at
    ).join_from(newest, SegmentRow, SegmentRow.ticket_id == newest.c.id)
    rows = await session.execute(statement.where(SegmentRow.state.in_((TicketState.CALLED, TicketState.SERVING))))
    durations: dict[tuple[str, str], timedelta] = defaultdict(timedelta)
    no_shows = set()
    for ticket_id, slugs, state, started_at, ended_at in rows:
        if state == TicketState.NO_SHOW:
            no_shows.add(ticket_id)
        else:
            durations[slugs, ticket_id] += ended_at - started_at
    by_service: dict[str, list[timedelta]] = defaultdict(list)
    for (slugs, _), duration in durations.items():
        if " " not in slugs:
            by_service[slugs].append(duration)
    return CallHistory(dict(by_service), len({ticket_id for _, ticket_id in durations}), len(no_shows))


async def walk_ins_between(
    session: AsyncSession, office_id: str, since: date, before: date
) -> list[tuple[date, str, datetime]]:
    """Return day, service and time of issue of every walk-in with a day in [since, before)."""
    statement = select(TicketRow.day, TicketRow.service, TicketRow.issued_at).where(
        TicketRow.office_id == office_id,
        TicketRow.day >= since,
        TicketRow.day < before,
        TicketRow.kind == TicketKind.WALK_IN,
    )
    return [(day, service, issued_at) for day, service, issued_at in await session.execute(statement)]


async def tickets_by_day(session: AsyncSession, office_id: str, since: date, before: date) -> dict[date, int]:
    """Count the tickets of each day in [since, before)."""
    statement = (
        select(TicketRow.day, func.count().label("tickets"))
        .where(TicketRow.office_id == office_id, TicketRow.day >= since, TicketRow.day < before)
        .group_by(TicketRow.day)
    )
    return {row.day: row.tickets for row in await session.execute(statement)}


async def desk_visits_by_day(
    session: AsyncSession, office_id: str, days: Collection[date]
) -> dict[date, list[tuple[str, str, datetime, datetime]]]:
    """Return desk, line, begin and end of each period of a ticket at a desk, by day."""
    statement = (
        select(TicketRow.day, SegmentRow.desk_id, SegmentRow.line_id, SegmentRow.started_at, SegmentRow.ended_at)
        .join(SegmentRow, SegmentRow.ticket_id == TicketRow.id)
        .where(
            TicketRow.office_id == office_id,
            TicketRow.day.in_(days),
            SegmentRow.state.in_(AT_DESK_STATES),
        )
    )
    found: dict[date, list[tuple[str, str, datetime, datetime]]] = defaultdict(list)
    for day, desk_id, line_id, started_at, ended_at in await session.execute(statement):
        if desk_id is not None:
            found[day].append((desk_id, line_id, started_at, ended_at))
    return found


async def pauses_between(
    session: AsyncSession, office_id: str, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the periods in which an office was paused, from the last pause before `since` on."""
    row = OfficeEventRow
    of_pauses = (row.office_id == office_id) & row.action.in_(("paused", "resumed"))
    # a pause that began before the period may last into it
    before = select(func.max(row.at)).where(of_pauses, row.at <= since).scalar_subquery()
    rows = await session.execute(
        select(row.at, row.action)
        .where(of_pauses, row.at < until, row.at >= func.coalesce(before, since))
        .order_by(row.at)
    )
    found: list[tuple[datetime, datetime]] = []
    paused_at: datetime | None = None
    for at, action in rows:
        if action == "paused":
            paused_at = paused_at or at  # a second press changes the message
        elif paused_at is not None:
            found.append((paused_at, at))
            paused_at = None
    return [*found, (paused_at, until)] if paused_at is not None else found
