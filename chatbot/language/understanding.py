"""Understands a sentence: everything that it says at once, and in which language. Pure.

Nothing is guessed silently: what has two readings is marked, and the dialogue reads back or asks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from ..dialogue.catalogue import Catalogue, Mode
from . import dates, times
from .contact_details import Details, find_details, find_name
from .date_sets import Days
from .dates import find_days
from .en.lexicon import ENGLISH
from .es.lexicon import SPANISH
from .lexicon import Intent, Lexicon
from .normalize import mend, plain
from .office_matching import Placed, find_mode, find_offices
from .service_matching import Named, find_services, vocabulary
from .times import Hours, find_hours

LEXICONS: Mapping[str, Lexicon] = {"es": SPANISH, "en": ENGLISH}
SPOKEN = {language: lexicon.spoken() for language, lexicon in LEXICONS.items()}
ORDINALS: Mapping[str, int] = {
    "primera": 1, "primero": 1, "segunda": 2, "segundo": 2, "tercera": 3, "tercero": 3, "cuarta": 4, "ultima": -1,
    "ultimo": -1, "first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1,
}  # fmt: skip
WHEN = ("date", "time")
_YES = re.compile(r"\b[Ss]í\b")  # with its accent it is a yes, whatever follows: `sí me quedo con esa`
_ORDINAL = re.compile(
    rf"^(?:(?!no\b)\w+ ){{0,3}}(?:la|el|the|opcion|option|numero|number) (?P<n>{'|'.join(ORDINALS)})"
    r"(?: (?:one|option|opcion|time|hora|slot|de ellas|please|por favor))*$"
)
# What people say beside the point; alone it is an answer, beside something else it is manners.
NO_SERVICE, NOWHERE = Named(), Placed()
MANNERS = (
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
JOINTS = frozenset(
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
MOVING = frozenset({Intent.CHANGE, Intent.CANNOT_COME})  # there is an appointment, whose day may be named too
# What is asked of an office, beside what somebody comes for.
QUESTIONS = frozenset({Intent.WAIT, Intent.HOURS, Intent.BRING, Intent.WHERE, Intent.DURATION, Intent.PRICE})
LONGEST_YES = 2  # words with a question mark behind them that are a yes all the same: `vale, ¿no?`
MOST_STRANGE = 2  # words that nothing explains beside an answer: `no, tengo dentista`
DETAILS = frozenset({"name", "email", "phone"})


@dataclass(frozen=True, slots=True)
class Said:
    """What a sentence says. `intents`: all that were found, the strongest first. `ordinal`: "the second one".

    `strange`: words of some length that nothing explains. `flawed`: an e-mail that cannot be one. `asks_too`: a
    question stands beside what they come for. `adds`: what they say comes besides. `half_agrees`: something is
    taken back of a yes. `wishes`: they want to have something done, whatever it is.
    """

    text: str
    language: str
    intents: tuple[Intent, ...] = ()
    services: Named = NO_SERVICE
    mode: Mode | None = None
    placed: Placed = NOWHERE
    days: Days | None = None
    hours: Hours | None = None
    email: str | None = None
    phone: str | None = None
    locator: str | None = None
    name: str | None = None
    ordinal: int | None = None
    strange: tuple[str, ...] = ()
    flawed: bool = False
    asks_too: bool = False
    adds: bool = False
    half_agrees: bool = False
    wishes: bool = False

    def is_about(self, *intents: Intent) -> bool:
        return any(one in self.intents for one in intents)

    @property
    def facts(self) -> frozenset[str]:
        """What it says of a booking, by the names of what is asked."""
        found = {
            "service": bool(self.services.sure or self.services.likely),
            "mode": self.mode is not None,
            "office": self.placed != Placed(),
            "date": self.days is not None,
            "time": self.hours is not None,
            "email": self.email is not None,
            "phone": self.phone is not None,
            "name": self.name is not None,
            "locator": self.locator is not None,
        }
        return frozenset(name for name, there in found.items() if there)


def understand(text: str, language: str, catalogue: Catalogue, today: date, asked: str | None = None) -> Said:
    """What somebody says in answer to what was asked (`date`, `time`, `name`…), in their language."""
    spoken = language_of(text, language)
    lexicon, details = LEXICONS[spoken], find_details(text)
    name = find_name(details.rest, lexicon, asked=asked == "name")
    if name is not None and _is_command(plain(name), lexicon):
        name = None
    typed = _without_name(details.rest, name, lexicon)
    said = _read(_words(typed, lexicon, spoken, catalogue), text, spoken, catalogue, today, asked)
    if asked in WHEN and (said.days or said.hours) and not said.services.sure:
        said = replace(said, services=NO_SERVICE)  # why that day suits, not what for
    if asked in DETAILS and (name or details.email or details.phone):
        said = replace(said, services=Named(), days=None, hours=None, placed=Placed(), mode=None, strange=())
    return replace(
        said,
        email=details.email,
        phone=details.phone,
        locator=details.locator,
        name=name,
        flawed=details.flawed,
    )


def _is_command(words: str, lexicon: Lexicon) -> bool:
    """Whether all that was written asks for something: `volver` is no name."""
    return any(pattern.fullmatch(words) for pattern in lexicon.intents.values())


def language_of(text: str, expected: str) -> str:
    """The language somebody writes in: the expected one, unless clearly more words are the other's."""
    words = set(plain(text).split())
    counts = {language: len(words & lexicon.frequent) for language, lexicon in LEXICONS.items()}
    other = "en" if expected == "es" else "es"
    alone = 0 < len(words) <= 2 and counts[other] == len(words) and not counts[expected]
    return other if counts[other] >= counts[expected] + 2 or alone else expected


