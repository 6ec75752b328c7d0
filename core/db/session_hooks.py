"""Callbacks of a session: after its commit, or at its end. `session.info` carries them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from .process_cache import CACHE_KEY, ProcessCache

AFTER_COMMIT_KEY, AT_END_KEY = "committed", "ended"
_READ_ONLY_KEY = "reading"


def build_session_info(cache: ProcessCache, *, read_only: bool) -> dict[str, Any]:
    """Build the `info` of a new session."""
    return {CACHE_KEY: cache, _READ_ONLY_KEY: read_only}


def is_read_only(session: AsyncSession) -> bool:
    """Tell whether the session only reads, so that it holds no lock."""
    return bool(session.info[_READ_ONLY_KEY])


def call_after_commit(session: AsyncSession, callback: Callable[[], None]) -> None:
    """Call `callback` after this transaction has committed, and never after a rollback."""
    session.info.setdefault(AFTER_COMMIT_KEY, []).append(callback)


def call_at_session_end(session: AsyncSession, callback: Callable[[], None]) -> None:
    """Call `callback` when the session ends, by a commit or by a rollback."""
    session.info.setdefault(AT_END_KEY, []).append(callback)


def run_callbacks(session: AsyncSession, key: str) -> None:
    """Run the callbacks of AFTER_COMMIT_KEY or AT_END_KEY, each only once."""
    for callback in session.info.pop(key, ()):
        callback()
