"""What one phone sees of its line. Pure.

`ticket_object` is the contract's ticket. `frames.py` writes the same, from the same two parts, as bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...core.i18n.dates import rfc3339
from ...offices.service import Line as OfficeLine
from ...offices.service import Office, in_language
from ..domain.line import Line
from ..domain.ticket import AT_DESK, LineRules, State, Ticket, may
from ..domain.wait_estimate import Range


@dataclass(frozen=True, slots=True)
class Outlook:
    """The order of calls of a line, the range of each person, and the desks that work for it."""

    order: Sequence[str]
    ranges: Mapping[str, Range]
    desks_open: int


@dataclass(frozen=True, slots=True)
class Scene:
    """A line as its people see it at one moment, whole. `tickets` may hold some that are over.

    `places`: how many are before each of those who wait. `version` is the `v` of what is told.
    """

    office: Office
    named: OfficeLine
    version: int
    rules: LineRules
    tickets: Mapping[str, Ticket]
    places: Mapping[str, int]
    ranges: Mapping[str, Range]
    desks_open: int
    now: datetime


def scene(office: Office, named: OfficeLine, line: Line, outlook: Outlook, now: datetime) -> Scene:
    """The scene of a line. `named.version` is the version that it has."""
    return Scene(
        office=office,
        named=named,
        version=named.version,
        rules=line.rules,
        tickets={ticket.id: ticket for ticket in line.tickets},
        places={ticket_id: place for place, ticket_id in enumerate(outlook.order)},
        ranges=outlook.ranges,
        desks_open=outlook.desks_open,
        now=now,
    )


def ticket_object(shown: Scene, ticket_id: str, language: str) -> dict[str, Any] | None:
    """The contract's ticket without what only its owner may have; None when the scene does not know it."""
    ticket = shown.tickets.get(ticket_id)
    if ticket is None:
        return None
    waiting = ticket.state is State.WAITING
    return {
        **own_part(shown, ticket, language),
        "ahead": shown.places.get(ticket_id) if waiting else None,
        "eta": range_json(shown.ranges.get(ticket_id), shown.office) if waiting else None,
        **line_part(shown, language),
        "v": shown.version,
    }


def own_part(shown: Scene, ticket: Ticket, language: str) -> dict[str, Any]:
    """What changes only when the ticket does, or the office's desks; and, once missed, when it is too late."""
    office, rules = shown.office, shown.rules
    return {
        "code": ticket.code,
        "service": ticket.service,
        "more_services": list(ticket.more_services),
        "kind": str(ticket.kind),
        "state": str(ticket.state),
        "at_most_overtaken_by": ticket.passes_left if ticket.state is State.WAITING else None,
        "desk": _desk(office, ticket.desk_id, language) if ticket.state in AT_DESK else None,
        "called_at": _time(ticket.called_at, office),
        "recalls": ticket.recalls,
        "reason": ticket.reason,
        "may": list(may(ticket, rules, shown.now, unhurried=office.paused)),
        "until": _time(None if _is_unhurried(ticket, office) else until(ticket, rules), office),
        "help": ticket.help,
    }


def line_part(shown: Scene, language: str) -> dict[str, Any]:
    """What is the same for everybody in the line."""
    return {
        "office": shown.office.slug,
        "line": {"slug": shown.named.slug, "name": shown.named.name(language)},
        "desks_open": shown.desks_open,
        "paused": shown.office.paused,
        "pause_message": shown.office.pause_message,
    }


def _desk(office: Office, desk_id: str | None, language: str) -> dict[str, Any] | None:
    """None for a desk that is no more."""
    desk = next((one for one in office.desks if one.id == desk_id), None)
    if desk is None:
        return None
    way = in_language(desk.way, language) if desk.way else ""
    return {"id": desk.id, "name": desk.name, "way": way, "arrow": desk.arrow}


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