def wanted(said: Said, asked: str | None = None) -> Intent | None:
    """What somebody wants of all that a sentence could be read as; None for the mere answer to a question."""
    strong: list[Intent] = [one for one in said.intents if one not in MANNERS and one is not Intent.BOOK]
    if strong[:1] == [Intent.INSULT] and (strong[1:] or said.facts or Intent.BOOK in said.intents):
        strong = strong[1:]  # whoever swears and says what they need is given it
    if asked in DETAILS and said.facts & DETAILS:
        strong = [one for one in strong if one is not Intent.REFUSE]  # not that, but this
    strong = _in_their_place(strong, said, asked)
    if strong:
        return strong[0]
    if asked is not None and said.facts and _corrects(said, asked):
        return Intent.BACK
    if asked is None and (Intent.BOOK in said.intents or "service" in said.facts or _is_plan(said)):
        return Intent.BOOK
    if said.facts or said.ordinal is not None:
        return None
    return _manner(said, asked)


def _in_their_place(strong: list[Intent], said: Said, asked: str | None) -> list[Intent]:
    """Without what only means something after a question, and without what is asked beside the point."""
    if said.asks_too and said.services != NO_SERVICE:
        strong = [one for one in strong if one not in QUESTIONS]
    if Intent.OTHER_SERVICE in strong and said.strange:  # not that, but something that nobody has here
        return [Intent.BOOK]
    if asked is None and strong and set(strong) <= {Intent.OTHER_DAY, Intent.OTHER_TIME}:
        about_new = said.facts & {"service", "mode", "office"} or Intent.BOOK in said.intents
        return [] if about_new else [Intent.CHANGE]
    return strong


def _is_plan(said: Said) -> bool:
    """Whoever says where and when wants an appointment, even if they do not say so."""
    return len(said.facts & {"date", "office", "mode"}) > 1


def _corrects(said: Said, asked: str) -> bool:
    """Whether it says something else than what was asked: a change of mind."""
    answers = {"date": {"date", "time", "office"}, "time": {"time", "date"}, "confirm": set()}
    return not said.facts & answers.get(asked, {asked, *DETAILS})


