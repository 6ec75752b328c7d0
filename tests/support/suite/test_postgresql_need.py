"""Tests of the choice of tests that `make test` runs on SQLite only."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from office360.core.runtime import Runtime
from sqlalchemy import text

from ...matrix import BOTH, SPARED, SQLITE, chosen_databases
from .postgresql_need import Need, NeedRecorder, normalized, read_needs, spared

ACTION = "tests/queue/actions/test_call.py::test_"


def test_action_sending_a_new_statement_is_kept() -> None:
    assert spared({f"{ACTION}dear": Need({"A", "B"}, 1, 2.0), f"{ACTION}cheap": Need({"A", "B"}, 1, 1.0)}) == [
        f"{ACTION}dear"
    ]
    assert spared({f"{ACTION}first": Need({"A"}, 1, 1.0), f"{ACTION}second": Need({"B"}, 1, 1.0)}) == []


def test_statement_of_storage_spares_an_action() -> None:
    storage = "tests/queue/storage/test_tickets.py::test_row"
    assert spared({storage: Need({"A"}, 1, 9.0), f"{ACTION}one": Need({"A"}, 1, 0.1)}) == [f"{ACTION}one"]


def test_action_with_two_transactions_at_once_is_kept() -> None:
    assert spared({f"{ACTION}race": Need({"A"}, 2, 1.0), f"{ACTION}one": Need({"A"}, 1, 1.0)}) == [f"{ACTION}one"]


def test_action_that_names_its_databases_is_not_listed() -> None:
    assert spared({f"{ACTION}own": Need({"A"}, 1, 1.0, is_fixed=True), f"{ACTION}one": Need({"A"}, 1, 1.0)}) == [
        f"{ACTION}one"
    ]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_recorder_counts_transactions_open_at_once(runtime: Runtime, tmp_path: Path) -> None:
    recorder = NeedRecorder(tmp_path)
    recorder.pytest_sessionstart()
    try:
        item = cast("pytest.Item", SimpleNamespace(nodeid=f"{ACTION}x[postgresql]", iter_markers=lambda _name: []))
        protocol = recorder.pytest_runtest_protocol(item)
        next(protocol)
        statement = text("UPDATE services SET minutes = minutes WHERE id = :id")
        async with runtime.db.write_session() as first:
            await first.execute(statement, {"id": "a"})
            async with runtime.db.write_session() as second:
                await second.execute(statement, {"id": "b"})
        async with runtime.db.write_session() as third:
            await third.execute(statement, {"id": "c"})
        with pytest.raises(StopIteration):
            next(protocol)
    finally:
        recorder.pytest_sessionfinish()
    need = read_needs(tmp_path)[f"{ACTION}x"]
    assert need.transactions == 2
    assert "UPDATE services SET minutes = minutes WHERE id = ?" in need.statements


def test_number_of_values_makes_no_other_statement() -> None:
    assert normalized("SELECT a\nFROM b WHERE c IN ($1::VARCHAR, $2::VARCHAR)") == "SELECT a FROM b WHERE c IN (?)"
    assert normalized("INSERT INTO a (b) VALUES ($1), ($2)") == normalized("INSERT INTO a (b) VALUES ($1)")


def test_spared_tests_exist() -> None:
    texts = {name: Path(name).read_text() for name in {node_id.partition("::")[0] for node_id in SPARED}}
    assert not [
        node_id
        for node_id in SPARED
        if f"def {node_id.rpartition('::')[2]}(" not in texts[node_id.partition("::")[0]]
    ]


def test_spared_test_runs_on_both_when_it_is_named() -> None:
    node_id = min(SPARED)
    assert chosen_databases(node_id, whole=False) == (SQLITE,)
    assert chosen_databases(node_id, whole=False, spares=False) == BOTH
    assert chosen_databases(node_id, whole=True) == BOTH
