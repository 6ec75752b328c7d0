"""The board of an office for its staff, as JSON (docs/api.md).

No lobby: the rooms add it. No writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.process_cache import ProcessCache
from ...core.i18n.dates import format_optional_rfc3339
from ...offices.service import Office, OfficeDesk, OfficeLine
from ..domain.call_order import next_calls_at_desk
from ..domain.desk_activity import DeskActivity
from ..domain.ticket import can_rejoin_again, state_ends_at
from ..domain.wait_estimate import ForecastRange
from ..storage import ticket_rows
from ..storage.ticket_rows import TicketRecord
from .cached_office_state import with_current_lines
from .office_state import CallSchedule, OfficeState, line_wait, load_office_state
from .ticket_json import range_json

# The four states of the contract. With a call or in a pause a desk is open, and has no ticket.
DeskStateName = Literal["closed", "free", "calling", "serving"]
_STATES: Mapping[DeskActivity, DeskStateName] = {
    DeskActivity.CLOSED: "closed",
    DeskActivity.FREE: "free",
    DeskActivity.CALLED: "calling",
    DeskActivity.SERVING: "serving",
    DeskActivity.VIDEO_CALL: "free",
    DeskActivity.PHONE_CALL: "free",
    DeskActivity.PAUSED: "free",
}
NEXT_CALLS_SHOWN = 5  # the console shows the next ticket and the four after it


@dataclass(frozen=True, slots=True)
class LoadedStaffBoard:
    """The state of an office, and its active tickets with their citizens."""

    state: OfficeState
    records: Sequence[TicketRecord]

    def after_calls(self, cache: ProcessCache, now: datetime) -> LoadedStaffBoard | None:
        """Return the board after calls, from this process's caches.

        None when SQL must be read: a version of a line is missing, or a ticket is new.
        """
        state = with_current_lines(cache, self.state, now)
        if state is None:
            return None
        tickets = {ticket.id: ticket for line in state.lines.values() for ticket in line.tickets}
        records = [
            replace(record, ticket=tickets[record.ticket.id])
            for record in self.records
            if record.ticket.id in tickets
        ]
        return LoadedStaffBoard(state, records) if len(records) == len(tickets) else None

    def to_json(self, language: str) -> dict[str, Any]:
        """Return lines, desks with their next calls, and active tickets with names."""
        return _board_json(self.state, self.records, language)


async def load_staff_board(session: AsyncSession, office: Office, now: datetime) -> LoadedStaffBoard:
    """Load the lines, desks and active tickets of an office."""
    state = await load_office_state(session, office, now)
    return LoadedStaffBoard(state, await ticket_rows.active_ticket_records(session, office.id))


async def staff_board(session: AsyncSession, office: Office, now: datetime, language: str) -> dict[str, Any]:
    """Return lines, desks with their next calls, and active tickets with names."""
    return (await load_staff_board(session, office, now)).to_json(language)


def _board_json(state: OfficeState, records: Sequence[TicketRecord], language: str) -> dict[str, Any]:
    office = state.office
    schedules = {line.id: state.call_schedule(line.id) for line in office.lines}
    return {
        "office": office.slug,
        # grows with every change of any line
        "v": sum(line.version for line in office.lines),
        "paused": office.paused,
        "evacuation": office.is_evacuating,
        "pause_message": office.pause_text(language),
        "lines": [_line_json(state, line, schedules[line.id], language) for line in office.lines],
        "desks": [_desk_json(state, desk) for desk in office.desks],
        "tickets": [staff_board_ticket(record, state, schedules) for record in records],
    }


def _line_json(state: OfficeState, line: OfficeLine, schedule: CallSchedule, language: str) -> dict[str, Any]:
    wait, office = line_wait(state, line, language), state.office
    next_appointment = min(
        (appointment.starts_at for appointment in state.appointments_by_line[line.id]), default=None
    )
    return {
        "id": line.id,
        "slug": line.slug,
        "letter": line.letter,
        "name": wait.name,
        "waiting": wait.waiting,
        "stopped": line.stopped,
        "stop_reason": line.stop_text(language),
        "eta": range_json(ForecastRange(*wait.eta) if wait.eta else None, office),
        "next_appointment": format_optional_rfc3339(next_appointment, office.timezone),
        "order": list(schedule.order),
    }


def _desk_json(state: OfficeState, desk: OfficeDesk) -> dict[str, Any]:
    session, ticket = state.sessions.get(desk.id), state.ticket_at_desk(desk.id)
    lines = [state.lines[line_id] for line_id in desk.line_ids]
    next_calls = next_calls_at_desk(lines, desk.id, state.now, NEXT_CALLS_SHOWN) if session else []
    present = state.desk_now(desk.id)
    return {
        "id": desk.id,
        "name": desk.name,
        "lines": [state.office.line_by_id(line_id).slug for line_id in desk.line_ids],
        "state": _STATES[present.activity],
        "activity": str(present.activity),
        "since": format_optional_rfc3339(present.since, state.office.timezone),
        "until": format_optional_rfc3339(present.until, state.office.timezone),
        "reason": present.reason,
        "agent": session.agent_name if session else None,
        "agent_id": session.agent_id if session else None,
        "ticket": {"id": ticket.id, "code": ticket.code, "state": str(ticket.state)} if ticket else None,
        "next": [{"id": call.ticket.id, "code": call.ticket.code, "why": str(call.why)} for call in next_calls],
    }


def staff_board_ticket(
    record: TicketRecord, state: OfficeState, schedules: Mapping[str, CallSchedule]
) -> dict[str, Any]:
    """Return a ticket for staff, with the citizen's name. `schedules` is keyed by line id."""
    ticket, office = record.ticket, state.office

    def time(moment: datetime | None) -> str | None:
        return format_optional_rfc3339(moment, office.timezone)

    return {
        "id": ticket.id,
        "code": ticket.code,
        "state": str(ticket.state),
        "line": office.line_by_id(ticket.line_id).slug,
        "service": ticket.service,
        "more_services": list(ticket.more_services),
        "kind": str(ticket.kind),
        "priority": str(ticket.priority),
        "preferential_requested": record.preferential_requested,
        "appointment": ticket.appointment_id,
        "issued_at": time(ticket.issued_at),
        "arrived_at": time(ticket.arrived_at),
        "called_at": time(ticket.called_at),
        "appointment_at": time(ticket.appointment_at),
        "told_at": time(ticket.told_at),
        "since": time(ticket.since),
        "until": time(state_ends_at(ticket, state.lines[ticket.line_id].settings)),
        "placed_at": time(ticket.placed_at),
        "eta": range_json(schedules[ticket.line_id].ranges.get(ticket.id), office),
        "desk": ticket.desk_id,
        "agent_id": ticket.agent_id,
        "returns_to": ticket.returns_to,
        "recalls": ticket.recalls,
        "can_rejoin": can_rejoin_again(ticket, state.lines[ticket.line_id].settings),
        "name": record.name,
        "language": record.language,
        "help": ticket.help,
        "help_answered": ticket.help_answered,
    }
