"""Questions that come within moments of each other are asked as one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

WAIT_S = 0.01  # nobody notices, and a town that comes back at once asks a hundredth as often
TOGETHER = 500  # more would be too long a statement for some databases

Answer = Callable[[Collection[K]], Awaitable[Mapping[K, V]]]
"""answer(keys): what is found of each; a key without an answer is left out."""


class Together(Generic[K, V]):
    """One kind of question. Whoever asks first waits a moment and asks for all who came meanwhile."""

    def __init__(self, answer: Answer[K, V], wait_s: float = WAIT_S) -> None:
        self._answer = answer
        self._wait_s = wait_s
        self._asked: dict[K, asyncio.Future[V | None]] = {}

    async def ask(self, key: K) -> V | None:
        """The answer as of a moment after this call; None when there is none. Raises what asking raised."""
        waiting = self._asked.get(key)
        if waiting is not None:
            return await asyncio.shield(waiting)
        first = not self._asked
        mine = self._asked[key] = asyncio.get_running_loop().create_future()
        if first or len(self._asked) >= TOGETHER:
            await self._ask_all(wait_s=self._wait_s if first else 0)
        return await asyncio.shield(mine)

    async def _ask_all(self, wait_s: float) -> None:
        """Whatever becomes of us, nobody waits for ever."""
        asked: dict[K, asyncio.Future[V | None]] = {}
        try:
            if wait_s:
                await asyncio.sleep(wait_s)
            asked, self._asked = self._asked, {}
            found = await self._answer(list(asked)) if asked else {}
        except BaseException as error:
            if not asked:
                asked, self._asked = self._asked, {}
            _fail(asked.values(), error)
            raise
        for key, future in asked.items():
            if not future.done():
                future.set_result(found.get(key))


def _fail(futures: Collection[asyncio.Future[V | None]], error: BaseException) -> None:
    reason = error if isinstance(error, Exception) else ConnectionError("whoever asked for all was stopped")
    for future in futures:
        if not future.done():
            future.set_exception(reason)
            future.exception()  # whoever asked for all raises it itself
