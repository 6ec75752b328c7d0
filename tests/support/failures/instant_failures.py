"""Plugin that prints each failure when it happens, also a failure of another test process.

Pytest prints failures at its end, and with xdist shows only an F until then. An interrupted run prints its summary
as well, because pytest and xdist report an interrupt like an end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

TRACEBACK_LINES = 25  # the assertion and its values; the whole traceback follows at the end of the run


@dataclass(eq=False)  # pluggy keeps plugins by their hash
class InstantFailures:
    """Writes to the terminal of the process that the user started."""

    config: pytest.Config

    @pytest.hookimpl(trylast=True)  # after the letter of the test's progress
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        terminal: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        if not report.failed or terminal is None:
            return
        phase = "" if report.when == "call" else f" ({report.when})"
        terminal.ensure_newline()
        terminal.write_line(f"FAILED NOW: {report.nodeid}{phase}", red=True, bold=True)
        for line in report.longreprtext.splitlines()[-TRACEBACK_LINES:]:
            terminal.write_line(f"    {line}")
        terminal.flush()


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin, unless this process reports to xdist's controller."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(InstantFailures(config))
