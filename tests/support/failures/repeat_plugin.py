"""Pytest plugin that repeats tests in one process and counts their failures.

An import takes seconds, so a process for each of 100 runs would take most of the time.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from .failure_bound import CONFIDENCE, upper_failure_rate

# A round repeats each test so often before the next test. So a run that ends early has tried every test, and the
# fixtures of a file are not set up for each run.
RUNS_OF_A_ROUND = 5
RUN_ID = re.compile(r"-?\brun(\d+)\b-?")
ARGUMENT = "repetition_of_this_run"


@dataclass(slots=True)
class RepeatedTest:
    """Runs of a test, and phases and messages of those that failed."""

    planned: int = 0
    runs: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass(eq=False)  # pluggy keeps plugins by their hash
class RepeatPlugin:
    """Counts runs and failures of each repeated test.

    `times`: by node id of a test, with or without its parameters, or by path of a file or folder.
    """

    times: Mapping[str, int]
    minutes: float
    ended_by_time: bool = False
    results: defaultdict[str, RepeatedTest] = field(default_factory=lambda: defaultdict(RepeatedTest))
    _failed: dict[str, str] = field(default_factory=dict)  # of the run in progress
    _skipped: set[str] = field(default_factory=set)  # of the run in progress
    _ends_at: float = 0.0

    @property
    def has_failures(self) -> bool:
        return any(result.failures for result in self.results.values())

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        runs = self._planned_runs(metafunc.definition.nodeid, without_parameters=True)
        metafunc.fixturenames.append(ARGUMENT)
        metafunc.parametrize(ARGUMENT, range(runs or 1), ids=[f"run{number}" for number in range(runs or 1)])

    @pytest.hookimpl(trylast=True)  # after pytest has sorted them by their parameters
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Drop surplus runs and tests that must run alone, and sort the others into rounds."""
        files: dict[str, int] = {}
        kept, dropped = [], []
        for position, item in enumerate(items):
            name, number = split_run(item.nodeid)
            if number >= self._planned_runs(name) or item.get_closest_marker("alone"):
                dropped.append(item)
                continue
            self.results[name].planned += 1
            file = files.setdefault(name.partition("::")[0], len(files))
            kept.append(((number // RUNS_OF_A_ROUND, file, position), item))
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for _, item in sorted(kept, key=lambda pair: pair[0])]
        self._ends_at = time.monotonic() + 60 * self.minutes

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name, _ = split_run(report.nodeid)
        if report.failed:
            self._failed[name] = f"{report.when}: {_message(report)}"
        if report.skipped:
            self._skipped.add(name)
        if report.when == "teardown":
            self._count(name)

    def _count(self, name: str) -> None:
        result = self.results[name]
        if name in self._failed:
            result.failures.append(self._failed.pop(name))
        elif name in self._skipped:  # proves nothing
            self._skipped.remove(name)
            return
        result.runs += 1

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        if time.monotonic() > self._ends_at:
            self.ended_by_time = True
            item.session.shouldstop = f"{self.minutes:g} minutes are over"

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for name in list(self._failed):  # an interrupt came before the end of its tear-down
            self._count(name)
        terminalreporter.section(f"failures by chance, bound with {CONFIDENCE:.0%} confidence")
        for line in self.summary_lines():
            terminalreporter.write_line(line)

    def summary_lines(self) -> list[str]:
        """Return a line for each test, the worst first, and a line for all of them."""
        lines = []
        for name, result in sorted(self.results.items(), key=lambda row: (-len(row[1].failures), row[1].runs)):
            missing = result.planned - result.runs
            lines.append(
                f"{_rate(len(result.failures), result.runs)}  {name}" + (f", {missing} not run" if missing else "")
            )
            lines += [f"        {message}" for message in sorted(set(result.failures))]
        failures = sum(len(result.failures) for result in self.results.values())
        runs = sum(result.runs for result in self.results.values())
        return [*lines, f"{_rate(failures, runs)}  any run of these {len(self.results)} tests"]

    def _planned_runs(self, name: str, without_parameters: bool = False) -> int:
        """Return how often to run a test, or the most runs of any of its parameters."""
        return max(
            (
                times
                for listed, times in self.times.items()
                if _covers(listed.partition("[")[0] if without_parameters else listed, name)
            ),
            default=0,
        )


def split_run(nodeid: str) -> tuple[str, int]:
    """Return the node id of the test that this run repeats, and the run's number."""
    path, _, parameters = nodeid.partition("[")
    found = RUN_ID.search(parameters)
    if found is None:
        return nodeid, 0
    around = parameters[: found.start()], parameters[found.end() :].removesuffix("]")
    rest = "-".join(part for part in around if part)
    return (f"{path}[{rest}]" if rest else path), int(found[1])


def _covers(listed: str, name: str) -> bool:
    return name == listed or name.startswith((f"{listed}[", f"{listed}::", f"{listed}/"))


def _rate(failures: int, runs: int) -> str:
    bound = f"below {upper_failure_rate(failures, runs):6.1%}" if runs else "not run      "
    return f"{failures:4d} of {runs:5d} failed: {bound}"


def _message(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else report.longreprtext
    return (text.strip().splitlines() or ["no message"])[0]
