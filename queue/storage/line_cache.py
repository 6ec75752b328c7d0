"""The process-local cache of lines by version (docs/decisions/0019).

Never the source of truth.
Every change of a line increments its version, under the line's lock and in the same transaction. So a transaction
that holds the lock and finds its version here need not read the tickets. A process that receives the bus message
of the next version applies only the difference. If a message is missing, the process reads SQL.

A message holds the difference between two versions, so that its size does not depend on the length of the line. It
holds tickets only, and no personal data.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.process_cache import process_cache
from ...core.db.session_hooks import call_after_commit, call_at_session_end
from ...core.row_mapping import field_names
from ...offices.service import Office, OfficeLine, hours
from ..domain.line import Line
from ..domain.line_settings import LineSettings
from ..domain.ticket import (
    ENDED_STATES,
    FINISHED_STATES,
    Ticket,
    TicketKind,
    TicketPriority,
    TicketState,
)
from . import desk_rows, ticket_rows
from .desk_rows import DeskSession, LineDay

MAX_ENDED_KEPT = 200  # ended tickets whose phones may not have their last state yet
MAX_FINISHED_KEPT = 4  # finished tickets: as many as fit on a display
FINISHED_KEPT_FOR = timedelta(minutes=30)  # after midnight a display still shows the calls of the evening
# in session.info: the new version of each line that the transaction changed
TOUCHED_LINES_KEY = "lines_touched"
LOCK_TIMEOUT_S = 1.0  # longer than any transaction of ours; afterwards the database lock decides
_HELD_LOCKS_KEY = "lines_held"
# messages that arrived before their base version, because two processes published at once
MAX_PENDING_DELTAS = 64

LineDelta = Mapping[str, Any]
FieldChanges = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIELD_NAMES = field_names(Ticket)
# In messages a field keeps its former name: during an upgrade, processes of 0.2.0 read and write them, too.
_MESSAGE_NAMES = {"overtakings_left": "passes_left"}
_NAMES_IN_TICKET = {name: field for field, name in _MESSAGE_NAMES.items()}
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


@dataclass(frozen=True, slots=True)
class CachedLine:
    """A version of a line: active tickets, counters of the day, open desk sessions.

    `read_version`: the version that was read from SQL. Since then neither the line's row nor the office has
    changed, because messages do not carry such changes.
    `ended`: recently ended tickets. `last_finished`: the finished tickets that were called last, the latest call
    first; a display of the office shows no others.
    """

    version: int
    line: Line
    day: date
    line_day: LineDay
    sessions: Mapping[str, DeskSession]
    read_version: int
    ended: Mapping[str, Ticket] = field(default_factory=dict)
    last_finished: tuple[Ticket, ...] = ()

    def advance(
        self, version: int, line: Line, ended: Iterable[Ticket], day: date, line_day: LineDay
    ) -> CachedLine:
        """Return the line after a change. `ended`: the tickets that the change ended."""
        # `LineCache.put` adds the tickets that earlier changes ended
        by_id = {ticket.id: ticket for ticket in ended}
        finished = _last_finished([*self.last_finished, *by_id.values()]) if by_id else self.last_finished
        return replace(
            self, version=version, line=line, day=day, line_day=line_day, ended=by_id, last_finished=finished
        )


def _last_finished(ended: Iterable[Ticket]) -> tuple[Ticket, ...]:
    """Return the finished tickets that were called last.

    The order is that of `ticket_rows.last_finished_tickets`.
    """
    called = {
        ticket.id: (ticket.called_at, ticket.code, ticket)
        for ticket in ended
        if ticket.state in FINISHED_STATES and ticket.called_at
    }
    latest = sorted(called.values(), key=lambda entry: entry[:2], reverse=True)
    return tuple(ticket for _, _, ticket in latest[:MAX_FINISHED_KEPT])


class LineCache:
    """The cached lines of a process."""

    def __init__(self) -> None:
        self._lines: dict[str, CachedLine] = {}
        self._announced_versions: dict[str, int] = {}
        self._pending_deltas: dict[str, dict[int, LineDelta]] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def latest_known(self, line_id: str) -> CachedLine | None:
        """Return the newest cached version; the line may have a newer version."""
        return self._lines.get(line_id)

    def current(self, line_id: str) -> CachedLine | None:
        """Return the line at the newest announced version; None if SQL must be read."""
        found = self._lines.get(line_id)
        return found if found is not None and found.version >= self._announced_versions.get(line_id, 0) else None

    def at_version(self, line_id: str, version: int, day: date) -> CachedLine | None:
        """Return the cached line if it is at exactly this version and day."""
        found = self._lines.get(line_id)
        return found if found is not None and found.version == version and found.day == day else None

    def put(self, line: CachedLine) -> None:
        """Cache a committed version, unless a newer version is cached."""
        cached = self._lines.get(line.line.id)
        if cached is not None and cached.version > line.version:
            return
        ended = {**cached.ended, **line.ended} if cached is not None else dict(line.ended)
        recent = dict(islice(ended.items(), max(0, len(ended) - MAX_ENDED_KEPT), None))
        self._lines[line.line.id] = replace(line, ended=recent)
        self._apply_pending_delta(line.line.id)

    def note_versions(self, versions: Mapping[str, int]) -> None:
        """Record announced versions, by line id. Their messages may arrive later, or be lost."""
        for line_id, version in versions.items():
            self._announced_versions[line_id] = max(version, self._announced_versions.get(line_id, 0))

    def apply_message(self, message: LineDelta) -> bool:
        """Advance the line to the version of a bus message. Return False if SQL must be read."""
        line_id, cached = message["line"], self._lines.get(message["line"])
        # first, so that `current` offers no older version if the message cannot be applied
        self.note_versions({line_id: message["v"]})
        if cached is not None and cached.version >= message["v"]:
            return True
        # a desk or the office changed, which the message does not carry
        if message.get("reread"):
            return False
        if cached is None or cached.version != message["base"]:
            self._hold_back_delta(line_id, message)
            return False
        self.put(_advance_by_message(cached, message))
        return True

    async def acquire_line_locks(self, session: AsyncSession, line_ids: Collection[str]) -> None:
        """Serialize the transactions of this process on these lines, until the end of the session.

        A wait ends after LOCK_TIMEOUT_S.
        """
        # The database lock alone would be correct. But a transaction that waits for it continues before the
        # previous transaction has updated the cache, and reads everything again.
        held: set[str] = session.info.setdefault(_HELD_LOCKS_KEY, set())
        # in a fixed order, so that two transactions do not wait for each other
        for line_id in sorted(set(line_ids) - held):
            with suppress(TimeoutError):
                async with asyncio.timeout(LOCK_TIMEOUT_S):
                    await self._locks[line_id].acquire()
                held.add(line_id)
                call_at_session_end(session, self._locks[line_id].release)

    def _hold_back_delta(self, line_id: str, message: LineDelta) -> None:
        pending = self._pending_deltas.setdefault(line_id, {})
        pending[message["base"]] = message
        if len(pending) > MAX_PENDING_DELTAS:
            del pending[min(pending)]

    def _apply_pending_delta(self, line_id: str) -> None:
        """Apply the held-back message that follows the cached version; drop outdated messages."""
        pending, cached = self._pending_deltas.get(line_id), self._lines[line_id]
        if not pending:
            return
        following = pending.pop(cached.version, None)
        if following is not None:
            self.put(_advance_by_message(cached, following))
            return
        for base in [base for base in pending if base < cached.version]:
            del pending[base]


def _advance_by_message(cached: CachedLine, message: LineDelta) -> CachedLine:
    line, ended = apply_delta(cached.line, message)
    issued, walk_ins = message["counted"]
    line_day = LineDay(issued, walk_ins, tuple(TicketKind(kind) for kind in message["calls"]))
    return cached.advance(message["v"], line, ended, date.fromisoformat(message["day"]), line_day)


async def acquire_line_locks(session: AsyncSession, line_ids: Collection[str]) -> None:
    """Serialize the transactions of this process on these lines."""
    await process_cache(session).get(LineCache).acquire_line_locks(session, line_ids)


def put_after_commit(session: AsyncSession, line: CachedLine) -> None:
    """Cache the new version of a line once this transaction has committed."""
    call_after_commit(session, lambda: process_cache(session).get(LineCache).put(line))


def cached_line_at(session: AsyncSession, line_id: str, version: int | None) -> CachedLine | None:
    """Return the cached line if it has this version."""
    found = process_cache(session).get(LineCache).latest_known(line_id)
    return found if found is not None and found.version == version else None


async def load_cached_lines(
    session: AsyncSession, office: Office, lines: Collection[OfficeLine], day: date
) -> dict[str, CachedLine]:
    """Return these lines at the versions that they carry, from the cache or else from SQL."""
    cache = process_cache(session).get(LineCache)
    found = {line.id: cache.at_version(line.id, line.version, day) for line in lines}
    unknown = [line for line in lines if found[line.id] is None]
    loaded = await _read_lines(session, office, unknown, day) if unknown else {}
    # this transaction's own changes may still be rolled back
    if not session.info.get(TOUCHED_LINES_KEY):
        for cached in loaded.values():
            cache.put(cached)
    return {line.id: found[line.id] or loaded[line.id] for line in lines}


async def _read_lines(
    session: AsyncSession, office: Office, lines: Collection[OfficeLine], day: date
) -> dict[str, CachedLine]:
    line_ids = [line.id for line in lines]
    tickets = await ticket_rows.active_tickets(session, line_ids)
    days = await desk_rows.line_days(session, line_ids, day)
    sessions = await desk_rows.open_desk_sessions(session, [office.id])
    since = hours.day_bounds(office.hours, day)[0] - FINISHED_KEPT_FOR
    finished = await ticket_rows.last_finished_tickets(session, office.id, since, MAX_FINISHED_KEPT)
    return {
        line.id: CachedLine(
            line.version,
            to_domain_line(line, tickets[line.id], days[line.id]),
            day,
            days[line.id],
            desk_sessions_for_line(office, line.id, sessions),
            read_version=line.version,
            last_finished=tuple(ticket for ticket in finished if ticket.line_id == line.id),
        )
        for line in lines
    }


def to_domain_line(office_line: OfficeLine, tickets: Sequence[Ticket], day: LineDay) -> Line:
    """Build the domain line from rows."""
    return Line(office_line.id, tuple(tickets), day.last_calls, LineSettings.from_overrides(office_line.rules))


def merge_desk_sessions(lines: Mapping[str, CachedLine]) -> dict[str, DeskSession]:
    """Return the open desk sessions of these lines, by desk id."""
    return {desk_id: session for cached in lines.values() for desk_id, session in cached.sessions.items()}


def desk_sessions_for_line(
    office: Office, line_id: str, sessions: Mapping[str, DeskSession]
) -> dict[str, DeskSession]:
    """Return the open sessions at the desks of a line.

    Opening or closing such a desk increments the version of the line.
    """
    return {
        desk.id: sessions[desk.id] for desk in office.desks if line_id in desk.line_ids and desk.id in sessions
    }


# Bus messages. These functions are pure.


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
            new.append(_encode_fields({name: getattr(ticket, name) for name in _FIELD_NAMES}))
        # most tickets are unchanged, and the same object: no field needs to be compared
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
        "changed": [[_encode_fields(changes), ids] for changes, ids in group_by_changes(changed)],
        "gone": list(known),
    }


def apply_delta(line: Line, delta: LineDelta) -> tuple[Line, list[Ticket]]:
    """Apply a message to the line at its `base` version.

    Return the line, and the tickets that ended.
    """
    tickets = {ticket.id: ticket for ticket in line.tickets}
    for encoded, ids in delta["changed"]:
        changes = _decode_fields(encoded)
        for ticket_id in ids:
            if ticket_id in tickets:
                tickets[ticket_id] = replace(tickets[ticket_id], **changes)
    for encoded in delta["new"]:
        ticket = Ticket(**_decode_fields(encoded))
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
    """Return each distinct set of changes once, with the ids of its tickets.

    The values are hashable.
    """
    groups: dict[tuple[tuple[str, Any], ...], tuple[FieldChanges, list[str]]] = {}
    for ticket_id, values in changes:
        groups.setdefault(tuple(values.items()), (values, []))[1].append(ticket_id)
    return list(groups.values())


def _encode_fields(values: FieldChanges) -> dict[str, Any]:
    return {_MESSAGE_NAMES.get(name, name): _encode_value(value) for name, value in values.items()}


def _encode_value(value: Any) -> Any:
    """Return a JSON value: times and durations in microseconds, as exact as in the database."""
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    if isinstance(value, timedelta):
        return value // _MICROSECOND
    return value


def _decode_fields(encoded: Mapping[str, Any]) -> dict[str, Any]:
    names = ((_NAMES_IN_TICKET.get(name, name), value) for name, value in encoded.items())
    return {name: _decode_value(name, value) for name, value in names}


def _decode_value(name: str, encoded: Any) -> Any:
    decode = _DECODERS.get(name)
    return encoded if encoded is None or decode is None else decode(encoded)
