"""Proof of the suite: choice of fixes, how they are taken back, and the comparison."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .defects import DEFECTS, Defect
from .earlier_fixes import concerned_tests, own_tests
from .findings import (
    FAILED_LINE,
    ROOT,
    Finding,
    collected_tests,
    keep_finding,
    lost_findings,
    print_comparison,
    read_findings,
)
from .history import Commit, commits, draw_order, git, is_fix, restore, take_back

PRODUCT, TEST = "queue/actions/pause.py", "tests/queue/actions/test_pause.py"
FIX = Commit("f" * 40, "queue: Keep a pause", (PRODUCT, TEST, "CHANGELOG.md"))


def test_small_change_of_product_and_tests_is_a_fix() -> None:
    assert is_fix(FIX)
    assert (FIX.product_paths, FIX.test_paths) == ([PRODUCT], [TEST])


@pytest.mark.parametrize(
    ("subject", "paths"),
    [
        ("queue: Add a pause", (PRODUCT, TEST)),
        ("tests: Keep a pause", (PRODUCT, TEST)),
        ("Merge branches of the queue", (PRODUCT, TEST)),
        ("queue: Keep a pause", (PRODUCT,)),
        ("queue: Keep a pause", (TEST, "docs/today.md", "server/locale/es.po", "Makefile")),
        ("queue: Keep a pause", (TEST, *(f"queue/actions/m{number}.py" for number in range(13)))),
    ],
)
def test_other_commit_is_no_fix(subject: str, paths: tuple[str, ...]) -> None:
    assert not is_fix(Commit("f" * 40, subject, paths))


def test_later_fix_keeps_the_order_of_earlier_ones() -> None:
    fixes = [Commit(f"{number:040x}", "queue: Keep a pause", ()) for number in range(30)]
    order = draw_order(fixes, 24)
    assert [fix for fix in order if fix in fixes[5:]] == draw_order(fixes[5:], 24)
    assert order != draw_order(fixes, 25)
    assert sorted(order, key=fixes.index) == fixes


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a repository whose last two commits mend a module and change its comment."""
    if shutil.which("git") is None:
        pytest.skip("needs git")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "commit.gpgsign", "false")
    git(tmp_path, "config", "user.name", "test")
    git(tmp_path, "config", "user.email", "test@example.org")
    for module in ("DESK = 0\n", "DESK = 1\n", "# the first\nDESK = 1\n"):
        _write(tmp_path, PRODUCT, module)
        _write(tmp_path, TEST, f"# {module}")
        git(tmp_path, "add", ".")
        git(tmp_path, "commit", "--quiet", "-m", "queue: Keep a desk")
    return tmp_path


def _write(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)


def test_fix_is_taken_back_from_the_product_only(repository: Path) -> None:
    _commented, fix, _first = commits(repository, "HEAD")
    git(repository, "reset", "--quiet", "--hard", fix.id)
    test = (repository / TEST).read_text()
    assert take_back(repository, fix) is None
    assert (repository / PRODUCT).read_text() == "DESK = 0\n"
    assert (repository / TEST).read_text() == test
    restore(repository)
    assert (repository / PRODUCT).read_text() == "DESK = 1\n"
    assert not git(repository, "status", "--porcelain")


def test_changed_comment_is_no_fix_to_take_back(repository: Path) -> None:
    commented, _fix, _first = commits(repository, "HEAD")
    assert take_back(repository, commented) == "changes only comments"


def test_fix_that_no_longer_fits_is_left_out(repository: Path) -> None:
    _write(repository, PRODUCT, "DESKS = [1, 2]\n")
    git(repository, "commit", "--quiet", "--all", "-m", "queue: Share desks")
    fix = list(commits(repository, "HEAD"))[2]
    assert take_back(repository, fix) == "does not apply"
    restore(repository)
    assert not git(repository, "status", "--porcelain")


def test_fix_that_leaves_a_syntax_error_is_left_out(repository: Path) -> None:
    _write(repository, PRODUCT, "DESK = (\n")
    git(repository, "commit", "--quiet", "--all", "-m", "queue: Break a desk")
    _write(repository, PRODUCT, "DESK = 1\n")
    git(repository, "commit", "--quiet", "--all", "-m", "queue: Mend a desk")
    assert take_back(repository, next(commits(repository, "HEAD"))) == "leaves a syntax error"


def test_tests_of_a_fix_are_its_own_and_concerned_ones() -> None:
    moved = Commit(FIX.id, FIX.subject, (PRODUCT, "tests/queue/test_pause.py"))
    assert own_tests(ROOT, FIX) == own_tests(ROOT, moved) == [TEST]
    concerned = concerned_tests(ROOT, FIX)
    assert {TEST, "tests/queue/actions/test_agent.py"} < set(concerned)
    assert "tests/rooms/web/test_survey.py" not in concerned
    script = Commit(FIX.id, FIX.subject, ("static/rooms/connection/recovery.js", "tests/rooms/web/test_survey.py"))
    assert "tests/rooms/scripts/test_recovery.py" in concerned_tests(ROOT, script)


def test_comparison_names_defects_that_collected_tests_miss(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = [
        Finding("aaa", "found by both", failed=("tests/a.py::test_x[sqlite]", "tests/a.py::test_x[postgresql]")),
        Finding("bbb", "found by one", failed=("tests/b.py::test_y[postgresql]",)),
        Finding("ccc", "found by no test"),
        Finding("ddd", "no longer fits", skipped="does not apply"),
    ]
    for finding in kept:
        keep_finding(tmp_path / "findings.jsonl", finding)
    findings = read_findings(tmp_path / "findings.jsonl")
    assert findings == kept
    collected = collected_tests(
        "tests/a.py::test_x[sqlite]\ntests/b.py::test_y[sqlite]\n\n2 tests collected in 1 s\n"
    )
    assert lost_findings(findings, collected) == [kept[1]]
    assert print_comparison(findings, collected) == 1
    out = capsys.readouterr().out
    assert "Of 3 defects, all tests find 2, the collected tests 1." in out
    assert "Not found by these: bbb found by one\n  tests/b.py::test_y[postgresql]" in out
    assert print_comparison(findings, collected | {kept[1].failed[0]}) == 0


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_hand_made_defect_still_has_its_place(defect: Defect, tmp_path: Path) -> None:
    _write(tmp_path, defect.path, (ROOT / defect.path).read_text())
    defect.put_into(tmp_path)
    assert defect.wrong in (tmp_path / defect.path).read_text()
    assert all((ROOT / test).exists() for test in defect.tests)


def test_failed_tests_are_read_from_the_output() -> None:
    output = """
tests/a.py::test_x[a b] FAILED                     [  1%]
tests/a.py::test_y PASSED                          [  2%]
tests/a.py::test_z ERROR                           [  3%]
FAILED tests/a.py::test_x[a b] - AssertionError
ERROR tests/b.py - ImportError: no such name
"""
    found = [row["test"] or row["file"] for row in FAILED_LINE.finditer(output)]
    assert found == ["tests/a.py::test_x[a b]", "tests/a.py::test_z", "tests/b.py"]
