"""What this process knows of each line: whole, as of one version. A memory, never the truth.

Whatever changes a line raises its version, under the line's lock and in the same transaction. So whoever holds the
lock and finds that version here need not read the tickets again; and a process that hears of the next version on
the bus has only to add what differs. A gap is no fault: then SQL is read.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import islice

from sqlalchemy.ext.asyncio import AsyncSession

from ...core.db.process_cache import at_end, memory_of
from ...offices.service import Line as OfficeLine
from ...offices.service import Office, hours
from ..domain.line import Line
from ..domain.line_delta import Message, unpack
from ..domain.ticket import FINISHED, Kind, LineRules, Ticket
from . import store
from .store import DeskSession, LineDay

ENDED_KEPT = 200  # tickets that are over and whose phones may not have been told yet
ANSWERED_KEPT = 4  # finished visits: as many as a screen has room for
ANSWERED_BEFORE = timedelta(minutes=30)  # a screen goes on at midnight with the calls of the evening
TOUCHED = "lines_touched"  # noted in a session whose transaction has changed lines: each one's new version
PATIENCE_S = 1.0  # longer than any transaction of ours; then the database's own lock decides
_HELD = "lines_held"
AHEAD_KEPT = 64  # messages that came before the one they follow: two processes publish at once


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One line at one version: its active tickets, its day's numbers, and who sits at the desks that serve it.

    `read_at`: the version at which SQL was read. Since then only what a message can say has changed: neither the
    line itself nor its office.
    `ended`: tickets that were over lately, as they ended. `answered`: the finished visits that were called last,
    the latest call first; all that any screen of the office may show.
    """

    version: int
    line: Line
    day: date
    counted: LineDay
    sessions: Mapping[str, DeskSession]
    read_at: int
    ended: Mapping[str, Ticket] = field(default_factory=dict)
    answered: tuple[Ticket, ...] = ()

    def then(self, version: int, line: Line, over: Iterable[Ticket], day: date, counted: LineDay) -> Snapshot:
        """The same line one change later; `over`: the tickets that ended with it."""
        ended = {ticket.id: ticket for ticket in over}
        answered = _called_last([*self.answered, *ended.values()]) if ended else self.answered
        return replace(self, version=version, line=line, day=day, counted=counted, ended=ended, answered=answered)


def _called_last(over: Iterable[Ticket]) -> tuple[Ticket, ...]:
    """As `store.last_finished` orders them."""
    called = {one.id: (one.called_at, one.code, one) for one in over if one.state in FINISHED and one.called_at}
    latest = sorted(called.values(), key=lambda one: one[:2], reverse=True)
    return tuple(ticket for _, _, ticket in latest[:ANSWERED_KEPT])


