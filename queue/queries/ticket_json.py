"""What one phone sees of its line. Pure.

`ticket_object` is the contract's ticket. `frames.py` writes the same, from the same two parts, as bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...core.i18n.dates import format_rfc3339
from ...offices.service import Office, OfficeLine, text_in_language
from ..domain.line import Line
from ..domain.line_settings import LineSettings
from ..domain.ticket import AT_DESK_STATES, Ticket, TicketState, allowed_actions
from ..domain.wait_estimate import ForecastRange


@dataclass(frozen=True, slots=True)
class CallSchedule:
    """The order of calls of a line, the range of each person, and the desks that work for it."""

    order: Sequence[str]
    ranges: Mapping[str, ForecastRange]
    desks_open: int


@dataclass(frozen=True, slots=True)
class LineView:
    """A line as its people see it at one moment, whole. `tickets` may hold some that are over.

    `places`: how many are before each of those who wait. `version` is the `v` of what is told.
    """

    office: Office
    office_line: OfficeLine
    version: int
    settings: LineSettings
    tickets: Mapping[str, Ticket]
    positions: Mapping[str, int]
    ranges: Mapping[str, ForecastRange]
    desks_open: int
    now: datetime


def make_line_view(
    office: Office, office_line: OfficeLine, line: Line, schedule: CallSchedule, now: datetime
) -> LineView:
    """The scene of a line. `named.version` is the version that it has."""
    return LineView(
        office=office,
        office_line=office_line,
        version=office_line.version,
        settings=line.settings,
        tickets={ticket.id: ticket for ticket in line.tickets},
        positions={ticket_id: place for place, ticket_id in enumerate(schedule.order)},
        ranges=schedule.ranges,
        desks_open=schedule.desks_open,
        now=now,
    )


def ticket_object(view: LineView, ticket_id: str, language: str) -> dict[str, Any] | None:
    """The contract's ticket without what only its owner may have; None when the scene does not know it."""
    ticket = view.tickets.get(ticket_id)
    if ticket is None:
        return None
    waiting = ticket.state is TicketState.WAITING
    return {
        **ticket_part(view, ticket, language),
        "ahead": view.positions.get(ticket_id) if waiting else None,
        "eta": range_json(view.ranges.get(ticket_id), view.office) if waiting else None,
        **line_part(view, language),
        "v": view.version,
    }


def ticket_part(view: LineView, ticket: Ticket, language: str) -> dict[str, Any]:
    """What changes only when the ticket does, or the office's desks; and, once missed, when it is too late."""
    office, rules = view.office, view.settings
    return {
        "code": ticket.code,
        "service": ticket.service,
        "more_services": list(ticket.more_services),
        "kind": str(ticket.kind),
        "state": str(ticket.state),
        "at_most_overtaken_by": ticket.passes_left if ticket.state is TicketState.WAITING else None,
        "desk": _desk_json(office, ticket.desk_id, language) if ticket.state in AT_DESK_STATES else None,
        "called_at": _to_rfc3339(ticket.called_at, office),
        "recalls": ticket.recalls,
        "reason": ticket.reason,
        "may": list(allowed_actions(ticket, rules, view.now, is_paused=office.paused)),
        "until": _to_rfc3339(
            None if _is_rejoin_open_ended(ticket, office) else state_ends_at(ticket, rules), office
        ),
        "help": ticket.help,
    }


def line_part(view: LineView, language: str) -> dict[str, Any]:
    """What is the same for everybody in the line."""
    return {
        "office": view.office.slug,
        "line": {"slug": view.office_line.slug, "name": view.office_line.name(language)},
        "desks_open": view.desks_open,
        "paused": view.office.paused,
        "pause_message": view.office.pause_message,
    }


def _desk_json(office: Office, desk_id: str | None, language: str) -> dict[str, Any] | None:
    """None for a desk that is no more."""
    desk = next((one for one in office.desks if one.id == desk_id), None)
    if desk is None:
        return None
    way = text_in_language(desk.way, language) if desk.way else ""
    return {"id": desk.id, "name": desk.name, "way": way, "arrow": desk.arrow}


def _is_rejoin_open_ended(ticket: Ticket, office: Office) -> bool:
    """While the office is paused the time to come back does not run."""
    return office.paused and ticket.state is TicketState.MISSED


def state_ends_at(ticket: Ticket, settings: LineSettings) -> datetime | None:
    """When the present state ends: a call's patience, the time to rejoin, a hold, ten minutes more."""
    if ticket.state is TicketState.CALLED and ticket.called_at is not None:
        return ticket.called_at + settings.missed_after
    if ticket.state is TicketState.MISSED:
        return ticket.since + settings.rejoin_within
    return ticket.not_before if ticket.state in (TicketState.WAITING, TicketState.ON_HOLD) else None


def range_json(range_: ForecastRange | None, office: Office) -> dict[str, str] | None:
    """A range of clock times with the office's offset; None when nobody can say."""
    if range_ is None:
        return None
    return {
        "earliest": format_rfc3339(range_.earliest, office.timezone),
        "latest": format_rfc3339(range_.latest, office.timezone),
    }


def _to_rfc3339(moment: datetime | None, office: Office) -> str | None:
    return format_rfc3339(moment, office.timezone) if moment else None
