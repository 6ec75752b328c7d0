"""Tests of tests/matrix.py and of the bounds of the machine's load."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from ... import matrix
from ...matrix import BOTH, Load, chosen_databases, required_load, waits_for_test_all
from . import machine_load
from .machine_load import MachineLoad
from .scheduler import FileScopeScheduler

TESTS = Path(__file__).parent.parent.parent
PATHS = [
    *(row.path for row in matrix.DATABASES),
    *(row.path for row in matrix.LOADS),
    *(path for row in matrix.ONLY_IN_TEST_ALL for path in (row.path, row.proven_by)),
]


@pytest.mark.parametrize("path", sorted(set(PATHS)))
def test_row_of_matrix_names_existing_tests(path: str) -> None:
    name, _, test = path.partition("::")
    files = [
        file for file in TESTS.rglob("*.py") if matrix.starts_with(file.relative_to(TESTS.parent).as_posix(), name)
    ]
    assert files, name
    assert not test or any(f"def {test.partition('[')[0]}(" in file.read_text() for file in files), test


def test_longest_path_decides() -> None:
    assert chosen_databases("tests/queue/actions/test_call.py::test_x", whole=False) == BOTH
    assert chosen_databases("tests/queue/web/test_api.py::test_x", whole=False) == ("sqlite",)
    assert chosen_databases("tests/queue/web/test_api.py::test_x", whole=True) == BOTH
    assert required_load("tests/queue/web/test_api.py") is Load.LIGHT
    assert required_load("tests/queue/web/test_office_page_in_browser.py") is Load.BROWSER
    assert required_load("tests/e2e/test_host.py::test_x") is Load.BROWSER
    assert required_load("tests/e2e/calls/test_people.py::test_x") is Load.MEDIA
    assert waits_for_test_all("tests/architecture/test_imports.py::test_x")
    assert not waits_for_test_all("tests/queue/web/test_api.py::test_x")


@pytest.mark.parametrize(
    ("first", "second", "may_run_beside"),
    [
        (Load.LIGHT, Load.MEDIA, True),
        (Load.MEDIA, Load.MEDIA, False),
        (Load.BROWSER, Load.MEDIA, True),
        (Load.LIGHT, Load.ALONE, False),
        (Load.ALONE, Load.LIGHT, False),
    ],
)
def test_second_test_waits_for_room(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, first: Load, second: Load, *, may_run_beside: bool
) -> None:
    monkeypatch.setattr(machine_load, "CORES", 2)
    order: list[str] = []
    second_has_room, first_may_end = threading.Event(), threading.Event()

    def run_second() -> None:
        with MachineLoad(tmp_path).room_for(second):
            order.append("second")
            second_has_room.set()

    with MachineLoad(tmp_path).room_for(first):
        waiting = threading.Thread(target=run_second)
        waiting.start()
        if may_run_beside:
            assert second_has_room.wait(10)
        else:
            assert not second_has_room.wait(3 * machine_load.POLL_S)
        order.append("first ends")
        first_may_end.set()
    waiting.join(10)
    assert order == (["second", "first ends"] if may_run_beside else ["first ends", "second"])


def test_browsers_are_no_more_than_cores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine_load, "CORES", 2)
    third_has_room = threading.Event()

    def run_third() -> None:
        with MachineLoad(tmp_path).room_for(Load.BROWSER):
            third_has_room.set()

    with MachineLoad(tmp_path).room_for(Load.BROWSER):
        with MachineLoad(tmp_path).room_for(Load.MEDIA):
            waiting = threading.Thread(target=run_third)
            waiting.start()
            assert not third_has_room.wait(3 * machine_load.POLL_S)
        assert third_has_room.wait(10)
    waiting.join(10)


def test_each_process_takes_what_it_prefers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoadScopeScheduling, "_assign_work_unit", take_first_unit)
    scheduler: Any = object.__new__(FileScopeScheduler)
    scopes = [
        "tests/queue/a.py",
        "tests/queue/b.py",
        "tests/e2e/a.py::x",
        "tests/e2e/calls/a.py::x",
        matrix_alone(),
    ]
    scheduler.workqueue = OrderedDict.fromkeys(scopes)
    scheduler.taken = []
    for number in (0, 1, 2, 2, 0):
        scheduler._assign_work_unit(SimpleNamespace(gateway=SimpleNamespace(id=f"gw{number}")))
    media, browser, *light, alone = scheduler.taken
    assert (media, browser, light, alone) == (scopes[3], scopes[2], scopes[:2], scopes[4])


def test_light_tests_of_a_file_stay_together() -> None:
    scheduler: Any = object.__new__(FileScopeScheduler)
    assert scheduler._split_scope("tests/queue/web/a.py::x[sqlite]") == "tests/queue/web/a.py"
    assert scheduler._split_scope("tests/e2e/a.py::x[sqlite]") == "tests/e2e/a.py::x[sqlite]"


def take_first_unit(scheduler: Any, node: object) -> None:
    scheduler.taken.append(scheduler.workqueue.popitem(last=False)[0])


def matrix_alone() -> str:
    return next(row.path for row in matrix.LOADS if row.load is Load.ALONE)
