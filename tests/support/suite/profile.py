"""Where a run of the suite spends its time: `make test ARGS="--profile-suite"`.

CPU seconds are those of the test process and of all programs it started (browsers, databases, relays), read
from /proc at each border between a set-up, a test and a tear-down. A program that ends between two borders is
counted if its parent waited for it; Chromium does not wait for its own at its end, so a browser that is closed
takes their seconds with it, and no difference is counted below zero.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from office360.benchmarks.machine import read_tree_cpu_s

ROWS_SHOWN = 25
OUTPUT_KEY = "suite_profile"
GROUPS = ("file", "fixture", "database", "phase", "test")


@dataclass
class Cost:
    """Seconds spent, and how often."""

    cpu_s: float = 0.0
    elapsed_s: float = 0.0
    count: int = 0

    def add(self, cpu_s: float, elapsed_s: float, count: int = 1) -> None:
        self.cpu_s += max(cpu_s, 0.0)
        self.elapsed_s += elapsed_s
        self.count += count


def tree_cpu_s() -> float:
    """Return the CPU seconds of this process and of its descendants, ended ones included."""
    return read_tree_cpu_s(os.getpid())


@dataclass(eq=False)  # pluggy keeps plugins by their hash
class SuiteProfile:
    """Plugin of each test process; the first merges the costs of the others and prints."""

    costs: dict[str, defaultdict[str, Cost]] = field(
        default_factory=lambda: {group: defaultdict(Cost) for group in GROUPS}
    )
    _open: list[list[float]] = field(default_factory=list)  # of fixtures: CPU and elapsed seconds of those inside

    @contextmanager
    def _measured(self) -> Iterator[list[float]]:
        """Measure a block into a list: CPU and elapsed seconds, without those of blocks inside it."""
        inside, cost = [0.0, 0.0], [0.0, 0.0]
        self._open.append(inside)
        cpu_s, elapsed_s = tree_cpu_s(), time.perf_counter()
        try:
            yield cost
        finally:
            whole = tree_cpu_s() - cpu_s, time.perf_counter() - elapsed_s
            self._open.pop()
            if self._open:
                for index in range(2):
                    self._open[-1][index] += whole[index]
            cost[:] = [whole[index] - inside[index] for index in range(2)]

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, Any, Any]:
        with self._measured() as cost:
            result = yield
        self.costs["fixture"][fixturedef.argname].add(cost[0], cost[1])
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        cpu_s, elapsed_s = tree_cpu_s(), time.perf_counter()
        result = yield
        spent = tree_cpu_s() - cpu_s, time.perf_counter() - elapsed_s
        self.costs["file"][item.nodeid.partition("::")[0]].add(*spent)
        self.costs["test"][item.nodeid].add(*spent)
        parameters: Mapping[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}
        self.costs["database"][str(parameters.get("database_url", "none"))].add(*spent)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Generator[None, Any, Any]:
        return (yield from self._phase("set-up"))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, Any, Any]:
        return (yield from self._phase("test"))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None, Any, Any]:
        return (yield from self._phase("tear-down"))

    def _phase(self, name: str) -> Generator[None, Any, Any]:
        cpu_s, elapsed_s = tree_cpu_s(), time.perf_counter()
        result = yield
        self.costs["phase"][name].add(tree_cpu_s() - cpu_s, time.perf_counter() - elapsed_s)
        return result

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[OUTPUT_KEY] = {
                group: {name: (cost.cpu_s, cost.elapsed_s, cost.count) for name, cost in rows.items()}
                for group, rows in self.costs.items()
            }

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        for group, rows in getattr(node, "workeroutput", {}).get(OUTPUT_KEY, {}).items():
            for name, (cpu_s, elapsed_s, count) in rows.items():
                self.costs[group][name].add(cpu_s, elapsed_s, count)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for group, rows in self.costs.items():
            terminalreporter.section(f"profile by {group}: CPU s, elapsed s, times")
            most = sorted(rows.items(), key=lambda row: row[1].cpu_s, reverse=True)
            for name, cost in most[:ROWS_SHOWN]:
                terminalreporter.write_line(f"{cost.cpu_s:8.1f} {cost.elapsed_s:8.1f} {cost.count:6d}  {name}")
            total = Cost()
            for cost in rows.values():
                total.add(cost.cpu_s, cost.elapsed_s, cost.count)
            terminalreporter.write_line(f"{total.cpu_s:8.1f} {total.elapsed_s:8.1f} {total.count:6d}  in all")