def _manner(said: Said, asked: str | None) -> Intent | None:
    found = [one for one in said.intents if one is not Intent.BOOK]
    if len(said.strange) > MOST_STRANGE:  # a yes or a no somewhere in a sentence about something else
        found = [one for one in found if one not in (Intent.YES, Intent.NO, Intent.ANY, Intent.SKIP)]
    if "?" in said.text and len(said.text.split()) > LONGEST_YES:  # whoever asks something agrees to nothing
        found = [one for one in found if one is not Intent.YES]
    if said.half_agrees and asked:
        return Intent.BACK
    for first in (Intent.NO, Intent.YES) if asked else ():
        if first in found:
            return first
    if asked in ("confirm", "time", "date") and Intent.SKIP in found:
        return Intent.NO
    return next(iter(found), Intent.BOOK if Intent.BOOK in said.intents and asked is None else None)


def _words(text: str, lexicon: Lexicon, language: str, catalogue: Catalogue) -> str:
    spelt = " ".join(lexicon.spelt.get(word, word) for word in plain(_YES.sub("si,", text)).split())
    known = dates.VOCABULARY[language] | lexicon.vocabulary
    kept = lexicon.general | SPOKEN[language] | times.WORDS[language] | vocabulary(catalogue, lexicon.general)
    return mend(spelt, known, kept)


def _read(words: str, text: str, language: str, catalogue: Catalogue, today: date, asked: str | None) -> Said:
    lexicon = LEXICONS[language]
    intents = _intents(words, lexicon)
    ordinal = _ordinal(words, language)
    placed, rest = find_offices(lexicon.hellos.sub(" ", words), catalogue, lexicon)
    mode, rest = find_mode(rest, lexicon)
    days, rest = (None, rest) if ordinal else find_days(rest, language, today, moving=bool(MOVING & set(intents)))
    hours, rest = find_hours(rest, language, bare=asked == "time")
    named, strange = find_services(rest, catalogue, lexicon.general, SPOKEN[language] | times.WORDS[language])
    services = Named(likely=named.sure or named.likely) if lexicon.several.search(words) else named
    said = Said(text, language, intents, services, mode, placed, days, hours, ordinal=ordinal, strange=strange)
    said = replace(
        said,
        adds=lexicon.also.search(words) is not None,
        wishes=lexicon.wishing.search(words) is not None,
        asks_too=lexicon.and_tell.search(words) is not None,
        half_agrees=Intent.YES in intents and lexicon.but.search(words) is not None,
    )
    is_tale = lexicon.telling.search(words) is not None
    return _doubted(said, is_tale, asked, bool(set(rest.split()) - JOINTS))


def _intents(words: str, lexicon: Lexicon) -> tuple[Intent, ...]:
    """Every one that is found; whoever gives an appointment up for another one changes it."""
    found = [intent for intent, pattern in lexicon.intents.items() if pattern.search(words)]
    if lexicon.again.search(words):
        found = [Intent.CHANGE, *(one for one in found if one not in (Intent.CANCEL, Intent.CHANGE))]
    return tuple(found)


def _doubted(said: Said, is_tale: bool, asked: str | None, has_more: bool) -> Said:
    """A tale says nothing for certain; nor does a day in a sentence of which nothing else was understood."""
    if is_tale:
        intents = (Intent.BOOK,) if Intent.BOOK in said.intents else said.intents
        likely = Named(likely=said.services.sure or said.services.likely)
        said = replace(said, services=likely, intents=intents, mode=None)
    only_when = has_more and not said.intents and not said.facts - {"date", "time"}
    if asked is None and (only_when or (is_tale and Intent.BOOK not in said.intents)):
        return replace(said, days=None, hours=None)
    return said


def _ordinal(words: str, language: str) -> int | None:
    """`the second one`, but not `Tuesday the second`."""
    found = _ORDINAL.match(words)
    if found and set(words[: found.start("n")].split()) & dates.VOCABULARY[language]:
        return None
    return ORDINALS[found["n"]] if found else None


def _without_name(text: str, name: str | None, lexicon: Lexicon) -> str:
    """What is left to read when the name is known: `me llamo Mayo` says no month."""
    if name is None:
        return text
    words = lexicon.called.sub(" ", plain(text))
    return words.replace(plain(name), " ")


__all__ = ["LEXICONS", "Details", "Said", "language_of", "understand", "wanted"]
