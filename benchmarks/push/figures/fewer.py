"""Figure 2: phones written to per change on a simulated day, beside a broadcast."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from ....core.clock import SystemClock
from ....core.events import EventRegistry
from ....offices.service import Office, office_by_slug
from ....queue.domain.call_order import call_order
from ....queue.domain.line import Line
from ....queue.domain.people_ahead import count_people_ahead
from ....queue.domain.ticket import ENDED_STATES, OtherLineCalls, Ticket, TicketState
from ....queue.queries.line_view import LineView
from ....queue.queries.simulation_plan import OfficeSimulationPlan, plan_from_office
from ....queue.queries.ticket_json import FrameParts, TicketFrames
from ....queue.simulation.engine import SimulationEngine
from ....queue.simulation.office import SimulatedDesk, SimulatedOffice
from ....queue.simulation.plan import Shift
from ....server.demo.offices import ensure_demo_offices
from ....server.migrations import migrate
from ....server.runtime import make_runtime
from ...installation import benchmark_settings
from ..figure import BenchmarkContext, FigureResult

OFFICE = "centro"
SEED = 1
MISSING_DESKS = (0, 4)  # a usual day, and a day without a third of the agents
SAMPLE_INTERVAL = timedelta(seconds=30)  # the product recomputes every few seconds, rounded to five minutes


class CountedPushOffice(SimulatedOffice):
    """A simulated office with a phone per ticket, whose frames are compared after changes.

    `frames` and `broadcast` count by cause: frames of the product, and one frame for each phone of the line and of
    the lines that share desks with it. `own_line_only`: phones do not count people of other lines.
    """

    def __init__(self, planned: OfficeSimulationPlan, *, own_line_only: bool = False) -> None:
        super().__init__(planned.plan, SEED, planned.service_times, shows_ranges=True)
        self._place: Office = planned.office
        self._own_line_only = own_line_only
        self._frames = {line_id: TicketFrames("es") for line_id in self.lines}
        self._shown: dict[str, FrameParts] = {}
        self._looked: datetime = self.now
        self._called: dict[str, list[datetime]] = {line_id: [] for line_id in self.lines}
        self.version = 0
        self.frames: Counter[str] = Counter()
        self.broadcast: Counter[str] = Counter()
        self.changes: Counter[str] = Counter()

    def update_ticket(self, changed: Ticket) -> None:
        before = self.traces[changed.id].ticket
        super().update_ticket(changed)
        if changed.state is TicketState.CALLED:
            self._called[changed.line_id].append(self.now)
        over = [changed] if changed.state in ENDED_STATES else []
        self.count_pushes({before.line_id, changed.line_id}, changed.state, over)

    def _record_sample(self) -> None:
        super()._record_sample()
        if self.now - self._looked >= SAMPLE_INTERVAL:
            self._looked = self.now
            for line in self.lines.values():
                self.frames["the clock alone"] += self._count_changed_phones(line, ())

    def count_pushes(self, line_ids: Collection[str], what: str, over: Collection[Ticket] = ()) -> None:
        self.changes[what] += 1
        beside = {
            line_id
            for desk in self._place.desks
            if set(line_ids) & set(desk.line_ids)
            for line_id in desk.line_ids
        }
        for line_id in {*line_ids, *beside}:
            line = self.lines[line_id]
            self.broadcast[what] += len(line.tickets) + sum(ticket.line_id == line_id for ticket in over)
            self.frames[what] += self._count_changed_phones(
                line, [ticket for ticket in over if ticket.line_id == line_id]
            )

    def _count_changed_phones(self, line: Line, over: Collection[Ticket]) -> int:
        """Count the phones whose frame, as the product renders it, has changed."""
        self.version += 1
        frames, count = self._frames[line.id], 0
        frames.set_view(self._build_line_view(line, over))
        for ticket in (*line.tickets, *over):
            shown = frames.frame_parts(ticket.id)
            if shown is not None and shown != self._shown.get(ticket.id):
                self._shown[ticket.id] = shown
                count += 1
        return count

    def _build_line_view(self, line: Line, over: Collection[Ticket]) -> LineView:
        order, ranges = self.forecast_line(line)
        waiting = {
            ticket.id
            for other in self.lines.values()
            for ticket in other.tickets
            if ticket.state is TicketState.WAITING
        }
        own = [place.ticket.id for place in call_order(line, self.now)]
        return LineView(
            office=self._place,
            office_line=self._place.line_by_id(line.id),
            version=self.version,
            settings=line.settings,
            tickets={ticket.id: ticket for ticket in (*line.tickets, *over)},
            ahead=count_people_ahead(own, () if self._own_line_only else order, waiting - set(own)),
            ranges=ranges,
            desks_open=sum(line.id in desk.shift.line_ids for desk in self.desks.values()),
            other_calls=self._other_calls(line.id),
            now=self.now,
        )

    def _other_calls(self, line_id: str) -> OtherLineCalls | None:
        """Return the calls of other lines at the desks of this line since its own last call."""
        others = {other for desk in self._place.desks if line_id in desk.line_ids for other in desk.line_ids}
        last = max(self._called[line_id], default=None)
        times = sorted(
            at for other in others - {line_id} for at in self._called[other] if last is None or at > last
        )
        return OtherLineCalls(tuple(times), last) if times else None


class CountedPushEngine(SimulationEngine):
    """A simulated day that counts the pushes of calls and desks."""

    def __init__(self, office: CountedPushOffice) -> None:
        super().__init__(office)
        self._counted = office

    def _call_next(self, desk_id: str, desk: SimulatedDesk) -> None:
        before = self.office.lines
        super()._call_next(desk_id, desk)
        changed = {line_id for line_id, line in self.office.lines.items() if line is not before[line_id]}
        if changed:
            self._counted.count_pushes(changed, "called")

    def _open_desk_shift(self, shift: Shift) -> None:
        super()._open_desk_shift(shift)
        self._counted.count_pushes(shift.line_ids, "a desk")

    def _close_desk_shift(self, shift: Shift) -> None:
        open_before = len(self.office.desks)
        super()._close_desk_shift(shift)
        if len(self.office.desks) != open_before:
            self._counted.count_pushes(shift.line_ids, "a desk")


async def _load_plans(folder: str) -> list[OfficeSimulationPlan]:
    """Load a day of the demo's central office as `office360 simulate` does."""
    url = f"sqlite+aiosqlite:///{folder}/city.db"
    settings = benchmark_settings(url)
    runtime = make_runtime(settings, SystemClock(), EventRegistry())
    try:
        await migrate(runtime.db)
        await ensure_demo_offices(runtime)
        async with runtime.read_session() as session:
            office = await office_by_slug(session, OFFICE)
            return [await plan_from_office(session, office, runtime.now(), -away) for away in MISSING_DESKS]
    finally:
        await runtime.bus.close()
        await runtime.db.close()


