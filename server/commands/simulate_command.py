"""`office360 simulate`: a simulated day as a table and a chart; replays of past days."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ...core.errors import NotFound, Refused
from ...core.i18n.dates import format_day
from ...core.i18n.languages import SOURCE_LANGUAGE
from ...core.runtime import Runtime
from ...offices.service import office_by_slug
from ...queue.queries.recorded_demand import recorded_days
from ...queue.queries.simulation_plan import OfficeSimulationPlan, plan_from_office
from ...queue.queries.what_if.what_if_plan import WhatIfQuestion, plan_what_if
from ...queue.simulation.chart import draw_day
from ...queue.simulation.engine import simulate_day
from ...queue.simulation.plan import DayFigures, SimulatedDay, WaitSummary, day_figures
from ...queue.simulation.what_if import compare_cases
from .command_line import run_use_case


def run_simulate(arguments: argparse.Namespace) -> None:
    options = {"seed": arguments.seed, "days": arguments.days, "more_desks": arguments.desks}

    async def run(runtime: Runtime) -> tuple[str, str]:
        if arguments.replay:
            return await replay(runtime, arguments.office, arguments.replay), ""
        return await simulate(runtime, arguments.office, **options)

    try:
        table, picture = run_use_case(run)
    except NotFound:
        sys.exit(f"There is no office {arguments.office}.")
    except Refused as refused:
        sys.exit(SIMULATION_REFUSALS[refused.code])
    if arguments.svg is not None and picture:
        try:
            arguments.svg.write_text(picture, encoding="utf-8")
        except OSError as error:
            sys.exit(f"{arguments.svg} cannot be written ({error.strerror}).")
    print(table)


SIMULATION_REFUSALS = {
    "closed": "The office does not open within a month.",
    "little_history": "There are too few recorded visits to replay.",
    "no_desk": "Without a desk there is nothing to simulate.",
}


@dataclass(frozen=True, slots=True)
class SimulationResult:
    """The simulated days with the same number of desks."""

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
    results = [await _run_simulation(runtime, slug, seed, days, 0)]
    if more_desks:
        results.append(await _run_simulation(runtime, slug, seed, days, more_desks))
    table = "\n".join([*_heading_lines(results[0], seed, days), "", *_table_lines(results)])
    return table, _draw_first_day(results, seed)


async def replay(runtime: Runtime, slug: str, days: int) -> str:
    """Return a table of the last recorded days: their mean wait, and that of their replay.

    Raises NotFound, Refused("little_history").
    """
    rows = [("day", "people", "desks", "mean wait", "replayed", "")]
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
        for day in (await recorded_days(session, office, runtime.now()))[:days]:
            question = WhatIfQuestion(day.isoformat())
            try:
                planned = await plan_what_if(session, office, runtime.now(), question)
            except Refused as refused:
                rows.append((f"{day:%F}", "", "", "", "", REPLAY_REFUSALS[refused.code]))
                continue
            check = compare_cases(planned.task, lambda: True).check
            told = "told" if check.is_close else "cannot be told"
            waits = (_format_minutes(check.recorded_min), _format_minutes(check.replayed_min))
            rows.append((f"{day:%F}", f"{planned.people:.0f}", f"{planned.desks:.1f}", *waits, told))
    if len(rows) == 1:
        raise Refused("little_history")
    widths = [max(len(row[n]) for row in rows) for n in range(5)]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *(row[n].rjust(widths[n]) for n in range(1, 5)), row[5]]).rstrip()
        for row in rows
    )


REPLAY_REFUSALS = {
    "little_history": "too few visits",
    "no_recorded_desks": "cannot be told: no desk is recorded",
}


def _format_minutes(minutes: float | None) -> str:
    return "–" if minutes is None else f"{minutes:.1f} min"


async def _run_simulation(runtime: Runtime, slug: str, seed: int, days: int, more_desks: int) -> SimulationResult:
    async with runtime.read_session() as session:
        office = await office_by_slug(session, slug)
        planned = await plan_from_office(session, office, runtime.now(), more_desks)
    simulated_days = tuple(
        simulate_day(planned.plan, seed + number, planned.service_times) for number in range(days)
    )
    return SimulationResult(planned, simulated_days)


def _heading_lines(result: SimulationResult, seed: int, days: int) -> list[str]:
    planned = result.planned
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
        "  desks: assumed to be open in all opening hours, with breaks",
        f"  appointments booked: {len(planned.plan.appointments)}",
        f"  services whose duration is measured: {measured} of {len(planned.plan.services)}",
    ]


def _format_plan_day(planned: OfficeSimulationPlan) -> str:
    return format_day(planned.plan.opens, planned.office.timezone, SOURCE_LANGUAGE)


# The table


@dataclass(frozen=True, slots=True)
class FigureUnit:
    """Unit of a figure. Differences are those of the rounded figures."""

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


def _wait_rows(title: str, waits_of_group: Callable[[DayFigures], WaitSummary]) -> list[FigureRow]:
    """Build rows of the mean, P50, P90 and longest wait of a group."""
    statistics: list[tuple[str, Callable[[WaitSummary], timedelta]]] = [
        ("mean", lambda waits: waits.mean),
        ("P50", lambda waits: waits.p50),
        ("P90", lambda waits: waits.p90),
        ("longest", lambda waits: waits.longest),
    ]

    def row(name: str, value: Callable[[WaitSummary], timedelta]) -> FigureRow:
        return (
            f"{title}, {name}",
            lambda figures: (
                value(waits_of_group(figures)) / timedelta(minutes=1) if waits_of_group(figures).count else None
            ),
            MINUTES,
        )

    return [row(name, value) for name, value in statistics]


FIGURE_ROWS: list[FigureRow] = [
    ("turns given", lambda figures: figures.issued, COUNT),
    ("people served", lambda figures: figures.served, COUNT),
    ("people refused a turn", lambda figures: figures.refused, COUNT),
    ("appointments whose person stayed away", lambda figures: figures.no_shows, COUNT),
    *_wait_rows("wait without appointment", lambda figures: figures.walk_ins),
    *_wait_rows("wait of priority people", lambda figures: figures.preferential),
    *_wait_rows("appointment, after its time", lambda figures: figures.appointments),
    ("appointments called at most 10 min late", lambda figures: figures.punctual, PERCENT),
    ("desks busy", lambda figures: figures.utilisation, PERCENT),
    ("called within the range shown at issue", lambda figures: figures.within_range, PERCENT),
    ("called by the end of that range", lambda figures: figures.by_latest, PERCENT),
    ("promises broken", lambda figures: figures.limits_exceeded, COUNT),
]


def _table_lines(results: Sequence[SimulationResult]) -> list[str]:
    heads = ["", *(result.desks for result in results), *(["difference"] if len(results) > 1 else [])]
    rows = [heads, *(_row_cells(row, [result.figures for result in results]) for row in FIGURE_ROWS)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(heads))]
    lines = []
    for row in rows:
        first, *others = row
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        lines.append("  ".join([first.ljust(widths[0]), *cells]).rstrip())
    return lines


def _row_cells(row: FigureRow, figures: Sequence[DayFigures]) -> list[str]:
    name, value, unit = row
    values = [value(column) for column in figures]
    cells = [name, *("–" if shown is None else unit.text(shown) for shown in values)]
    if len(values) > 1:
        before, after = values
        cells.append("–" if before is None or after is None else unit.signed(before, after))
    return cells


# The chart


def _draw_first_day(results: Sequence[SimulationResult], seed: int) -> str:
    first, planned = results[0], results[0].planned
    figures = day_figures(first.days[:1])
    facts = [
        (COUNT.text(figures.served), "people served"),
        (MINUTES.text(figures.walk_ins.mean / timedelta(minutes=1)), "mean wait"),
        (MINUTES.text(figures.walk_ins.longest / timedelta(minutes=1)), "longest wait"),
        ("–" if figures.punctual is None else PERCENT.text(figures.punctual), "appointments on time"),
        ("–" if figures.utilisation is None else PERCENT.text(figures.utilisation), "desks busy"),
        ("–" if figures.within_range is None else PERCENT.text(figures.within_range), "called within their range"),
    ]
    return draw_day(
        first.days[0],
        f"{planned.office.name}, {_format_plan_day(planned)} · {first.desks} · seed {seed}",
        facts,
        {line.id: line.name(SOURCE_LANGUAGE) for line in planned.office.lines},
        planned.office.timezone,
        results[1].days[0] if len(results) > 1 else None,
        f"all, with {results[1].desks}" if len(results) > 1 else "",
    )
