"""Structure of a language's phrases of danger. The phrases are in en/ and es/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from .lazy_pattern import LazyPattern


class DangerKind(StrEnum):
    """A kind of danger. The first of several decides the sentences of the answer."""

    VIOLENCE = "violence"
    SELF_HARM = "self_harm"
    ILLNESS = "illness"
    FIRE = "fire"
    UNKNOWN = "unknown"  # a call for help that does not say why


@dataclass(frozen=True, slots=True)
class DangerPhrases:
    """Phrases of a language, in normalised text.

    `short_spellings`: words as people write them, and the form that the patterns have. `correctable_words`: words
    whose misspelt forms are corrected, unless they are among `similar_words`.

    `harmless`: expressions that are removed first, in the order of the patterns. `acute`: danger in any sentence.
    `without_request`: danger unless the sentence has a `request` too, such as an appointment or a certificate.
    """

    short_spellings: Mapping[str, str]
    correctable_words: frozenset[str]
    similar_words: frozenset[str]
    harmless: tuple[LazyPattern, ...]
    acute: Mapping[DangerKind, LazyPattern]
    without_request: Mapping[DangerKind, LazyPattern]
    request: LazyPattern
