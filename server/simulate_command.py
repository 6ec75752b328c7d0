"""`office360 simulate`: a simulated day of an office, as a table and a chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ..core.i18n.dates import format_day
from ..core.runtime import Runtime
from ..offices.service import office_by_slug
from ..queue.queries.simulation_plan import OfficeSimulationPlan, plan_from_office
from ..queue.simulation.chart import draw_day
from ..queue.simulation.engine import simulate_day
from ..queue.simulation.plan import DayFigures, SimulatedDay, WaitSummary, day_figures

CLI_LANGUAGE = "en"  # the language of the command line


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """The simulated days with one number of desks."""

    planned: OfficeSimulationPlan
    days: tuple[SimulatedDay, ...]

    @property
    def figures(self) -> DayFigures:
        return day_figures(self.days)

    @property
    def desks(self) -> str:
        count = len({shift.desk_id for shift in self.planned.plan.shifts})
        return f"{count} desk{'' if count == 1 else 's'}"


async def simulate(runtime: Runtime, slug: str, *, seed: int, days: int, more_desks: int) -> tuple[str, str]:
    """Return the table, and the chart of the first day as SVG. Raises NotFound, Refused."""
    found = [await _run_simulation(runtime, slug, seed, days, 0)]
    if more_desks:
        found.append(await _run_simulation(runtime, slug, seed, days, more_desks))
    return "\n".join([*_heading_lines(found[0], seed, days), "", *_table_lines(found)]), _draw_first_day(
        found, seed
    )


async def _run_simulation(runtime: Runtime, slug: str, seed: int, days: int, more_desks: int) -> SimulationResult:
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
        planned = await plan_from_office(session, office, runtime.now(), more_desks)
    lived = tuple(simulate_day(planned.plan, seed + number, planned.service_times) for number in range(days))
    return SimulationResult(planned, lived)


def _heading_lines(one: SimulationResult, seed: int, days: int) -> list[str]:
    planned = one.planned
    seeds = f"seed {seed}" if days == 1 else f"{days} days, seeds {seed} to {seed + days - 1}"
    counted = planned.counted_days
    people = (
        f"as on {counted} days of the last four weeks"
        if counted
        else "assumed: three quarters of what the desks can do"
    )
    measured = sum(1 for service in planned.plan.services if service.slug in planned.service_times.by_service)
    return [
        f"{planned.office.name}, {_format_plan_day(planned)}, {seeds}",
        f"  people without an appointment: {people}",
        f"  appointments booked: {len(planned.plan.appointments)}",
        f"  services whose duration is measured: {measured} of {len(planned.plan.services)}",
    ]


def _format_plan_day(planned: OfficeSimulationPlan) -> str:
    return format_day(planned.plan.opens, planned.office.timezone, CLI_LANGUAGE)


# The table


@dataclass(frozen=True, slots=True)
class FigureUnit:
    """Unit of a figure. Figures are shown rounded; a difference is that of the rounded ones."""

    scale: int
    name: str
    difference: str

    def text(self, value: float) -> str:
        return f"{round(value * self.scale)}{self.name}"

    def signed(self, before: float, after: float) -> str:
        more = round(after * self.scale) - round(before * self.scale)
        return f"{'+' if more > 0 else '−'}{abs(more)}{self.difference}" if more else "="


COUNT, MINUTES, PERCENT = FigureUnit(1, "", ""), FigureUnit(1, " min", " min"), FigureUnit(100, " %", " pt")

FigureRow = tuple[str, Callable[[DayFigures], float | None], FigureUnit]


def _wait_rows(title: str, of: Callable[[DayFigures], WaitSummary]) -> list[FigureRow]:
    """Build rows of the mean, P50, P90 and longest wait of a group."""
    pick: list[tuple[str, Callable[[WaitSummary], timedelta]]] = [
        ("mean", lambda waits: waits.mean),
        ("P50", lambda waits: waits.p50),
        ("P90", lambda waits: waits.p90),
        ("longest", lambda waits: waits.longest),
    ]

    def row(name: str, value: Callable[[WaitSummary], timedelta]) -> FigureRow:
        return (
            f"{title}, {name}",
            lambda found: value(of(found)) / timedelta(minutes=1) if of(found).count else None,
            MINUTES,
        )

    return [row(name, value) for name, value in pick]


FIGURE_ROWS: list[FigureRow] = [
    ("turns given", lambda found: found.issued, COUNT),
    ("people served", lambda found: found.served, COUNT),
    ("people refused a turn", lambda found: found.refused, COUNT),
    ("appointments whose person stayed away", lambda found: found.no_shows, COUNT),
    *_wait_rows("wait without appointment", lambda found: found.walk_ins),
    *_wait_rows("wait of priority people", lambda found: found.preferential),
    *_wait_rows("appointment, after its time", lambda found: found.appointments),
    ("appointments called at most 10 min late", lambda found: found.punctual, PERCENT),
    ("desks busy", lambda found: found.utilisation, PERCENT),
    ("called within the range shown at issue", lambda found: found.within_range, PERCENT),
    ("called by the end of that range", lambda found: found.by_latest, PERCENT),
    ("promises broken", lambda found: found.limits_exceeded, COUNT),
]


def _table_lines(found: Sequence[SimulationResult]) -> list[str]:
    heads = ["", *(one.desks for one in found), *(["difference"] if len(found) > 1 else [])]
    rows = [heads, *(_row_cells(row, [one.figures for one in found]) for row in FIGURE_ROWS)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(heads))]
    lines = []
    for row in rows:
        first, *others = row
        figures_ = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        lines.append("  ".join([first.ljust(widths[0]), *figures_]).rstrip())
    return lines


def _row_cells(row: FigureRow, found: Sequence[DayFigures]) -> list[str]:
    name, value, unit = row
    values = [value(one) for one in found]
    cells = [name, *("–" if one is None else unit.text(one) for one in values)]
    if len(values) > 1:
        before, after = values
        cells.append("–" if before is None or after is None else unit.signed(before, after))
    return cells


# The chart


def _draw_first_day(found: Sequence[SimulationResult], seed: int) -> str:
    first, planned = found[0], found[0].planned
    told = day_figures(first.days[:1])
    facts = [
        (COUNT.text(told.served), "people served"),
        (MINUTES.text(told.walk_ins.mean / timedelta(minutes=1)), "mean wait"),
        (MINUTES.text(told.walk_ins.longest / timedelta(minutes=1)), "longest wait"),
        ("–" if told.punctual is None else PERCENT.text(told.punctual), "appointments on time"),
        ("–" if told.utilisation is None else PERCENT.text(told.utilisation), "desks busy"),
        ("–" if told.within_range is None else PERCENT.text(told.within_range), "called within their range"),
    ]
    return draw_day(
        first.days[0],
        f"{planned.office.name}, {_format_plan_day(planned)} · {first.desks} · seed {seed}",
        facts,
        {line.id: line.name(CLI_LANGUAGE) for line in planned.office.lines},
        planned.office.timezone,
        found[1].days[0] if len(found) > 1 else None,
        f"all, with {found[1].desks}" if len(found) > 1 else "",
    )
