"""Callbacks of a session: after its commit, or at its end. `session.info` carries them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from .process_cache import CACHE_KEY, ProcessCache

_READ_ONLY_KEY, _AFTER_COMMIT_KEY, _AT_END_KEY = "reading", "committed", "ended"


def build_session_info(cache: ProcessCache, *, read_only: bool) -> dict[str, Any]:
    """Build the `info` of a new session."""
    return {CACHE_KEY: cache, _READ_ONLY_KEY: read_only}


def is_read_only(session: AsyncSession) -> bool:
    """Tell whether the session only reads, so that it holds no lock."""
    return bool(session.info[_READ_ONLY_KEY])


def call_after_commit(session: AsyncSession, callback: Callable[[], None]) -> None:
    """Call `callback` after this transaction has committed, and never after a rollback."""
    session.info.setdefault(_AFTER_COMMIT_KEY, []).append(callback)


def call_at_session_end(session: AsyncSession, callback: Callable[[], None]) -> None:
    """Call `callback` when the session ends, by a commit or by a rollback."""
    session.info.setdefault(_AT_END_KEY, []).append(callback)


def run_after_commit_callbacks(session: AsyncSession) -> None:
    for callback in session.info.pop(_AFTER_COMMIT_KEY, ()):
        callback()


def run_session_end_callbacks(session: AsyncSession) -> None:
    for callback in session.info.pop(_AT_END_KEY, ()):
        callback()
