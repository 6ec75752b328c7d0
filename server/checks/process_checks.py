"""Checks of the processes, by their heartbeats in the database.

A supervisor of several web processes has no heartbeat and no connection: it ends its children with itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ...core.db.process_heartbeats import ProcessKind, last_heartbeats, living_processes
from ...core.runtime import Runtime
from ...signaling import fanout
from ..settings import Settings
from ..testroom.installed import is_testroom_installed
from .check_result import CheckResult, CheckTopic, format_age

KIND_NAMES = {ProcessKind.WEB: "web", ProcessKind.WORKER: "worker", ProcessKind.TESTROOM: "test room"}
START_COMMANDS = {
    ProcessKind.WEB: "office360 serve (systemctl start office360@web)",
    ProcessKind.TESTROOM: "office360 testroom (systemctl start office360@testroom)",
}


def planned_processes(settings: Settings) -> Counter[ProcessKind]:
    """Count the processes that the settings name, by kind. An embedded worker is none."""
    return Counter(
        {
            ProcessKind.WEB: settings.workers,
            # several web processes share a room of their own; a single process has it inside
            ProcessKind.TESTROOM: len(settings.testroom_url)
            or int(settings.workers > 1 and is_testroom_installed()),
            ProcessKind.WORKER: 0 if settings.embedded_worker else 1,
        }
    )


async def check_processes(settings: Settings, runtime: Runtime) -> CheckResult:
    """Compare the living processes with the settings; the worker has its own check."""
    async with runtime.read_session() as session:
        living = await living_processes(session)
    alive = Counter(kind for kinds in living.values() for kind in kinds)
    missing = [
        f"{alive[kind]} of {count} {KIND_NAMES[kind]} processes alive; start: {START_COMMANDS[kind]}"
        for kind, count in planned_processes(settings).items()
        if kind in START_COMMANDS and alive[kind] < count
    ]
    if missing:
        return CheckResult(CheckTopic.PROCESSES, "; ".join(missing))
    total = "1 process" if len(living) == 1 else f"{len(living)} processes"
    return CheckResult(CheckTopic.PROCESSES, remark=f"works ({total}: {_count_by_kinds(living.values())})")


def _count_by_kinds(processes: Iterable[set[ProcessKind]]) -> str:
    """Count each process once, by its kinds: `2 web with worker, 1 test room`."""
    order = list(KIND_NAMES)
    groups = Counter(tuple(sorted(kinds, key=order.index)) for kinds in processes)
    return ", ".join(
        f"{groups[kinds]} {' with '.join(KIND_NAMES[kind] for kind in kinds)}"
        for kinds in sorted(groups, key=lambda kinds: [order.index(kind) for kind in kinds])
    )


def check_fanout(settings: Settings) -> CheckResult:
    """Report the path of states to phones and displays. Neither path is a problem."""
    if not settings.native_fanout:
        reason = "NATIVE_FANOUT is false"
    elif fanout.send_frames is None:
        reason = "no compiler was there at the installation (docs/install.md#native-fan-out)"
    else:
        return CheckResult(CheckTopic.PHONES, remark="native fan-out")
    return CheckResult(CheckTopic.PHONES, remark=f"pure Python, because {reason}")


async def check_worker(settings: Settings, runtime: Runtime) -> CheckResult:
    async with runtime.read_session() as session:
        last = (await last_heartbeats(session)).get(ProcessKind.WORKER)
    if last is not None and not last.is_missing:
        return CheckResult(CheckTopic.WORKER)
    seen = "none was seen within a day" if last is None else f"the last one was seen {format_age(last.age)} ago"
    return CheckResult(CheckTopic.WORKER, f"{seen}; start: office360 worker (systemctl start office360@worker)")
