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

from ...core.db.process_cache import process_cache
from ...core.db.session_hooks import call_after_commit, call_at_session_end
from ...offices.service import Office, OfficeLine, hours
from ..domain.line import Line
from ..domain.line_delta import LineDelta, apply_delta
from ..domain.line_settings import LineSettings
from ..domain.ticket import FINISHED_STATES, Ticket, TicketKind
from . import desk_rows, ticket_rows
from .desk_rows import DeskSession, LineDay

MAX_ENDED_KEPT = 200  # tickets that are over and whose phones may not have been told yet
MAX_FINISHED_KEPT = 4  # finished visits: as many as a screen has room for
FINISHED_KEPT_FOR = timedelta(minutes=30)  # a screen goes on at midnight with the calls of the evening
TOUCHED_LINES_KEY = (
    "lines_touched"  # noted in a session whose transaction has changed lines: each one's new version
)
LOCK_TIMEOUT_S = 1.0  # longer than any transaction of ours; then the database's own lock decides
_HELD_LOCKS_KEY = "lines_held"
MAX_PENDING_DELTAS = 64  # messages that came before the one they follow: two processes publish at once


@dataclass(frozen=True, slots=True)
class CachedLine:
    """One line at one version: its active tickets, its day's numbers, and who sits at the desks that serve it.

    `read_at`: the version at which SQL was read. Since then only what a message can say has changed: neither the
    line itself nor its office.
    `ended`: tickets that were over lately, as they ended. `answered`: the finished visits that were called last,
    the latest call first; all that any screen of the office may show.
    """

    version: int
    line: Line
    day: date
    line_day: LineDay
    sessions: Mapping[str, DeskSession]
    read_at: int
    ended: Mapping[str, Ticket] = field(default_factory=dict)
    last_finished: tuple[Ticket, ...] = ()

    def advance(
        self, version: int, line: Line, over: Iterable[Ticket], day: date, line_day: LineDay
    ) -> CachedLine:
        """The same line one change later; `over`: the tickets that ended with it."""
        ended = {ticket.id: ticket for ticket in over}
        answered = _last_finished([*self.last_finished, *ended.values()]) if ended else self.last_finished
        return replace(
            self, version=version, line=line, day=day, line_day=line_day, ended=ended, last_finished=answered
        )


def _last_finished(over: Iterable[Ticket]) -> tuple[Ticket, ...]:
    """As `store.last_finished` orders them."""
    called = {
        one.id: (one.called_at, one.code, one) for one in over if one.state in FINISHED_STATES and one.called_at
    }
    latest = sorted(called.values(), key=lambda one: one[:2], reverse=True)
    return tuple(ticket for _, _, ticket in latest[:MAX_FINISHED_KEPT])


class LineCache:
    """The lines of one process."""

    def __init__(self) -> None:
        self._lines: dict[str, CachedLine] = {}
        self._announced_versions: dict[str, int] = {}
        self._pending_deltas: dict[str, dict[int, LineDelta]] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def latest_known(self, line_id: str) -> CachedLine | None:
        """The newest version that this process knows; there may be newer ones."""
        return self._lines.get(line_id)

    def current(self, line_id: str) -> CachedLine | None:
        """The newest version that anybody has spoken of here; None when SQL has to be read for it."""
        found = self._lines.get(line_id)
        return found if found is not None and found.version >= self._announced_versions.get(line_id, 0) else None

    def at_version(self, line_id: str, version: int, day: date) -> CachedLine | None:
        """This very version on this day, if it is known."""
        found = self._lines.get(line_id)
        return found if found is not None and found.version == version and found.day == day else None

    def put(self, line: CachedLine) -> None:
        """Know a version that has been committed, unless a newer one is known."""
        known = self._lines.get(line.line.id)
        if known is not None and known.version > line.version:
            return
        ended = {**known.ended, **line.ended} if known is not None else dict(line.ended)
        recent = dict(islice(ended.items(), max(0, len(ended) - MAX_ENDED_KEPT), None))
        self._lines[line.line.id] = replace(line, ended=recent)
        self._apply_pending_delta(line.line.id)

    def note_versions(self, versions: Mapping[str, int]) -> None:
        """By line id, versions that are said to exist; what differs in them may come, or be lost."""
        for line_id, version in versions.items():
            self._announced_versions[line_id] = max(version, self._announced_versions.get(line_id, 0))

    def apply_message(self, message: LineDelta) -> bool:
        """Go on to the version of a message of the bus. False when SQL has to be read for it."""
        line_id, known = message["line"], self._lines.get(message["line"])
        self.note_versions({line_id: message["v"]})
        if known is not None and known.version >= message["v"]:
            return True
        if message.get("reread"):
            return False
        if known is None or known.version != message["base"]:
            self._hold_back_delta(line_id, message)
            return False
        self.put(_apply_delta(known, message))
        return True

    async def acquire_line_locks(self, session: AsyncSession, line_ids: Collection[str]) -> None:
        """Let this process's transactions on a line come one after the other, each knowing what the last one left.

        The database's lock would do alone; but a transaction that waits in it comes back before its neighbour has
        said what it committed, and reads everything again. So nobody waits long here, and never in a circle.
        """
        held: set[str] = session.info.setdefault(_HELD_LOCKS_KEY, set())
        for line_id in sorted(set(line_ids) - held):
            with suppress(TimeoutError):
                async with asyncio.timeout(LOCK_TIMEOUT_S):
                    await self._locks[line_id].acquire()
                held.add(line_id)
                call_at_session_end(session, self._locks[line_id].release)

    def _hold_back_delta(self, line_id: str, message: LineDelta) -> None:
        waiting = self._pending_deltas.setdefault(line_id, {})
        waiting[message["base"]] = message
        if len(waiting) > MAX_PENDING_DELTAS:
            del waiting[min(waiting)]

    def _apply_pending_delta(self, line_id: str) -> None:
        """Go on with what came before its time."""
        waiting, known = self._pending_deltas.get(line_id), self._lines[line_id]
        if not waiting:
            return
        following = waiting.pop(known.version, None)
        if following is not None:
            self.put(_apply_delta(known, following))
            return
        for base in [base for base in waiting if base < known.version]:
            del waiting[base]


