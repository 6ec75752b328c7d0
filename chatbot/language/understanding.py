"""Understands a sentence: everything that it says at once, and in which language. Pure.

Nothing is guessed silently: what has two readings is marked, and the dialogue reads back or asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from ...offices.office import ServiceMode
from ..domain.catalogue import OfficeCatalogue
from . import dates, times
from .contact_details import FoundDetails, find_details, find_name
from .date_sets import WantedDays
from .dates import find_days
from .en.lexicon import ENGLISH_LEXICON
from .es.lexicon import SPANISH_LEXICON
from .lexicon import Intent, Lexicon
from .normalize import correct_spelling, normalise_text
from .office_matching import OfficeMatch, find_mode, find_offices
from .service_matching import ServiceMatch, find_services, service_vocabulary
from .times import WantedHours, find_hours

LEXICONS: Mapping[str, Lexicon] = {"es": SPANISH_LEXICON, "en": ENGLISH_LEXICON}
EXPRESSION_WORDS = {language: lexicon.expression_words() for language, lexicon in LEXICONS.items()}
ORDINALS: Mapping[str, int] = {
    "primera": 1, "primero": 1, "segunda": 2, "segundo": 2, "tercera": 3, "tercero": 3, "cuarta": 4, "ultima": -1,
    "ultimo": -1, "first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1,
}  # fmt: skip
TIME_QUESTIONS = ("date", "time")
_ACCENTED_YES = re.compile(r"\b[Ss]í\b")  # with its accent it is a yes, whatever follows: `sí me quedo con esa`
_ORDINAL = re.compile(
    rf"^(?:(?!no\b)\w+ ){{0,3}}(?:la|el|the|opcion|option|numero|number) (?P<n>{'|'.join(ORDINALS)})"
    r"(?: (?:one|option|opcion|time|hora|slot|de ellas|please|por favor))*$"
)
# What people say beside the point; alone it is an answer, beside something else it is manners.
NO_SERVICES, NO_OFFICES = ServiceMatch(), OfficeMatch()
SMALL_TALK_INTENTS = (
    Intent.GREETING,
    Intent.BYE,
    Intent.THANKS,
    Intent.HELP,
    Intent.YES,
    Intent.NO,
    Intent.ANY,
    Intent.SKIP,
)
# Words that join a day and an hour, and say nothing themselves.
CONNECTING_WORDS = frozenset(
    [
        "a",
        "el",
        "la",
        "los",
        "para",
        "por",
        "en",
        "y",
        "o",
        "de",
        "mejor",
        "the",
        "on",
        "at",
        "for",
        "in",
        "or",
        "and",
        ",",
    ]
)
RESCHEDULING_INTENTS = frozenset(
    {Intent.CHANGE, Intent.CANNOT_COME}
)  # there is an appointment, whose day may be named too
# What is asked of an office, beside what somebody comes for.
OFFICE_QUESTION_INTENTS = frozenset(
    {Intent.WAIT, Intent.HOURS, Intent.BRING, Intent.WHERE, Intent.DURATION, Intent.PRICE}
)
MAX_YES_WORDS = 2  # words with a question mark behind them that are a yes all the same: `vale, ¿no?`
MAX_UNEXPLAINED_WORDS = 2  # words that nothing explains beside an answer: `no, tengo dentista`
PERSONAL_DETAILS = frozenset({"name", "email", "phone"})


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a sentence says. `intents`: all that were found, the strongest first. `ordinal`: "the second one".

    `strange`: words of some length that nothing explains. `flawed`: an e-mail that cannot be one. `asks_too`: a
    question stands beside what they come for. `adds`: what they say comes besides. `half_agrees`: something is
    taken back of a yes. `wishes`: they want to have something done, whatever it is.
    """

    text: str
    language: str
    intents: tuple[Intent, ...] = ()
    services: ServiceMatch = NO_SERVICES
    mode: ServiceMode | None = None
    offices: OfficeMatch = NO_OFFICES
    days: WantedDays | None = None
    hours: WantedHours | None = None
    email: str | None = None
    phone: str | None = None
    locator: str | None = None
    name: str | None = None
    ordinal: int | None = None
    unexplained_words: tuple[str, ...] = ()
    has_broken_email: bool = False
    has_side_question: bool = False
    adds_service: bool = False
    agrees_partly: bool = False
    has_wish: bool = False

    def has_intent(self, *intents: Intent) -> bool:
        return any(one in self.intents for one in intents)

    @property
    def facts(self) -> frozenset[str]:
        """What it says of a booking, by the names of what is asked."""
        found = {
            "service": bool(self.services.sure or self.services.likely),
            "mode": self.mode is not None,
            "office": self.offices != OfficeMatch(),
            "date": self.days is not None,
            "time": self.hours is not None,
            "email": self.email is not None,
            "phone": self.phone is not None,
            "name": self.name is not None,
            "locator": self.locator is not None,
        }
        return frozenset(name for name, there in found.items() if there)


