"""What a language's lexicon consists of: how people ask for things, agree, refuse. Data stand in lexicon_xx.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from re import Pattern


class Intent(StrEnum):
    """What somebody wants, in the order in which one beats another in one sentence."""

    INSULT = "insult"
    RESTART = "restart"
    BACK = "back"
    CANCEL = "cancel"
    CHANGE = "change"
    CANNOT_COME = "cannot_come"
    FIND = "find"
    HUMAN = "human"
    WAIT = "wait"
    FASTEST = "fastest"
    HOURS = "hours"
    BRING = "bring"
    WHERE = "where"
    DURATION = "duration"
    PRICE = "price"
    SERVICES = "services"
    WHY = "why"
    REFUSE = "refuse"
    OTHER_DAY = "other_day"
    OTHER_TIME = "other_time"
    OTHER_OFFICE = "other_office"
    OTHER_SERVICE = "other_service"
    BY_PHONE = "by_phone"
    BOOK = "book"
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
    """`intents`: patterns over plain text. `general`: words that say nothing of a service.

    `video` and `in_person`: how one wants to be attended; `not_so` before or behind them turns them round.
    `vocabulary`: words that are mended when they are misspelt; `spelt`: short words as they are often written,
    and as they are. `frequent`: by which the language is known. `hellos`: greetings and idioms, with words that
    say something else there. `telling`: how somebody tells what they do, and asks for nothing. `wishing`: how they
    say that they want something done. `several`: that they come for more than one thing, `also`: for one more.
    `and_tell`: that they also ask something. `but`: what takes back a part of a yes. `again`: that they give one
    appointment up for another one. `called`: what stands before a name; `perhaps_called`: before one if it has a
    capital letter. `no_name`: words that are no part of a name. `places`: words that all offices have in their
    names.
    """

    intents: Mapping[Intent, Pattern[str]]
    general_words: frozenset[str]
    greetings_and_idioms: Pattern[str]
    narration: Pattern[str]
    wish: Pattern[str]
    several_services: Pattern[str]
    side_question: Pattern[str]
    additional_service: Pattern[str]
    partial_agreement: Pattern[str]
    rebooking: Pattern[str]
    short_spellings: Mapping[str, str]
    video: Pattern[str]
    in_person: Pattern[str]
    mode_refusals: tuple[str, ...]
    correctable_words: frozenset[str]
    frequent_words: frozenset[str]
    name_introduction: Pattern[str]
    possible_name_introduction: Pattern[str]
    non_name_words: frozenset[str]
    generic_office_words: frozenset[str]

    def expression_words(self) -> frozenset[str]:
        """The words that its expressions consist of: none of them is a misspelling of another one."""
        sources = " ".join(pattern.pattern for pattern in self.intents.values())
        return frozenset(re.findall(r"(?<![a-z\\\\])[a-z]{4,}", sources))


def compile_intents(expressions: Mapping[Intent, str], **placeholders: str) -> dict[Intent, Pattern[str]]:
    """Each block of expressions as one pattern of whole words, with what stands behind names put in."""
    return {
        intent: whole_word_pattern(*_expressions(block, placeholders)) for intent, block in expressions.items()
    }


def _expressions(block: str, placeholders: Mapping[str, str]) -> list[str]:
    joined = re.sub(r"\\\n\s*", "", block)
    for name, pattern in placeholders.items():
        joined = joined.replace(name, pattern)
    return [line.strip() for line in joined.splitlines() if line.strip()]


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def whole_word_pattern(*alternatives: str) -> Pattern[str]:
    """Any of these, as whole words."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)")
