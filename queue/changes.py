"""One change of some lines: lock them, let a rule decide, write what differs, tell everybody.

Every use case that changes a ticket or a desk goes through `lock` and `commit`, in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from ..core.errors import Conflict
from ..core.runtime import Transaction
from ..offices.service import Line as OfficeLine
from ..offices.service import Office, bump_lines, hours, lock_lines, office_by_id, office_topic
from . import letters, reading, store
from .line import Line, due_at
from .store import LineDay
from .ticket import LineRules, State, Ticket
from .view import LineState


def line_topic(office: str, line: str) -> str:
    """The bus topic of a line's state, from the slugs of its office and its own."""
    return f"{{{office}}}:line:{line}"


def display_topic(office: str) -> str:
    """The bus topic that says that the screens of an office may have something else to show."""
    return f"{{{office}}}:display"


@dataclass(frozen=True, slots=True)
class Locked:
    """Some lines of one office that nobody else can change until the commit."""

    tx: Transaction
    office: Office
    named: dict[str, OfficeLine]
    lines: dict[str, Line]
    days: dict[str, LineDay]
    day: date

    def find(self, ticket: Ticket) -> Ticket:
        """The ticket as it is under the lock; one that is over stays as it was read."""
        present = {one.id: one for one in self.lines[ticket.line_id].tickets}
        return present.get(ticket.id, ticket)


async def lock(tx: Transaction, office: Office, line_ids: Collection[str]) -> Locked:
    """Wait for these lines, then read them."""
    day = hours.local_day(office.hours, tx.now)
    named = {line.id: line for line in await lock_lines(tx.session, line_ids)}
    tickets = await store.active(tx.session, line_ids)
    days = await store.line_days(tx.session, line_ids, day)
    lines = {one.id: reading.ruled(one, tickets[one.id], days[one.id]) for one in named.values()}
    return Locked(tx, await _as_it_is(tx, office, named), named, lines, days, day)


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
    """Write what these lines have become, count the change, and publish their states."""
    after = list(changed)
    told = []  # changes of tickets whose people asked to be told; of most tickets nobody did
    # Of all lines at once: a ticket may go on from one to another.
    before = {ticket.id: ticket for line in locked.lines.values() for ticket in line.tickets}
    for line in after:
        for ticket in line.tickets:
            if ticket.id in before and ticket != before[ticket.id]:
                await _write(locked.tx, before[ticket.id], ticket, line.rules, action, actor, note, details)
                if ticket.notify:
                    told.append((before[ticket.id], ticket, line.rules))
        if line.last_calls != locked.lines[line.id].last_calls:
            counted = replace(locked.days[line.id], last_calls=line.last_calls)
            await store.save_line_day(locked.tx.session, line.id, locked.day, counted)
    if told:
        await letters.tell_changes(locked.tx, locked.office, told, actor)
    await tell(locked, after)


async def tell(locked: Locked, changed: Iterable[Line]) -> dict[str, LineState]:
    """Count the change of these lines, and publish their whole new states once it has been committed."""
    tx, after = locked.tx, list(changed)
    states = {}
    await store.flush(tx.session)
    await bump_lines(tx.session, [line.id for line in after])
    for line in after:
        named = replace(locked.named[line.id], version=locked.named[line.id].version + 1)
        states[line.id] = await reading.describe_line(tx.session, locked.office, named, line, tx.now)
        tx.publish(line_topic(locked.office.slug, named.slug), states[line.id])
    tx.publish(office_topic(locked.office.slug), {})
    tx.publish(display_topic(locked.office.slug), {})
    return states


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
    before: Ticket,
    after: Ticket,
    rules: LineRules,
    action: str,
    actor: str,
    note: str | None,
    details: dict[str, Any],
) -> None:
    if replace(after, passes_left=before.passes_left, reason=before.reason) == before:
        await store.update_ticket(tx.session, before, after)  # passed by somebody: no event of its own
        return
    await store.update_ticket(tx.session, before, after, note)
    if after.state is not before.state or after.since != before.since:
        store.add_segment(tx.session, before, tx.now)
    store.add_event(tx.session, after, before.state, action, actor, tx.now, **details)
    await set_timers(tx, after, rules)


# Timers. Their subject carries the moment of the state that they are about: a timer that comes when the ticket
# has moved on finds another moment and does nothing, so none has to be taken back (which could deadlock).


async def set_timers(tx: Transaction, ticket: Ticket, rules: LineRules) -> None:
    """Set what is to happen to a ticket by itself from its present state on."""
    for kind, stamp, due in _timers(ticket, rules):
        if due > tx.now:
            await tx.schedule(kind, subject=timer_subject(ticket.id, stamp), due_at=due)


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
