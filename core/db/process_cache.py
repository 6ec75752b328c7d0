"""What a process keeps of its database to be quick: a memory, never the truth. Whoever reads it knows how to tell
that it is old; whoever fills it does so from what has been committed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

T = TypeVar("T")

_CACHE_KEY, _READ_ONLY_KEY, _AFTER_COMMIT_KEY, _AT_END_KEY = "memory", "reading", "committed", "ended"


class ProcessCache:
    """One object of each class that asks for one, made at its first use."""

    def __init__(self) -> None:
        self._instances: dict[type[Any], Any] = {}

    def get(self, kind: type[T]) -> T:
        """The one object of this class, which needs no arguments to be made."""
        found = self._instances.get(kind)
        if found is None:
            found = self._instances[kind] = kind()
        kept: T = found
        return kept


def build_session_info(cache: ProcessCache, *, read_only: bool) -> dict[str, Any]:
    """What a new session carries with it."""
    return {_CACHE_KEY: cache, _READ_ONLY_KEY: read_only}


def is_read_only(session: AsyncSession) -> bool:
    """Whether this session only asks: it holds nothing that others wait for."""
    return bool(session.info[_READ_ONLY_KEY])


def process_cache(session: AsyncSession) -> ProcessCache:
    """The memory of the process over this session's database."""
    memory: ProcessCache = session.info[_CACHE_KEY]
    return memory


def call_after_commit(session: AsyncSession, callback: Callable[[], None]) -> None:
    """Have `note` called once this transaction is committed, never after a rollback."""
    session.info.setdefault(_AFTER_COMMIT_KEY, []).append(callback)


def call_at_session_end(session: AsyncSession, callback: Callable[[], None]) -> None:
    """Have `note` called when this session is over, whichever way."""
    session.info.setdefault(_AT_END_KEY, []).append(callback)


def run_session_end_callbacks(session: AsyncSession) -> None:
    """Call what was to be called at the end."""
    for note in session.info.pop(_AT_END_KEY, ()):
        note()


def run_after_commit_callbacks(session: AsyncSession) -> None:
    """Call what was to be called after the commit."""
    for note in session.info.pop(_AFTER_COMMIT_KEY, ()):
        note()
