"""Scheduler of concurrent tests: `pytest -n 3 --dist loadfile`."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

# Slow tests, each with its own browser or processes.
SINGLE_WORKER_PATHS = ("tests/e2e/", "tests/faults/")


class FileScopeScheduler(LoadScopeScheduling):  # type: ignore[misc]  # the library has no types
    """Schedules whole files, largest first, then slow tests one by one.

    So all workers end at the same time: a last file of browser tests would keep one busy for minutes.
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, _ = nodeid.partition("::")
        return nodeid if file.startswith(SINGLE_WORKER_PATHS) else file
