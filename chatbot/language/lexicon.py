"""Structure of a language's lexicon. The words are in en/ and es/."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from .clauses import ClauseGrammar
from .lazy_pattern import LazyPattern


class Intent(StrEnum):
    """A citizen's wish. Of several in a sentence, the first in this order is the strongest."""

    INSULT = "insult"
    RESTART = "restart"
    EARLIER = "earlier"
    CANCEL = "cancel"
    CHANGE = "change"
    CANNOT_COME = "cannot_come"
    LOST_LINK = "lost_link"
    FIND = "find"
    WAITLIST = "waitlist"
    BACK = "back"
    HUMAN = "human"
    WAIT = "wait"
    FASTEST = "fastest"
    PARKING = "parking"
    ACCESS = "access"
    TRANSPORT = "transport"
    HOLIDAYS = "holidays"
    MODES = "modes"
    OTHER_QUESTION = "other_question"
    HOURS = "hours"
    BRING = "bring"
    WHERE = "where"
    DURATION = "duration"
    PRICE = "price"
    SERVICES = "services"
    WHY = "why"
    NO_EMAIL = "no_email"
    REFUSE = "refuse"
    OTHER_DAY = "other_day"
    OTHER_TIME = "other_time"
    OTHER_OFFICE = "other_office"
    OTHER_SERVICE = "other_service"
    BY_PHONE = "by_phone"
    BOOK = "book"
    REPEAT = "repeat"
    THAT = "that"
    HELP = "help"
    GREETING = "greeting"
    ANY = "any"
    SKIP = "skip"
    NO = "no"
    YES = "yes"
    BYE = "bye"
    THANKS = "thanks"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words and patterns of a language, in normalised text.

    `general_words` say nothing about a service. `greetings_and_idioms` contain words with another meaning alone.
    `clauses` tell wishes, questions and stories apart. `several_services`, `additional_service`: more than one
    service is wanted. `question_form`: words that only a question has. `partial_agreement`: takes back a part of
    a yes. `rebooking`: cancels an appointment for another. `refused_change`: a change or cancellation that is
    not wanted, or wanted least: `instead of cancelling it`. `present_visit`: how the appointment is now, before
    the citizen says what it shall be.

    `internet_use`: what the citizen does online, the group `use`, which chooses no mode. `there`: at the
    office, as an answer. `short_spellings`: short words as people write them, and their full form.
    `correctable_words`: their spelling is corrected. `frequent_words` detect the language. `mode_refusals`:
    MODE is a placeholder for `video` and `in_person`. `name_introduction` precedes a name;
    `possible_name_introduction` precedes a name that has a capital letter. `non_name_words` are no part of a
    name. `generic_office_words` distinguish no office.
    """

    intents: Mapping[Intent, LazyPattern]
    general_words: frozenset[str]
    greetings_and_idioms: LazyPattern
    clauses: ClauseGrammar
    several_services: LazyPattern
    question_form: LazyPattern
    additional_service: LazyPattern
    partial_agreement: LazyPattern
    rebooking: LazyPattern
    refused_change: LazyPattern
    present_visit: LazyPattern
    short_spellings: Mapping[str, str]
    video: LazyPattern
    in_person: LazyPattern
    internet_use: LazyPattern
    there: LazyPattern
    mode_refusals: tuple[str, ...]
    correctable_words: frozenset[str]
    frequent_words: frozenset[str]
    name_introduction: LazyPattern
    possible_name_introduction: LazyPattern
    non_name_words: frozenset[str]
    generic_office_words: frozenset[str]

    def expression_words(self, without: Collection[Intent] = ()) -> frozenset[str]:
        """Return the words of all intents but some, whose spelling is not corrected."""
        kept = (pattern.pattern for intent, pattern in self.intents.items() if intent not in without)
        sources = " ".join(kept)
        return frozenset(re.findall(r"(?<![a-z\\\\])[a-z]{4,}", sources))


_NEVER = LazyPattern("(?!)")
# Of a language without a grammar, whose conversations go by buttons and the services' own words.
EMPTY_LEXICON = Lexicon(
    intents={},
    general_words=frozenset(),
    greetings_and_idioms=_NEVER,
    clauses=ClauseGrammar(*[_NEVER] * 8),
    several_services=_NEVER,
    question_form=_NEVER,
    additional_service=_NEVER,
    partial_agreement=_NEVER,
    rebooking=_NEVER,
    refused_change=_NEVER,
    present_visit=_NEVER,
    short_spellings={},
    video=_NEVER,
    in_person=_NEVER,
    internet_use=_NEVER,
    there=_NEVER,
    mode_refusals=(),
    correctable_words=frozenset(),
    frequent_words=frozenset(),
    name_introduction=_NEVER,
    possible_name_introduction=_NEVER,
    non_name_words=frozenset(),
    generic_office_words=frozenset(),
)
CUT_OUT = " | "  # stands for a removed expression, so that the words around it do not become neighbours

MeaningT = TypeVar("MeaningT", bound=str)


def compile_expressions(expressions: Mapping[MeaningT, str], **placeholders: str) -> dict[MeaningT, LazyPattern]:
    """Build a pattern of each block of expressions, with the placeholders replaced."""
    return {
        meaning: whole_word_pattern(*_expressions(block, placeholders)) for meaning, block in expressions.items()
    }


def whole_word_expressions(block: str, **placeholders: str) -> LazyPattern:
    """Build the pattern of a block of expressions, with the placeholders replaced."""
    return whole_word_pattern(*_expressions(block, placeholders))


def _expressions(block: str, placeholders: Mapping[str, str]) -> list[str]:
    joined = re.sub(r"\\\n\s*", "", block)
    for name, pattern in placeholders.items():
        joined = joined.replace(name, pattern)
    lines = (line.strip() for line in joined.splitlines())
    return [line for line in lines if line and not line.startswith("# ")]


def word_set(text: str) -> frozenset[str]:
    """Split a text into its words."""
    return frozenset(text.split())


def whole_word_pattern(*alternatives: str) -> LazyPattern:
    """Build a pattern of alternatives that match whole words only."""
    return LazyPattern(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)")
