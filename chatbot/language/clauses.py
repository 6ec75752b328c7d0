"""Clauses of a message: wish, question, narration or plain statement. Pure.

Facts of a booking are read from wishes and statements only: `tengo médico el lunes` names no day to book, and
`¿cuánto cuesta el certificado?` wishes for no appointment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from .lazy_pattern import LazyPattern


class ClauseKind(StrEnum):
    """Kind of a clause."""

    WISH = "wish"
    QUESTION = "question"
    NARRATION = "narration"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True)
class ClauseGrammar:
    """Patterns of a language that tell the kind of a clause, in normalised text.

    `conjunctions`: a clause begins with them. `question`: only a question has these words. `question_verb`: a
    question if there is a question mark. `wish_question`: a wish in the form of a question. `wish`: the
    citizen wants something done. `narration`: a reason, a purpose or a story. `denial`: what follows is
    not wanted. `retraction`: takes back what was said before it.
    """

    conjunctions: LazyPattern
    question: LazyPattern
    question_verb: LazyPattern
    wish_question: LazyPattern
    wish: LazyPattern
    narration: LazyPattern
    denial: LazyPattern
    retraction: LazyPattern


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause as normalised words.

    `own_words`: without a reason or a story beside its wish.
    """

    words: str
    kind: ClauseKind
    own_words: str


@dataclass(frozen=True, slots=True)
class ClauseSplit:
    """Clauses of a message by the facts that are read from them, in normalised words.

    `wanted`: clauses from which days, hours, mode and office are read. `services`: clauses that may name a
    service. `denied`: what is not wanted. `retracted`: what a later clause takes back. `is_question`: the
    message asks and wishes nothing. `has_question`: it asks beside a wish.
    """

    wanted: str
    services: str
    denied: str
    retracted: str
    is_question: bool = False
    has_question: bool = False
    has_wish: bool = False
    is_narration: bool = False


_QUESTION = re.compile(r"¿[^?¿]*\?*|[^?¿]+\?+|[^?¿]+")
_END_OF_CLAUSE = re.compile(r"[.!;:…\n]+(?=\s|$)|,(?=\s|$)|(?<!\d),(?=\w)|[()]|\s[-–—+]\s")


def split_clauses(
    text: str, grammar: ClauseGrammar, normalise: Callable[[str], str], unexplained: Collection[str] = ()
) -> tuple[Clause, ...]:
    """Split a message into its clauses.

    `normalise` returns the words of a part. `unexplained`: words that no grammar explains; a clause with a
    question mark and such a word is a question, while `¿el martes a las diez?` is a proposal.
    """
    clauses: list[Clause] = []
    for asked in _QUESTION.findall(text):
        parts = [words for part in _END_OF_CLAUSE.split(asked) for words in _split_words(normalise(part), grammar)]
        for index, words in enumerate(parts):
            is_marked = "?" in asked and (asked.startswith("¿") or index == len(parts) - 1)
            kind = _clause_kind(words, grammar, is_marked=is_marked, unexplained=unexplained)
            clauses.append(Clause(words, kind, _own_words(words, kind, grammar)))
    return tuple(clauses)


def read_clauses(clauses: Sequence[Clause], grammar: ClauseGrammar) -> ClauseSplit:
    """Choose the words of each kind of fact.

    All clauses of a message that only asks are kept: they name the subject of the question.
    """
    kinds = {clause.kind for clause in clauses}
    is_question = ClauseKind.QUESTION in kinds and ClauseKind.WISH not in kinds
    kept = [clause for clause in clauses if is_question or clause.kind is not ClauseKind.QUESTION]
    first = _first_after_retraction(kept, grammar)
    denied = [_denied_words(clause.words, grammar) for clause in kept]
    services = [
        clause.words.replace(words, " ") if words else clause.words
        for clause, words in zip(kept, denied, strict=True)
    ]
    return ClauseSplit(
        wanted=_join(clause.own_words for clause in kept[first:]),
        services=_join(services[first:]),
        denied=_join(denied),
        retracted=_join(clause.own_words for clause in kept[:first]),
        is_question=is_question,
        has_question=ClauseKind.QUESTION in kinds and not is_question,
        has_wish=ClauseKind.WISH in kinds,
        is_narration=kinds == {ClauseKind.NARRATION},
    )


def _join(parts: Iterable[str]) -> str:
    return " , ".join(part for part in parts if part)


def _first_after_retraction(clauses: Sequence[Clause], grammar: ClauseGrammar) -> int:
    """Return the index of the first clause that is not taken back by a later clause."""
    found = [index for index, clause in enumerate(clauses) if grammar.retraction.search(clause.words)]
    return found[-1] if found else 0


def _denied_words(words: str, grammar: ClauseGrammar) -> str:
    found = grammar.denial.search(words)
    return words[found.start() :] if found else ""


def _own_words(words: str, kind: ClauseKind, grammar: ClauseGrammar) -> str:
    """Cut a story out of a clause: before its wish, or from where it begins after the wish."""
    story = grammar.narration.search(words)
    if story is None or kind is ClauseKind.QUESTION:
        return words
    wish = grammar.wish.search(words)
    if kind is not ClauseKind.WISH or wish is None:
        return ""
    return words[wish.start() :] if story.start() < wish.start() else words[: story.start()]


def _split_words(words: str, grammar: ClauseGrammar) -> list[str]:
    """Split at conjunctions, which stay with the clause that they begin."""
    starts = [0, *(match.start() for match in grammar.conjunctions.finditer(words)), len(words)]
    parts = [words[start:end].strip(" ,") for start, end in pairwise(starts)]
    return [part for part in parts if part]


def _clause_kind(
    words: str, grammar: ClauseGrammar, *, is_marked: bool, unexplained: Collection[str]
) -> ClauseKind:
    if grammar.wish_question.search(words):
        return ClauseKind.WISH
    if grammar.question.search(words):
        return ClauseKind.QUESTION
    if is_marked and (grammar.question_verb.search(words) or not set(words.split()).isdisjoint(unexplained)):
        return ClauseKind.QUESTION
    if grammar.wish.search(words):
        return ClauseKind.WISH
    return ClauseKind.NARRATION if grammar.narration.search(words) else ClauseKind.STATEMENT
