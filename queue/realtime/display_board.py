"""What the waiting-room screen shows: the last calls, who did not come, how long each line is.

A public board: codes and desks, never a name. The screen's page gets the same with its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.i18n.dates import rfc3339
from ...offices.service import Line as OfficeLine
from ...offices.service import Office, hours
from ..actions.judging import behind_standby
from ..domain import admission
from ..domain.admission import Situation
from ..domain.ticket import AT_DESK, State, Ticket
from ..queries import office_state
from ..queries.office_state import Floor
from ..queries.ticket_json import range_json
from ..storage.line_cache import ANSWERED_BEFORE, ANSWERED_KEPT

CALLS_SHOWN = 8  # more rows than that cannot be read from 6 m
CALLS_KEPT = ANSWERED_KEPT  # answered calls stay while there is room, for whoever looked away
KEPT_FOR = ANSWERED_BEFORE  # an older call tells nobody anything
MISSED_SHOWN = 6
HERE = frozenset({State.WAITING, State.CALLED, State.SERVING})

Board = Mapping[str, Any]


async def display_board(session: AsyncSession, office: Office, now: datetime, language: str) -> Board:
    """The contract's `board` without its type, with what the page needs beside it."""
    return in_language(board_of(await office_state.floor(session, office, now)), office, language)


def board_of(around: Floor) -> Board:
    """The board as it is in every language: all but the names of its lines."""
    office, now = around.office, around.now
    opens_at = hours.next_opening(office.hours, now)
    return {
        "v": sum(line.version for line in office.lines),
        "at": rfc3339(now, office.timezone),
        "state": _state(around),
        "open": hours.is_open(office.hours, now),
        "paused": office.paused,
        "pause_message": office.pause_message,
        "opens_at": rfc3339(opens_at, office.timezone) if opens_at else None,
        "calls": [_call(ticket, office) for ticket in last_calls(_called_lately(around))],
        "missed": [ticket.code for ticket in _missed(around)],
        "lines": [_line(around, line) for line in office.lines],
    }


def in_language(board: Board, office: Office, language: str) -> Board:
    """The board with the names of its lines."""
    named = [
        {"slug": line.slug, "letter": line.letter, "name": line.name(language), **shown}
        for line, shown in zip(office.lines, board["lines"], strict=True)
    ]
    return {**board, "lines": named}


def _called_lately(around: Floor) -> list[Ticket]:
    """Whoever was called lately and is still called, or served, or has gone home since."""
    there = [one for line in around.lines.values() for one in line.tickets if one.state in AT_DESK]
    answered = [one for snapshot in around.snapshots.values() for one in snapshot.answered]
    since = around.now - KEPT_FOR
    return [one for one in (*there, *answered) if one.called_at is not None and one.called_at > since]


def last_calls(called: Sequence[Ticket]) -> list[Ticket]:
    """Whoever is called now, the newest first; then the calls that were answered, while there is room."""
    newest = sorted(called, key=lambda one: (one.called_at or one.since, one.code), reverse=True)
    pending = [one for one in newest if one.state is State.CALLED]
    answered = [one for one in newest if one.state is not State.CALLED]
    return [*pending, *answered[: max(0, CALLS_KEPT - len(pending))]][:CALLS_SHOWN]


def _state(around: Floor) -> str:
    """`open paused closed`. After closing it stays open for those who are still here."""
    if around.office.paused:
        return "paused"
    if hours.is_open(around.office.hours, around.now):
        return "open"
    tickets = (ticket for line in around.lines.values() for ticket in line.tickets)
    return "open" if any(ticket.state in HERE for ticket in tickets) else "closed"


def _call(ticket: Ticket, office: Office) -> dict[str, Any]:
    desk = office.desk(ticket.desk_id or "")
    return {
        "code": ticket.code,
        "desk": desk.name,
        "arrow": desk.arrow,
        "at": rfc3339(ticket.called_at or ticket.since, office.timezone),
        "again": ticket.recalls,
        "now": ticket.state is State.CALLED,
    }


def _missed(around: Floor) -> list[Ticket]:
    """Who was called and may still come back, the latest first."""
    tickets = (ticket for line in around.lines.values() for ticket in line.tickets)
    missed = [ticket for ticket in tickets if ticket.state is State.MISSED]
    return sorted(missed, key=lambda one: one.since, reverse=True)[:MISSED_SHOWN]


def _line(around: Floor, named: OfficeLine) -> dict[str, Any]:
    return {
        "waiting": around.waiting(named.id),
        "eta": range_json(office_state.newcomer_now(around, named.id), around.office),
        "refusal": _refusal(around, named),
    }


def _refusal(around: Floor, named: OfficeLine) -> str | None:
    """Why somebody without an appointment would get no turn in this line now; None when they would."""
    office, now = around.office, around.now
    minutes = [
        one.minutes
        for one in office.services
        if one.line_id == named.id and one.walk_in and "in_person" in one.modes
    ]
    if not minutes:
        return "appointment_only"
    expected = timedelta(minutes=min(minutes))
    refusal = admission.walk_in(
        Situation(
            paused=office.paused,
            closing=hours.closing(office.hours, now),
            opens_at=None,
            stopped=named.stopped,
            quota=named.daily_quota,
            walk_ins=around.snapshots[named.id].counted.walk_ins,
            forecast=around.hope(named.id, expected),
            rules=around.lines[named.id].rules,
        )
    )
    refusal = refusal or behind_standby(around.lines[named.id])
    return refusal.code if refusal else None
