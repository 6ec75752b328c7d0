"""The most common words of each language, which are never taken for misspelt words.

Without them `Mayor` became May, `Mario` March and `fine` files. The files name their source and licence.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def common_words(language: str) -> frozenset[str]:
    """Read the common words of a language, in normalised text; none without a file."""
    file = Path(__file__).parent / f"common_{language}.txt"
    if not file.is_file():
        return frozenset()
    lines = file.read_text(encoding="ascii").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@cache
def all_common_words() -> frozenset[str]:
    """Read the common words of all languages, for words of services and offices."""
    return frozenset().union(
        *(common_words(file.stem[-2:]) for file in Path(__file__).parent.glob("common_*.txt"))
    )
