"""Coalescing of look-ups: keys requested within 10 ms are loaded in a single query."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

# people do not notice it, and after a restart a city sends a hundredth of the queries
BATCH_WINDOW_S = 0.01
MAX_BATCH_KEYS = 500  # more parameters exceed the limit of some databases

LoadBatch = Callable[[Collection[K]], Awaitable[Mapping[K, V]]]  # leaves out keys without a value


class BatchLoader(Generic[K, V]):
    """Look-ups of the same kind.

    The first caller waits for the window, then loads all keys that were requested meanwhile.
    """

    def __init__(self, load_batch: LoadBatch[K, V], window_s: float = BATCH_WINDOW_S) -> None:
        self._load_batch = load_batch
        self._window_s = window_s
        self._pending: dict[K, asyncio.Future[V | None]] = {}

    async def load(self, key: K) -> V | None:
        """Return the value of the key, read after this call; None if there is none.

        Raises the exception of the query, ConnectionError if the caller that loads the batch was cancelled.
        """
        pending = self._pending.get(key)
        if pending is not None:
            # shielded: a caller that is cancelled must not cancel the answer of the others
            return await asyncio.shield(pending)
        is_first = not self._pending
        future = self._pending[key] = asyncio.get_running_loop().create_future()
        if is_first or len(self._pending) >= MAX_BATCH_KEYS:
            await self._load_pending(window_s=self._window_s if is_first else 0)
        return await asyncio.shield(future)

    async def _load_pending(self, window_s: float) -> None:
        """Load all pending keys. If this task is cancelled, the waiting callers get an error."""
        batch: dict[K, asyncio.Future[V | None]] = {}
        try:
            if window_s:
                await asyncio.sleep(window_s)
            batch, self._pending = self._pending, {}
            values = await self._load_batch(list(batch)) if batch else {}
        # also a cancellation: without an answer the other callers would wait without end
        except BaseException as error:
            # cancelled within the window: the callers of the batch are still pending
            if not batch:
                batch, self._pending = self._pending, {}
            _fail_futures(batch.values(), error)
            raise
        for key, future in batch.items():
            if not future.done():
                future.set_result(values.get(key))


def _fail_futures(futures: Collection[asyncio.Future[V | None]], error: BaseException) -> None:
    reason = error if isinstance(error, Exception) else ConnectionError("the batch request was cancelled")
    for future in futures:
        if not future.done():
            future.set_exception(reason)
            future.exception()  # mark it as retrieved: the caller that loads the batch raises it
