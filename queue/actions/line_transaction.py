"""One change of some lines: lock them, let a rule decide, write what differs, tell everybody.

Every use case that changes a ticket or a desk goes through `lock` and `commit`, in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from ...core.db.process_cache import call_after_commit, process_cache
from ...core.errors import Conflict
from ...core.runtime import Transaction
from ...offices.service import Office, OfficeLine, hours, lock_lines, office_by_id, office_topic, set_line_versions
from ..domain import ticket_notifications
from ..domain.line import Line, due_at
from ..domain.line_delta import changed_fields, encode_delta, group_by_changes, split_ended
from ..domain.line_settings import LineSettings
from ..domain.ticket import Ticket, TicketState
from ..domain.topics import display_topic, line_topic
from ..notify import ticket_messages
from ..storage import desk_rows, history_rows, ticket_rows
from ..storage.desk_rows import DeskSession, LineDay
from ..storage.line_cache import TOUCHED_LINES_KEY, CachedLine, LineCache, load_cached_lines, merge_desk_sessions

_OVERTAKING_FIELDS = {
    "passes_left",
    "reason",
}  # somebody else was called first, and nothing more: no event of its own
STANDBY_TIMER = "ticket.standby"  # its subject is a line's id


@dataclass(frozen=True, slots=True)
class LockedLines:
    """Some lines of one office that nobody else can change until the commit, and who sits at their desks."""

    tx: Transaction
    office: Office
    office_lines: dict[str, OfficeLine]
    lines: dict[str, Line]
    line_days: dict[str, LineDay]
    sessions: Mapping[str, DeskSession]
    day: date
    cached_lines: Mapping[str, CachedLine]

    def current_ticket(self, ticket: Ticket) -> Ticket:
        """The ticket as it is under the lock; one that is over stays as it was read."""
        present = {one.id: one for one in self.lines[ticket.line_id].tickets}
        return present.get(ticket.id, ticket)


async def lock_office_lines(tx: Transaction, office: Office, line_ids: Collection[str]) -> LockedLines:
    """Wait for these lines, then know them: from memory if that is of their version, else from SQL."""
    await process_cache(tx.session).get(LineCache).acquire_line_locks(tx.session, line_ids)
    named = {line.id: line for line in await lock_lines(tx.session, line_ids)}
    tx.now = tx.runtime.now()  # we may have waited: what happens now happens after what the others did
    day = hours.to_local_day(office.hours, tx.now)
    found = await load_cached_lines(tx.session, office, list(named.values()), day)
    return LockedLines(
        tx,
        await _current_office(tx, office, named),
        named,
        lines={line_id: one.line for line_id, one in found.items()},
        line_days={line_id: one.line_day for line_id, one in found.items()},
        sessions=merge_desk_sessions(found),
        day=day,
        cached_lines=found,
    )


async def _current_office(tx: Transaction, office: Office, named: Mapping[str, OfficeLine]) -> Office:
    """The office may have been paused while we waited; whoever does that changes all its lines."""
    if all(office.line_by_id(line.id).version == line.version for line in named.values()):
        return office
    return await office_by_id(tx.session, office.id)


async def lock_ticket(
    tx: Transaction, office: Office, ticket: Ticket, extra_line_ids: Collection[str] = ()
) -> tuple[LockedLines, Ticket]:
    """Wait for a ticket's line, and for the lines in `also`; the ticket as it is then.

    Raises Conflict("ticket_moved") when it went on to another line while we waited: to wait for that one too
    could be to wait in a circle.
    """
    locked = await lock_office_lines(tx, office, {ticket.line_id, *extra_line_ids})
    if ticket.id in {one.id for one in locked.lines[ticket.line_id].tickets}:
        return locked, locked.current_ticket(ticket)
    again = (await ticket_rows.tickets_by_ids(tx.session, [ticket.id]))[0]  # it may have ended while we waited
    if again.line_id not in locked.lines:
        raise Conflict("ticket_moved")
    return locked, again


async def commit_lines(
    locked: LockedLines,
    changed: Iterable[Line],
    action: str,
    actor: str,
    *,
    note: str | None = None,
    **details: Any,
) -> None:
    """Write what these lines have become, count the change, and publish it. A ticket may have changed its line."""
    after = list(changed)
    await _write_changed_lines(locked, after, action, actor, note, details)
    await publish_lines(locked, after)


async def commit_lines_and_resync(locked: LockedLines, changed: Iterable[Line], action: str, actor: str) -> None:
    """The same when who sits where, or the office itself, is different: everybody reads it again."""
    after = list(changed)
    await _write_changed_lines(locked, after, action, actor, None, {})
    await publish_lines(locked, after, must_resync=True)


async def _write_changed_lines(
    locked: LockedLines, after: Iterable[Line], action: str, actor: str, note: str | None, details: dict[str, Any]
) -> None:
    # Of all lines at once: a ticket may go on from one to another.
    before = {ticket.id: ticket for line in locked.lines.values() for ticket in line.tickets}
    pairs = [
        (before[ticket.id], ticket, line.settings)
        for line in after
        for ticket in line.tickets
        if ticket.id in before and ticket is not before[ticket.id] and ticket != before[ticket.id]
    ]
    await _write_ticket_changes(locked.tx, pairs, action, actor, note, details)
    for line in after:
        if line.last_calls != locked.lines[line.id].last_calls:
            counted = replace(locked.line_days[line.id], last_calls=line.last_calls)
            await desk_rows.save_line_day(locked.tx.session, line.id, locked.day, counted)
            locked.line_days[line.id] = counted
    if told := [pair for pair in pairs if pair[1].notify]:  # of most tickets nobody asked to be told
        await ticket_messages.notify_of_changes(locked.tx, locked.office, told, actor)


async def publish_lines(locked: LockedLines, changed: Iterable[Line], *, must_resync: bool = False) -> None:
    """Count the change of these lines, and publish what differs once it has been committed.

    All get the same version, above what each had: a ticket that changes its line never sees one fall.
    """
    tx, after = locked.tx, list(changed)
    touched: dict[str, int] = tx.session.info.setdefault(TOUCHED_LINES_KEY, {})
    await ticket_rows.flush_session(tx.session)
    if after:  # a desk, or an office, may have no line
        version = 1 + max(locked.office_lines[line.id].version for line in after)
        touched.update((line.id, version) for line in after)
        await set_line_versions(tx.session, [line.id for line in after], version)
        for line in after:
            _publish_line(locked, line, version, must_resync)
            if any(ticket.state is TicketState.STANDBY for ticket in line.tickets):
                await schedule_standby_check(tx, line.id)
    tx.publish_latest(office_topic(locked.office.slug), {})
    tx.publish_latest(display_topic(locked.office.slug), {"lines": touched})


async def schedule_standby_check(tx: Transaction, line_id: str) -> None:
    """There may be room in this line now for whoever waits for it."""
    await tx.schedule_timer(STANDBY_TIMER, subject=line_id, due_at=tx.now)


def _publish_line(locked: LockedLines, line: Line, version: int, must_resync: bool) -> None:
    tx, named, counted = locked.tx, locked.office_lines[line.id], locked.line_days[line.id]
    message = encode_delta(
        locked.lines[line.id], line, named.version, version, locked.day, (counted.issued, counted.walk_ins)
    )
    tx.publish_each(line_topic(locked.office.slug, named.slug), {**message, "reread": must_resync})
    if not must_resync:
        snapshot = locked.cached_lines[line.id].advance(version, *split_ended(line), locked.day, counted)
        call_after_commit(tx.session, lambda: process_cache(tx.session).get(LineCache).put(snapshot))


async def commit_ticket_change(
    locked: LockedLines,
    before: Ticket,
    after: Ticket,
    action: str,
    actor: str,
    *,
    note: str | None = None,
    **details: Any,
) -> None:
    """Commit the change of one ticket."""
    line = locked.lines[before.line_id].with_tickets(after)
    await commit_lines(locked, [line], action, actor, note=note, **details)


async def _write_ticket_changes(
    tx: Transaction,
    pairs: Collection[tuple[Ticket, Ticket, LineSettings]],
    action: str,
    actor: str,
    note: str | None,
    details: dict[str, Any],
) -> None:
    """Tickets, the stretches that ended, what happened, and what is to happen by itself: a statement each."""
    written = {after.id: changed_fields(before, after) for before, after, _ in pairs}
    acted = [pair for pair in pairs if not written[pair[1].id].keys() <= _OVERTAKING_FIELDS]
    for before, after, _ in acted:
        if note is not None:
            written[after.id]["note"] = note
        if after.notify and ticket_notifications.should_reset_next(before, after):
            written[after.id]["told_next"] = False
    await ticket_rows.update_tickets(tx.session, group_by_changes(written.items()))
    ended = [before for before, after, _ in acted if after.since != before.since or after.state != before.state]
    await history_rows.insert_ticket_segments(tx.session, ended, tx.now)
    await history_rows.insert_ticket_events(
        tx.session, [(after, before.state) for before, after, _ in acted], action, actor, tx.now, details
    )
    await tx.schedule_timers(timer for _, after, rules in acted for timer in _future_timers(tx, after, rules))


# Timers. Their subject carries the moment of the state that they are about: a timer that comes when the ticket
# has moved on finds another moment and does nothing, so none has to be taken back (which could deadlock).


async def schedule_ticket_timers(tx: Transaction, ticket: Ticket, settings: LineSettings) -> None:
    """Set what is to happen to a ticket by itself from its present state on."""
    await tx.schedule_timers(_future_timers(tx, ticket, settings))


def _future_timers(tx: Transaction, ticket: Ticket, settings: LineSettings) -> list[tuple[str, str, datetime]]:
    return [
        (kind, timer_subject(ticket.id, stamp), due)
        for kind, stamp, due in _timers_for_state(ticket, settings)
        if due > tx.now
    ]


def _timers_for_state(ticket: Ticket, settings: LineSettings) -> list[tuple[str, datetime, datetime]]:
    """Kind, the moment it is about, and when it is due."""
    since = ticket.since
    if ticket.state is TicketState.CALLED:
        return [
            ("ticket.recall", since, since + settings.recall_after),
            ("ticket.missed", since, since + settings.missed_after),
        ]
    if ticket.state is TicketState.MISSED:
        return [("ticket.no_show", since, since + settings.rejoin_within)]
    if ticket.state is TicketState.ON_HOLD and ticket.not_before is not None:
        return [("ticket.hold", since, ticket.not_before)]
    if ticket.state is TicketState.WAITING:
        return [
            ("ticket.due", due, due) for due in (due_at(ticket, settings), ticket.not_before) if due is not None
        ]
    return []


async def schedule_expiry(tx: Transaction, line_id: str, expires_at: datetime) -> None:
    """Let the tickets of a line that end at this moment be over then."""
    subject = f"{line_id}@{int(expires_at.timestamp())}"
    await tx.schedule_timer("ticket.expire", subject=subject, due_at=expires_at)


def timer_subject(ticket_id: str, since: datetime) -> str:
    return f"{ticket_id}@{round(since.timestamp() * 1000)}"


def id_in_subject(subject: str) -> str:
    return subject.partition("@")[0]