class Replicas:
    """The lines of one process."""

    def __init__(self) -> None:
        self._known: dict[str, Snapshot] = {}
        self._told: dict[str, int] = {}
        self._ahead: dict[str, dict[int, Message]] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def latest(self, line_id: str) -> Snapshot | None:
        """The newest version that this process knows; there may be newer ones."""
        return self._known.get(line_id)

    def newest(self, line_id: str) -> Snapshot | None:
        """The newest version that anybody has spoken of here; None when SQL has to be read for it."""
        found = self._known.get(line_id)
        return found if found is not None and found.version >= self._told.get(line_id, 0) else None

    def at(self, line_id: str, version: int, day: date) -> Snapshot | None:
        """This very version on this day, if it is known."""
        found = self._known.get(line_id)
        return found if found is not None and found.version == version and found.day == day else None

    def keep(self, snapshot: Snapshot) -> None:
        """Know a version that has been committed, unless a newer one is known."""
        known = self._known.get(snapshot.line.id)
        if known is not None and known.version > snapshot.version:
            return
        ended = {**known.ended, **snapshot.ended} if known is not None else dict(snapshot.ended)
        recent = dict(islice(ended.items(), max(0, len(ended) - ENDED_KEPT), None))
        self._known[snapshot.line.id] = replace(snapshot, ended=recent)
        self._follow_up(snapshot.line.id)

    def hear_versions(self, versions: Mapping[str, int]) -> None:
        """By line id, versions that are said to exist; what differs in them may come, or be lost."""
        for line_id, version in versions.items():
            self._told[line_id] = max(version, self._told.get(line_id, 0))

    def hear(self, message: Message) -> bool:
        """Go on to the version of a message of the bus. False when SQL has to be read for it."""
        line_id, known = message["line"], self._known.get(message["line"])
        self.hear_versions({line_id: message["v"]})
        if known is not None and known.version >= message["v"]:
            return True
        if message.get("reread"):
            return False
        if known is None or known.version != message["base"]:
            self._wait_for(line_id, message)
            return False
        self.keep(_after(known, message))
        return True

    async def turn(self, session: AsyncSession, line_ids: Collection[str]) -> None:
        """Let this process's transactions on a line come one after the other, each knowing what the last one left.

        The database's lock would do alone; but a transaction that waits in it comes back before its neighbour has
        said what it committed, and reads everything again. So nobody waits long here, and never in a circle.
        """
        held: set[str] = session.info.setdefault(_HELD, set())
        for line_id in sorted(set(line_ids) - held):
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await self._turns[line_id].acquire()
                held.add(line_id)
                at_end(session, self._turns[line_id].release)

    def _wait_for(self, line_id: str, message: Message) -> None:
        waiting = self._ahead.setdefault(line_id, {})
        waiting[message["base"]] = message
        if len(waiting) > AHEAD_KEPT:
            del waiting[min(waiting)]

    def _follow_up(self, line_id: str) -> None:
        """Go on with what came before its time."""
        waiting, known = self._ahead.get(line_id), self._known[line_id]
        if not waiting:
            return
        following = waiting.pop(known.version, None)
        if following is not None:
            self.keep(_after(known, following))
            return
        for base in [base for base in waiting if base < known.version]:
            del waiting[base]


def _after(known: Snapshot, message: Message) -> Snapshot:
    line, over = unpack(known.line, message)
    issued, walk_ins = message["counted"]
    counted = LineDay(issued, walk_ins, tuple(Kind(kind) for kind in message["calls"]))
    return known.then(message["v"], line, over, date.fromisoformat(message["day"]), counted)


async def snapshots(
    session: AsyncSession, office: Office, lines: Collection[OfficeLine], day: date
) -> dict[str, Snapshot]:
    """These lines at the versions that they have here; what this process does not know is read."""
    replicas = memory_of(session).of(Replicas)
    found = {line.id: replicas.at(line.id, line.version, day) for line in lines}
    unknown = [line for line in lines if found[line.id] is None]
    read = await _read(session, office, unknown, day) if unknown else {}
    if not session.info.get(TOUCHED):  # what this very transaction changed may yet be taken back
        for one in read.values():
            replicas.keep(one)
    return {line.id: found[line.id] or read[line.id] for line in lines}


async def _read(
    session: AsyncSession, office: Office, lines: Collection[OfficeLine], day: date
) -> dict[str, Snapshot]:
    line_ids = [line.id for line in lines]
    tickets = await store.active(session, line_ids)
    days = await store.line_days(session, line_ids, day)
    sitting = await store.sessions(session, office.id)
    since = hours.day_bounds(office.hours, day)[0] - ANSWERED_BEFORE
    answered = await store.last_finished(session, office.id, since, ANSWERED_KEPT)
    return {
        line.id: Snapshot(
            line.version,
            ruled(line, tickets[line.id], days[line.id]),
            day,
            days[line.id],
            sessions_of(office, line.id, sitting),
            read_at=line.version,
            answered=tuple(one for one in answered if one.line_id == line.id),
        )
        for line in lines
    }


def ruled(named: OfficeLine, tickets: Sequence[Ticket], day: LineDay) -> Line:
    """A line as the rules see it, with its own numbers."""
    return Line(named.id, tuple(tickets), day.last_calls, LineRules.of(named.rules))


def sitting_in(found: Mapping[str, Snapshot]) -> dict[str, DeskSession]:
    """Who sits at the desks that serve these lines, by desk."""
    return {desk: sitting for one in found.values() for desk, sitting in one.sessions.items()}


def sessions_of(office: Office, line_id: str, sitting: Mapping[str, DeskSession]) -> dict[str, DeskSession]:
    """Who sits at the desks that serve a line: whoever sits down or stands up there changes its version."""
    return {desk.id: sitting[desk.id] for desk in office.desks if line_id in desk.line_ids and desk.id in sitting}
