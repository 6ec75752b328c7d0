"""Questions about the offices in a message, clause by clause. Pure.

A noun alone asks nothing: `¿hay parking?` does, `he dejado el coche en el parking` does not.
"""

from __future__ import annotations

import re

from .lexicon import Intent, Lexicon
from .normalize import normalise_text

# The strongest first: of two that match the same words, the first is asked.
QUESTION_INTENTS = (
    Intent.PARKING,
    Intent.ACCESS,
    Intent.TRANSPORT,
    Intent.HOLIDAYS,
    Intent.PRICE,
    Intent.BRING,
    Intent.WHY,
    Intent.MODES,
    Intent.OTHER_QUESTION,
    Intent.HOURS,
    Intent.DURATION,
    Intent.WAIT,
    Intent.SERVICES,
    Intent.WHERE,
)
# Asked by nouns, so that the clause must have the form of a question.
NOUN_QUESTIONS = frozenset(
    {
        Intent.PARKING,
        Intent.ACCESS,
        Intent.TRANSPORT,
        Intent.HOLIDAYS,
        Intent.MODES,
        Intent.OTHER_QUESTION,
    }
)
# Questions that the words of a question also ask: `dónde puedo aparcar` does not ask for the address.
_INCLUDED: dict[Intent, frozenset[Intent]] = {
    Intent.PARKING: frozenset({Intent.WHERE, Intent.ACCESS, Intent.TRANSPORT, Intent.PRICE}),
    Intent.ACCESS: frozenset({Intent.WHERE, Intent.TRANSPORT, Intent.SERVICES, Intent.OTHER_QUESTION}),
    Intent.TRANSPORT: frozenset({Intent.WHERE, Intent.DURATION}),
    Intent.HOLIDAYS: frozenset({Intent.HOURS}),
    Intent.PRICE: frozenset({Intent.MODES}),
    Intent.WHY: frozenset({Intent.SERVICES, Intent.WHERE, Intent.DURATION}),
    Intent.MODES: frozenset({Intent.SERVICES, Intent.WHERE}),
    Intent.OTHER_QUESTION: frozenset({Intent.WHERE, Intent.BRING, Intent.SERVICES, Intent.WAIT}),
    Intent.BRING: frozenset({Intent.SERVICES}),
    Intent.SERVICES: frozenset({Intent.WHERE}),
    Intent.WAIT: frozenset({Intent.DURATION}),
}
# Asked by their noun alone: `aparcamiento gratuito`.
_SHORT_QUESTIONS = frozenset({Intent.PARKING, Intent.ACCESS, Intent.TRANSPORT})
MAX_NOUN_WORDS = 3  # words
_CLAUSE = re.compile(r"[^.;?!¿¡…\n]+[?]?")
_JOINED = re.compile(r"\b(?:y|e|and)\b|,", re.IGNORECASE)


def find_questions(text: str, lexicon: Lexicon) -> tuple[Intent, ...]:
    """Find what a message asks about the offices, in the order of its clauses."""
    found: dict[Intent, None] = {}
    for clause in _CLAUSE.findall(text):
        questions = _questions_of_joined_parts(clause, lexicon) or _questions_of_clause(clause, lexicon)
        found |= dict.fromkeys(questions)
    return tuple(found)


def _questions_of_joined_parts(clause: str, lexicon: Lexicon) -> list[Intent]:
    """Find the questions of `cuánto cuesta y hay parking`; none if fewer than two parts ask."""
    is_asked = _has_question_form(clause, normalise_text(clause), lexicon)
    parts = [f"{part}?" if is_asked else part for part in _JOINED.split(clause)]
    found = [questions for part in parts if (questions := _questions_of_clause(part, lexicon))]
    return [intent for questions in found for intent in questions] if len(found) > 1 else []


def is_question(text: str, lexicon: Lexicon) -> bool:
    """Tell whether a clause of the message has the form of a question."""
    return any(_has_question_form(clause, normalise_text(clause), lexicon) for clause in _CLAUSE.findall(text))


def _questions_of_clause(clause: str, lexicon: Lexicon) -> list[Intent]:
    words = " ".join(lexicon.short_spellings.get(word, word) for word in normalise_text(clause).split())
    may_be_asked = frozenset(QUESTION_INTENTS)
    if not _has_question_form(clause, words, lexicon):
        may_be_asked -= NOUN_QUESTIONS
        may_be_asked |= _SHORT_QUESTIONS if len(words.split()) <= MAX_NOUN_WORDS else frozenset()
    found = [
        intent for intent in QUESTION_INTENTS if intent in may_be_asked and lexicon.intents[intent].search(words)
    ]
    included = frozenset().union(*(_INCLUDED.get(intent, frozenset()) for intent in found))
    return [intent for intent in found if intent not in included]


def _has_question_form(clause: str, words: str, lexicon: Lexicon) -> bool:
    return "?" in clause or lexicon.question_form.search(words) is not None
