"""Figure 2: how many phones a change is told to, on a simulated day, where a broadcast tells all of the line."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from ....core.clock import SystemClock
from ....core.events import Events
from ....offices.service import Office, office_by_slug
from ....queue.domain.call_order import order
from ....queue.domain.line import Line
from ....queue.domain.ticket import OVER, Ticket
from ....queue.queries.ticket_json import Scene
from ....queue.realtime.ticket_frames import Frames, Shown
from ....queue.simulation.engine import _Office
from ....queue.simulation.office import Desk
from ....queue.simulation.plan import Shift
from ....queue.simulation.plan_from_office import Rehearsal, rehearsal
from ....server.demo.offices import ensure_city
from ....server.lifespan import make_runtime
from ....server.migrations import migrate
from ....server.settings import load_settings
from ..figure import Bench, Row
from ..installation import SECRET

OFFICE = "centro"
SEED = 1
DESKS_AWAY = (0, 4)  # a usual day, and one on which a third of the agents are missing
LOOKS_EVERY = timedelta(seconds=30)  # the product looks every few; its ranges are rounded to five minutes


class ToldDay(_Office):
    """A simulated day with a phone for each ticket. After each change all are asked whether they have news.

    `frames` and `broadcast` by what happened: what the product sends, and one frame for each phone of the line.
    """

    def __init__(self, planned: Rehearsal) -> None:
        super().__init__(planned.plan, SEED, planned.pace, shown=True)
        self._place: Office = planned.office
        self._frames = {line_id: Frames("es") for line_id in self.lines}
        self._shown: dict[str, Shown] = {}
        self._looked: datetime = self.now
        self.version = 0
        self.frames: Counter[str] = Counter()
        self.broadcast: Counter[str] = Counter()
        self.changes: Counter[str] = Counter()

    def change(self, changed: Ticket) -> None:
        before = self.traces[changed.id].person
        super().change(changed)
        over = [changed] if changed.state in OVER else []
        self._tell({before.line_id, changed.line_id}, changed.state, over)

    def _call_next(self, desk_id: str, desk: Desk) -> None:
        before = self.lines
        super()._call_next(desk_id, desk)
        changed = {line_id for line_id, line in self.lines.items() if line is not before[line_id]}
        if changed:
            self._tell(changed, "called")

    def _open(self, shift: Shift) -> None:
        super()._open(shift)
        self._tell(shift.line_ids, "a desk")

    def _close(self, shift: Shift) -> None:
        open_before = len(self.desks)
        super()._close(shift)
        if len(self.desks) != open_before:
            self._tell(shift.line_ids, "a desk")

    def _sample(self) -> None:
        super()._sample()
        if self.now - self._looked >= LOOKS_EVERY:
            self._looked = self.now
            for line in self.lines.values():
                self.frames["the clock alone"] += self._news(line, ())

    def _tell(self, line_ids: Collection[str], what: str, over: Collection[Ticket] = ()) -> None:
        self.changes[what] += 1
        for line_id in line_ids:
            line = self.lines[line_id]
            self.broadcast[what] += len(line.tickets) + sum(one.line_id == line_id for one in over)
            self.frames[what] += self._news(line, [one for one in over if one.line_id == line_id])

    def _news(self, line: Line, over: Collection[Ticket]) -> int:
        """Show the line; how many phones were written to, by the product's own frames."""
        self.version += 1
        frames, count = self._frames[line.id], 0
        frames.stage(self._scene(line, over))
        for ticket in (*line.tickets, *over):
            shown = frames.shown(ticket.id)
            if shown is not None and shown != self._shown.get(ticket.id):
                self._shown[ticket.id] = shown
                count += 1
        return count

    def _scene(self, line: Line, over: Collection[Ticket]) -> Scene:
        return Scene(
            office=self._place,
            named=self._place.line_by_id(line.id),
            version=self.version,
            rules=line.rules,
            tickets={one.id: one for one in (*line.tickets, *over)},
            places={place.ticket.id: number for number, place in enumerate(order(line, self.now))},
            ranges=self.ranges(line),
            desks_open=sum(line.id in desk.shift.line_ids for desk in self.desks.values()),
            now=self.now,
        )


async def _planned(folder: str) -> list[Rehearsal]:
    """A day of the demo's central office as `office360 simulate` plans it; and with too few desks."""
    url = f"sqlite+aiosqlite:///{folder}/city.db"
    settings = load_settings(environment="development", database_url=url, secret_key=[SECRET], redis_url="")
    runtime = make_runtime(settings, SystemClock(), Events())
    try:
        await migrate(runtime.db)
        await ensure_city(runtime)
        async with runtime.reading() as session:
            office = await office_by_slug(session, OFFICE)
            return [await rehearsal(session, office, runtime.now(), -away) for away in DESKS_AWAY]
    finally:
        await runtime.bus.close()
        await runtime.db.close()


async def measure(bench: Bench) -> list[Row]:
    with tempfile.TemporaryDirectory(dir=bench.tools.folder) as folder:
        planned = await _planned(folder)
    return [
        _row(f"{away} desks away" if away else "all desks", one)
        for away, one in zip(DESKS_AWAY, planned, strict=True)
    ]


def _row(which: str, planned: Rehearsal) -> Row:
    day = ToldDay(planned)
    people = len(day.live().lives)
    changes, frames, broadcast = sum(day.changes.values()), sum(day.frames.values()), sum(day.broadcast.values())
    kinds = ", ".join(
        f"{what} {day.frames[what] / number:.1f} of {day.broadcast[what] / number:.1f}"
        for what, number in day.changes.most_common(6)
    )
    return Row(
        2,
        f"frames a change, a day of {people} people, {which}",
        "frames",
        frames / changes,
        "fewer than a broadcast",
        frames < broadcast,
        None,
        {"broadcast to the line": broadcast / changes},
        f"{changes} changes; {kinds}; {day.frames['the clock alone']} frames because the clock moved a range",
    )
