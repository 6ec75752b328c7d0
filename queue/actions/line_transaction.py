"""One change of some lines: lock them, let a rule decide, write what differs, tell everybody.

Every use case that changes a ticket or a desk goes through `lock` and `commit`, in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from ...core.db.process_cache import after_commit, memory_of
from ...core.errors import Conflict
from ...core.runtime import Transaction
from ...offices.service import Line as OfficeLine
from ...offices.service import Office, hours, lock_lines, office_by_id, office_topic, raise_lines
from ..domain import ticket_notifications
from ..domain.line import Line, due_at
from ..domain.line_delta import differences, grouped, pack, without_over
from ..domain.ticket import LineRules, State, Ticket
from ..notify import ticket_messages
from ..storage import store
from ..storage.line_cache import TOUCHED, Replicas, Snapshot, sitting_in, snapshots
from ..storage.store import DeskSession, LineDay

_PASSED = {"passes_left", "reason"}  # somebody else was called first, and nothing more: no event of its own
STANDBY_TIMER = "ticket.standby"  # its subject is a line's id


def line_topic(office: str, line: str) -> str:
    """The bus topic of a line's state, from the slugs of its office and its own."""
    return f"{{{office}}}:line:{line}"


def display_topic(office: str) -> str:
    """The bus topic that says that the screens of an office may have something else to show.

    Its message says the new versions, by line id: what differs in them has been said on the lines' own topics.
    """
    return f"{{{office}}}:display"


@dataclass(frozen=True, slots=True)
class Locked:
    """Some lines of one office that nobody else can change until the commit, and who sits at their desks."""

    tx: Transaction
    office: Office
    named: dict[str, OfficeLine]
    lines: dict[str, Line]
    days: dict[str, LineDay]
    sessions: Mapping[str, DeskSession]
    day: date
    found: Mapping[str, Snapshot]

    def find(self, ticket: Ticket) -> Ticket:
        """The ticket as it is under the lock; one that is over stays as it was read."""
        present = {one.id: one for one in self.lines[ticket.line_id].tickets}
        return present.get(ticket.id, ticket)


async def lock(tx: Transaction, office: Office, line_ids: Collection[str]) -> Locked:
    """Wait for these lines, then know them: from memory if that is of their version, else from SQL."""
    await memory_of(tx.session).of(Replicas).turn(tx.session, line_ids)
    named = {line.id: line for line in await lock_lines(tx.session, line_ids)}
    tx.now = tx.runtime.now()  # we may have waited: what happens now happens after what the others did
    day = hours.local_day(office.hours, tx.now)
    found = await snapshots(tx.session, office, list(named.values()), day)
    return Locked(
        tx,
        await _as_it_is(tx, office, named),
        named,
        lines={line_id: one.line for line_id, one in found.items()},
        days={line_id: one.counted for line_id, one in found.items()},
        sessions=sitting_in(found),
        day=day,
        found=found,
    )


async def _as_it_is(tx: Transaction, office: Office, named: Mapping[str, OfficeLine]) -> Office:
    """The office may have been paused while we waited; whoever does that changes all its lines."""
    if all(office.line_by_id(line.id).version == line.version for line in named.values()):
        return office
    return await office_by_id(tx.session, office.id)


async def lock_ticket(
    tx: Transaction, office: Office, ticket: Ticket, also: Collection[str] = ()
) -> tuple[Locked, Ticket]:
    """Wait for a ticket's line, and for the lines in `also`; the ticket as it is then.

    Raises Conflict("ticket_moved") when it went on to another line while we waited: to wait for that one too
    could be to wait in a circle.
    """
    locked = await lock(tx, office, {ticket.line_id, *also})
    if ticket.id in {one.id for one in locked.lines[ticket.line_id].tickets}:
        return locked, locked.find(ticket)
    again = (await store.by_ids(tx.session, [ticket.id]))[0]  # it may have ended while we waited
    if again.line_id not in locked.lines:
        raise Conflict("ticket_moved")
    return locked, again


async def commit(
    locked: Locked,
    changed: Iterable[Line],
    action: str,
    actor: str,
    *,
    note: str | None = None,
    **details: Any,
) -> None:
    """Write what these lines have become, count the change, and publish it. A ticket may have changed its line."""
    after = list(changed)
    await _write_lines(locked, after, action, actor, note, details)
    await tell(locked, after)


async def commit_floor(locked: Locked, changed: Iterable[Line], action: str, actor: str) -> None:
    """The same when who sits where, or the office itself, is different: everybody reads it again."""
    after = list(changed)
    await _write_lines(locked, after, action, actor, None, {})
    await tell(locked, after, floor_changed=True)


async def _write_lines(
    locked: Locked, after: Iterable[Line], action: str, actor: str, note: str | None, details: dict[str, Any]
) -> None:
    # Of all lines at once: a ticket may go on from one to another.
    before = {ticket.id: ticket for line in locked.lines.values() for ticket in line.tickets}
    pairs = [
        (before[ticket.id], ticket, line.rules)
        for line in after
        for ticket in line.tickets
        if ticket.id in before and ticket is not before[ticket.id] and ticket != before[ticket.id]
    ]
    await _write(locked.tx, pairs, action, actor, note, details)
    for line in after:
        if line.last_calls != locked.lines[line.id].last_calls:
            counted = replace(locked.days[line.id], last_calls=line.last_calls)
            await store.save_line_day(locked.tx.session, line.id, locked.day, counted)
            locked.days[line.id] = counted
    if told := [pair for pair in pairs if pair[1].notify]:  # of most tickets nobody asked to be told
        await ticket_messages.tell_changes(locked.tx, locked.office, told, actor)


