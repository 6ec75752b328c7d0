"""Scheduler of concurrent tests: `pytest -n auto --dist loadfile`."""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScopeScheduling

from ...matrix import Load, required_load

# Loads that each test process prefers, the most preferred first. So media tests follow one another from the
# beginning, a second process runs other browser tests, and light tests fill what both leave of the cores.
PREFERENCES = (
    (Load.MEDIA, Load.BROWSER, Load.LIGHT, Load.ALONE),
    (Load.BROWSER, Load.LIGHT, Load.MEDIA, Load.ALONE),
    (Load.LIGHT, Load.BROWSER, Load.MEDIA, Load.ALONE),
)


class FileScopeScheduler(LoadScopeScheduling):  # type: ignore[misc]  # the library has no types
    """Schedules light tests by files, largest first, and each other test by itself.

    So all test processes end at the same time: a last file of browser tests would keep a process busy for minutes.
    """

    def _split_scope(self, nodeid: str) -> str:
        file, _, _ = nodeid.partition("::")
        return file if required_load(nodeid) is Load.LIGHT else nodeid

    def _assign_work_unit(self, node: Any) -> None:
        number = int(node.gateway.id.removeprefix("gw"))
        preference = PREFERENCES[min(number, len(PREFERENCES) - 1)]
        # the first of the smallest: the order of the queue decides between equals
        best = min(self.workqueue, key=lambda scope: preference.index(required_load(scope)))
        self.workqueue.move_to_end(best, last=False)
        super()._assign_work_unit(node)
