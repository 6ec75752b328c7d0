"""Tickets that this process has just committed, each with its office then.

An agent acts on the same ticket again and again, and each answer shows the ticket as it was committed. So neither
its line nor its office needs to be looked up in SQL. Never the source of truth: the line is compared.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.process_cache import process_cache
from ...core.db.session_hooks import call_after_commit
from ...offices.service import Office, OfficeLine
from ..domain.ticket import Ticket
from .line_cache import LineCache

MAX_TICKETS = 2_000  # more than stand at the desks of a process; about 1 MB


@dataclass(frozen=True, slots=True)
class CommittedTicket:
    """A ticket after its last commit by this process. `at_s`: on time.perf_counter."""

    ticket: Ticket
    office: Office
    at_s: float


class RecentTickets:
    """The tickets that this process committed last."""

    def __init__(self) -> None:
        self._tickets: OrderedDict[str, CommittedTicket] = OrderedDict()

    def note(self, tickets: Collection[Ticket], office: Office) -> None:
        now_s = time.perf_counter()
        for ticket in tickets:
            self._tickets[ticket.id] = CommittedTicket(ticket, office, now_s)
            self._tickets.move_to_end(ticket.id)
        while len(self._tickets) > MAX_TICKETS:
            self._tickets.popitem(last=False)

    def get(self, ticket_id: str) -> CommittedTicket | None:
        return self._tickets.get(ticket_id)


def note_after_commit(session: AsyncSession, tickets: Collection[Ticket], office: Office) -> None:
    """Note tickets once this transaction has committed.

    `office`: with the versions that it commits.
    """
    recent = process_cache(session).get(RecentTickets)
    call_after_commit(session, lambda: recent.note(tickets, office))


def recent_ticket(session: AsyncSession, ticket_id: str) -> CommittedTicket | None:
    """Return a ticket as this process committed it last; others may have changed it since."""
    return process_cache(session).get(RecentTickets).get(ticket_id)


def committed_office(session: AsyncSession, ticket: Ticket, since_s: float) -> Office | None:
    """Return the office with which this very ticket was committed since then.

    None without such a commit. Its lines have the newest versions that this process knows.
    """
    found = recent_ticket(session, ticket.id)
    # only a commit of the present request: since an earlier commit, other processes may have changed the office
    if found is None or found.ticket is not ticket or found.at_s < since_s:
        return None
    cache = process_cache(session).get(LineCache)
    return replace(found.office, lines=tuple(_newest_version(cache, line) for line in found.office.lines))


def _newest_version(cache: LineCache, line: OfficeLine) -> OfficeLine:
    cached = cache.latest_known(line.id)
    return line if cached is None or cached.version <= line.version else replace(line, version=cached.version)