async def tell(locked: Locked, changed: Iterable[Line], *, floor_changed: bool = False) -> None:
    """Count the change of these lines, and publish what differs once it has been committed.

    All get the same version, above what each had: a ticket that changes its line never sees one fall.
    """
    tx, after = locked.tx, list(changed)
    touched: dict[str, int] = tx.session.info.setdefault(TOUCHED, {})
    await store.flush(tx.session)
    if after:  # a desk, or an office, may have no line
        version = 1 + max(locked.named[line.id].version for line in after)
        touched.update((line.id, version) for line in after)
        await raise_lines(tx.session, [line.id for line in after], version)
        for line in after:
            _publish(locked, line, version, floor_changed)
            if any(ticket.state is State.STANDBY for ticket in line.tickets):
                await look_at_standby(tx, line.id)
    tx.publish(office_topic(locked.office.slug), {})
    tx.publish(display_topic(locked.office.slug), {"lines": touched})


async def look_at_standby(tx: Transaction, line_id: str) -> None:
    """There may be room in this line now for whoever waits for it."""
    await tx.schedule(STANDBY_TIMER, subject=line_id, due_at=tx.now)


def _publish(locked: Locked, line: Line, version: int, floor_changed: bool) -> None:
    tx, named, counted = locked.tx, locked.named[line.id], locked.days[line.id]
    message = pack(
        locked.lines[line.id], line, named.version, version, locked.day, (counted.issued, counted.walk_ins)
    )
    tx.relay(line_topic(locked.office.slug, named.slug), {**message, "reread": floor_changed})
    if not floor_changed:
        snapshot = locked.found[line.id].then(version, *without_over(line), locked.day, counted)
        after_commit(tx.session, lambda: memory_of(tx.session).of(Replicas).keep(snapshot))


async def change_ticket(
    locked: Locked,
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
    await commit(locked, [line], action, actor, note=note, **details)


async def _write(
    tx: Transaction,
    pairs: Collection[tuple[Ticket, Ticket, LineRules]],
    action: str,
    actor: str,
    note: str | None,
    details: dict[str, Any],
) -> None:
    """Tickets, the stretches that ended, what happened, and what is to happen by itself: a statement each."""
    written = {after.id: differences(before, after) for before, after, _ in pairs}
    acted = [pair for pair in pairs if not written[pair[1].id].keys() <= _PASSED]
    for before, after, _ in acted:
        if note is not None:
            written[after.id]["note"] = note
        if after.notify and ticket_notifications.waits_anew(before, after):
            written[after.id]["told_next"] = False
    await store.update_tickets(tx.session, grouped(written.items()))
    ended = [before for before, after, _ in acted if after.since != before.since or after.state != before.state]
    await store.add_segments(tx.session, ended, tx.now)
    await store.add_events(
        tx.session, [(after, before.state) for before, after, _ in acted], action, actor, tx.now, details
    )
    await tx.schedule_all(timer for _, after, rules in acted for timer in _future_timers(tx, after, rules))


# Timers. Their subject carries the moment of the state that they are about: a timer that comes when the ticket
# has moved on finds another moment and does nothing, so none has to be taken back (which could deadlock).


async def set_timers(tx: Transaction, ticket: Ticket, rules: LineRules) -> None:
    """Set what is to happen to a ticket by itself from its present state on."""
    await tx.schedule_all(_future_timers(tx, ticket, rules))


def _future_timers(tx: Transaction, ticket: Ticket, rules: LineRules) -> list[tuple[str, str, datetime]]:
    return [
        (kind, timer_subject(ticket.id, stamp), due) for kind, stamp, due in _timers(ticket, rules) if due > tx.now
    ]


def _timers(ticket: Ticket, rules: LineRules) -> list[tuple[str, datetime, datetime]]:
    """Kind, the moment it is about, and when it is due."""
    since = ticket.since
    if ticket.state is State.CALLED:
        return [
            ("ticket.recall", since, since + rules.recall_after),
            ("ticket.missed", since, since + rules.missed_after),
        ]
    if ticket.state is State.MISSED:
        return [("ticket.no_show", since, since + rules.rejoin_within)]
    if ticket.state is State.ON_HOLD and ticket.not_before is not None:
        return [("ticket.hold", since, ticket.not_before)]
    if ticket.state is State.WAITING:
        return [("ticket.due", due, due) for due in (due_at(ticket, rules), ticket.not_before) if due is not None]
    return []


async def set_expiry(tx: Transaction, line_id: str, expires_at: datetime) -> None:
    """Let the tickets of a line that end at this moment be over then."""
    subject = f"{line_id}@{int(expires_at.timestamp())}"
    await tx.schedule("ticket.expire", subject=subject, due_at=expires_at)


def timer_subject(ticket_id: str, since: datetime) -> str:
    return f"{ticket_id}@{round(since.timestamp() * 1000)}"


def ticket_of_subject(subject: str) -> str:
    return subject.partition("@")[0]
