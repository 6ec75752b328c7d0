"""Understanding of a message: its language, and all intents and facts in it. Pure.

Ambiguous facts are marked as such, never guessed: the dialogue asks, or repeats what it understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from ...offices.domain.words import ServiceMode
from ..domain.catalogue import OfficeCatalogue
from .clauses import ClauseSplit, read_clauses, split_clauses
from .contact_details import (
    cut_name,
    find_corrected_name,
    find_details,
    find_name,
    find_name_before_email,
    find_name_beside_email,
)
from .date_time import dates, times
from .date_time.clock_times import TimeShift
from .date_time.date_sets import WantedDays
from .date_time.dates import find_days
from .date_time.times import WantedHours, find_hours, find_shift
from .en.lexicon import ENGLISH_LEXICON
from .es.lexicon import SPANISH_LEXICON
from .lexicon import EMPTY_LEXICON, Intent, Lexicon, word_set
from .needs import find_needs, find_refused_needs, without_need_clauses, without_needs
from .normalize import correct_spelling, normalise_text
from .office_matching import OfficeMatch, find_mode, find_offices
from .questions import NOUN_QUESTIONS, QUESTION_INTENTS, find_questions, is_question
from .second_opinion.opinion import NO_OPINION, SecondOpinion, weigh_intents
from .second_opinion.service_likeness import compare_services, is_asked_elsewhere, rank_services
from .service_matching import ServiceMatch, find_services, service_vocabulary
from .words.common_words import common_words
from .words.other_languages import find_other_language

LEXICONS: Mapping[str, Lexicon] = {"es": SPANISH_LEXICON, "en": ENGLISH_LEXICON}
FREQUENT_WORDS = {
    language: lexicon.frequent_words | lexicon.general_words for language, lexicon in LEXICONS.items()
}
EXPRESSION_WORDS = {language: lexicon.expression_words() for language, lexicon in LEXICONS.items()}
ORDINALS: Mapping[str, int] = {
    "primera": 1, "primero": 1, "segunda": 2, "segundo": 2, "tercera": 3, "tercero": 3, "cuarta": 4, "ultima": -1,
    "ultimo": -1, "first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1,
}  # fmt: skip
TIME_QUESTIONS = ("date", "time")
_ACCENTED_YES = re.compile(r"\b[Ss]í\b")  # a yes before any words: `sí me quedo con esa`
# `Brilliant, thanks` ends a conversation, `yes please, thanks` goes on.
_PLAIN_YES = re.compile(r"\b(?:s[ií]|yes|yeah|yep|please|por favor|vale|ok|okay|go on)\b", re.IGNORECASE)
_ORDINAL = re.compile(
    rf"^(?:(?!no\b)\w+ ){{0,3}}(?:la|el|the|opcion|option|numero|number) (?P<n>{'|'.join(ORDINALS)})"
    r"(?: (?:one|option|opcion|time|hora|slot|de ellas|please|por favor))*$"
)
_NUMBER_RANGE = re.compile(r"\d{1,2} ?- ?\d{1,2}")  # hours, if hours were asked, and else a date
# Postponed until a day means on it; `until` alone is a limit.
_POSTPONED_UNTIL = re.compile(
    r"(\b(?:postpone|push|delay|move|aplaz|retras|pospon|atras)\w*\b.{0,40}?) (?:until|till|hasta)\b(?! las?\b)"
)
# Another time than the chosen time is proposed: `could it be 5pm instead`. What it replaces is cut out.
_PROPOSAL = re.compile(
    r"\b(?:(?:could|can|may) (?:it|we|i) (?:be|have|do|make|come|get|move|change)|instead|rather|better"
    r"|what about|how about|make it|change it|move it|puede ser|podria ser|podemos|mejor|en vez|en lugar|cambi\w+"
    r"|pon(?:la|lo|me)|y si)\b"
)
_REPLACED = re.compile(
    r"\b(?:instead of|rather than|en vez del?|en lugar del?)(?: (?:at|on|the|las?|el|a))* "
    r"[^\W\d]*(?: ?\d{1,2}(?:[:.]\d\d)?\b)?(?: (?:am|pm|oclock))?"
)
_MOVING = re.compile(
    r"\b(?:change|move|switch|put|make|rather|instead|cambi\w+|mov\w+|mueve\w*|pas[ae]\w*|pon\w*|mejor)\b"
)
_LONE_NUMBER = re.compile(r"(?<![\d:.,/-])\b(?P<hour>\d{1,2})\b(?![:.,/-]?\d)")
_WITHOUT_BOOKING = re.compile(r"\b(?:sin (?:cita|hora)|without (?:an |any )?(?:appointment|booking)|walk ?in)\b")
NO_SERVICES, NO_OFFICES = ServiceMatch(), OfficeMatch()
# Alone, such an intent is the answer; beside another wish it is politeness.
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
# Words that connect a day and an hour, without a meaning of their own.
CONNECTING_WORDS = word_set("a el la los para por en y o de mejor the on at for in or and ,")
# The citizen has an appointment, whose present day may be in the sentence too.
RESCHEDULING_INTENTS = frozenset({Intent.CHANGE, Intent.CANNOT_COME})
# Questions about an office that can be asked beside the wish for an appointment.
OFFICE_QUESTION_INTENTS = frozenset(QUESTION_INTENTS) - {Intent.SERVICES, Intent.WHY}
MIN_OWN_WORDS = 3  # frequent words that show Spanish or English in a conversation of another language
MAX_YES_WORDS = 2  # words; a longer sentence with a question mark is not a yes, but `vale, ¿no?` is
MAX_UNEXPLAINED_WORDS = 2  # unexplained words beside a yes or a no: `no, tengo dentista`
BOOKING_QUESTIONS = frozenset({"date", "time", "name", "email", "phone", "privacy", "confirm"})
CHOICE_QUESTIONS = frozenset({"service", "mode", "office", "email_typo", "change"})
# Beside an e-mail they are no name: `cambiar, ana@example.org`.
COMMANDS = (
    Intent.CHANGE,
    Intent.CANCEL,
    Intent.FIND,
    Intent.LOST_LINK,
    Intent.RESTART,
    Intent.BACK,
    Intent.REFUSE,
)
PERSONAL_DETAILS = frozenset({"name", "email", "phone"})
# Questions at which a detail corrects the previous detail: `le falta una ene` names no month.
CONFIRMING_QUESTIONS = frozenset({"privacy", "confirm"})
OTHER_WISHES = (
    Intent.CHANGE,
    Intent.EARLIER,
    Intent.OTHER_DAY,
    Intent.OTHER_TIME,
    Intent.OTHER_OFFICE,
    Intent.OTHER_SERVICE,
)
CORRECTED_QUESTIONS = frozenset({"date", "time", "confirm", "change"})
FREE_ANSWERS = PERSONAL_DETAILS | {"locator", "contact"}  # a foreign name is no other language


@dataclass(frozen=True, slots=True)
class Understanding:
    """Intents and facts of a message.

    `intents`: the strongest first. `ordinal`: 2 for "the second one".

    `unexplained_words`: longer words that no grammar explains. `has_broken_email`: an incomplete e-mail address.
    `is_question`: the message asks and wishes nothing; its facts say what about. `has_side_question`: a question
    beside the wish. `refused_services`: they are named as not wanted. `other_language`: the code of a
    language that the assistant does not speak. `adds_service`: the service is wanted
    besides another. `agrees_partly`: a yes with an exception. `rebooks`: gives back an appointment for
    another. `has_wish`: the citizen wants something done. `needs`: codes of the booking form, such as
    `sign_language`; `refused_needs` are taken back. `questions`: what is asked about the offices, in its order.
    `has_question_form`: something is asked, known or not. `second`: the opinion of the classifier. `shift`: an
    earlier or later time than the previous is wanted. `is_elsewhere`: a service that other authorities give.
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
    is_question: bool = False
    has_side_question: bool = False
    refused_services: tuple[str, ...] = ()
    other_language: str | None = None
    adds_service: bool = False
    agrees_partly: bool = False
    rebooks: bool = False
    has_wish: bool = False
    needs: tuple[str, ...] = ()
    questions: tuple[Intent, ...] = ()
    has_question_form: bool = False
    refused_needs: tuple[str, ...] = ()
    second: SecondOpinion = NO_OPINION
    shift: TimeShift | None = None
    is_elsewhere: bool = False

    def has_intent(self, *intents: Intent) -> bool:
        return any(intent in self.intents for intent in intents)

    @property
    def facts(self) -> frozenset[str]:
        """The facts of a booking in the message, by the names of their questions."""
        found = {
            "service": bool(self.services.sure or self.services.likely),
            "mode": self.mode is not None,
            "office": self.offices != NO_OFFICES,
            "date": self.days is not None,
            "time": self.hours is not None,
            "email": self.email is not None,
            "phone": self.phone is not None,
            "name": self.name is not None,
            "locator": self.locator is not None,
        }
        return frozenset(name for name, is_found in found.items() if is_found)


