"""Sentences for the assistant's classifier, and their groups for cross-validation.

Each line of es.tsv and en.tsv has a label, the question that the assistant had asked (or nothing), and the text.
Sentences of these files are never reported as results: the classifier has seen them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from office360.chatbot.language.second_opinion.features import message_words

FOLDER = Path(__file__).parent
LANGUAGES = ("es", "en")
NEAR_DUPLICATE_SHARE = 0.5  # share of common three-letter parts from which two sentences belong to the same group
COMMON_PART = 400  # sentences; a part in more of them says little about their likeness


@dataclass(frozen=True, slots=True)
class TrainingSentence:
    """A sentence, its label, and the question before it."""

    label: str
    asked: str | None
    text: str


def read_training_data() -> list[TrainingSentence]:
    """Read the sentences of both languages."""
    lines = [line for language in LANGUAGES for line in _content(language).decode().splitlines()]
    return [TrainingSentence(label, asked or None, text) for label, asked, text in (x.split("\t") for x in lines)]


def training_checksum() -> str:
    """Return the checksum of the sentences, which the file of weights repeats."""
    return sha256(b"".join(_content(language) for language in LANGUAGES)).hexdigest()


def _content(language: str) -> bytes:
    return (FOLDER / f"{language}.tsv").read_bytes()


def near_duplicate_groups(texts: Sequence[str]) -> list[int]:
    """Number the groups of similar sentences, which training and test must not share."""
    parts = [_trigrams(text) for text in texts]
    sentences_by_part: dict[str, list[int]] = {}
    groups = list(range(len(texts)))

    def root(index: int) -> int:
        while groups[index] != index:
            index = groups[index]
        return index

    for index, own in enumerate(parts):
        common = Counter(earlier for part in own for earlier in sentences_by_part.get(part, ())[:COMMON_PART])
        for earlier, shared in common.items():
            if shared >= NEAR_DUPLICATE_SHARE * (len(own) + len(parts[earlier]) - shared):
                groups[root(index)] = root(earlier)
        for part in own:
            sentences_by_part.setdefault(part, []).append(index)
    return [root(index) for index in range(len(texts))]


def _trigrams(text: str) -> frozenset[str]:
    edged = f" {' '.join(message_words(text))} "
    return frozenset(edged[start : start + 3] for start in range(len(edged) - 2))
