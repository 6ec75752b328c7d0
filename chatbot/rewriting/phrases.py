"""Phrases into which a model may rewrite a message, and their meaning. Pure.

Neither yes nor no nor any personal detail is among them: a rewritten message books and confirms nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from ...core.i18n.languages import text_in_language
from ..dialogue.doubts.did_you_mean import believed_intent
from ..domain.catalogue import OfficeCatalogue
from ..language.danger import find_danger
from ..language.date_time.dates import VOCABULARY
from ..language.lexicon import Intent
from ..language.needs import find_needs
from ..language.normalize import normalise_text
from ..language.office_matching import OfficeMatch
from ..language.service_matching import ServiceMatch, service_vocabulary
from ..language.understanding import (
    EXPRESSION_WORDS,
    LEXICONS,
    PERSONAL_DETAILS,
    SMALL_TALK_INTENTS,
    Understanding,
    understand_message,
    wanted_intent,
)

AS_WRITTEN = "AS WRITTEN"  # days and hours, whose digits the model does not see: the citizen's own words
MAX_PHRASES = 6  # wishes and facts of a message
MIN_WORDS = 2  # of a message that is rewritten; a single unknown word has nothing to be understood by
# Questions at which a message may leave; at the others people write details, also their address (office).
QUESTIONS = frozenset({None, "service", "mode", "date", "time"})
INTENT_PHRASES: Mapping[str, Mapping[Intent, str]] = {
    "es": {
        Intent.BOOK: "quiero pedir cita",
        Intent.CHANGE: "quiero cambiar mi cita",
        Intent.CANCEL: "quiero anular mi cita",
        Intent.FIND: "quiero consultar mi cita",
        Intent.HUMAN: "quiero hablar con una persona",
        Intent.WAIT: "cuánto hay que esperar",
        Intent.HOURS: "qué horario tenéis",
        Intent.BRING: "qué tengo que llevar",
        Intent.WHERE: "dónde está la oficina",
        Intent.DURATION: "cuánto dura la cita",
        Intent.PRICE: "cuánto cuesta",
        Intent.SERVICES: "qué servicios hay",
        Intent.PARKING: "hay aparcamiento",
        Intent.ACCESS: "hay escalones en la entrada",
        Intent.TRANSPORT: "qué autobús me deja cerca",
        Intent.HOLIDAYS: "qué días son festivos",
    },
    "en": {
        Intent.BOOK: "I want to book an appointment",
        Intent.CHANGE: "I want to change my appointment",
        Intent.CANCEL: "I want to cancel my appointment",
        Intent.FIND: "I want to see my appointment",
        Intent.HUMAN: "I want to talk to a person",
        Intent.WAIT: "how long is the wait",
        Intent.HOURS: "what are your opening hours",
        Intent.BRING: "what do I have to bring",
        Intent.WHERE: "where is the office",
        Intent.DURATION: "how long does the appointment take",
        Intent.PRICE: "how much does it cost",
        Intent.SERVICES: "what services are there",
        Intent.PARKING: "is there parking",
        Intent.ACCESS: "are there steps at the entrance",
        Intent.TRANSPORT: "which bus goes there",
        Intent.HOLIDAYS: "which days are public holidays",
    },
}
FACT_PHRASES: Mapping[str, tuple[str, ...]] = {
    "es": (
        *("por videollamada", "en persona", "hoy", "mañana", "esta semana", "la semana que viene"),
        *("el lunes", "el martes", "el miércoles", "el jueves", "el viernes", "el sábado"),
        *("por la mañana", "por la tarde", "lo antes posible"),
    ),
    "en": (
        *("by video call", "in person", "today", "tomorrow", "this week", "next week"),
        *("on Monday", "on Tuesday", "on Wednesday", "on Thursday", "on Friday", "on Saturday"),
        *("in the morning", "in the afternoon", "as soon as possible"),
    ),
}
NEED_PHRASES: Mapping[str, tuple[str, ...]] = {
    "es": (
        "necesito intérprete de lengua de signos",
        "voy en silla de ruedas",
        "necesito lectura fácil",
        "voy acompañado",
    ),
    "en": (
        "I need a sign language interpreter",
        "I use a wheelchair",
        "I need easy read",
        "I will be accompanied",
    ),
}
SERVICE_PHRASE: Mapping[str, str] = {"es": "cita para {}", "en": "appointment for {}"}
OFFICE_PHRASE: Mapping[str, str] = {"es": "en {}", "en": "at {}"}
# A citizen who does not want something is never taken to want it; `no sé cómo` denies nothing.
_DENIAL = re.compile(
    r"(?:\b(?:no|ni|sin|nunca|tampoco|not|never|without|neither|nor)\b|n['’]t\b)(?! (?:s[eé]|know|sure)\b)",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[,.;:!?]|\b(?:pero|sino|but)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundPhrase:
    """A phrase of the list, and the citizen's words that have its meaning."""

    phrase: str
    span: str