def understand_message(
    text: str, language: str, catalogue: OfficeCatalogue, today: date, asked: str | None = None
) -> Understanding:
    """Understand a message, as the answer to a question such as `date` or `name`.

    `language`: the language of the conversation; the message may be in another.
    """
    detected, needs = detect_language(text, language), find_needs(text)
    if detected not in LEXICONS:
        return _understand_without_grammar(text, detected, catalogue, asked)
    lexicon, details = LEXICONS[detected], find_details(text)
    named = without_need_clauses(details.rest) if needs else details.rest
    name = (
        find_name(named, lexicon, was_asked=asked == "name")
        or find_name_before_email(text, details.email)
        or find_corrected_name(named)
    )
    if name is not None and _is_only_command(normalise_text(name), lexicon):
        name = None
    if asked in BOOKING_QUESTIONS | CHOICE_QUESTIONS and not is_question(text, lexicon):
        beside = find_name_beside_email(details, lexicon, was_asked=asked in PERSONAL_DETAILS)
        if beside is not None and (name in (None, beside)) and not _has_command(details.rest, lexicon):
            return Understanding(text, detected, email=details.email, phone=details.phone, name=beside)
    remaining = cut_name(details.rest, name, lexicon)
    normalise = _normaliser(lexicon, detected, catalogue, has_needs=bool(needs))
    reader = _FactReader(detected, catalogue, today, asked, has_locator=details.locator is not None)
    understood = reader.read_message(remaining, text, normalise)
    if asked in TIME_QUESTIONS and (understood.days or understood.hours) and not understood.services.sure:
        understood = replace(understood, services=NO_SERVICES)  # a reason for the day, not a service
    has_details = bool(name or details.email or details.phone)
    corrects = asked in CONFIRMING_QUESTIONS and not (understood.hours or understood.has_intent(*OTHER_WISHES))
    if has_details and (asked in PERSONAL_DETAILS or corrects):
        understood = replace(
            understood,
            services=NO_SERVICES,
            days=None,
            hours=None,
            offices=NO_OFFICES,
            mode=None,
            unexplained_words=(),
        )
    return replace(
        understood,
        needs=needs,
        refused_needs=find_refused_needs(text),
        email=details.email,
        phone=details.phone,
        locator=details.locator,
        name=name,
        has_broken_email=details.has_broken_email,
        other_language=None if asked in FREE_ANSWERS else find_other_language(details.rest, FREQUENT_WORDS),
        second=weigh_intents(text, asked),
    )


