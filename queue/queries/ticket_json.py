"""One ticket as its citizen's phone gets it, as JSON (docs/api.md). Pure: no clock, no SQL.

`realtime/ticket_frames.py` writes the same parts as bytes.
"""

from __future__ import annotations

from typing import Any

from ...core.i18n.dates import format_optional_rfc3339, format_rfc3339
from ...offices.service import Office, text_in_language
from ..domain.ticket import AT_DESK_STATES, Ticket, TicketState, allowed_actions, state_ends_at
from ..domain.wait_estimate import ForecastRange
from .line_view import LineView


def ticket_object(view: LineView, ticket_id: str, language: str) -> dict[str, Any] | None:
    """Return the ticket without its token and links; None if the view does not hold it."""
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
    """Return the fields that depend on the ticket and the office's desks only.

    Those of a missed ticket also depend on the time: `may` loses `rejoin` when the time to rejoin is over.
    """
    office, settings = view.office, view.settings
    # the time to rejoin stands still while the office is paused
    is_open_ended = office.paused and ticket.state is TicketState.MISSED
    ends_at = None if is_open_ended else state_ends_at(ticket, settings)
    return {
        "code": ticket.code,
        "service": ticket.service,
        "more_services": list(ticket.more_services),
        "kind": str(ticket.kind),
        "state": str(ticket.state),
        "at_most_overtaken_by": ticket.passes_left if ticket.state is TicketState.WAITING else None,
        "desk": _desk_json(office, ticket.desk_id, language) if ticket.state in AT_DESK_STATES else None,
        "called_at": format_optional_rfc3339(ticket.called_at, office.timezone),
        "recalls": ticket.recalls,
        "reason": ticket.reason,
        "may": list(allowed_actions(ticket, settings, view.now, is_paused=office.paused)),
        "until": format_optional_rfc3339(ends_at, office.timezone),
        "help": ticket.help,
    }


def line_part(view: LineView, language: str) -> dict[str, Any]:
    """Return the fields that are the same for every ticket of the line."""
    return {
        "office": view.office.slug,
        "line": {"slug": view.office_line.slug, "name": view.office_line.name(language)},
        "desks_open": view.desks_open,
        "paused": view.office.paused,
        "pause_message": view.office.pause_message,
    }


def _desk_json(office: Office, desk_id: str | None, language: str) -> dict[str, Any] | None:
    """Return None for a desk that was removed from the office."""
    desk = next((desk for desk in office.desks if desk.id == desk_id), None)
    if desk is None:
        return None
    way = text_in_language(desk.way, language) if desk.way else ""
    return {"id": desk.id, "name": desk.name, "way": way, "arrow": desk.arrow}


def range_json(range_: ForecastRange | None, office: Office) -> dict[str, str] | None:
    """Return a forecast range as RFC 3339 times with the office's UTC offset; None without a forecast."""
    if range_ is None:
        return None
    return {
        "earliest": format_rfc3339(range_.earliest, office.timezone),
        "latest": format_rfc3339(range_.latest, office.timezone),
    }
