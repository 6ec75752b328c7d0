"""What one phone sees of its line. Pure.

A line's whole state travels once over the bus, without personal data; every ticket's object is cut from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..core.dates import rfc3339
from ..offices.service import Desk, Office, in_language
from ..offices.service import Line as OfficeLine
from .estimate import Range
from .line import Line
from .ticket import AT_DESK, LineRules, State, Ticket, may

LineState = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outlook:
    """The order of calls of a line, the range of each person, and the desks that work for it."""

    order: Sequence[str]
    ranges: Mapping[str, Range]
    desks_open: int


def line_state(office: Office, named: OfficeLine, line: Line, outlook: Outlook, now: datetime) -> LineState:
    """The whole state of a line as JSON. `named.version` is the version that this state has."""
    places = {ticket_id: place for place, ticket_id in enumerate(outlook.order)}
    in_use = {ticket.desk_id for ticket in line.tickets if ticket.state in AT_DESK}
    return {
        "v": named.version,
        "office": office.slug,
        "timezone": str(office.timezone),
        "line": {"slug": named.slug, "names": dict(named.names)},
        "paused": office.paused,
        "pause_message": office.pause_message,
        "desks_open": outlook.desks_open,
        "desks": {desk.id: _desk(desk) for desk in office.desks if desk.id in in_use},
        "tickets": {
            ticket.id: _ticket(
                ticket, line.rules, places.get(ticket.id), outlook.ranges.get(ticket.id), office, now
            )
            for ticket in line.tickets
        },
    }


def _desk(desk: Desk) -> dict[str, Any]:
    return {"id": desk.id, "name": desk.name, "way": dict(desk.way or {}), "arrow": desk.arrow}


def _ticket(
    ticket: Ticket, rules: LineRules, place: int | None, eta: Range | None, office: Office, now: datetime
) -> dict[str, Any]:
    waiting = ticket.state is State.WAITING
    return {
        "code": ticket.code,
        "service": ticket.service,
        "kind": str(ticket.kind),
        "state": str(ticket.state),
        "ahead": place if waiting else None,
        "at_most_overtaken_by": ticket.passes_left if waiting else None,
        "eta": range_json(eta, office) if waiting else None,
        "desk": ticket.desk_id if ticket.state in AT_DESK else None,
        "called_at": _time(ticket.called_at, office),
        "recalls": ticket.recalls,
        "reason": ticket.reason,
        "may": list(may(ticket, rules, now, unhurried=office.paused)),
        "until": _time(None if _is_unhurried(ticket, office) else until(ticket, rules), office),
        "help": ticket.help,
    }


def _is_unhurried(ticket: Ticket, office: Office) -> bool:
    """While the office is paused the time to come back does not run."""
    return office.paused and ticket.state is State.MISSED


def until(ticket: Ticket, rules: LineRules) -> datetime | None:
    """When the present state ends: a call's patience, the time to rejoin, a hold, ten minutes more."""
    if ticket.state is State.CALLED and ticket.called_at is not None:
        return ticket.called_at + rules.missed_after
    if ticket.state is State.MISSED:
        return ticket.since + rules.rejoin_within
    return ticket.not_before if ticket.state in (State.WAITING, State.ON_HOLD) else None


def ticket_object(state: LineState, ticket_id: str, language: str) -> dict[str, Any] | None:
    """The contract's ticket without what only its owner may have; None when the state does not know it."""
    one = state["tickets"].get(ticket_id)
    if one is None:
        return None
    return {
        **one,
        "office": state["office"],
        "line": {"slug": state["line"]["slug"], "name": in_language(state["line"]["names"], language)},
        "desk": _desk_in(state["desks"].get(one["desk"]), language),
        "desks_open": state["desks_open"],
        "paused": state["paused"],
        "pause_message": state["pause_message"],
        "v": state["v"],
    }


def _desk_in(desk: Mapping[str, Any] | None, language: str) -> dict[str, Any] | None:
    if desk is None:
        return None
    return {**desk, "way": in_language(desk["way"], language) if desk["way"] else ""}


def range_json(found: Range | None, office: Office) -> dict[str, str] | None:
    """A range of clock times with the office's offset; None when nobody can say."""
    if found is None:
        return None
    return {
        "earliest": rfc3339(found.earliest, office.timezone),
        "latest": rfc3339(found.latest, office.timezone),
    }


def _time(moment: datetime | None, office: Office) -> str | None:
    return rfc3339(moment, office.timezone) if moment else None
