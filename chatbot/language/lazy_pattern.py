"""Regular expressions that are compiled when they are first used. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from re import Match, Pattern


class LazyPattern:
    """A pattern of a grammar. Compiling all of them takes half a second of CPU.

    A process that answers no message, such as a worker or a command, never needs them.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    @cached_property
    def _compiled(self) -> Pattern[str]:
        return re.compile(self.pattern)

    def search(self, text: str) -> Match[str] | None:
        return self._compiled.search(text)

    def match(self, text: str) -> Match[str] | None:
        return self._compiled.match(text)

    def fullmatch(self, text: str) -> Match[str] | None:
        return self._compiled.fullmatch(text)

    def finditer(self, text: str) -> Iterator[Match[str]]:
        return self._compiled.finditer(text)

    def findall(self, text: str) -> list[str]:
        return self._compiled.findall(text)

    def sub(self, replacement: str | Callable[[Match[str]], str], text: str) -> str:
        return self._compiled.sub(replacement, text)

    def subn(self, replacement: str | Callable[[Match[str]], str], text: str) -> tuple[str, int]:
        return self._compiled.subn(replacement, text)
