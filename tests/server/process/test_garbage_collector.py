"""Full collections of garbage by growth of memory and by time."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from itertools import chain, repeat

import pytest
from office360.server.process import garbage_collector
from office360.server.process.garbage_collector import (
    MAX_GROWTH_BYTES,
    THRESHOLDS,
    URGENT_GROWTH_BYTES,
    run_full_collections,
    tune_garbage_collector,
)

from ...support.timeouts import TEST_TIMEOUT_S


class CyclicGarbage:
    """Object that only the garbage collector can free."""

    def __init__(self) -> None:
        self.myself = self


@pytest.fixture(autouse=True)
def only_full_collections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Disable the interpreter's own collections, and check memory often."""
    monkeypatch.setattr(garbage_collector, "CHECK_INTERVAL_S", 0.01)
    gc.disable()
    yield
    gc.enable()


async def is_collected(while_s: float) -> bool:
    """Tell whether cyclic garbage is collected within a time."""
    stop, garbage = asyncio.Event(), weakref.ref(CyclicGarbage())
    task = asyncio.create_task(run_full_collections(stop))
    try:
        async with asyncio.timeout(while_s):
            while garbage() is not None:
                await asyncio.sleep(0.01)
        return True
    except TimeoutError:
        return False
    finally:
        stop.set()
        await task


def simulate_growth(monkeypatch: pytest.MonkeyPatch, size_bytes: int) -> None:
    sizes = chain([0], repeat(size_bytes))
    monkeypatch.setattr(garbage_collector, "resident_bytes", lambda: next(sizes))


async def test_growth_of_process_collects_all_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    simulate_growth(monkeypatch, MAX_GROWTH_BYTES)
    assert not await is_collected(0.1)  # perhaps sockets that connect
    simulate_growth(monkeypatch, MAX_GROWTH_BYTES)
    monkeypatch.setattr(garbage_collector, "GROWTH_DELAY_S", 0.05)
    assert await is_collected(TEST_TIMEOUT_S)


async def test_large_growth_collects_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    simulate_growth(monkeypatch, URGENT_GROWTH_BYTES)
    assert await is_collected(TEST_TIMEOUT_S)


async def test_time_collects_all_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(garbage_collector, "resident_bytes", lambda: 0)
    assert not await is_collected(0.1)
    monkeypatch.setattr(garbage_collector, "MAX_INTERVAL_S", 0.05)
    assert await is_collected(TEST_TIMEOUT_S)


def test_resident_bytes_are_read_from_the_system() -> None:
    before = garbage_collector.resident_bytes()
    kept = bytearray(b"a" * (64 << 20))
    assert garbage_collector.resident_bytes() - before > 32 << 20
    del kept


def test_server_sets_its_thresholds_after_a_relaxed_start() -> None:
    usual = gc.get_threshold()
    in_new_process = "import gc, office360.server; print(gc.get_threshold())"
    started = subprocess.run([sys.executable, "-c", in_new_process], capture_output=True, text=True, check=True)
    assert started.stdout.strip() == "(400000, 20, 10)"
    collections = gc.get_stats()[2]["collections"]
    try:
        tune_garbage_collector()
        assert gc.get_threshold()[:2] == THRESHOLDS[:2]
        assert len(gc.get_objects()) < 10_000  # the others are frozen
        assert gc.get_stats()[2]["collections"] == collections
    finally:
        gc.unfreeze()
        gc.set_threshold(*usual)
