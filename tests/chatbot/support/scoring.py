"""Scores of utterances: the understanding of the chatbot against the expected one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from office360.chatbot.domain.catalogue import CatalogueOffice, CatalogueService, OfficeCatalogue
from office360.chatbot.language.date_sets import LISTED_DAYS
from office360.chatbot.language.lexicon import Intent
from office360.chatbot.language.understanding import Understanding, understand_message, wanted_intent
from office360.offices.service import OfficeDocument
from office360.server.demo.offices import ZONE, demo_city

from .utterances import Utterance, utterances_moment


class UnderstandingVerdict(StrEnum):
    """Result of one utterance.

    ASKED: the chatbot rightly asks. MISSED: it ignores a part of the message without asking. WRONG: it acts on
    something that the message does not say.
    """

    UNDERSTOOD = "understood"
    ASKED = "asked back"
    MISSED = "missed"
    WRONG = "wrong"


# Values that the dialogue asks for anyway when they are not understood, so that missing one is no mistake.
ASKED_NEXT = frozenset({"service", "mode", "office", "date", "from", "to", "time", "name", "email", "phone"})
# Intents that are finer than the words of the files; other intents without a word there do not count.
INTENTS: Mapping[Intent, str] = {
    Intent.BRING: "help",
    Intent.SERVICES: "help",
    Intent.WHY: "help",
    Intent.PRICE: "help",
    Intent.WHERE: "hours",
    Intent.BY_PHONE: "human",
    Intent.CANNOT_COME: "change",
    Intent.REFUSE: "no",
    Intent.BYE: "thanks",
    Intent.OTHER_DAY: "back",
    Intent.OTHER_TIME: "back",
    Intent.OTHER_SERVICE: "back",
}
NAMED_INTENTS = {
    "insult",
    "restart",
    "back",
    "cancel",
    "change",
    "find",
    "human",
    "fastest",
    "wait",
    "hours",
    "book",
    "help",
}
NAMED_INTENTS |= {"greeting", "thanks", "no", "yes"}
# Parts of the day that are finer than the words of the files.
PARTS: Mapping[str, str] = {
    "mid_morning": "morning",
    "late_morning": "morning",
    "early_afternoon": "afternoon",
    "mid_afternoon": "afternoon",
    "late_afternoon": "afternoon",
    "last_thing": "evening",
}


@dataclass(frozen=True, slots=True)
class ScoredUtterance:
    """An utterance and its verdict. `got`: understood keys. `asks`: the dialogue asks."""

    utterance: Utterance
    verdict: UnderstandingVerdict
    got: Mapping[str, Any]
    asks: bool


def demo_catalogue() -> OfficeCatalogue:
    """Return the offices of the demo city, without opening hours."""
    return OfficeCatalogue(tuple(_build_office(slug, document) for slug, document in demo_city().items()))


def _build_office(slug: str, document: OfficeDocument) -> CatalogueOffice:
    return CatalogueOffice(
        slug=slug,
        name=document["name"],
        address=document["address"],
        phone=document["phone"],
        timezone=ZONE,
        services=tuple(
            CatalogueService(
                slug=service_slug,
                names=service["names"],
                modes=tuple(service["modes"]),
                walk_in=service["walk_in"],
                minutes=service["minutes"],
                line=service["line"],
                bring=service["bring"] or None,
                words={language: tuple(words) for language, words in service["words"].items()},
            )
            for service_slug, service in document["services"].items()
        ),
    )


def score_utterances(
    language: str, utterances: Sequence[Utterance], at: datetime | None = None
) -> list[ScoredUtterance]:
    """Score each utterance at its own instant, else at `at`, else at the instant of the file."""
    moment = at or utterances_moment(language)
    catalogue = demo_catalogue()
    return [
        _score_utterance(utterance, language, catalogue, (utterance.at or moment).astimezone(ZONE))
        for utterance in utterances
    ]


def count_verdicts(found: Sequence[ScoredUtterance]) -> dict[str, Counter[UnderstandingVerdict]]:
    """Count the verdicts of each kind."""
    counts: dict[str, Counter[UnderstandingVerdict]] = {}
    for scored in found:
        counts.setdefault(scored.utterance.kind, Counter())[scored.verdict] += 1
    return counts


def understood_share(found: Sequence[ScoredUtterance]) -> float:
    """Return the share of utterances that are understood or rightly asked about."""
    accepted = (UnderstandingVerdict.UNDERSTOOD, UnderstandingVerdict.ASKED)
    return sum(scored.verdict in accepted for scored in found) / len(found)


def _score_utterance(
    utterance: Utterance, language: str, catalogue: OfficeCatalogue, moment: datetime
) -> ScoredUtterance:
    understood = understand_message(utterance.text, language, catalogue, moment.date(), utterance.slot)
    got, asks = _understood_keys(understood, utterance.slot, moment), _is_asked_back(understood, utterance.slot)
    return ScoredUtterance(utterance, _verdict(utterance.expects, got, asks), got, asks)


def _verdict(expects: Mapping[str, Any], got: Mapping[str, Any], asks: bool) -> UnderstandingVerdict:
    expected = {key: value for key, value in expects.items() if key not in ("ask_back", "services_any")}
    must_ask = "ask_back" in expects or expected.get("intent") == "nonsense"
    allowed = dict(expected)
    if {"date", "from", "to"} <= set(expected):  # a day or a range is accepted
        allowed = {
            key: value for key, value in expected.items() if key in got or key not in ("date", "from", "to")
        }
    false = {key for key, value in got.items() if not _is_same_value(key, value, expected.get(key))}
    missing = {key for key in allowed if key not in got and key != "intent"}
    if expected.get("intent") != got.get("intent") and not (must_ask or asks):
        (missing if got.get("intent") is None else false).add("intent")
    if false - ({"intent"} if asks else set()):
        return UnderstandingVerdict.WRONG
    if must_ask:
        return (
            UnderstandingVerdict.ASKED
            if asks or "nonsense" == expected.get("intent") == got.get("intent")
            else UnderstandingVerdict.WRONG
        )
    if asks:
        return UnderstandingVerdict.ASKED
    if not missing:
        return UnderstandingVerdict.UNDERSTOOD
    return UnderstandingVerdict.ASKED if missing <= ASKED_NEXT else UnderstandingVerdict.MISSED


def _is_same_value(key: str, got: Any, expected: Any) -> bool:
    if expected is None:
        return key == "intent" and got in ("book", "nonsense")
    if key in ("name", "email"):
        return str(got).casefold() == str(expected).casefold()
    return bool(got == expected)


def _is_asked_back(understood: Understanding, slot: str | None) -> bool:
    """Whether the dialogue asks: about two readings, a problem, or an unknown message."""
    days, hours, services = understood.days, understood.hours, understood.services
    intent = wanted_intent(understood, slot)
    unsure_days = days is not None and (days.unsure or days.problem is not None)
    only_refused_days = days is not None and bool(days.without) and not days.days
    unsure_hours = hours is not None and (hours.problem or hours.unsure)
    several = bool(services.likely) or len(services.sure) > 1 or len(understood.offices.named) > 1
    unknown_service = (
        intent is Intent.BOOK and bool(understood.unexplained_words) and "service" not in understood.facts
    )
    only_time = slot is None and intent is None and bool(understood.facts) and understood.facts <= {"date", "time"}
    open_intent = intent in (Intent.CANNOT_COME, Intent.OTHER_OFFICE)
    return (
        unsure_days
        or only_refused_days
        or unsure_hours
        or several
        or unknown_service
        or only_time
        or open_intent
        or understood.has_broken_email
        or _is_nonsense(understood, slot)
    )


def _is_nonsense(understood: Understanding, slot: str | None) -> bool:
    return wanted_intent(understood, slot) is None and not understood.facts and understood.ordinal is None


def _understood_keys(understood: Understanding, slot: str | None, moment: datetime) -> dict[str, Any]:
    intent = wanted_intent(understood, slot)
    found: dict[str, Any] = {"intent": _intent_key(intent) if intent else None}
    if intent is None and _is_nonsense(understood, slot):
        found["intent"] = "nonsense"
    if len(understood.services.sure) == 1:
        found["service"] = understood.services.sure[0]
    found["mode"] = understood.mode
    found["office"] = understood.offices.named[0] if len(understood.offices.named) == 1 else None
    found |= {"name": understood.name, "email": understood.email, "phone": understood.phone}
    found |= _day_keys(understood, moment) | _hour_keys(understood)
    return {key: value for key, value in found.items() if value is not None}


def _intent_key(intent: Intent) -> str | None:
    return intent if intent in NAMED_INTENTS else INTENTS.get(intent)


def _day_keys(understood: Understanding, moment: datetime) -> dict[str, Any]:
    days = understood.days
    if days is None or days.unsure or days.problem:
        return {}
    if days.without and not days.days:
        return {}
    if days.soonest and not days.days:
        return {"from": moment.date().isoformat()}
    if len(days.days) == 1:
        return {"date": days.days[0].isoformat()}
    if not days.days:
        return {}
    open_ended = days.days[-1] >= moment.date() + timedelta(days=LISTED_DAYS - 1)
    first = {"from": days.days[0].isoformat()}
    return first if open_ended else first | {"to": days.days[-1].isoformat()}


def _hour_keys(understood: Understanding) -> dict[str, Any]:
    hours = understood.hours
    if hours is None or hours.problem:
        return {}
    if hours.unsure:
        return {}
    found: dict[str, Any] = {
        "time": hours.at[0].strftime("%H:%M") if len(hours.at) == 1 else None,
        "after": hours.after.strftime("%H:%M") if hours.after else None,
        "before": hours.before.strftime("%H:%M") if hours.before else None,
        "part": PARTS.get(hours.part or "", hours.part),
    }
    return found