def can_be_rewritten(understood: Understanding, asked: str | None, has_service: bool) -> bool:
    """Tell whether the grammar did not understand a message that may leave the installation.

    `has_service`: whether the conversation already has a service.
    """
    if asked not in QUESTIONS or understood.needs or understood.ordinal is not None:
        return False
    if len(understood.text.split()) < MIN_WORDS:
        return False
    if find_danger(understood.text, understood.language) is not None:  # words that are also a name
        return False
    intent = believed_intent(understood, wanted_intent(understood, asked), asked)
    has_unknown_service = bool(understood.unexplained_words) and not has_service
    if intent is Intent.BOOK and "service" not in understood.facts and has_unknown_service:
        return True
    return intent is None and not understood.facts - PERSONAL_DETAILS - {"locator"}


def known_words(language: str, catalogue: OfficeCatalogue) -> frozenset[str]:
    """Return words of the grammar, services and offices, which are no names."""
    general_words = LEXICONS[language].general_words
    places = " ".join(f"{office.name} {office.address}" for office in catalogue.offices)
    return frozenset(
        general_words
        | EXPRESSION_WORDS[language]
        | VOCABULARY[language]
        | service_vocabulary(catalogue, general_words)
        | set(normalise_text(places).split())
    )


def allowed_phrases(language: str, catalogue: OfficeCatalogue) -> tuple[str, ...]:
    """List the phrases of a model's answer, with the installation's services and offices."""
    services = (text_in_language(service.names, language) for service in catalogue.services())
    return (
        *INTENT_PHRASES[language].values(),
        *FACT_PHRASES[language],
        *NEED_PHRASES[language],
        *(SERVICE_PHRASE[language].format(name) for name in services),
        *(OFFICE_PHRASE[language].format(office.name) for office in catalogue.offices),
        AS_WRITTEN,
    )


def drop_denied_phrases(phrases: tuple[FoundPhrase, ...], text: str, language: str) -> tuple[FoundPhrase, ...]:
    """Drop phrases whose words follow a denial in their clause, except needs."""
    return tuple(
        found for found in phrases if found.phrase in NEED_PHRASES[language] or not _is_denied(found.span, text)
    )


def _is_denied(span: str, text: str) -> bool:
    before = text[: text.find(span)]
    return _DENIAL.search(_CLAUSE_END.split(before)[-1]) is not None


def merge_rewritten(
    understood: Understanding, rewritten: str, catalogue: OfficeCatalogue, today: date, asked: str | None
) -> Understanding | None:
    """Add the meaning of the phrases to that of the citizen's words; None if they add nothing.

    Details are those of the citizen's words. A service is only likely, so that the citizen is asked.
    """
    meaning = understand_message(rewritten, understood.language, catalogue, today, asked)
    intents = {
        *(intent for intent in understood.intents if intent not in SMALL_TALK_INTENTS),
        *(intent for intent in meaning.intents if intent in INTENT_PHRASES[understood.language]),
    }
    has_service = understood.services != ServiceMatch()
    merged = replace(
        understood,
        intents=tuple(intent for intent in Intent if intent in intents),
        services=understood.services if has_service else ServiceMatch(likely=_all_services(meaning)),
        mode=understood.mode or meaning.mode,
        offices=meaning.offices if understood.offices == OfficeMatch() else understood.offices,
        days=understood.days or meaning.days,
        hours=understood.hours or meaning.hours,
        needs=find_needs(rewritten),
        unexplained_words=() if meaning.facts & {"service"} else understood.unexplained_words,
        agrees_partly=False,
    )
    has_more = set(merged.intents) - set(understood.intents) or merged.facts - understood.facts or merged.needs
    return merged if has_more else None


def _all_services(meaning: Understanding) -> tuple[str, ...]:
    return meaning.services.sure or meaning.services.likely


def has_words(text: str) -> bool:
    """Tell whether a masked message still has words to be understood by."""
    bare = re.sub(r"\[[A-Z]+_[A-Z]\]", " ", text)
    return len(normalise_text(bare).replace(",", " ").split()) >= MIN_WORDS
