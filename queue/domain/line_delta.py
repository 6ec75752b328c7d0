"""One change of a line as it travels over the bus. Pure: no clock, no SQL, no sockets.

A message says from which version to which it leads and what differs, so it is small however long the line; whoever
does not stand at `base` reads SQL. Tickets only: nothing on it names a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from .line import Line
from .ticket import ENDED_STATES, Ticket, TicketKind, TicketPriority, TicketState

LineDelta = Mapping[str, Any]
FieldChanges = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIELD_NAMES = tuple(one.name for one in fields(Ticket))
_DATETIME_FIELDS = frozenset(one.name for one in fields(Ticket) if "datetime" in str(one.type))
_DECODERS: Mapping[str, Callable[[Any], Any]] = {
    **{name: lambda value: _EPOCH + value * _MICROSECOND for name in _DATETIME_FIELDS},
    "expected": lambda value: value * _MICROSECOND,
    "more_services": tuple,
    "state": TicketState,
    "kind": TicketKind,
    "priority": TicketPriority,
}


def changed_fields(before: Ticket, after: Ticket) -> dict[str, Any]:
    """What has another value afterwards, by field."""
    return {name: value for name in _FIELD_NAMES if (value := getattr(after, name)) != getattr(before, name)}


def encode_delta(
    before: Line, after: Line, base: int, version: int, day: date, counted: tuple[int, int]
) -> dict[str, Any]:
    """The message that leads from `before` at version `base` to `after`. `counted`: issued, walk-ins, of that day.

    Alike differences stand once: when an appointment is called, everybody it passes is told the same.
    """
    known = {ticket.id: ticket for ticket in before.tickets}
    alike: dict[str, tuple[dict[str, Any], list[str]]] = {}
    new = []
    for ticket in after.tickets:
        earlier = known.pop(ticket.id, None)
        if earlier is None:
            new.append({name: _encode_value(getattr(ticket, name)) for name in _FIELD_NAMES})
        elif earlier is not ticket and (differs := changed_fields(earlier, ticket)):
            plain = {name: _encode_value(value) for name, value in differs.items()}
            alike.setdefault(repr(plain), (plain, []))[1].append(ticket.id)
    return {
        "v": version,
        "base": base,
        "line": after.id,
        "day": day.isoformat(),
        "counted": list(counted),
        "calls": [str(kind) for kind in after.last_calls],
        "new": new,
        "changed": [[differs, ids] for differs, ids in alike.values()],
        "gone": list(known),
    }


def apply_delta(line: Line, delta: LineDelta) -> tuple[Line, list[Ticket]]:
    """The line that stood at the message's `base`, afterwards; and the tickets that are over with it."""
    tickets = {ticket.id: ticket for ticket in line.tickets}
    for differs, ids in delta["changed"]:
        read = {name: _decode_value(name, value) for name, value in differs.items()}
        for ticket_id in ids:
            if ticket_id in tickets:
                tickets[ticket_id] = replace(tickets[ticket_id], **read)
    for plain in delta["new"]:
        ticket = Ticket(**{name: _decode_value(name, value) for name, value in plain.items()})
        tickets[ticket.id] = ticket
    for ticket_id in delta["gone"]:
        tickets.pop(ticket_id, None)
    calls = tuple(TicketKind(kind) for kind in delta["calls"])
    return split_ended(replace(line, tickets=tuple(tickets.values()), last_calls=calls))


def split_ended(line: Line) -> tuple[Line, list[Ticket]]:
    """The line without the tickets that are over, and those."""
    over = [ticket for ticket in line.tickets if ticket.state in ENDED_STATES]
    if not over:
        return line, over
    return replace(line, tickets=tuple(one for one in line.tickets if one.state not in ENDED_STATES)), over


def group_by_changes(changes: Iterable[tuple[str, FieldChanges]]) -> list[tuple[FieldChanges, list[str]]]:
    """Ticket ids by what changes in them."""
    alike: dict[str, tuple[FieldChanges, list[str]]] = {}
    for ticket_id, differs in changes:
        alike.setdefault(repr(differs), (differs, []))[1].append(ticket_id)
    return list(alike.values())


def _encode_value(value: Any) -> Any:
    """As JSON has it: moments and lengths in microseconds, as exact as they are kept."""
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    if isinstance(value, timedelta):
        return value // _MICROSECOND
    return value


def _decode_value(name: str, encoded: Any) -> Any:
    read = _DECODERS.get(name)
    return encoded if encoded is None or read is None else read(encoded)
