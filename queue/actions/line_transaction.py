"""Transactions on lines: lock them, write differences, publish them. No rules.

Every use case that changes a ticket or a desk locks its lines here, asks the rules, and commits the changed lines
here, all in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ...appointments.service import VisitNoteKind, VisitPerson, insert_visit_note
from ...core.auth import Principal, StaffRole, require_role
from ...core.db.audit_entries import AuditActor
from ...core.db.engine import dialect_name
from ...core.db.write_conflicts import flush_inserts
from ...core.errors import Conflict, NotFound
from ...core.runtime import Transaction
from ...offices.service import (
    CALLS_ONLY,
    Office,
    OfficeLine,
    hours,
    is_loaded_office,
    lock_lines,
    note_changed_record,
    office_by_id,
    office_topic,
    set_line_versions,
)
from ..domain import ticket_notifications
from ..domain.incremental_order import LineMoves, line_moves
from ..domain.line import Line
from ..domain.line_settings import LineSettings
from ..domain.ticket import Ticket, TicketState
from ..domain.topics import display_topic, line_topic
from ..notify import ticket_messages
from ..queries.ticket_lookup import ticket_record_by_token
from ..storage import desk_rows, history_rows, ticket_rows
from ..storage.desk_rows import DeskSession, LineDay
from ..storage.line_cache import (
    TOUCHED_LINES_KEY,
    CachedLine,
    acquire_line_locks,
    cached_line_at,
    changed_fields,
    encode_delta,
    load_cached_lines,
    merge_desk_sessions,
    put_after_commit,
    split_ended,
)
from ..storage.recent_tickets import note_after_commit, recent_ticket
from ..storage.ticket_rows import TicketRecord
from .ticket_timers import future_ticket_timers, schedule_standby_check

# A ticket that changes only in these fields was overtaken: that is part of another ticket's event.
_OVERTAKING_FIELDS = {"overtakings_left", "reason"}
# They change a line and the desk of a ticket, and on a board nothing else.
CALL_ACTIONS = frozenset({"called", "recalled", "put_back", "started", "finished"})


@dataclass(frozen=True, slots=True)
class LockedLines:
    """Lines of an office under a lock until the commit, with their desk sessions."""

    tx: Transaction
    office: Office
    office_lines: dict[str, OfficeLine]
    lines: dict[str, Line]
    line_days: dict[str, LineDay]
    sessions: Mapping[str, DeskSession]
    day: date
    cached_lines: Mapping[str, CachedLine]

    def current_ticket(self, ticket: Ticket) -> Ticket:
        """Return the ticket under the lock, or the given one if it has ended."""
        present = {active.id: active for active in self.lines[ticket.line_id].tickets}
        return present.get(ticket.id, ticket)


async def lock_office_lines(tx: Transaction, office: Office, line_ids: Collection[str]) -> LockedLines:
    """Lock these lines and load them, from the cache if it has their version, else from SQL."""
    await acquire_line_locks(tx.session, line_ids)
    office_lines = {line.id: line for line in await _lock_rows(tx.session, office, line_ids)}
    tx.now = tx.runtime.now()  # read again: other transactions may have committed while this one waited
    day = hours.to_local_day(office.hours, tx.now)
    cached_lines = await load_cached_lines(tx.session, office, list(office_lines.values()), day)
    return LockedLines(
        tx,
        await _current_office(tx, office, office_lines.values()),
        office_lines,
        lines={line_id: cached.line for line_id, cached in cached_lines.items()},
        line_days={line_id: cached.line_day for line_id, cached in cached_lines.items()},
        sessions=merge_desk_sessions(cached_lines),
        day=day,
        cached_lines=cached_lines,
    )


async def _lock_rows(session: AsyncSession, office: Office, line_ids: Collection[str]) -> Sequence[OfficeLine]:
    """Lock the rows of lines.

    SQLite's only writer reads nothing again that it has read with the office and not changed since.
    """
    if dialect_name(session) == "sqlite" and is_loaded_office(session, office):
        lines = [line for line in office.lines if line.id in line_ids]
        if len(lines) == len(set(line_ids)) and not session.info.get(TOUCHED_LINES_KEY):
            return lines
    return await lock_lines(session, line_ids)


async def _current_office(tx: Transaction, office: Office, office_lines: Iterable[OfficeLine]) -> Office:
    """Return the office, loaded again if a line changed during the wait for the lock.

    Pausing an office changes all its lines.
    """
    if all(office.line_by_id(line.id).version == line.version for line in office_lines):
        return office
    return await office_by_id(tx.session, office.id)


async def lock_ticket(
    tx: Transaction, office: Office, ticket: Ticket, extra_line_ids: Collection[str] = ()
) -> tuple[LockedLines, Ticket]:
    """Lock a ticket's line and the extra lines, and return the ticket under the lock.

    Raises Conflict("ticket_moved") if the ticket was transferred to another line in the meantime: waiting for that
    line too could deadlock.
    """
    locked = await lock_office_lines(tx, office, {ticket.line_id, *extra_line_ids})
    if ticket.id in {active.id for active in locked.lines[ticket.line_id].tickets}:
        return locked, locked.current_ticket(ticket)
    reloaded = (await ticket_rows.tickets_by_ids(tx.session, [ticket.id]))[0]  # it may have ended meanwhile
    if reloaded.line_id not in locked.lines:
        raise Conflict("ticket_moved")
    return locked, reloaded


async def load_ticket_for_staff(
    tx: Transaction, principal: Principal, role: StaffRole, ticket_id: str
) -> tuple[TicketRecord, Office]:
    """Load a ticket and its office, and check the role in this office.

    Raises NotFound, NotAllowed.
    """
    record = await ticket_rows.ticket_record_by_id(tx.session, ticket_id)
    if record is None:
        raise NotFound
    office = await office_by_id(tx.session, record.office_id)
    require_role(principal, role, office.slug)
    return record, office


async def lock_ticket_for_staff(
    tx: Transaction, principal: Principal, role: StaffRole, ticket_id: str
) -> tuple[LockedLines, Ticket]:
    """Load and lock a ticket. Raises NotFound, NotAllowed, Conflict("ticket_moved")."""
    if (found := await _lock_recent_ticket(tx, principal, role, ticket_id)) is not None:
        return found
    record, office = await load_ticket_for_staff(tx, principal, role, ticket_id)
    return await lock_ticket(tx, office, record.ticket)


async def _lock_recent_ticket(
    tx: Transaction, principal: Principal, role: StaffRole, ticket_id: str
) -> tuple[LockedLines, Ticket] | None:
    """Lock a ticket in the line in which this process knows it.

    None if the line has changed elsewhere: the ticket may be in another line, so its row must be read first.
    """
    recent = recent_ticket(tx.session, ticket_id)
    if recent is None:
        return None
    office, line_id = await office_by_id(tx.session, recent.office.id), recent.ticket.line_id
    version = next((line.version for line in office.lines if line.id == line_id), None)
    cached = cached_line_at(tx.session, line_id, version)
    if cached is None or all(ticket.id != ticket_id for ticket in cached.line.tickets):
        return None
    require_role(principal, role, office.slug)
    return await lock_ticket(tx, office, recent.ticket)


async def lock_ticket_of_record(tx: Transaction, record: TicketRecord) -> tuple[LockedLines, Ticket]:
    """Lock the ticket of a record. Raises Conflict("ticket_moved")."""
    return await lock_ticket(tx, await office_by_id(tx.session, record.office_id), record.ticket)


async def lock_ticket_by_token(tx: Transaction, token: str) -> tuple[LockedLines, Ticket]:
    """Lock the ticket behind a token. Raises NotFound, Conflict("ticket_moved")."""
    return await lock_ticket_of_record(tx, await ticket_record_by_token(tx.session, token))


async def commit_lines(
    locked: LockedLines,
    changed: Iterable[Line],
    action: str,
    actor: str,
    **details: Any,
) -> None:
    """Write the changed lines and publish them under a new version.

    A ticket may have moved from one of the locked lines to another.
    """
    after = list(changed)
    await _write_changed_lines(locked, after, action, actor, details)
    await publish_lines(locked, after, is_call=_changes_calls_only(locked, after, action))


def _changes_calls_only(locked: LockedLines, changed: Iterable[Line], action: str) -> bool:
    """Tell whether a board shows a change without reading anything else.

    It does not for an appointment, which has other parts there.
    """
    before = {ticket.id: ticket for line in locked.lines.values() for ticket in line.tickets}
    return action in CALL_ACTIONS and not any(
        ticket.appointment_id for line in changed for ticket in line.tickets if ticket is not before.get(ticket.id)
    )


async def commit_lines_and_resync(locked: LockedLines, changed: Iterable[Line], action: str, actor: str) -> None:
    """Commit a change of desk sessions or of the office itself.

    The message makes every process read the lines again.
    """
    after = list(changed)
    await _write_changed_lines(locked, after, action, actor, {})
    await publish_lines(locked, after, must_resync=True)


async def _write_changed_lines(
    locked: LockedLines, after: Iterable[Line], action: str, actor: str, details: dict[str, Any]
) -> None:
    # All lines together, because a ticket may have moved from one of them to another.
    before = {ticket.id: ticket for line in locked.lines.values() for ticket in line.tickets}
    pairs = [
        (before[ticket.id], ticket, line.settings)
        for line in after
        for ticket in line.tickets
        if ticket.id in before and ticket is not before[ticket.id] and ticket != before[ticket.id]
    ]
    _write_ticket_changes(locked.tx, pairs, action, actor, details)
    for _, ticket, _ in sorted(pairs, key=lambda pair: pair[1].issue_order):  # days are locked in one order
        await note_changed_record(locked.tx, locked.office.id, ticket.issued_at)
    for line in after:
        if line.last_calls != locked.lines[line.id].last_calls:
            counted = replace(locked.line_days[line.id], last_calls=line.last_calls)
            desk_rows.save_line_day(locked.tx.writes, line.id, locked.day, counted)
            locked.line_days[line.id] = counted
    if notifiable := [pair for pair in pairs if pair[1].notify]:  # most tickets have no notifications
        await locked.tx.writes.flush()  # the messages read what was announced
        await ticket_messages.notify_of_changes(locked.tx, locked.office, notifiable, actor)


async def publish_lines(
    locked: LockedLines, changed: Iterable[Line], *, must_resync: bool = False, is_call: bool = False
) -> None:
    """Give these lines a new version, and publish their differences after the commit.

    `is_call`: boards need nothing but the lines.

    All lines get the same version, above the version of each: the version that a phone sees never decreases, even
    if its ticket moves to another line.
    """
    tx, after = locked.tx, list(changed)
    touched: dict[str, int] = tx.session.info.setdefault(TOUCHED_LINES_KEY, {})
    version = 1 + max((locked.office_lines[line.id].version for line in after), default=0)
    set_line_versions(tx.writes, [line.id for line in after], version)
    await tx.writes.flush()
    await flush_inserts(tx.session)
    if after:  # a desk or an office may have no lines
        touched.update((line.id, version) for line in after)
        changed_ids: set[str] = set()
        for line in after:
            changed_ids |= _publish_line(locked, line, version, must_resync)
            if any(ticket.state is TicketState.STANDBY for ticket in line.tickets):
                await schedule_standby_check(tx, line.id)
        for line in after:
            if (moves := line_moves(locked.lines[line.id], line)) is not None:
                _publish_to_neighbours(locked, line.id, version, moves, {other.id for other in after})
        tickets = [ticket for line in after for ticket in line.tickets if ticket.id in changed_ids]
        note_after_commit(tx.session, tickets, _office_at_version(locked, after, version))
    if is_call:
        tx.publish_unless_pending(office_topic(locked.office.slug), CALLS_ONLY)
    else:
        tx.publish_latest(office_topic(locked.office.slug), {})
    tx.publish_latest(display_topic(locked.office.slug), {"lines": touched})


def _publish_to_neighbours(
    locked: LockedLines, line_id: str, version: int, moves: LineMoves, changed_line_ids: set[str]
) -> None:
    """Tell the phones of each line that shares desks with a line who moved there.

    Their own line keeps its version, so its tickets need not be read again.
    """
    desks = [desk for desk in locked.office.desks if line_id in desk.line_ids]
    neighbours = {neighbour for desk in desks for neighbour in desk.line_ids}
    for office_line in locked.office.lines:
        if office_line.id in neighbours - changed_line_ids:
            desk_ids = {desk.id for desk in desks if office_line.id in desk.line_ids}
            calls = [
                called_at.isoformat() for desk_id, called_at in moves.calls if called_at and desk_id in desk_ids
            ]
            left, returned = sorted(moves.left), sorted(moves.returned)
            beside = {"line": line_id, "v": version, "left": left, "returned": returned, "calls": calls}
            _publish_reread(locked.tx, locked.office, office_line, beside=beside)


def _office_at_version(locked: LockedLines, changed: Sequence[Line], version: int) -> Office:
    """Return the office with the new version of the changed lines."""
    changed_ids = {line.id for line in changed}
    present = (locked.office_lines.get(line.id, line) for line in locked.office.lines)
    lines = (replace(line, version=version) if line.id in changed_ids else line for line in present)
    return replace(locked.office, lines=tuple(lines))


def _publish_line(locked: LockedLines, line: Line, version: int, must_resync: bool) -> set[str]:
    """Publish a line. Return the ids of its new and changed tickets."""
    tx, office_line, counted = locked.tx, locked.office_lines[line.id], locked.line_days[line.id]
    message = encode_delta(
        locked.lines[line.id], line, office_line.version, version, locked.day, (counted.issued, counted.walk_ins)
    )
    tx.publish_each(line_topic(locked.office.slug, office_line.slug), {**message, "reread": must_resync})
    if not must_resync:
        snapshot = locked.cached_lines[line.id].advance(version, *split_ended(line), locked.day, counted)
        put_after_commit(tx.session, snapshot)
    changed = {ticket_id for _, ids in message["changed"] for ticket_id in ids}
    return changed | {ticket["id"] for ticket in message["new"]}


async def commit_ticket_change(
    locked: LockedLines,
    before: Ticket,
    after: Ticket,
    action: str,
    actor: str,
    **details: Any,
) -> None:
    """Commit the change of a ticket."""
    line = locked.lines[before.line_id].with_tickets(after)
    await commit_lines(locked, [line], action, actor, **details)


async def add_ticket_note(
    locked: LockedLines,
    principal: Principal,
    ticket: Ticket,
    kind: VisitNoteKind,
    text: str | None,
    outcome: str | None = None,
) -> None:
    """Store what staff wrote about a ticket, for colleagues only."""
    locked.tx.publish_latest(office_topic(locked.office.slug), {})  # a board shows the note, too
    record = await ticket_rows.ticket_record_by_id(locked.tx.session, ticket.id)
    assert record is not None  # it is locked
    desk = next((desk.name for desk in locked.office.desks if desk.id == ticket.desk_id), "")
    person = VisitPerson(ticket.id, ticket.appointment_id, record.email, record.phone)
    author, office_id = AuditActor.from_principal(principal), locked.office.id
    await insert_visit_note(locked.tx, office_id, author, kind, person, text, outcome=outcome, place=desk)


def _write_ticket_changes(
    tx: Transaction,
    pairs: Collection[tuple[Ticket, Ticket, LineSettings]],
    action: str,
    actor: str,
    details: dict[str, Any],
) -> None:
    """Add the changes of tickets, ended segments, events and timers to the batch."""
    written = {after.id: changed_fields(before, after) for before, after, _ in pairs}
    acted = [pair for pair in pairs if not written[pair[1].id].keys() <= _OVERTAKING_FIELDS]
    for before, after, _ in acted:
        if after.notify and ticket_notifications.should_reset_next(before, after):
            written[after.id]["told_next"] = False
    for ticket_id, changes in written.items():
        ticket_rows.update_ticket(tx.writes, ticket_id, changes)
    ended = [before for before, after, _ in acted if after.since != before.since or after.state != before.state]
    history_rows.insert_ticket_segments(tx.writes, ended, tx.now)
    history_rows.insert_ticket_events(
        tx.writes, [(after, before.state) for before, after, _ in acted], action, actor, tx.now, details
    )
    tx.batch_timers(timer for _, after, settings in acted for timer in future_ticket_timers(tx, after, settings))


def announce_office_change(tx: Transaction, office: Office) -> None:
    """Make the boards and displays of every process read a changed office again."""
    tx.publish_latest(office_topic(office.slug), {})
    tx.publish_latest(display_topic(office.slug), {"office": office.id})


def announce_evacuation(tx: Transaction, office: Office) -> None:
    """Make phones, boards and displays read an office again whose lines are not locked.

    The versions of the lines stay as they are.
    """
    announce_office_change(tx, office)
    for line in office.lines:
        _publish_reread(tx, office, line)


def _publish_reread(tx: Transaction, office: Office, line: OfficeLine, **parts: Any) -> None:
    """Have the phones of a line shown again whose version stays."""
    message = {"line": line.id, "v": line.version, "base": line.version, "reread": True, **parts}
    tx.publish_each(line_topic(office.slug, line.slug), message)
