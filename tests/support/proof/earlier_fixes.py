"""Script that takes each earlier fix back, and tells which tests find it.

Usage: `python -m tests.support.proof.earlier_fixes [--seed 24] [--count 40] [COMMIT …]`, then
`… --collected FILE` with the output of `pytest --collect-only -q`, which compares and runs nothing.
The fixes are taken back in a clone in a temporary folder, so the tree at hand stays as it is.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from .findings import (
    ROOT,
    Finding,
    cloned_tree,
    failing_tests,
    keep_finding,
    print_finding,
    read_findings,
    run_command,
)
from .history import Commit, commits, draw_order, is_fix, restore, take_back

RESULTS = ROOT / "var" / "earlier_fixes.jsonl"
FIX_LIMIT_S = 180  # for all tests of a fix; those of a feature's layer on both databases take about a minute


# Which tests


def own_tests(tree: Path, fix: Commit) -> list[str]:
    """Return the test files that a fix changed, also where they have moved since."""
    found = set()
    for path in fix.test_paths:
        moved = (tree / "tests").rglob(PurePosixPath(path).name)
        found |= {path} if (tree / path).exists() else {str(other.relative_to(tree)) for other in moved}
    return sorted(found)


def concerned_tests(tree: Path, fix: Commit) -> list[str]:
    """Return the tests of the same feature and layer, and those that name a changed module."""
    names = re.compile("|".join(_names(PurePosixPath(path)) for path in fix.product_paths))
    folders = {folder for path in fix.product_paths for folder in _test_folders(tree, PurePosixPath(path))}
    found = {path for folder in folders for path in folder.glob("test_*.py")}
    found |= {path for path in (tree / "tests").rglob("test_*.py") if names.search(path.read_text())}
    return sorted(str(path.relative_to(tree)) for path in found)


def _names(path: PurePosixPath) -> str:
    """Return a pattern of how a test names a module: by an import, or by its path."""
    if path.suffix != ".py":
        return rf"\b{re.escape('/'.join(path.parts[-2:]))}\b"
    *package, module = path.with_suffix("").parts
    dotted = re.escape(".".join(["office360", *package]))
    return rf"\b{dotted}\.{module}\b|from {dotted} import ([^(\n]*|\([^)]*)\b{module}\b"


def _test_folders(tree: Path, path: PurePosixPath) -> Iterator[Path]:
    if path.suffix == ".py":
        yield tree / "tests" / path.parent
    elif path.parts[0] == "static":
        yield from (tree / "tests" / path.parts[1] / name for name in ("scripts", "web"))
    else:
        yield tree / "tests" / path.parts[0] / "web"


# Taking fixes back


def run_fix(tree: Path, fix: Commit) -> Finding:
    """Take a fix back and run the tests that it concerns, until a step finds it."""
    begun = time.monotonic()
    reason = take_back(tree, fix)
    try:
        if reason:
            return Finding(fix.id, fix.subject, skipped=reason)
        return _search(tree, fix, begun)
    finally:
        restore(tree)


def _search(tree: Path, fix: Commit, begun: float) -> Finding:
    own = own_tests(tree, fix)
    others = [path for path in concerned_tests(tree, fix) if path not in own]
    steps = [("own", own, "not e2e"), ("browser", own, "e2e"), ("concerned", others, "not e2e")]
    out_of_time = False
    for step, tests, marked in steps:
        limit_s = begun + FIX_LIMIT_S - time.monotonic()
        if not tests or limit_s <= 0:
            continue
        failed, is_late = failing_tests(tree, tests, marked=marked, limit_s=limit_s)
        out_of_time |= is_late
        seconds = round(time.monotonic() - begun, 1)
        if any("::" not in test for test in failed):  # a file that cannot be imported is no defect found
            return Finding(fix.id, fix.subject, skipped="leaves an import error")
        if failed:  # again, because a test that fails by chance finds nothing
            failed, _ = failing_tests(tree, failed, marked="e2e or not e2e", limit_s=FIX_LIMIT_S)
        if failed:
            return Finding(fix.id, fix.subject, "", failed, step, seconds, out_of_time)
    return Finding(fix.id, fix.subject, seconds=round(time.monotonic() - begun, 1), out_of_time=out_of_time)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commits", nargs="*", help="commits to take back in place of drawn ones")
    parser.add_argument("--seed", type=int, default=24)
    parser.add_argument("--count", type=int, default=40, help="how many fixes to take back")
    parser.add_argument("--until", default="HEAD", help="the commit whose tree and history are used")
    arguments = run_command(parser, RESULTS)
    history = list(commits(ROOT, arguments.until))
    drawn = draw_order([commit for commit in history if is_fix(commit)], arguments.seed)
    if arguments.commits:
        drawn = [commit for commit in history if commit.id.startswith(tuple(arguments.commits))]
    taken = 0
    with cloned_tree(arguments.until) as tree:
        for fix in drawn:
            # read each time, because two runs may share the results
            finding = None if arguments.commits else _kept_finding(arguments.results, fix)
            if finding is None:
                finding = run_fix(tree, fix)
                keep_finding(arguments.results, finding)
            print_finding(finding)
            taken += not finding.skipped
            if taken == arguments.count:
                break


def _kept_finding(results: Path, fix: Commit) -> Finding | None:
    return next((finding for finding in read_findings(results) if finding.name == fix.id), None)


if __name__ == "__main__":
    main()
