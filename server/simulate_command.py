"""`office360 simulate`: a day of an office, invented and lived through, as a table and as a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ..core.i18n.dates import format_day
from ..core.runtime import Runtime
from ..offices.service import office_by_slug
from ..queue.simulation.chart import svg
from ..queue.simulation.engine import live
from ..queue.simulation.plan import Day, Figures, Waits, figures
from ..queue.simulation.plan_from_office import Rehearsal, rehearsal

LANGUAGE = "en"  # as everything that the command line says


@dataclass(frozen=True, slots=True)
class Simulated:
    """What one number of desks makes of the same people on the same days."""

    planned: Rehearsal
    days: tuple[Day, ...]

    @property
    def figures(self) -> Figures:
        return figures(self.days)

    @property
    def desks(self) -> str:
        count = len({shift.desk_id for shift in self.planned.plan.shifts})
        return f"{count} desk{'' if count == 1 else 's'}"


async def simulate(runtime: Runtime, slug: str, *, seed: int, days: int, more_desks: int) -> tuple[str, str]:
    """The table, and the picture of the first day as SVG. Raises NotFound, Refused."""
    found = [await _lived(runtime, slug, seed, days, 0)]
    if more_desks:
        found.append(await _lived(runtime, slug, seed, days, more_desks))
    return "\n".join([*_heading(found[0], seed, days), "", *_table(found)]), _picture(found, seed)


async def _lived(runtime: Runtime, slug: str, seed: int, days: int, more_desks: int) -> Simulated:
    async with runtime.reading() as session:
        office = await office_by_slug(session, slug)
        planned = await rehearsal(session, office, runtime.now(), more_desks)
    lived = tuple(live(planned.plan, seed + number, planned.pace) for number in range(days))
    return Simulated(planned, lived)


def _heading(one: Simulated, seed: int, days: int) -> list[str]:
    planned = one.planned
    seeds = f"seed {seed}" if days == 1 else f"{days} days, seeds {seed} to {seed + days - 1}"
    counted = planned.counted_days
    people = (
        f"as on {counted} days of the last four weeks"
        if counted
        else "assumed: three quarters of what the desks can do"
    )
    measured = sum(1 for service in planned.plan.services if service.slug in planned.pace.visits)
    return [
        f"{planned.office.name}, {_day(planned)}, {seeds}",
        f"  people without an appointment: {people}",
        f"  appointments booked: {len(planned.plan.appointments)}",
        f"  services whose duration is measured: {measured} of {len(planned.plan.services)}",
    ]


def _day(planned: Rehearsal) -> str:
    return format_day(planned.plan.opens, planned.office.timezone, LANGUAGE)


# The table


@dataclass(frozen=True, slots=True)
class Unit:
    """What a figure is counted in, in whole numbers; so is a difference, of the numbers as they are shown."""

    scale: int
    name: str
    difference: str

    def text(self, value: float) -> str:
        return f"{round(value * self.scale)}{self.name}"

    def signed(self, before: float, after: float) -> str:
        more = round(after * self.scale) - round(before * self.scale)
        return f"{'+' if more > 0 else '−'}{abs(more)}{self.difference}" if more else "="


COUNT, MINUTES, PERCENT = Unit(1, "", ""), Unit(1, " min", " min"), Unit(100, " %", " pt")

Row = tuple[str, Callable[[Figures], float | None], Unit]


def _waits(title: str, of: Callable[[Figures], Waits]) -> list[Row]:
    """Mean, P50, P90 and the longest of some people's waits."""
    pick: list[tuple[str, Callable[[Waits], timedelta]]] = [
        ("mean", lambda waits: waits.mean),
        ("P50", lambda waits: waits.half),
        ("P90", lambda waits: waits.most),
        ("longest", lambda waits: waits.longest),
    ]

    def row(name: str, value: Callable[[Waits], timedelta]) -> Row:
        return (
            f"{title}, {name}",
            lambda found: value(of(found)) / timedelta(minutes=1) if of(found).count else None,
            MINUTES,
        )

    return [row(name, value) for name, value in pick]


ROWS: list[Row] = [
    ("turns given", lambda found: found.issued, COUNT),
    ("people served", lambda found: found.served, COUNT),
    ("people refused a turn", lambda found: found.refused, COUNT),
    ("appointments whose person stayed away", lambda found: found.no_shows, COUNT),
    *_waits("wait without appointment", lambda found: found.walk_ins),
    *_waits("wait of priority people", lambda found: found.preferential),
    *_waits("appointment, after its time", lambda found: found.appointments),
    ("appointments called at most 10 min late", lambda found: found.punctual, PERCENT),
    ("desks busy", lambda found: found.utilisation, PERCENT),
    ("called within the range shown at issue", lambda found: found.inside, PERCENT),
    ("called by the end of that range", lambda found: found.by_latest, PERCENT),
    ("promises broken", lambda found: found.promises_broken, COUNT),
]


def _table(found: Sequence[Simulated]) -> list[str]:
    heads = ["", *(one.desks for one in found), *(["difference"] if len(found) > 1 else [])]
    rows = [heads, *(_cells(row, [one.figures for one in found]) for row in ROWS)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(heads))]
    lines = []
    for row in rows:
        first, *others = row
        figures_ = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        lines.append("  ".join([first.ljust(widths[0]), *figures_]).rstrip())
    return lines


def _cells(row: Row, found: Sequence[Figures]) -> list[str]:
    name, value, unit = row
    values = [value(one) for one in found]
    cells = [name, *("–" if one is None else unit.text(one) for one in values)]
    if len(values) > 1:
        before, after = values
        cells.append("–" if before is None or after is None else unit.signed(before, after))
    return cells


# The picture


def _picture(found: Sequence[Simulated], seed: int) -> str:
    first, planned = found[0], found[0].planned
    told = figures(first.days[:1])
    facts = [
        (COUNT.text(told.served), "people served"),
        (MINUTES.text(told.walk_ins.mean / timedelta(minutes=1)), "mean wait"),
        (MINUTES.text(told.walk_ins.longest / timedelta(minutes=1)), "longest wait"),
        ("–" if told.punctual is None else PERCENT.text(told.punctual), "appointments on time"),
        ("–" if told.utilisation is None else PERCENT.text(told.utilisation), "desks busy"),
        ("–" if told.inside is None else PERCENT.text(told.inside), "called within their range"),
    ]
    return svg(
        first.days[0],
        f"{planned.office.name}, {_day(planned)} · {first.desks} · seed {seed}",
        facts,
        {line.id: line.name(LANGUAGE) for line in planned.office.lines},
        planned.office.timezone,
        found[1].days[0] if len(found) > 1 else None,
        f"all, with {found[1].desks}" if len(found) > 1 else "",
    )