def _understand_without_grammar(
    text: str, language: str, catalogue: OfficeCatalogue, asked: str | None
) -> Understanding:
    """Find details and services in a language without a lexicon, which works by buttons."""
    details = find_details(text)
    name = find_name(details.rest, EMPTY_LEXICON, was_asked=asked == "name")
    services = NO_SERVICES
    if asked not in FREE_ANSWERS:
        services, _unexplained = find_services(normalise_text(details.rest), catalogue, frozenset())
    return Understanding(
        text,
        language,
        services=services,
        email=details.email,
        phone=details.phone,
        locator=details.locator,
        name=name,
        has_broken_email=details.has_broken_email,
    )


def _has_command(text: str, lexicon: Lexicon) -> bool:
    """Whether the words beside an e-mail want something done: `cancel it`."""
    words = normalise_text(text)
    return any(lexicon.intents[intent].search(words) for intent in COMMANDS if intent in lexicon.intents)


def _is_only_command(words: str, lexicon: Lexicon) -> bool:
    """Whether the whole answer is a command: `volver` is not a name."""
    return any(pattern.fullmatch(words) for pattern in lexicon.intents.values())


def detect_language(text: str, expected: str) -> str:
    """Return the expected language, unless clearly more words belong to another."""
    words = set(normalise_text(text).split())
    counts = {language: len(words & lexicon.frequent_words) for language, lexicon in LEXICONS.items()}
    if expected not in LEXICONS:
        best = max(counts, key=lambda language: counts[language])
        return best if counts[best] >= MIN_OWN_WORDS else expected
    other = "en" if expected == "es" else "es"
    is_only_other = 0 < len(words) <= 2 and counts[other] == len(words) and not counts[expected]
    return other if counts[other] >= counts[expected] + 2 or is_only_other else expected


