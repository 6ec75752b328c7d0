"""What a process keeps of its database to be quick: a memory, never the truth. Whoever reads it knows how to tell
that it is old; whoever fills it does so from what has been committed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

T = TypeVar("T")

_MEMORY, _READING, _COMMITTED, _ENDED = "memory", "reading", "committed", "ended"


class Memory:
    """One object of each class that asks for one, made at its first use."""

    def __init__(self) -> None:
        self._kept: dict[type[Any], Any] = {}

    def of(self, kind: type[T]) -> T:
        """The one object of this class, which needs no arguments to be made."""
        found = self._kept.get(kind)
        if found is None:
            found = self._kept[kind] = kind()
        kept: T = found
        return kept


def session_info(memory: Memory, *, reading: bool) -> dict[str, Any]:
    """What a new session carries with it."""
    return {_MEMORY: memory, _READING: reading}


def is_reading(session: AsyncSession) -> bool:
    """Whether this session only asks: it holds nothing that others wait for."""
    return bool(session.info[_READING])


def memory_of(session: AsyncSession) -> Memory:
    """The memory of the process over this session's database."""
    memory: Memory = session.info[_MEMORY]
    return memory


def after_commit(session: AsyncSession, note: Callable[[], None]) -> None:
    """Have `note` called once this transaction is committed, never after a rollback."""
    session.info.setdefault(_COMMITTED, []).append(note)


def at_end(session: AsyncSession, note: Callable[[], None]) -> None:
    """Have `note` called when this session is over, whichever way."""
    session.info.setdefault(_ENDED, []).append(note)


def ended(session: AsyncSession) -> None:
    """Call what was to be called at the end."""
    for note in session.info.pop(_ENDED, ()):
        note()


def committed(session: AsyncSession) -> None:
    """Call what was to be called after the commit."""
    for note in session.info.pop(_COMMITTED, ()):
        note()
