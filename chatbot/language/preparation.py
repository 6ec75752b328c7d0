"""Compilation of all grammars before the first message of a process."""

from __future__ import annotations

from datetime import date
from functools import cache

from ..domain.catalogue import OfficeCatalogue
from .danger import find_danger
from .understanding import LEXICONS, understand_message

# The words have no meaning, so that every pattern is tried; some are tried in a question only, and a date and a
# time use the patterns after their marks.
MESSAGES = ("x?", "1/1 10:00")


@cache
def compile_grammars() -> None:
    """Compile the patterns of every language: half a second of CPU, once in a process."""
    for language in LEXICONS:
        for text in MESSAGES:
            find_danger(text, language)
            for asked in (None, "date", "time"):  # a number alone is read only as an answer
                understand_message(text, language, OfficeCatalogue(()), date.min.replace(year=2000), asked)