def wanted_intent(understood: Understanding, asked: str | None = None) -> Intent | None:
    """Choose the intent of a message; None for facts or an answer without an intent."""
    weak = {*SMALL_TALK_INTENTS, Intent.BOOK}
    strong: list[Intent] = [intent for intent in understood.intents if intent not in weak]
    if strong[:1] == [Intent.INSULT] and (strong[1:] or understood.facts or Intent.BOOK in understood.intents):
        strong = strong[1:]  # an insult beside a wish is ignored
    if asked in PERSONAL_DETAILS and understood.facts & PERSONAL_DETAILS:
        strong = [intent for intent in strong if intent is not Intent.REFUSE]  # a correction: not that, but this
    if asked == "phone" and understood.phone:  # `600 11 22 33 pero llamar solo por la tarde`
        strong = [intent for intent in strong if intent is not Intent.HUMAN]
    if asked in PERSONAL_DETAILS and _is_only_details(understood):
        strong = [intent for intent in strong if intent not in QUESTION_INTENTS]  # Mrs Park asks for no parking
    strong = _drop_out_of_context(strong, understood, asked)
    if strong:
        return strong[0]
    if understood.is_question and not _proposes_time(understood, asked):
        return Intent.HELP if Intent.HELP in understood.intents else Intent.OTHER_QUESTION
    if asked is not None and understood.facts and _is_correction(understood, asked):
        return Intent.BACK
    if asked is None and (
        Intent.BOOK in understood.intents or "service" in understood.facts or _has_booking_facts(understood)
    ):
        return Intent.BOOK
    if understood.facts or understood.ordinal is not None:
        return None
    return _small_talk_intent(understood, asked)


def _is_only_details(understood: Understanding) -> bool:
    """Whether a message is a name in capitals, perhaps with an e-mail address."""
    name = understood.name or ""
    is_name = name.istitle() and (understood.email is not None or name == understood.text.strip(" ."))
    return is_name and " " in name and "?" not in understood.text and not understood.has_question_form


def _drop_out_of_context(strong: list[Intent], understood: Understanding, asked: str | None) -> list[Intent]:
    """Drop intents that mean something else in this context."""
    if understood.shift and asked in BOOKING_QUESTIONS:  # earlier than the time that was chosen or offered
        strong = [intent for intent in strong if intent is not Intent.EARLIER]
    if understood.has_side_question and understood.services != NO_SERVICES:
        strong = [intent for intent in strong if intent not in OFFICE_QUESTION_INTENTS]
    if Intent.OTHER_SERVICE in strong and understood.unexplained_words:  # wants a service that does not exist
        return [Intent.BOOK]
    if asked is None and strong and set(strong) <= {Intent.OTHER_DAY, Intent.OTHER_TIME}:
        about_new = understood.facts & {"service", "mode", "office"} or Intent.BOOK in understood.intents
        return [] if about_new else [Intent.CHANGE]
    return strong


def _has_booking_facts(understood: Understanding) -> bool:
    """Whether the message names a place and a time, which is a wish for an appointment."""
    return len(understood.facts & {"date", "office", "mode"}) > 1