def understand_message(
    text: str, language: str, catalogue: OfficeCatalogue, today: date, asked: str | None = None
) -> Understanding:
    """What somebody says in answer to what was asked (`date`, `time`, `name`…), in their language."""
    spoken = detect_language(text, language)
    lexicon, details = LEXICONS[spoken], find_details(text)
    name = find_name(details.rest, lexicon, was_asked=asked == "name")
    if name is not None and _is_only_command(normalise_text(name), lexicon):
        name = None
    typed = _text_without_name(details.rest, name, lexicon)
    said = _parse_words(_normalise_words(typed, lexicon, spoken, catalogue), text, spoken, catalogue, today, asked)
    if asked in TIME_QUESTIONS and (said.days or said.hours) and not said.services.sure:
        said = replace(said, services=NO_SERVICES)  # why that day suits, not what for
    if asked in PERSONAL_DETAILS and (name or details.email or details.phone):
        said = replace(
            said,
            services=ServiceMatch(),
            days=None,
            hours=None,
            offices=OfficeMatch(),
            mode=None,
            unexplained_words=(),
        )
    return replace(
        said,
        email=details.email,
        phone=details.phone,
        locator=details.locator,
        name=name,
        has_broken_email=details.has_broken_email,
    )


def _is_only_command(words: str, lexicon: Lexicon) -> bool:
    """Whether all that was written asks for something: `volver` is no name."""
    return any(pattern.fullmatch(words) for pattern in lexicon.intents.values())


def detect_language(text: str, expected: str) -> str:
    """The language somebody writes in: the expected one, unless clearly more words are the other's."""
    words = set(normalise_text(text).split())
    counts = {language: len(words & lexicon.frequent_words) for language, lexicon in LEXICONS.items()}
    other = "en" if expected == "es" else "es"
    alone = 0 < len(words) <= 2 and counts[other] == len(words) and not counts[expected]
    return other if counts[other] >= counts[expected] + 2 or alone else expected


def wanted_intent(said: Understanding, asked: str | None = None) -> Intent | None:
    """What somebody wants of all that a sentence could be read as; None for the mere answer to a question."""
    strong: list[Intent] = [
        one for one in said.intents if one not in SMALL_TALK_INTENTS and one is not Intent.BOOK
    ]
    if strong[:1] == [Intent.INSULT] and (strong[1:] or said.facts or Intent.BOOK in said.intents):
        strong = strong[1:]  # whoever swears and says what they need is given it
    if asked in PERSONAL_DETAILS and said.facts & PERSONAL_DETAILS:
        strong = [one for one in strong if one is not Intent.REFUSE]  # not that, but this
    strong = _drop_out_of_context(strong, said, asked)
    if strong:
        return strong[0]
    if asked is not None and said.facts and _is_correction(said, asked):
        return Intent.BACK
    if asked is None and (Intent.BOOK in said.intents or "service" in said.facts or _has_booking_facts(said)):
        return Intent.BOOK
    if said.facts or said.ordinal is not None:
        return None
    return _small_talk_intent(said, asked)


def _drop_out_of_context(strong: list[Intent], said: Understanding, asked: str | None) -> list[Intent]:
    """Without what only means something after a question, and without what is asked beside the point."""
    if said.has_side_question and said.services != NO_SERVICES:
        strong = [one for one in strong if one not in OFFICE_QUESTION_INTENTS]
    if Intent.OTHER_SERVICE in strong and said.unexplained_words:  # not that, but something that nobody has here
        return [Intent.BOOK]
    if asked is None and strong and set(strong) <= {Intent.OTHER_DAY, Intent.OTHER_TIME}:
        about_new = said.facts & {"service", "mode", "office"} or Intent.BOOK in said.intents
        return [] if about_new else [Intent.CHANGE]
    return strong


def _has_booking_facts(said: Understanding) -> bool:
    """Whoever says where and when wants an appointment, even if they do not say so."""
    return len(said.facts & {"date", "office", "mode"}) > 1


def _is_correction(said: Understanding, asked: str) -> bool:
    """Whether it says something else than what was asked: a change of mind."""
    answers = {"date": {"date", "time", "office"}, "time": {"time", "date"}, "confirm": set()}
    return not said.facts & answers.get(asked, {asked, *PERSONAL_DETAILS})


