"""What the waiting-room screen shows: the last calls, who did not come, how long each line is.

A public board: codes and desks, never a name. The screen's page gets the same with its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.i18n.dates import format_rfc3339
from ...offices.service import Office, OfficeLine, hours
from ..domain import admission
from ..domain.ticket import AT_DESK_STATES, Ticket, TicketState
from ..queries import office_state
from ..queries.office_state import OfficeState
from ..queries.ticket_json import range_json
from ..queries.walk_in_admission import check_walk_in_admission
from ..storage.line_cache import FINISHED_KEPT_FOR, MAX_FINISHED_KEPT

MAX_CALLS_SHOWN = 8  # more rows than that cannot be read from 6 m
MAX_ANSWERED_CALLS_SHOWN = MAX_FINISHED_KEPT  # answered calls stay while there is room, for whoever looked away
CALLS_SHOWN_FOR = FINISHED_KEPT_FOR  # an older call tells nobody anything
MAX_MISSED_SHOWN = 6
PRESENT_STATES = frozenset({TicketState.WAITING, TicketState.CALLED, TicketState.SERVING})

DisplayBoard = Mapping[str, Any]


async def load_display_board(session: AsyncSession, office: Office, now: datetime, language: str) -> DisplayBoard:
    """The contract's `board` without its type, with what the page needs beside it."""
    return localize_board(
        make_display_board(await office_state.load_office_state(session, office, now)), office, language
    )


def make_display_board(state: OfficeState) -> DisplayBoard:
    """The board as it is in every language: all but the names of its lines."""
    office, now = state.office, state.now
    opens_at = hours.next_opening_time(office.hours, now)
    return {
        "v": sum(line.version for line in office.lines),
        "at": format_rfc3339(now, office.timezone),
        "state": _display_state(state),
        "open": hours.is_open(office.hours, now),
        "paused": office.paused,
        "pause_message": office.pause_message,
        "opens_at": format_rfc3339(opens_at, office.timezone) if opens_at else None,
        "calls": [_call_json(ticket, office) for ticket in calls_to_show(_recent_calls(state))],
        "missed": [ticket.code for ticket in _missed_tickets(state)],
        "lines": [_display_line(state, line) for line in office.lines],
    }


def localize_board(board: DisplayBoard, office: Office, language: str) -> DisplayBoard:
    """The board with the names of its lines."""
    named = [
        {"slug": line.slug, "letter": line.letter, "name": line.name(language), **shown}
        for line, shown in zip(office.lines, board["lines"], strict=True)
    ]
    return {**board, "lines": named}


def _recent_calls(state: OfficeState) -> list[Ticket]:
    """Whoever was called lately and is still called, or served, or has gone home since."""
    there = [one for line in state.lines.values() for one in line.tickets if one.state in AT_DESK_STATES]
    answered = [one for snapshot in state.cached_lines.values() for one in snapshot.last_finished]
    since = state.now - CALLS_SHOWN_FOR
    return [one for one in (*there, *answered) if one.called_at is not None and one.called_at > since]


def calls_to_show(called: Sequence[Ticket]) -> list[Ticket]:
    """Whoever is called now, the newest first; then the calls that were answered, while there is room."""
    newest = sorted(called, key=lambda one: (one.called_at or one.since, one.code), reverse=True)
    pending = [one for one in newest if one.state is TicketState.CALLED]
    answered = [one for one in newest if one.state is not TicketState.CALLED]
    return [*pending, *answered[: max(0, MAX_ANSWERED_CALLS_SHOWN - len(pending))]][:MAX_CALLS_SHOWN]


def _display_state(state: OfficeState) -> str:
    """`open paused closed`. After closing it stays open for those who are still here."""
    if state.office.paused:
        return "paused"
    if hours.is_open(state.office.hours, state.now):
        return "open"
    tickets = (ticket for line in state.lines.values() for ticket in line.tickets)
    return "open" if any(ticket.state in PRESENT_STATES for ticket in tickets) else "closed"


def _call_json(ticket: Ticket, office: Office) -> dict[str, Any]:
    desk = office.desk(ticket.desk_id or "")
    return {
        "code": ticket.code,
        "desk": desk.name,
        "arrow": desk.arrow,
        "at": format_rfc3339(ticket.called_at or ticket.since, office.timezone),
        "again": ticket.recalls,
        "now": ticket.state is TicketState.CALLED,
    }


def _missed_tickets(state: OfficeState) -> list[Ticket]:
    """Who was called and may still come back, the latest first."""
    tickets = (ticket for line in state.lines.values() for ticket in line.tickets)
    missed = [ticket for ticket in tickets if ticket.state is TicketState.MISSED]
    return sorted(missed, key=lambda one: one.since, reverse=True)[:MAX_MISSED_SHOWN]


def _display_line(state: OfficeState, office_line: OfficeLine) -> dict[str, Any]:
    return {
        "waiting": state.count_waiting(office_line.id),
        "eta": range_json(office_state.walk_in_range(state, office_line.id), state.office),
        "refusal": _walk_in_refusal_code(state, office_line),
    }


def _walk_in_refusal_code(state: OfficeState, office_line: OfficeLine) -> str | None:
    """Return the code that refuses a walk-in to this line now, or None."""
    walk_in_minutes = [
        service.minutes
        for service in state.office.services
        if service.line_id == office_line.id and service.takes_walk_ins
    ]
    if not walk_in_minutes:
        return "appointment_only"
    line, shortest = state.lines[office_line.id], timedelta(minutes=min(walk_in_minutes))
    refusal = check_walk_in_admission(
        state.office,
        office_line,
        line.settings,
        state.now,
        walk_ins_today=state.cached_lines[office_line.id].line_day.walk_ins,
        forecast=state.forecast_assuming_all_desks(office_line.id, shortest),
    )
    refusal = refusal or admission.standby_refusal(line.tickets)
    return refusal.code if refusal else None