async def measure(bench: BenchmarkContext) -> list[FigureResult]:
    with tempfile.TemporaryDirectory(dir=bench.tools.folder) as folder:
        planned = await _load_plans(folder)
    return [
        _row(f"{away} desks away" if away else "all desks", plan)
        for away, plan in zip(MISSING_DESKS, planned, strict=True)
    ]


def _row(which: str, planned: OfficeSimulationPlan) -> FigureResult:
    day, own_line = CountedPushOffice(planned), CountedPushOffice(planned, own_line_only=True)
    people = len(CountedPushEngine(day).simulate().outcomes)
    CountedPushEngine(own_line).simulate()
    changes, frames, broadcast = sum(day.changes.values()), sum(day.frames.values()), sum(day.broadcast.values())
    peers = {
        "broadcast to the line": broadcast / changes,
        "people ahead of the own line only": sum(own_line.frames.values()) / changes,
    }
    kinds = ", ".join(
        f"{what} {day.frames[what] / number:.1f} of {day.broadcast[what] / number:.1f}"
        for what, number in day.changes.most_common(6)
    )
    return FigureResult(
        2,
        f"frames a change, a day of {people} people, {which}",
        "frames",
        frames / changes,
        "fewer than a broadcast",
        frames < broadcast,
        None,
        peers,
        f"{changes} changes; {kinds}; {day.frames['the clock alone']} frames because the clock moved a range",
    )
