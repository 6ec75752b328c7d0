"""Questions of one moment are one question, and everybody gets an answer whatever becomes of whoever asked it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

import pytest
from office360.core.batching import TOGETHER, Together


class Oracle:
    """Answers with the length of a word, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.free = asyncio.Event()
        self.free.set()
        self.error: Exception | None = None

    async def __call__(self, words: Collection[str]) -> Mapping[str, int]:
        self.asked.append(sorted(words))
        await self.free.wait()
        if self.error is not None:
            raise self.error
        return {word: len(word) for word in words if word != "unknown"}


async def test_what_is_asked_in_one_moment_is_asked_once() -> None:
    oracle = Oracle()
    together = Together(oracle)
    assert await asyncio.gather(*map(together.ask, ["a", "bb", "a", "unknown"])) == [1, 2, 1, None]
    assert oracle.asked == [["a", "bb", "unknown"]]


async def test_whoever_comes_while_an_answer_is_under_way_gets_the_next_one() -> None:
    oracle = Oracle()
    together = Together(oracle, wait_s=0.001)
    oracle.free.clear()
    first = asyncio.create_task(together.ask("a"))
    while not oracle.asked:
        await asyncio.sleep(0)
    second = asyncio.create_task(together.ask("a"))
    while len(oracle.asked) < 2:
        await asyncio.sleep(0)
    oracle.free.set()
    assert (await first, await second) == (1, 1)


async def test_a_failure_is_everybodys() -> None:
    oracle = Oracle()
    oracle.error = ZeroDivisionError()
    together = Together(oracle)
    answers = await asyncio.gather(*map(together.ask, ["a", "bb"]), return_exceptions=True)
    assert [type(one) for one in answers] == [ZeroDivisionError, ZeroDivisionError]
    oracle.error = None
    assert await together.ask("a") == 1


async def test_nobody_waits_for_ever_when_whoever_asks_for_all_is_stopped() -> None:
    oracle = Oracle()
    together = Together(oracle)
    first = asyncio.create_task(together.ask("a"))
    second = asyncio.create_task(together.ask("bb"))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(ConnectionError):
        await second
    assert first.cancelled() or await asyncio.gather(first, return_exceptions=True)
    assert await together.ask("ccc") == 3


async def test_very_many_are_asked_in_parts() -> None:
    oracle = Oracle()
    words = [f"{number:05d}" for number in range(TOGETHER + 10)]
    assert set(await asyncio.gather(*map(Together(oracle).ask, words))) == {5}
    assert [len(asked) for asked in oracle.asked] == [TOGETHER, 10]