def _small_talk_intent(said: Understanding, asked: str | None) -> Intent | None:
    found = [one for one in said.intents if one is not Intent.BOOK]
    if (
        len(said.unexplained_words) > MAX_UNEXPLAINED_WORDS
    ):  # a yes or a no somewhere in a sentence about something else
        found = [one for one in found if one not in (Intent.YES, Intent.NO, Intent.ANY, Intent.SKIP)]
    if "?" in said.text and len(said.text.split()) > MAX_YES_WORDS:  # whoever asks something agrees to nothing
        found = [one for one in found if one is not Intent.YES]
    if said.agrees_partly and asked:
        return Intent.BACK
    for first in (Intent.NO, Intent.YES) if asked else ():
        if first in found:
            return first
    if asked in ("confirm", "time", "date") and Intent.SKIP in found:
        return Intent.NO
    return next(iter(found), Intent.BOOK if Intent.BOOK in said.intents and asked is None else None)


def _normalise_words(text: str, lexicon: Lexicon, language: str, catalogue: OfficeCatalogue) -> str:
    spelt = " ".join(
        lexicon.short_spellings.get(word, word) for word in normalise_text(_ACCENTED_YES.sub("si,", text)).split()
    )
    known = dates.VOCABULARY[language] | lexicon.correctable_words
    kept = (
        lexicon.general_words
        | EXPRESSION_WORDS[language]
        | times.NUMBER_WORDS[language]
        | service_vocabulary(catalogue, lexicon.general_words)
    )
    return correct_spelling(spelt, known, kept)


def _parse_words(
    words: str, text: str, language: str, catalogue: OfficeCatalogue, today: date, asked: str | None
) -> Understanding:
    lexicon = LEXICONS[language]
    intents = _find_intents(words, lexicon)
    ordinal = _find_ordinal(words, language)
    placed, rest = find_offices(lexicon.greetings_and_idioms.sub(" ", words), catalogue, lexicon)
    mode, rest = find_mode(rest, lexicon)
    days, rest = (
        (None, rest)
        if ordinal
        else find_days(rest, language, today, moving=bool(RESCHEDULING_INTENTS & set(intents)))
    )
    hours, rest = find_hours(rest, language, bare=asked == "time")
    named, strange = find_services(
        rest, catalogue, lexicon.general_words, EXPRESSION_WORDS[language] | times.NUMBER_WORDS[language]
    )
    services = ServiceMatch(likely=named.sure or named.likely) if lexicon.several_services.search(words) else named
    said = Understanding(
        text, language, intents, services, mode, placed, days, hours, ordinal=ordinal, unexplained_words=strange
    )
    said = replace(
        said,
        adds_service=lexicon.additional_service.search(words) is not None,
        has_wish=lexicon.wish.search(words) is not None,
        has_side_question=lexicon.side_question.search(words) is not None,
        agrees_partly=Intent.YES in intents and lexicon.partial_agreement.search(words) is not None,
    )
    is_tale = lexicon.narration.search(words) is not None
    return _drop_uncertain_facts(said, is_tale, asked, bool(set(rest.split()) - CONNECTING_WORDS))


def _find_intents(words: str, lexicon: Lexicon) -> tuple[Intent, ...]:
    """Every one that is found; whoever gives an appointment up for another one changes it."""
    found = [intent for intent, pattern in lexicon.intents.items() if pattern.search(words)]
    if lexicon.rebooking.search(words):
        found = [Intent.CHANGE, *(one for one in found if one not in (Intent.CANCEL, Intent.CHANGE))]
    return tuple(found)


def _drop_uncertain_facts(
    said: Understanding, is_narration: bool, asked: str | None, has_more: bool
) -> Understanding:
    """A tale says nothing for certain; nor does a day in a sentence of which nothing else was understood."""
    if is_narration:
        intents = (Intent.BOOK,) if Intent.BOOK in said.intents else said.intents
        likely = ServiceMatch(likely=said.services.sure or said.services.likely)
        said = replace(said, services=likely, intents=intents, mode=None)
    only_when = has_more and not said.intents and not said.facts - {"date", "time"}
    if asked is None and (only_when or (is_narration and Intent.BOOK not in said.intents)):
        return replace(said, days=None, hours=None)
    return said


def _find_ordinal(words: str, language: str) -> int | None:
    """`the second one`, but not `Tuesday the second`."""
    found = _ORDINAL.match(words)
    if found and set(words[: found.start("n")].split()) & dates.VOCABULARY[language]:
        return None
    return ORDINALS[found["n"]] if found else None


def _text_without_name(text: str, name: str | None, lexicon: Lexicon) -> str:
    """What is left to read when the name is known: `me llamo Mayo` says no month."""
    if name is None:
        return text
    words = lexicon.name_introduction.sub(" ", normalise_text(text))
    return words.replace(normalise_text(name), " ")


__all__ = ["LEXICONS", "FoundDetails", "Understanding", "detect_language", "understand_message", "wanted_intent"]
