"""Coalesced look-ups, also when the loading caller is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

import pytest
from office360.core.batching import MAX_BATCH_KEYS, BatchLoader


class FakeLoader:
    """Loads the length of a word, and records the requested keys."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.error: Exception | None = None

    async def __call__(self, words: Collection[str]) -> Mapping[str, int]:
        self.batches.append(sorted(words))
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        return {word: len(word) for word in words if word != "unknown"}


async def test_lookups_of_one_moment_are_coalesced() -> None:
    oracle = FakeLoader()
    together = BatchLoader(oracle)
    assert await asyncio.gather(*map(together.load, ["a", "bb", "a", "unknown"])) == [1, 2, 1, None]
    assert oracle.batches == [["a", "bb", "unknown"]]


async def test_lookup_during_running_batch_joins_next_batch() -> None:
    oracle = FakeLoader()
    together = BatchLoader(oracle, window_s=0.001)
    oracle.may_answer.clear()
    first = asyncio.create_task(together.load("a"))
    while not oracle.batches:
        await asyncio.sleep(0)
    second = asyncio.create_task(together.load("a"))
    while len(oracle.batches) < 2:
        await asyncio.sleep(0)
    oracle.may_answer.set()
    assert (await first, await second) == (1, 1)


async def test_failed_batch_fails_every_lookup() -> None:
    oracle = FakeLoader()
    oracle.error = ZeroDivisionError()
    together = BatchLoader(oracle)
    answers = await asyncio.gather(*map(together.load, ["a", "bb"]), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ZeroDivisionError, ZeroDivisionError]
    oracle.error = None
    assert await together.load("a") == 1


async def test_cancelled_batch_fails_waiting_lookups() -> None:
    oracle = FakeLoader()
    together = BatchLoader(oracle)
    first = asyncio.create_task(together.load("a"))
    second = asyncio.create_task(together.load("bb"))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(ConnectionError):
        await second
    assert first.cancelled() or await asyncio.gather(first, return_exceptions=True)
    assert await together.load("ccc") == 3


async def test_large_batch_is_split() -> None:
    oracle = FakeLoader()
    words = [f"{number:05d}" for number in range(MAX_BATCH_KEYS + 10)]
    assert set(await asyncio.gather(*map(BatchLoader(oracle).load, words))) == {5}
    assert [len(asked) for asked in oracle.batches] == [MAX_BATCH_KEYS, 10]
