"""Tests that fail in a clone of the repository, kept as lines of JSON and compared."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from .history import git

ROOT = Path(__file__).parents[3]
END_LIMIT_S = 30  # an interrupted run ends its databases and browsers
FAILED_LINE = re.compile(
    r"^(?:(?P<test>tests/.+::.+?) (?:FAILED|ERROR)\b|ERROR (?P<file>tests/\S+\.py)(?: - |$))", re.MULTILINE
)
MAX_FAILED = 10  # the first finds the defect; the others show whether a shorter suite still has such a test


@dataclass(frozen=True, slots=True)
class Finding:
    """The tests that fail with one defect."""

    name: str  # of the defect, or the commit that was taken back
    subject: str
    skipped: str = ""  # why the commit could not be taken back
    failed: tuple[str, ...] = ()
    step: str = ""  # the tests that ran last
    seconds: float = 0.0
    out_of_time: bool = False


# Running tests in a clone


@contextmanager
def cloned_tree(until: str = "HEAD") -> Iterator[Path]:
    """Clone the repository at a commit into a temporary folder, with the environment at hand."""
    with tempfile.TemporaryDirectory(prefix="office360-proof-") as folder:
        tree = Path(folder) / "tree"
        git(ROOT, "clone", "--quiet", "--shared", "--no-checkout", str(ROOT), str(tree))
        git(tree, "checkout", "--quiet", "--detach", git(ROOT, "rev-parse", until).strip())
        (tree / ".venv").symlink_to(ROOT / ".venv")
        yield tree


def failing_tests(
    tree: Path, tests: Sequence[str], *, marked: str, limit_s: float
) -> tuple[tuple[str, ...], bool]:
    """Run tests in a tree. Return those that fail, and whether the time was too short.

    A file that cannot be imported is among those that fail, without `::` in its name.
    """
    command = [sys.executable, "-m", "pytest", "-v", "--tb=no", "-m", marked, f"--maxfail={MAX_FAILED}"]
    command += ["--continue-on-collection-errors", "-p", "no:cacheprovider", *tests]
    # the package of the clone comes before the installed package, also in the programs that tests start
    environment = {**os.environ, "PYTHONPATH": str(tree / ".src"), "PYTHONUNBUFFERED": "1"}
    printed = tree.parent / "output.txt"
    with printed.open("w") as output:
        run = subprocess.Popen(
            command,
            cwd=tree,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_hear_interrupts,
        )
        with _ending(run):
            in_time = _ends_in_time(run, limit_s)
            # before the interrupt, which fails a test of its own
            failed = {row["test"] or row["file"] for row in FAILED_LINE.finditer(printed.read_text())}
    if run.returncode == pytest.ExitCode.USAGE_ERROR:  # fixtures of all tests cannot be imported
        failed = {"tests/conftest.py"}
    return tuple(sorted(failed)), not in_time


def _hear_interrupts() -> None:
    # a shell starts its background commands, and so their children, deaf to interrupts
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _ends_in_time(run: subprocess.Popen[bytes], limit_s: float) -> bool:
    try:
        run.wait(limit_s)
    except subprocess.TimeoutExpired:
        return False
    return True


@contextmanager
def _ending(run: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a run after the block. At an interrupt pytest ends what it started."""
    try:
        yield
    finally:
        if run.poll() is None:
            os.kill(run.pid, signal.SIGINT)
        try:
            run.wait(END_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()


# Kept findings


def read_findings(path: Path) -> list[Finding]:
    """Read a finding from each line."""
    if not path.exists():
        return []
    rows = map(json.loads, path.read_text().splitlines())
    return [Finding(**{**row, "failed": tuple(row["failed"])}) for row in rows]


def keep_finding(path: Path, finding: Finding) -> None:
    """Append a finding to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(asdict(finding)) + "\n")


def print_finding(finding: Finding) -> None:
    """Print a finding in one line."""
    found = f"{len(finding.failed)} failed ({finding.step})" if finding.failed else "not found"
    late = ", out of time" if finding.out_of_time else ""
    _print(
        f"{finding.name[:40]:40}  {finding.seconds:5.0f} s  {finding.skipped or found}{late}  {finding.subject}"
    )


def _print(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


# Comparison


def collected_tests(output: str) -> set[str]:
    """Return the node ids in the output of `pytest --collect-only -q`."""
    return {line.strip() for line in output.splitlines() if "::" in line}


def lost_findings(findings: Iterable[Finding], collected: set[str]) -> list[Finding]:
    """Return the defects that tests found, but none of the collected tests."""
    return [finding for finding in findings if finding.failed and collected.isdisjoint(finding.failed)]


def print_comparison(findings: Sequence[Finding], collected: set[str]) -> int:
    """Print how many defects all and the collected tests find. Return 1 if these miss any."""
    made = [finding for finding in findings if not finding.skipped]
    found = [finding for finding in made if finding.failed]
    lost = lost_findings(found, collected)
    _print(f"Of {len(made)} defects, all tests find {len(found)}, the collected tests {len(found) - len(lost)}.")
    for finding in lost:
        _print(
            "", f"Not found by these: {finding.name} {finding.subject}", *(f"  {test}" for test in finding.failed)
        )
    return 1 if lost else 0


def run_command(parser: argparse.ArgumentParser, results: Path) -> argparse.Namespace:
    """Add the shared options and parse the command line. Exits after a comparison."""
    parser.add_argument("--results", type=Path, default=results, help="one line of JSON for each defect")
    parser.add_argument("--collected", type=Path, help="compare the kept results with these tests; run nothing")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a run that is ended also ends its tests
    if arguments.collected:
        collected = collected_tests(arguments.collected.read_text())
        sys.exit(print_comparison(read_findings(arguments.results), collected))
    return arguments
