"""The board of a waiting-room display: calls, missed tickets, lines. No SQL.

The board is public: it holds codes and desks, never a name. Its texts are in display_texts.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.i18n.dates import format_optional_rfc3339, format_rfc3339
from ...offices.service import Office, OfficeLine, hours
from ..domain.desk_activity import OTHER_WORK
from ..domain.ticket import AT_DESK_STATES, Ticket, TicketState
from ..queries import office_state
from ..queries.office_state import OfficeState
from ..queries.ticket_json import range_json
from ..queries.walk_in_admission import line_walk_in_refusal
from ..storage.line_cache import FINISHED_KEPT_FOR, MAX_FINISHED_KEPT

MAX_CALLS_SHOWN = 8  # more rows cannot be read from 6 m
MAX_ANSWERED_CALLS_SHOWN = MAX_FINISHED_KEPT  # answered calls stay while the board has room
CALLS_SHOWN_FOR = FINISHED_KEPT_FOR  # no citizen waits for an older call
MAX_MISSED_SHOWN = 6
PRESENT_STATES = frozenset({TicketState.WAITING, TicketState.CALLED, TicketState.SERVING})

DisplayBoard = Mapping[str, Any]


async def load_display_board(session: AsyncSession, office: Office, now: datetime, language: str) -> DisplayBoard:
    """Load the `board` of docs/protocol.md without its type, in one language."""
    state = await office_state.load_office_state(session, office, now)
    return localize_board(make_display_board(state), office, language)


def make_display_board(state: OfficeState) -> DisplayBoard:
    """Build the board without the texts that depend on the language."""
    office, now = state.office, state.now
    opens_at = hours.next_opening_time(office.hours, now)
    return {
        "v": sum(line.version for line in office.lines),
        "at": format_rfc3339(now, office.timezone),
        "state": _display_state(state),
        "open": hours.is_open(office.hours, now),
        "paused": office.paused,
        "evacuation": office.is_evacuating,
        "opens_at": format_rfc3339(opens_at, office.timezone) if opens_at else None,
        "calls": [_call_json(ticket, office) for ticket in calls_to_show(_recent_calls(state))],
        "missed": [ticket.code for ticket in _missed_tickets(state)],
        "lines": [_display_line(state, line) for line in office.lines],
        "desks": _desks_with_other_work(state),
    }


def localize_board(board: DisplayBoard, office: Office, language: str) -> DisplayBoard:
    """Add the names of the lines, and the pause message, in one language."""
    named = [
        {"slug": line.slug, "letter": line.letter, "name": line.name(language), **shown}
        for line, shown in zip(office.lines, board["lines"], strict=True)
    ]
    return {**board, "pause_message": office.pause_text(language), "lines": named}


def _recent_calls(state: OfficeState) -> list[Ticket]:
    """Return the tickets called lately: at a desk, or finished since."""
    lines, cached_lines = state.lines.values(), state.cached_lines.values()
    at_desk = [ticket for line in lines for ticket in line.tickets if ticket.state in AT_DESK_STATES]
    finished = [ticket for cached in cached_lines for ticket in cached.last_finished]
    since = state.now - CALLS_SHOWN_FOR
    return [
        ticket for ticket in (*at_desk, *finished) if ticket.called_at is not None and ticket.called_at > since
    ]


def calls_to_show(called: Sequence[Ticket]) -> list[Ticket]:
    """Return the open calls, the newest first, then answered calls while the board has room.

    Of each desk the last call only: an earlier one would send people where another person is.
    """
    newest = sorted(called, key=lambda ticket: (ticket.called_at or ticket.since, ticket.code), reverse=True)
    pending = [ticket for ticket in newest if ticket.state is TicketState.CALLED]
    at_desk: dict[str | None, Ticket] = {}
    for ticket in [*pending, *newest]:
        at_desk.setdefault(ticket.desk_id, ticket)
    answered = [ticket for ticket in at_desk.values() if ticket.state is not TicketState.CALLED]
    return [*pending, *answered[: max(0, MAX_ANSWERED_CALLS_SHOWN - len(pending))]][:MAX_CALLS_SHOWN]


def _display_state(state: OfficeState) -> str:
    """Return `open`, `paused` or `closed`.

    It stays `open` after closing while citizens are present.
    """
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
    """Return the tickets that may rejoin, the last missed first.

    Those of people who asked for help are not shown: they did not stay away.
    """
    tickets = (ticket for line in state.lines.values() for ticket in line.tickets)
    missed = [ticket for ticket in tickets if ticket.state is TicketState.MISSED and not ticket.needs_help]
    return sorted(missed, key=lambda ticket: ticket.since, reverse=True)[:MAX_MISSED_SHOWN]


def _desks_with_other_work(state: OfficeState) -> list[dict[str, Any]]:
    """Return the open desks whose agents have a call or a pause, in the order of the office.

    Without the reason of a pause, because the board is public.
    """
    shown = []
    for desk in state.office.desks:
        present = state.desk_now(desk.id)
        if present.activity in OTHER_WORK:
            until = format_optional_rfc3339(present.until, state.office.timezone)
            activity = str(present.activity)
            shown.append({"name": desk.name, "activity": activity, "since": None, "until": until, "reason": None})
    return shown


def _display_line(state: OfficeState, office_line: OfficeLine) -> dict[str, Any]:
    refusal = line_walk_in_refusal(state, office_line)
    return {
        "waiting": state.count_waiting(office_line.id),
        "eta": range_json(office_state.walk_in_range(state, office_line.id), state.office),
        "refusal": refusal.code if refusal else None,
        "lasts_today": refusal is not None and refusal.lasts_today,
    }
