"""Past weeks of the demo's offices, so that figures show something from the first start.

Visits come from a record of simulated days; calls are drawn beside it. Nothing is simulated here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.storage.tables import AppointmentRow, PhoneCallRow
from ...core.db.engine import execute_on_connection, mapped_table
from ...core.ids import new_id
from ...core.runtime import Runtime
from ...core.tokens import hash_token, random_token
from ...figures.storage.tables import CallQualityRow
from ...offices.service import Office, hours
from ...queue.storage.tables import DeskSessionRow, SegmentRow, TicketRow
from ...rooms.storage.survey_tables import SurveyRow
from ...rooms.storage.tables import ParticipantRow, RoomRow
from .history_record import HistoryRecord, RecordedDay, RecordedSegment, RecordedTicket, load_record
from .past_calls import ENDED_AFTER, PastDay, Rows, phone_call_rows, survey_rows, video_call_rows
from .waiting_rooms import demo_agent

logger = logging.getLogger(__name__)

HISTORY_DAYS = 28


async def ensure_history(runtime: Runtime, offices: Sequence[Office]) -> None:
    """Add the visits and calls of the past weeks to the offices that have no past visits."""
    async with runtime.read_session() as session:
        new = [office for office in offices if not await _has_history(session, office, runtime.now())]
    record = load_record() if new else HistoryRecord({})
    for office in new:
        await _write_history(runtime, office, record)


async def _has_history(session: AsyncSession, office: Office, now: datetime) -> bool:
    today = hours.to_local_day(office.hours, now)
    past = select(func.count()).where(TicketRow.office_id == office.id, TicketRow.day < today)
    return bool((await session.execute(past)).scalar())


async def _write_history(runtime: Runtime, office: Office, record: HistoryRecord) -> None:
    today = hours.to_local_day(office.hours, runtime.now())
    past_days = open_days(office, [today - timedelta(days=age) for age in range(HISTORY_DAYS, 0, -1)])
    recorded = [
        PlacedDay(office, past, found)
        for past in past_days
        if (found := find_recorded_day(office, past, record)) is not None
    ]
    visits = [rows for placed in recorded for rows in placed.visit_rows()]
    video = [video_call_rows(office, past) for past in past_days]
    surveys = [survey_rows(tables[2], tables[3], past.day) for past, tables in zip(past_days, video, strict=True)]
    phone = [phone_call_rows(office, past) for past in past_days]
    # in one transaction, because a start adds nothing to an office that has past visits
    async with runtime.transaction() as tx:
        await _insert(tx.session, TicketRow, [ticket for ticket, _ in visits])
        await _insert(tx.session, SegmentRow, [segment for _, segments in visits for segment in segments])
        await _insert(
            tx.session, DeskSessionRow, [row for placed in recorded for row in placed.desk_session_rows()]
        )
        for number, table in enumerate((AppointmentRow, RoomRow, ParticipantRow, CallQualityRow)):
            await _insert(tx.session, table, [row for tables in video for row in tables[number]])
        await _insert(tx.session, SurveyRow, [row for rows in surveys for row in rows])
        await _insert(tx.session, AppointmentRow, [row for appointments, _ in phone for row in appointments])
        await _insert(tx.session, PhoneCallRow, [row for _, calls in phone for row in calls])


async def _insert(session: AsyncSession, table: type[Any], rows: Rows) -> None:
    if rows:
        await execute_on_connection(session, insert(mapped_table(table)), rows)


def open_days(office: Office, days: Iterable[date]) -> list[PastDay]:
    """Return those of the days on which the office was open."""
    openings = [(day, hours.opening_intervals(office.hours, day)) for day in days]
    return [PastDay(day, opened[0][0], opened[-1][1]) for day, opened in openings if opened]


def find_recorded_day(office: Office, past: PastDay, record: HistoryRecord) -> RecordedDay | None:
    """Return the recorded day that fits the opening hours.

    None if there is none, or if a line, service or desk of the day is no longer in the office.
    """
    opens, closes = (f"{moment.astimezone(office.timezone):%H:%M}" for moment in (past.opens, past.closes))
    found = record.find_day(office.slug, past.day, opens, closes)
    known = {
        *(("line", line.slug) for line in office.lines),
        *(("service", service.slug) for service in office.services),
        *(("desk", desk.name) for desk in office.desks),
    }
    if found is None or found.names() <= known:
        return found
    logger.warning("demo_history_left_out", extra={"office": office.slug, "day": past.day})
    return None


class PlacedDay:
    """A recorded day on a date of the past, as rows."""

    def __init__(self, office: Office, past: PastDay, recorded: RecordedDay) -> None:
        self._office = office
        self._past = past
        self._recorded = recorded
        self._lines = {line.slug: line for line in office.lines}
        self._desks = {desk.name: desk for desk in office.desks}

    def _at(self, seconds: int) -> datetime:
        return self._past.opens + timedelta(seconds=seconds)

    def _at_if_any(self, seconds: int | None) -> datetime | None:
        return None if seconds is None else self._at(seconds)

    def visit_rows(self) -> Iterator[tuple[dict[str, Any], Rows]]:
        """Return each ticket of the day with its segments."""
        for ticket in self._recorded.tickets:
            ticket_id = new_id()
            segments = [self._segment_row(ticket_id, segment) for segment in ticket.segments]
            yield self._ticket_row(ticket_id, ticket), segments

    def _ticket_row(self, ticket_id: str, ticket: RecordedTicket) -> dict[str, Any]:
        ended_at = self._at(ticket.ended_s)
        return {
            "id": ticket_id,
            "token_hash": hash_token(random_token()),
            "office_id": self._office.id,
            "line_id": self._lines[ticket.line].id,
            "issued_line_id": self._lines[ticket.issued_line].id,
            "service": ticket.service,
            "day": self._past.day,
            "number": ticket.number,
            "code": f"{self._lines[ticket.issued_line].letter}-{ticket.number:03d}",
            "kind": ticket.kind,
            "priority": ticket.priority,
            "preferential_requested": False,
            "state": ticket.state,
            "since": ended_at,
            "issued_at": self._at(ticket.issued_s),
            "arrived_at": self._at(ticket.arrived_s),
            "expires_at": ended_at + ENDED_AFTER,
            "expected": timedelta(seconds=ticket.expected_s),
            "more_services": [],
            "appointment_at": self._at_if_any(ticket.appointment_s),
            "called_at": self._at_if_any(ticket.called_s),
            "recalls": ticket.recalls,
            "rejoins": ticket.rejoins,
            "postpones": ticket.postpones,
            "placed_at": self._at_if_any(ticket.placed_s),
            "overtakings_left": 0,
            "help": False,
            "help_answered": False,
            "language": "es",
            "shown_earliest": self._at_if_any(ticket.shown_earliest_s),
            "shown_latest": self._at_if_any(ticket.shown_latest_s),
            "notify": False,
            "told_next": False,
        }

    def _segment_row(self, ticket_id: str, segment: RecordedSegment) -> dict[str, Any]:
        return {
            "id": new_id(),
            "ticket_id": ticket_id,
            "line_id": self._lines[segment.line].id,
            "state": segment.state,
            "started_at": self._at(segment.started_s),
            "ended_at": self._at(segment.ended_s),
            "desk_id": None if segment.desk is None else self._desks[segment.desk].id,
            "services": segment.service,
        }

    def desk_session_rows(self) -> Rows:
        """Return when each desk was open."""
        rows = []
        for shift in self._recorded.shifts:
            desk = self._desks[shift.desk]
            agent = demo_agent(self._office, desk)
            rows.append(
                {
                    "id": new_id(),
                    "office_id": self._office.id,
                    "desk_id": desk.id,
                    "agent_id": agent.id,
                    "agent_name": agent.name,
                    "opened_at": self._at(shift.opened_s),
                    "closed_at": self._at(shift.closed_s),
                }
            )
        return rows
