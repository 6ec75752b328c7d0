"""A ticket as its phone gets it: JSON for the API, bytes for frames. No SQL.

`ticket_object` and `TicketFrames` are made of the same parts. Of two thousand frames of a line only a few numbers
differ, so a frame joins bytes that are encoded once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...core.i18n.dates import format_optional_rfc3339, format_rfc3339
from ...core.i18n.languages import text_in_language
from ...offices.service import Office
from ..domain.people_ahead import NO_ONE_WAITS
from ..domain.ticket import (
    AT_DESK_STATES,
    OtherLineCalls,
    Ticket,
    TicketState,
    allowed_actions,
    postponed_until,
    state_ends_at,
)
from ..domain.wait_estimate import ForecastRange
from .line_view import LineView

FrameParts = tuple[bytes, bytes, bytes, bytes]
"""A state without its end: the ticket's part, people ahead, the part of its wait, and the line's part."""

MAX_PREBUILT_POSITIONS = 5_000  # positions that are encoded once; longer lines encode the others each time
MAX_CACHED_RANGES = 1_000  # a line has few ranges, because they are rounded to five minutes
_NULL = b"null"
_NO_POSITION = b'"ahead":null,"ahead_in_other_lines":null,"eta":'
_POSITION = b'"ahead":%d,"ahead_in_other_lines":%d,"eta":'
_POSITIONS = tuple(_POSITION % (number, 0) for number in range(MAX_PREBUILT_POSITIONS))


def ticket_object(view: LineView, ticket_id: str, language: str) -> dict[str, Any] | None:
    """Return the ticket without its token and links; None if the view does not hold it."""
    ticket = view.tickets.get(ticket_id)
    if ticket is None:
        return None
    waiting = ticket.state is TicketState.WAITING
    ahead = view.ahead.all.get(ticket_id) if waiting else None
    return {
        **ticket_part(view, ticket, language),
        "ahead": ahead,
        "ahead_in_other_lines": None if ahead is None else view.ahead.in_other_lines.get(ticket_id, 0),
        "eta": range_json(view.ranges.get(ticket_id), view.office) if waiting else None,
        "postpone": _postpone_json(view, ticket),
        "other_calls": _other_calls_json(view, ticket),
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
        "at_most_overtaken_by": ticket.overtakings_left if ticket.state is TicketState.WAITING else None,
        "desk": _desk_json(office, ticket.desk_id, language) if ticket.state in AT_DESK_STATES else None,
        "called_at": format_optional_rfc3339(ticket.called_at, office.timezone),
        "recalls": ticket.recalls,
        "reason": ticket.reason,
        "may": list(allowed_actions(ticket, settings, view.now, is_paused=office.paused)),
        "until": format_optional_rfc3339(ends_at, office.timezone),
        "help": ticket.help,
        "help_answered": ticket.help_answered,
    }


def line_part(view: LineView, language: str) -> dict[str, Any]:
    """Return the fields that are the same for every ticket of the line."""
    return {
        "office": view.office.slug,
        "line": {"slug": view.office_line.slug, "name": view.office_line.name(language)},
        "desks_open": view.desks_open,
        "paused": view.office.paused,
        "evacuation": view.office.is_evacuating,
        "pause_message": view.office.pause_text(language),
    }


def _postpone_json(view: LineView, ticket: Ticket) -> dict[str, Any] | None:
    """Return length and end of a postponement; None while the citizen cannot ask for it."""
    if "postpone" not in allowed_actions(ticket, view.settings, view.now, is_paused=view.office.paused):
        return None
    shown = view.ranges.get(ticket.id)
    until = postponed_until(ticket, view.settings, shown.earliest if shown else None)
    minutes = round(view.settings.postpone_by.total_seconds() / 60)
    return {"minutes": minutes, "until": format_optional_rfc3339(until, view.office.timezone)}


def _other_calls_json(view: LineView, ticket: Ticket) -> dict[str, Any] | None:
    seen = view.other_calls.seen_by(ticket) if view.other_calls is not None else None
    return {"count": seen[0], "since": format_rfc3339(seen[1], view.office.timezone)} if seen else None


def _desk_json(office: Office, desk_id: str | None, language: str) -> dict[str, Any] | None:
    """Return None for a desk that was removed from the office."""
    desk = next((desk for desk in office.desks if desk.id == desk_id), None)
    if desk is None:
        return None
    way = text_in_language(desk.way, language) if desk.way else ""
    return {"id": desk.id, "name": desk.name, "way": way, "arrow": desk.arrow}


def range_json(range_: ForecastRange | None, office: Office) -> dict[str, str] | None:
    """Return a forecast range as RFC 3339 times; None without a forecast."""
    if range_ is None:
        return None
    return {
        "earliest": format_rfc3339(range_.earliest, office.timezone),
        "latest": format_rfc3339(range_.latest, office.timezone),
    }


class TicketFrames:
    """The frames of a line in a language.

    First `set_view`, then `frame_parts` and `frame_end`.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._view: LineView | None = None
        self._tickets: Mapping[str, Ticket] = {}
        self._ahead = NO_ONE_WAITS
        self._ranges: Mapping[str, ForecastRange] = {}
        self._other_calls: OtherLineCalls | None = None
        self._shared_state: object = None
        self._ticket_parts: dict[str, tuple[Ticket, bytes]] = {}
        # valid for self._ranges and self._other_calls only
        self._parts_with_range: dict[str, tuple[Ticket, bytes, bytes]] = {}
        self._encoded_ranges: dict[ForecastRange, bytes] = {}
        # each text only once in RAM: many tickets have the same range
        self._shared_waits: dict[bytes, bytes] = {}
        self._line_part = b""

    def set_view(self, view: LineView) -> None:
        """Use this view from now on.

        Parts that equal those of the view before are not encoded again.
        """
        office = view.office
        shared_state = office.desks, office.timezone, office.paused, view.settings
        if self._shared_state != shared_state:
            self._shared_state = shared_state
            self._ticket_parts, self._parts_with_range, self._encoded_ranges = {}, {}, {}
        # ended tickets are dropped when they are the majority, so that not every change copies the whole cache
        elif len(self._ticket_parts) > 2 * len(view.tickets):
            self._ticket_parts = {
                ticket_id: part for ticket_id, part in self._ticket_parts.items() if ticket_id in view.tickets
            }
            self._parts_with_range = {}
        if self._ranges is not view.ranges or self._other_calls != view.other_calls:
            self._ranges, self._other_calls, self._parts_with_range = view.ranges, view.other_calls, {}
            self._shared_waits = {}
            if len(self._encoded_ranges) > MAX_CACHED_RANGES:
                self._encoded_ranges = {}
        self._view, self._tickets, self._ahead = view, view.tickets, view.ahead
        self._line_part = b"," + _to_json_bytes(line_part(view, self._language))[1:-1] + b',"v":'

    def frame_end(self, now: datetime) -> bytes:
        """Return the end of every state that is sent now: version and time."""
        assert self._view is not None
        sent_at = format_rfc3339(now, self._view.office.timezone).encode()
        return b'%d,"sent_at":"%b"}' % (self._view.version, sent_at)

    def frame_parts(self, ticket_id: str) -> FrameParts | None:
        """Return the state that a ticket's phone should show; None if it is not in the view."""
        ticket = self._tickets.get(ticket_id)
        if ticket is None:
            return None
        parts = self._parts_with_range.get(ticket_id)
        if parts is None or parts[0] is not ticket:
            parts = self._encode_parts(ticket)
        position = self._ahead.all.get(ticket_id)
        if position is None:
            return parts[1], _NO_POSITION, parts[2], self._line_part
        in_other_lines = self._ahead.in_other_lines.get(ticket_id, 0)
        if in_other_lines or position >= MAX_PREBUILT_POSITIONS:
            return parts[1], _POSITION % (position, in_other_lines), parts[2], self._line_part
        return parts[1], _POSITIONS[position], parts[2], self._line_part

    def _encode_parts(self, ticket: Ticket) -> tuple[Ticket, bytes, bytes]:
        assert self._view is not None
        known = self._ticket_parts.get(ticket.id)
        if known is not None and known[0] == ticket:  # equal, but read from SQL again
            ticket_bytes = known[1]
        else:
            ticket_bytes = (
                _to_json_bytes({"type": "ticket", **ticket_part(self._view, ticket, self._language)})[:-1] + b","
            )
        other_calls = _to_json_bytes(_other_calls_json(self._view, ticket))
        postpone = _to_json_bytes(_postpone_json(self._view, ticket))
        wait_bytes = b',"postpone":%b,"other_calls":%b' % (postpone, other_calls)
        wait_bytes = self._range_bytes(ticket) + wait_bytes
        parts = ticket, ticket_bytes, self._shared_waits.setdefault(wait_bytes, wait_bytes)
        # the part of a missed ticket also depends on the time
        if ticket.state is not TicketState.MISSED:
            self._ticket_parts[ticket.id] = ticket, ticket_bytes
            self._parts_with_range[ticket.id] = parts
        return parts

    def _range_bytes(self, ticket: Ticket) -> bytes:
        found = self._ranges.get(ticket.id)
        if found is None or ticket.state is not TicketState.WAITING:
            return _NULL
        assert self._view is not None
        if found not in self._encoded_ranges:
            self._encoded_ranges[found] = _to_json_bytes(range_json(found, self._view.office))
        return self._encoded_ranges[found]


def _to_json_bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
