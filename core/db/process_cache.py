"""In-process caches over a database. Their readers check versions against SQL.

The registry hangs on the database and on each of its sessions, not on a module, because two databases in a
process (tests, `office360 check`) must not share a cache, and most readers get only a session. The price is a
dependency that no signature shows: a function that uses a cache says so in its docstring.
"""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

CacheT = TypeVar("CacheT")

CACHE_KEY = "memory"  # of `session.info`


class ProcessCache:
    """Registry of caches: an object per class, created at its first use."""

    def __init__(self) -> None:
        self._instances: dict[type[Any], Any] = {}

    def get(self, cache_type: type[CacheT]) -> CacheT:
        """Return the cache of this class; create it without arguments at the first call."""
        cache = self._instances.get(cache_type)
        if cache is None:
            cache = self._instances[cache_type] = cache_type()
        typed_cache: CacheT = cache
        return typed_cache


def process_cache(session: AsyncSession) -> ProcessCache:
    """Return the caches of this process over the session's database."""
    registry: ProcessCache = session.info[CACHE_KEY]
    return registry
