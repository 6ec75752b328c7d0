"""Compares what the chatbot understands with what was said: understood, rightly asked back, missed or wrong."""

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
from office360.server.demo.offices import OFFICES, SERVICES, ZONE, DemoOfficePlan

from .utterances import Utterance, utterances_moment


class UnderstandingVerdict(StrEnum):
    """`missed`: acted on less than was said, and said so to nobody. `wrong`: acted on something else."""

    UNDERSTOOD = "understood"
    ASKED = "asked back"
    MISSED = "missed"
    WRONG = "wrong"


# What the bot asks for next anyway when it has not understood it: nobody is taken at a word they did not say.
ASKED_NEXT = frozenset({"service", "mode", "office", "date", "from", "to", "time", "name", "email", "phone"})
# The bot's finer intents in the words of the files; what stands for none of theirs is none.
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
# The bot's finer parts of the day in the words of the files.
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
    utterance: Utterance
    verdict: UnderstandingVerdict
    got: Mapping[str, Any]
    asks: bool


def demo_catalogue() -> OfficeCatalogue:
    """The demo city's offices, without their hours."""
    return OfficeCatalogue(tuple(_place(plan) for plan in OFFICES))


def _place(plan: DemoOfficePlan) -> CatalogueOffice:
    return CatalogueOffice(
        slug=plan.slug,
        name=plan.name,
        address=plan.address,
        phone="900 000 360",
        timezone=ZONE,
        services=tuple(
            CatalogueService(
                slug=one.slug,
                names=one.names,
                modes=one.modes,
                walk_in=one.walk_in,
                minutes=one.minutes,
                line=one.line,
                bring=one.bring,
                words={language: tuple(words) for language, words in one.words.items()},
            )
            for one in SERVICES
            if one.slug in plan.services
        ),
    )


def score_utterances(
    language: str, utterances: Sequence[Utterance], at: datetime | None = None
) -> list[ScoredUtterance]:
    """Each utterance of a language as the bot understands it at the moment of the files."""
    moment = (at or utterances_moment(language)).astimezone(ZONE)
    catalogue = demo_catalogue()
    return [
        _score_utterance(one, language, catalogue, one.at.astimezone(ZONE) if one.at else moment)
        for one in utterances
    ]


def count_verdicts(found: Sequence[ScoredUtterance]) -> dict[str, Counter[UnderstandingVerdict]]:
    """Verdicts by kind."""
    counted: dict[str, Counter[UnderstandingVerdict]] = {}
    for one in found:
        counted.setdefault(one.utterance.kind, Counter())[one.verdict] += 1
    return counted


def understood_share(found: Sequence[ScoredUtterance]) -> float:
    """How many of them are understood or rightly asked back."""
    well = sum(one.verdict in (UnderstandingVerdict.UNDERSTOOD, UnderstandingVerdict.ASKED) for one in found)
    return well / len(found)


def _score_utterance(
    one: Utterance, language: str, catalogue: OfficeCatalogue, moment: datetime
) -> ScoredUtterance:
    said = understand_message(one.text, language, catalogue, moment.date(), one.slot)
    got, asks = _understood_keys(said, one.slot, moment), _is_asked_back(said, one.slot)
    return ScoredUtterance(one, _verdict(one.expects, got, asks), got, asks)


def _verdict(expects: Mapping[str, Any], got: Mapping[str, Any], asks: bool) -> UnderstandingVerdict:
    expected = {key: value for key, value in expects.items() if key not in ("ask_back", "services_any")}
    must_ask = "ask_back" in expects or expected.get("intent") == "nonsense"
    allowed = dict(expected)
    if {"date", "from", "to"} <= set(expected):  # either reading is right
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


def _is_asked_back(said: Understanding, slot: str | None) -> bool:
    """Whether the bot asks instead of acting: two readings, something impossible, or nothing understood."""
    unsure_days = said.days is not None and (said.days.unsure or said.days.problem is not None)
    only_refused = said.days is not None and bool(said.days.without) and not said.days.days
    unsure_hours = said.hours is not None and (said.hours.problem or said.hours.unsure)
    several = bool(said.services.likely) or len(said.services.sure) > 1 or len(said.offices.named) > 1
    intent = wanted_intent(said, slot)
    unknown = intent is Intent.BOOK and bool(said.unexplained_words) and "service" not in said.facts
    missing = slot is None and said.facts <= {"date", "time"} and said.facts and intent is None
    opens = intent in (Intent.CANNOT_COME, Intent.OTHER_OFFICE) or said.has_broken_email or bool(missing)
    return unsure_days or unsure_hours or several or only_refused or unknown or opens or _is_nonsense(said, slot)


def _is_nonsense(said: Understanding, slot: str | None) -> bool:
    return wanted_intent(said, slot) is None and not said.facts and said.ordinal is None


def _understood_keys(said: Understanding, slot: str | None, moment: datetime) -> dict[str, Any]:
    intent = wanted_intent(said, slot)
    found: dict[str, Any] = {"intent": _intent_key(intent) if intent else None}
    if intent is None and _is_nonsense(said, slot):
        found["intent"] = "nonsense"
    if len(said.services.sure) == 1:
        found["service"] = said.services.sure[0]
    found["mode"] = said.mode
    found["office"] = said.offices.named[0] if len(said.offices.named) == 1 else None
    found |= {"name": said.name, "email": said.email, "phone": said.phone}
    found |= _day_keys(said, moment) | _hour_keys(said)
    return {key: value for key, value in found.items() if value is not None}


def _intent_key(intent: Intent) -> str | None:
    return intent if intent in NAMED_INTENTS else INTENTS.get(intent)


def _day_keys(said: Understanding, moment: datetime) -> dict[str, Any]:
    days = said.days
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


def _hour_keys(said: Understanding) -> dict[str, Any]:
    hours = said.hours
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
