"""Figures of an office's year: `python -m office360.benchmarks.figures_year`.

Fills a database of its own with 366 days, then computes the same report in a new process for each way: from every
single case, as the first version did, and from the counts of days. Checks that both are equal.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from ..core.events import EventRegistry
from ..core.runtime import Runtime
from ..figures.domain.figure_groups import FigureGrouping, OfficeFigures
from ..figures.domain.target_verdict import wait_within_s
from ..figures.service import FigurePeriod, count_settled_days, measure_figures
from ..offices.service import office_by_slug
from ..server.migrations import migrate
from ..server.runtime import make_runtime
from ..tests.conftest import FakeClock
from ..tests.figures.support.figures_by_case import compute_from_cases, group_from_cases, load_period_facts
from ..tests.figures.support.random_records import record_random_days
from ..tests.support.office_fixture import build_office
from .installation import benchmark_settings

NOW = datetime(2026, 11, 25, 11, tzinfo=UTC)
YEAR = FigurePeriod(date(2025, 11, 25), date(2026, 11, 25))
# those of the page for a year of an office
GROUPINGS = (FigureGrouping.HOUR, FigureGrouping.SERVICE, FigureGrouping.LINE, FigureGrouping.WEEK)
TARGET_S = 1.0
Groups = dict[FigureGrouping, dict[str, OfficeFigures]]


@dataclass(frozen=True, slots=True)
class MeasuredReport:
    """The seconds of a report in a new process, and its result."""

    elapsed_s: float
    cpu_s: float
    total: OfficeFigures
    groups: Groups


def open_benchmark_runtime(url: str) -> Runtime:
    settings = benchmark_settings(url, public_url="http://127.0.0.1:1")
    return make_runtime(settings, FakeClock(NOW), EventRegistry())


async def fill(url: str, visits: int) -> None:
    """Create the office and a year of records."""
    runtime = open_benchmark_runtime(url)
    await migrate(runtime.db)
    await build_office(runtime)
    async with runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
    await record_random_days(runtime, office, YEAR.days(), visits)
    await runtime.db.close()


async def _count_days(url: str) -> float:
    """Count all settled days as the nightly work does. Return its CPU seconds."""
    runtime = open_benchmark_runtime(url)
    began = time.process_time()
    await count_settled_days(runtime)
    await runtime.db.close()
    return time.process_time() - began


async def _measure(url: str, *, from_cases: bool) -> MeasuredReport:
    runtime = open_benchmark_runtime(url)
    began, cpu_began = time.perf_counter(), time.process_time()
    async with runtime.read_session() as session:
        office = await office_by_slug(session, "centro")
    if from_cases:
        facts = [await load_period_facts(runtime, office, YEAR)]
        total = compute_from_cases(facts, wait_within_s(office.targets))
        groups = {grouping: group_from_cases(facts, grouping) for grouping in GROUPINGS}
    else:
        report = await measure_figures(runtime, [office], YEAR, GROUPINGS)
        total, groups = report.total, {grouping: dict(found) for grouping, found in report.groups.items()}
    elapsed_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    await runtime.db.close()
    return MeasuredReport(elapsed_s, cpu_s, total, groups)


def measure_in_new_process(url: str, *, from_cases: bool) -> MeasuredReport:
    """Compute the report in a process that has read nothing before."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_run_measure, (url, from_cases))


def _run_measure(url: str, from_cases: bool) -> MeasuredReport:
    return asyncio.run(_measure(url, from_cases=from_cases))


def main() -> None:
    """Fill, count, measure in turn, print."""
    parser = argparse.ArgumentParser(prog="figures_year", description=__doc__)
    parser.add_argument("--visits", type=int, default=200, help="of each day (default: 200)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", help="URL of an empty database; otherwise SQLite in a temporary folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.postgres or f"sqlite+aiosqlite:///{Path(folder) / 'office360.db'}"
        began = time.perf_counter()
        asyncio.run(fill(url, options.visits))
        print(f"filled {YEAR.length * options.visits:,} visits in {time.perf_counter() - began:.0f} s")
        print(f"counted all settled days once, in {asyncio.run(_count_days(url)):.1f} s of CPU")
        print("way                    elapsed s   CPU s")
        pairs = []
        for _ in range(options.rounds):
            cases = measure_in_new_process(url, from_cases=True)
            counts = measure_in_new_process(url, from_cases=False)
            assert (cases.total, cases.groups) == (counts.total, counts.groups), "the two ways differ"
            pairs.append((cases, counts))
            for name, found in (("from every case", cases), ("from counts of days", counts)):
                print(f"{name:<22} {found.elapsed_s:9.2f}  {found.cpu_s:6.2f}")
    ratio = min(cases.cpu_s / counts.cpu_s for cases, counts in pairs)
    best_s = min(counts.cpu_s for _, counts in pairs)
    verdict = "reached" if best_s <= TARGET_S else "MISSED"
    print(f"ratio of CPU: at least {ratio:.1f}; target {TARGET_S:.0f} s of CPU at first: {verdict}")


if __name__ == "__main__":
    main()
