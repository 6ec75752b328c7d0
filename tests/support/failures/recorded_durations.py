"""Seconds of each test in its last run, in pytest's cache, for `make flaky`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest

CACHE_KEY = "office360/durations"


@dataclass(eq=False)  # pluggy keeps plugins by their hash
class RecordedDurations:
    """Adds set-up, test and tear-down of each test that passed."""

    config: pytest.Config
    _seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.passed:
            self._seconds[report.nodeid] += report.duration

    def pytest_sessionfinish(self) -> None:
        if self._seconds:
            cache: Any = self.config.cache
            cache.set(CACHE_KEY, {**cache.get(CACHE_KEY, {}), **self._seconds})


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin, unless this process reports to xdist's controller."""
    if not hasattr(config, "workerinput") and hasattr(config, "cache"):
        config.pluginmanager.register(RecordedDurations(config))