def _proposes_time(understood: Understanding, asked: str | None) -> bool:
    """Whether a question proposes another time for the booking: `could it be 5pm?`."""
    is_about_time = not understood.questions and bool(understood.facts & {"date", "time"})
    return asked in CORRECTED_QUESTIONS and is_about_time and _is_proposal(understood.text)


def _is_proposal(text: str) -> bool:
    return _PROPOSAL.search(normalise_text(text)) is not None


def _is_correction(understood: Understanding, asked: str) -> bool:
    """Whether the facts answer another question than was asked: a change of mind."""
    answers = {"date": {"date", "time", "office"}, "time": {"time", "date"}, "confirm": set()}
    return not understood.facts & answers.get(asked, {asked, *PERSONAL_DETAILS})


def _small_talk_intent(understood: Understanding, asked: str | None) -> Intent | None:
    found = [intent for intent in understood.intents if intent is not Intent.BOOK]
    # A yes or a no within a sentence about something else is no answer.
    if len(understood.unexplained_words) > MAX_UNEXPLAINED_WORDS:
        found = [intent for intent in found if intent not in (Intent.YES, Intent.NO, Intent.ANY, Intent.SKIP)]
    if "?" in understood.text and len(understood.text.split()) > MAX_YES_WORDS:  # a question is no agreement
        found = [intent for intent in found if intent is not Intent.YES]
    if understood.agrees_partly and asked:
        return Intent.BACK
    ends = {Intent.YES, Intent.THANKS} <= set(found) and Intent.BYE not in found
    if asked == "next" and ends and not _PLAIN_YES.search(understood.text):
        return Intent.THANKS
    for first in (Intent.NO, Intent.YES) if asked else ():
        if first in found:
            return first
    if asked in ("confirm", "time", "date") and Intent.SKIP in found:
        return Intent.NO
    return next(iter(found), Intent.BOOK if Intent.BOOK in understood.intents and asked is None else None)


def _normaliser(
    lexicon: Lexicon, language: str, catalogue: OfficeCatalogue, *, has_needs: bool
) -> Callable[[str], str]:
    """Return the function that normalises and corrects the words of a text."""
    known = dates.VOCABULARY[language] | lexicon.correctable_words
    unchanged = (
        lexicon.general_words
        | EXPRESSION_WORDS[language]
        | times.NUMBER_WORDS[language]
        | dates.EXPRESSION_WORDS[language]
        | times.EXPRESSION_WORDS[language]
        | service_vocabulary(catalogue, lexicon.general_words)
    )
    common = common_words(language) - unchanged - known

    def normalise(text: str) -> str:
        text = _ACCENTED_YES.sub("si,", text)
        words = without_needs(text) if has_needs else normalise_text(text)
        spelt = " ".join(lexicon.short_spellings.get(word, word) for word in words.split())
        return correct_spelling(spelt, known, unchanged, common)

    return normalise


@lru_cache(maxsize=256)  # combinations of questions; no word of a citizen is kept
def _neutral_words(language: str, questions: frozenset[Intent]) -> frozenset[str]:
    """Return the words that make no service uncertain.

    The nouns of questions that are not asked are not among them: `a parking fine` is no parking.
    """
    unasked = frozenset(QUESTION_INTENTS) - questions
    return LEXICONS[language].expression_words(unasked) | times.NUMBER_WORDS[language]