def _apply_delta(known: CachedLine, message: LineDelta) -> CachedLine:
    line, over = apply_delta(known.line, message)
    issued, walk_ins = message["counted"]
    counted = LineDay(issued, walk_ins, tuple(TicketKind(kind) for kind in message["calls"]))
    return known.advance(message["v"], line, over, date.fromisoformat(message["day"]), counted)


async def acquire_line_locks(session: AsyncSession, line_ids: Collection[str]) -> None:
    """Let the transactions of this process on these lines run one after the other."""
    await process_cache(session).get(LineCache).acquire_line_locks(session, line_ids)


def put_after_commit(session: AsyncSession, line: CachedLine) -> None:
    """Cache the new version of a line once this transaction has committed."""
    call_after_commit(session, lambda: process_cache(session).get(LineCache).put(line))


async def load_cached_lines(
    session: AsyncSession, office: Office, lines: Collection[OfficeLine], day: date
) -> dict[str, CachedLine]:
    """These lines at the versions that they have here; what this process does not know is read."""
    replicas = process_cache(session).get(LineCache)
    found = {line.id: replicas.at_version(line.id, line.version, day) for line in lines}
    unknown = [line for line in lines if found[line.id] is None]
    read = await _read_lines(session, office, unknown, day) if unknown else {}
    if not session.info.get(TOUCHED_LINES_KEY):  # what this very transaction changed may yet be taken back
        for one in read.values():
            replicas.put(one)
    return {line.id: found[line.id] or read[line.id] for line in lines}


async def _read_lines(
    session: AsyncSession, office: Office, lines: Collection[OfficeLine], day: date
) -> dict[str, CachedLine]:
    line_ids = [line.id for line in lines]
    tickets = await ticket_rows.active_tickets(session, line_ids)
    days = await desk_rows.line_days(session, line_ids, day)
    sitting = await desk_rows.open_desk_sessions(session, office.id)
    since = hours.day_bounds(office.hours, day)[0] - FINISHED_KEPT_FOR
    answered = await ticket_rows.last_finished_tickets(session, office.id, since, MAX_FINISHED_KEPT)
    return {
        line.id: CachedLine(
            line.version,
            to_domain_line(line, tickets[line.id], days[line.id]),
            day,
            days[line.id],
            desk_sessions_for_line(office, line.id, sitting),
            read_at=line.version,
            last_finished=tuple(one for one in answered if one.line_id == line.id),
        )
        for line in lines
    }


def to_domain_line(office_line: OfficeLine, tickets: Sequence[Ticket], day: LineDay) -> Line:
    """A line as the rules see it, with its own numbers."""
    return Line(office_line.id, tuple(tickets), day.last_calls, LineSettings.from_overrides(office_line.rules))


def merge_desk_sessions(found: Mapping[str, CachedLine]) -> dict[str, DeskSession]:
    """Who sits at the desks that serve these lines, by desk."""
    return {desk: sitting for one in found.values() for desk, sitting in one.sessions.items()}


def desk_sessions_for_line(
    office: Office, line_id: str, sitting: Mapping[str, DeskSession]
) -> dict[str, DeskSession]:
    """Who sits at the desks that serve a line: whoever sits down or stands up there changes its version."""
    return {desk.id: sitting[desk.id] for desk in office.desks if line_id in desk.line_ids and desk.id in sitting}
