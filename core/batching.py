"""Questions that come within moments of each other are asked as one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

BATCH_WINDOW_S = 0.01  # nobody notices, and a town that comes back at once asks a hundredth as often
MAX_BATCH_KEYS = 500  # more would be too long a statement for some databases

LoadBatch = Callable[[Collection[K]], Awaitable[Mapping[K, V]]]
"""answer(keys): what is found of each; a key without an answer is left out."""


class BatchLoader(Generic[K, V]):
    """One kind of question. Whoever asks first waits a moment and asks for all who came meanwhile."""

    def __init__(self, load_batch: LoadBatch[K, V], window_s: float = BATCH_WINDOW_S) -> None:
        self._load_batch = load_batch
        self._window_s = window_s
        self._pending: dict[K, asyncio.Future[V | None]] = {}

    async def load(self, key: K) -> V | None:
        """The answer as of a moment after this call; None when there is none. Raises what asking raised."""
        waiting = self._pending.get(key)
        if waiting is not None:
            return await asyncio.shield(waiting)
        first = not self._pending
        mine = self._pending[key] = asyncio.get_running_loop().create_future()
        if first or len(self._pending) >= MAX_BATCH_KEYS:
            await self._load_pending(window_s=self._window_s if first else 0)
        return await asyncio.shield(mine)

    async def _load_pending(self, window_s: float) -> None:
        """Whatever becomes of us, nobody waits for ever."""
        asked: dict[K, asyncio.Future[V | None]] = {}
        try:
            if window_s:
                await asyncio.sleep(window_s)
            asked, self._pending = self._pending, {}
            found = await self._load_batch(list(asked)) if asked else {}
        except BaseException as error:
            if not asked:
                asked, self._pending = self._pending, {}
            _fail_futures(asked.values(), error)
            raise
        for key, future in asked.items():
            if not future.done():
                future.set_result(found.get(key))


def _fail_futures(futures: Collection[asyncio.Future[V | None]], error: BaseException) -> None:
    reason = error if isinstance(error, Exception) else ConnectionError("whoever asked for all was stopped")
    for future in futures:
        if not future.done():
            future.set_exception(reason)
            future.exception()  # whoever asked for all raises it itself