@dataclass(frozen=True, slots=True)
class _Facts:
    """The facts of a booking in some words, and the words that are left."""

    services: ServiceMatch
    mode: ServiceMode | None
    offices: OfficeMatch
    days: WantedDays | None
    hours: WantedHours | None
    unexplained_words: tuple[str, ...]
    rest: str
    is_elsewhere: bool = False

    def or_else(self, other: _Facts) -> _Facts:
        """Take the facts of `other` where these words name none."""
        return replace(
            self,
            services=other.services if self.services == NO_SERVICES else self.services,
            mode=self.mode or other.mode,
            offices=other.offices if self.offices == NO_OFFICES else self.offices,
            days=self.days or other.days,
            hours=self.hours or other.hours,
        )


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the words of a message are read: with the intents of the whole message."""

    intents: frozenset[Intent] = frozenset()
    has_ordinal: bool = False
    questions: tuple[Intent, ...] = ()


@dataclass(frozen=True, slots=True)
class _FactReader:
    """Reads the facts of a message."""

    language: str
    catalogue: OfficeCatalogue
    today: date
    asked: str | None
    has_locator: bool = False

    def read_message(self, remaining: str, text: str, normalise: Callable[[str], str]) -> Understanding:
        """Read all clauses for intents, and those of wishes and statements for facts."""
        lexicon, words = LEXICONS[self.language], normalise(remaining)
        questions = find_questions(text, lexicon)
        intents, ordinal = _find_intents(words, lexicon, questions), _find_ordinal(words, self.language)
        reading = _Reading(frozenset(intents), ordinal is not None, questions)
        facts = self._read(words, reading)
        clauses = split_clauses(remaining, lexicon.clauses, normalise, facts.unexplained_words)
        split = read_clauses(clauses, lexicon.clauses)
        if split.is_question or (len(clauses) == 1 and split.wanted == words and not split.denied):
            split = replace(split, wanted=words)
        else:
            whole, facts = facts, self._read_split(split, facts, reading)
            is_beside_booking = (
                split.has_wish and Intent.BOOK in intents and not self._named_services(split.denied)
            )
            if (
                is_beside_booking and facts.services == NO_SERVICES
            ):  # `what does X cost? then I want an appointment`
                facts = replace(facts, services=whole.services)
            if Intent.CHANGE in intents:  # `can it be by video?` is a wish about the own appointment
                facts = replace(facts, mode=facts.mode or whole.mode)
        services = facts.services
        if split.is_narration:
            services = ServiceMatch(likely=services.sure or services.likely)
        elif lexicon.several_services.search(words):
            services = replace(services, several=len(services.sure or services.likely) > 1)
        understood = Understanding(
            text,
            self.language,
            intents,
            services,
            facts.mode,
            facts.offices,
            facts.days,
            facts.hours,
            ordinal=ordinal,
            unexplained_words=facts.unexplained_words,
            adds_service=lexicon.additional_service.search(words) is not None,
            has_wish=split.has_wish,
            is_question=split.is_question,
            has_side_question=split.has_question,
            refused_services=self._named_services(split.denied),
            rebooks=lexicon.rebooking.search(words) is not None,
            agrees_partly=Intent.YES in intents and lexicon.partial_agreement.search(words) is not None,
            questions=questions,
            shift=find_shift(words, self.language) if facts.hours is None else None,
            has_question_form=is_question(text, lexicon),
            is_elsewhere=facts.is_elsewhere and services == NO_SERVICES,
        )
        if (
            self.asked is None
            and understood.facts == {"time"}
            and lexicon.intents[Intent.GREETING].fullmatch(words)
        ):
            return replace(understood, hours=None)  # `morning!`
        comes_today = Intent.FASTEST in intents and facts.days == WantedDays((self.today,))
        if comes_today and (Intent.BOOK not in intents or _WITHOUT_BOOKING.search(words)):
            understood = replace(understood, days=None, hours=None, mode=None)  # `can I pop in this morning?`
        has_more = bool(set(facts.rest.split()) - CONNECTING_WORDS)
        only_when = has_more and not intents and not understood.facts - {"date", "time"}
        if self._moves_by_locator(understood, words):
            others = tuple(intent for intent in intents if intent not in (Intent.CHANGE, Intent.FIND))
            return replace(understood, intents=(Intent.CHANGE, *others))
        if self.asked is None and only_when:  # a day in a sentence that was not understood otherwise
            return replace(understood, days=None, hours=None)
        return understood

    def _moves_by_locator(self, understood: Understanding, words: str) -> bool:
        """Whether another day or hour is wished beside a locator: `change 7k3m9q2x to the 3rd`."""
        is_wish = understood.has_wish or _MOVING.search(words) is not None
        is_other = understood.has_intent(Intent.CANCEL, Intent.EARLIER, Intent.CANNOT_COME)
        return self.has_locator and is_wish and not is_other and bool(understood.facts & {"date", "time"})

    def _read_split(self, split: ClauseSplit, whole: _Facts, reading: _Reading) -> _Facts:
        """Read the clauses with facts. What is taken back counts if nothing replaces it."""
        wanted = self._read(split.wanted, reading)
        services = self._read(split.services, reading)
        facts = replace(wanted, services=services.services, unexplained_words=whole.unexplained_words)
        if split.retracted:
            facts = facts.or_else(self._read(split.retracted, reading))
        return facts

    def _named_services(self, words: str) -> tuple[str, ...]:
        if not words:
            return ()
        match = self._read(words, _Reading()).services
        return match.sure or match.likely[:1]

    def _read(self, words: str, reading: _Reading) -> _Facts:
        lexicon, language = LEXICONS[self.language], self.language
        if reading.intents & {Intent.CHANGE, Intent.EARLIER, Intent.CANNOT_COME}:
            words = _POSTPONED_UNTIL.sub(r"\1", lexicon.present_visit.sub(" ", words))
        is_moved = self.has_locator or reading.intents & RESCHEDULING_INTENTS
        if is_moved or self.asked in CORRECTED_QUESTIONS:
            words = _REPLACED.sub(" ", words)
        offices, rest = find_offices(lexicon.greetings_and_idioms.sub(" ", words), self.catalogue, lexicon)
        mode, rest = find_mode(rest, lexicon, was_asked=self.asked == "mode")
        days = None
        is_hours = self.asked == "time" and _NUMBER_RANGE.fullmatch(rest.strip()) is not None
        if not reading.has_ordinal and not is_hours:
            days, rest = find_days(
                rest,
                language,
                self.today,
                moving=bool(RESCHEDULING_INTENTS & reading.intents),
                bare=self.asked == "date",
                holidays=self.catalogue.holidays,
            )
        if days is not None and days.days and Intent.ANY in reading.intents:  # `any day from the 9th`
            days = replace(days, soonest=False)
        hours, rest = find_hours(rest, language, bare=self.asked == "time")
        is_proposed = self.asked in CORRECTED_QUESTIONS and days is None and _is_proposal(words)
        if hours is None and is_proposed and len(_LONE_NUMBER.findall(rest)) == 1:
            number = " a las " if language == "es" else " at "
            hours, rest = find_hours(_LONE_NUMBER.sub(rf"{number}\g<hour>", rest), language)
        neutral_words = _neutral_words(language, frozenset(reading.questions))
        services, unexplained = find_services(rest, self.catalogue, lexicon.general_words, neutral_words)
        ranked = rank_services(rest, self.catalogue, lexicon.general_words)
        services = compare_services(services, ranked)
        return _Facts(services, mode, offices, days, hours, unexplained, rest, is_asked_elsewhere(ranked))


def _find_intents(words: str, lexicon: Lexicon, questions: Sequence[Intent]) -> tuple[Intent, ...]:
    """Find all intents; cancelling an appointment for another counts as a change."""
    words = lexicon.refused_change.sub(r"\g<kept>", words)
    not_asked = frozenset(QUESTION_INTENTS).difference(questions) if questions else NOUN_QUESTIONS
    found = [
        intent
        for intent, pattern in lexicon.intents.items()
        if intent in questions or (intent not in not_asked and pattern.search(words))
    ]
    if lexicon.rebooking.search(words):
        found = [Intent.CHANGE, *(intent for intent in found if intent not in (Intent.CANCEL, Intent.CHANGE))]
    overruled = {Intent.HUMAN, Intent.FIND} if {Intent.WHY, Intent.OTHER_QUESTION} & set(questions) else set()
    return tuple(intent for intent in found if intent not in overruled)


def _find_ordinal(words: str, language: str) -> int | None:
    """Find the number in `the second one`, but not in `Tuesday the second`."""
    found = _ORDINAL.match(words)
    if found and set(words[: found.start("n")].split()) & dates.VOCABULARY[language]:
        return None
    return ORDINALS[found["n"]] if found else None
