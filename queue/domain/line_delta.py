"""The message of one change of a line on the bus. Pure: no clock, no SQL, no sockets.

A message holds the difference between two versions, so that its size does not depend on the length of the line.
A process without the `base` version reads SQL. A message holds tickets only, and no personal data.
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
_FIELD_NAMES = tuple(field.name for field in fields(Ticket))
_DATETIME_FIELDS = frozenset(
    {
        "issued_at",
        "arrived_at",
        "since",
        "appointment_at",
        "told_at",
        "called_at",
        "not_before",
        "placed_at",
    }
)
_DECODERS: Mapping[str, Callable[[Any], Any]] = {
    **{name: lambda value: _EPOCH + value * _MICROSECOND for name in _DATETIME_FIELDS},
    "expected": lambda value: value * _MICROSECOND,
    "more_services": tuple,
    "state": TicketState,
    "kind": TicketKind,
    "priority": TicketPriority,
}


def changed_fields(before: Ticket, after: Ticket) -> dict[str, Any]:
    """Return the new values of the fields that differ, by name."""
    return {name: value for name in _FIELD_NAMES if (value := getattr(after, name)) != getattr(before, name)}


def encode_delta(
    before: Line, after: Line, base: int, version: int, day: date, counted: tuple[int, int]
) -> dict[str, Any]:
    """Return the message from `before` at version `base` to `after` at `version`.

    `counted`: the tickets and the walk-ins that the line has issued on `day`. Equal changes of many tickets are
    written once: a called appointment changes every ticket that it overtakes in the same way.
    """
    known = {ticket.id: ticket for ticket in before.tickets}
    changed: list[tuple[str, FieldChanges]] = []
    new = []
    for ticket in after.tickets:
        earlier = known.pop(ticket.id, None)
        if earlier is None:
            new.append({name: _encode_value(getattr(ticket, name)) for name in _FIELD_NAMES})
        elif earlier is not ticket and (changes := changed_fields(earlier, ticket)):
            changed.append((ticket.id, changes))
    return {
        "v": version,
        "base": base,
        "line": after.id,
        "day": day.isoformat(),
        "counted": list(counted),
        "calls": [str(kind) for kind in after.last_calls],
        "new": new,
        "changed": [
            [{name: _encode_value(value) for name, value in changes.items()}, ids]
            for changes, ids in group_by_changes(changed)
        ],
        "gone": list(known),
    }


def apply_delta(line: Line, delta: LineDelta) -> tuple[Line, list[Ticket]]:
    """Apply a message to the line at its `base` version. Return the line, and the tickets that ended."""
    tickets = {ticket.id: ticket for ticket in line.tickets}
    for encoded, ids in delta["changed"]:
        changes = {name: _decode_value(name, value) for name, value in encoded.items()}
        for ticket_id in ids:
            if ticket_id in tickets:
                tickets[ticket_id] = replace(tickets[ticket_id], **changes)
    for encoded in delta["new"]:
        ticket = Ticket(**{name: _decode_value(name, value) for name, value in encoded.items()})
        tickets[ticket.id] = ticket
    for ticket_id in delta["gone"]:
        tickets.pop(ticket_id, None)
    calls = tuple(TicketKind(kind) for kind in delta["calls"])
    return split_ended(replace(line, tickets=tuple(tickets.values()), last_calls=calls))


def split_ended(line: Line) -> tuple[Line, list[Ticket]]:
    """Return the line with its active tickets only, and the ended tickets."""
    ended = [ticket for ticket in line.tickets if ticket.state in ENDED_STATES]
    if not ended:
        return line, ended
    active = tuple(ticket for ticket in line.tickets if ticket.state not in ENDED_STATES)
    return replace(line, tickets=active), ended


def group_by_changes(changes: Iterable[tuple[str, FieldChanges]]) -> list[tuple[FieldChanges, list[str]]]:
    """Return each distinct set of changes once, with the ids of its tickets. The values are hashable."""
    groups: dict[tuple[tuple[str, Any], ...], tuple[FieldChanges, list[str]]] = {}
    for ticket_id, values in changes:
        groups.setdefault(tuple(values.items()), (values, []))[1].append(ticket_id)
    return list(groups.values())


def _encode_value(value: Any) -> Any:
    """Return a JSON value: times and durations become microseconds, the precision of the database."""
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    if isinstance(value, timedelta):
        return value // _MICROSECOND
    return value


def _decode_value(name: str, encoded: Any) -> Any:
    decode = _DECODERS.get(name)
    return encoded if encoded is None or decode is None else decode(encoded)
