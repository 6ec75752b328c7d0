"""Script that puts a defect of each kind into the product, and tells which tests find it.

Usage: `python -m tests.support.proof.defects [NAME …]`, then `… --collected FILE` as `earlier_fixes.py` compares.
Each defect replaces one place of the source in a clone; the tree at hand stays as it is.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

from .findings import ROOT, Finding, cloned_tree, failing_tests, keep_finding, print_finding, run_command
from .history import restore

RESULTS = ROOT / "var" / "defects.jsonl"
LIMIT_S = 240


@dataclass(frozen=True, slots=True)
class Defect:
    """A place of the source, what stands there in its place, and the test files that are run."""

    name: str
    kind: str
    path: str
    right: str
    wrong: str
    tests: tuple[str, ...]
    marked: str = "not e2e"

    def put_into(self, tree: Path) -> None:
        """Replace the right by the wrong text. Raises ValueError unless it stands there once."""
        source = (tree / self.path).read_text()
        if source.count(self.right) != 1:
            raise ValueError(f"{self.name}: {self.path} has {source.count(self.right)} times {self.right!r}")
        (tree / self.path).write_text(source.replace(self.right, self.wrong))


DEFECTS = (
    Defect(
        "line_lock_left_out",
        "a lock left out",
        "offices/storage/office_rows.py",
        ".order_by(LineRow.id).with_for_update()",
        ".order_by(LineRow.id)",
        ("tests/queue/actions/test_concurrency.py", "tests/queue/actions/test_process_clocks.py"),
    ),
    Defect(
        "agenda_lock_left_out",
        "a lock left out",
        "appointments/storage/locks.py",
        '    await session.execute(_LOCK_AGENDA, {"office_id": office.id})',
        "    return",
        ("tests/appointments/actions/test_booking_race.py",),
    ),
    Defect(
        "sqlite_write_lock_left_out",
        "a lock left out",
        "core/db/engine.py",
        'self.writer = _sqlite_engine(url, 1, "BEGIN IMMEDIATE"',
        'self.writer = _sqlite_engine(url, 5, "BEGIN"',
        ("tests/queue/actions/test_concurrency.py", "tests/appointments/actions/test_booking_race.py"),
    ),
    Defect(
        "message_lost_while_another_waits",
        "a lost bus message",
        "core/bus/base.py",
        "        if self._queue.full():",
        "        if not self._queue.empty():",
        ("tests/core/bus/test_redis_bus.py", "tests/rooms/realtime/test_participant_session.py"),
    ),
    Defect(
        "line_change_not_published",
        "a lost bus message",
        "queue/actions/line_transaction.py",
        "            changed_ids |= _publish_line(locked, line, version, must_resync)",
        "            pass",
        ("tests/queue/realtime/test_sockets.py",),
    ),
    Defect(
        "resync_after_bus_outage_left_out",
        "a lost bus message",
        "core/bus/redis_bus.py",
        "            self._start_task(self._call_reconnect_callbacks())",
        "            pass",
        ("tests/core/bus/test_redis_bus.py", "tests/rooms/realtime/test_bus_interruptions.py"),
    ),
    Defect(
        "card_of_a_citizen_open_to_agents",
        "a wrong role",
        "staff/web/calendar/calendar_frame.py",
        "require_role(principal, StaffRole.HOST, office)",
        "require_role(principal, StaffRole.AGENT, office)",
        ("tests/server/web/test_access.py",),
    ),
    Defect(
        "ticket_page_cannot_be_rendered",
        "a broken page",
        "queue/templates/queue/ticket.html",
        '{{ slot_of("wait_until", slot.wait_until, extra="number") }}',
        '{{ slot_of("wait_until", slot.waits.until, extra="number") }}',
        ("tests/queue/web/test_ticket_page.py",),
    ),
    Defect(
        "recovery_of_a_call_never_restarts",
        "a stuck call",
        "static/rooms/connection/recovery.js",
        "  if (!now.signalled || at < now.dueAt) return [{}];\n  return at - now.lostAt",
        "  if (!now.signalled || at < now.dueAt || at >= now.dueAt) return [{}];\n  return at - now.lostAt",
        ("tests/rooms/scripts/test_recovery.py",),
    ),
    Defect(
        "call_at_a_desk_never_missed",
        "a stuck call",
        "queue/actions/ticket_timers.py",
        "            (MISSED_TIMER, since, since + settings.missed_after),\n",
        "",
        ("tests/queue/realtime/test_sockets.py", "tests/queue/actions/test_agent.py"),
    ),
)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="defects to put in, in place of all")
    arguments = run_command(parser, RESULTS)
    with cloned_tree() as tree:
        for defect in DEFECTS:
            if arguments.names and defect.name not in arguments.names:
                continue
            begun = time.monotonic()
            defect.put_into(tree)
            failed, late = failing_tests(tree, defect.tests, marked=defect.marked, limit_s=LIMIT_S)
            restore(tree)
            seconds = round(time.monotonic() - begun, 1)
            finding = Finding(defect.name, defect.kind, "", failed, "named", seconds, late)
            keep_finding(arguments.results, finding)
            print_finding(finding)


if __name__ == "__main__":
    main()
