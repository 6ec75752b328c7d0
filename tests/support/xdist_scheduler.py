"""Which worker runs what when the tests run side by side: `pytest -n 2 --dist loadfile`."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

# Few tests that take long, each with a browser or processes of its own.
SINGLE_WORKER_PATHS = ("tests/e2e/", "tests/faults/")


class FileScopeScheduler(LoadScopeScheduling):  # type: ignore[misc]  # it comes without types
    """Whole files stay together, those with most tests first. Then come tests one by one, so that all workers end
    together: a file of browser tests at the end would keep one busy for minutes while the others have nothing.
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, _ = nodeid.partition("::")
        return nodeid if file.startswith(SINGLE_WORKER_PATHS) else file
