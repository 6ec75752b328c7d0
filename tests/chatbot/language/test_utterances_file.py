"""The files of utterances have valid keys and values, and cover all services and intents."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

import pytest
from office360.server.demo.offices import ZONE, demo_city

from ..support.utterances import (
    LANGUAGES,
    Utterance,
    utterances_after_grammar,
    utterances_before_grammar,
    utterances_moment,
)

INTENTS = {
    "book",
    "change",
    "cancel",
    "wait",
    "hours",
    "fastest",
    "find",
    "human",
    "help",
    "yes",
    "no",
    "back",
    "restart",
    "greeting",
    "thanks",
    "insult",
    "nonsense",
}
SLOTS = {"name", "email", "date", "time", "service", "confirm"}
PARTS = {"morning", "afternoon", "evening", "first_thing", "midday"}
SERVICE_SLUGS = {slug for office in demo_city().values() for slug in office["services"]}
DAYS = ("date", "from", "to")
MIN_UTTERANCES = 120  # in each language; with fewer, the understood share means little
MIN_UTTERANCES_AFTER_GRAMMAR = 80
MIN_UTTERANCES_BY_KIND = {"services": 50, "dates": 50}  # the kinds with the most different wordings


def _is_day(value: str) -> bool:
    return date.fromisoformat(value).isoformat() == value


def _is_time(value: str) -> bool:
    return time.fromisoformat(value).strftime("%H:%M") == value


KEYS: Mapping[str, Callable[[Any], bool]] = {
    "intent": INTENTS.__contains__,
    "service": SERVICE_SLUGS.__contains__,
    "services_any": lambda slugs: bool(slugs) and set(slugs) <= SERVICE_SLUGS,
    "mode": {"video", "in_person"}.__contains__,
    "office": demo_city().__contains__,
    **dict.fromkeys(DAYS, _is_day),
    **dict.fromkeys(("time", "after", "before"), _is_time),
    "part": PARTS.__contains__,
    "ask_back": lambda value: value is True,
    "name": lambda name: name == name.strip() != "",
    "email": lambda email: re.fullmatch(r"[\w.+-]+@example\.org", email) is not None,
    "phone": lambda phone: re.fullmatch(r"(\+34)?\d{9}", phone) is not None,
}

in_each_language = pytest.mark.parametrize("language", LANGUAGES)


def _all_utterances(language: str) -> list[Utterance]:
    return [*utterances_before_grammar(language), *utterances_after_grammar(language)]


def _invalid_utterances(language: str, is_valid: Callable[[Utterance], bool]) -> list[Utterance]:
    return [utterance for utterance in _all_utterances(language) if not is_valid(utterance)]


@in_each_language
def test_each_language_has_enough_utterances(language: str) -> None:
    kinds = Counter(utterance.kind for utterance in utterances_before_grammar(language))
    assert kinds.total() >= MIN_UTTERANCES
    assert len(utterances_after_grammar(language)) >= MIN_UTTERANCES_AFTER_GRAMMAR
    assert {kind: kinds[kind] for kind, fewest in MIN_UTTERANCES_BY_KIND.items() if kinds[kind] < fewest} == {}


@in_each_language
def test_utterances_are_unique(language: str) -> None:
    counts = Counter((utterance.text, utterance.slot, utterance.at) for utterance in _all_utterances(language))
    assert [repeated for repeated, count in counts.items() if count > 1] == []


@in_each_language
def test_utterance_keys_and_values_are_valid(language: str) -> None:
    def is_valid(utterance: Utterance) -> bool:
        expects = utterance.expects
        has_known_keys = utterance.slot in SLOTS | {None} and set(expects) <= set(KEYS)
        return has_known_keys and bool(expects) and all(KEYS[key](value) for key, value in expects.items())

    assert _invalid_utterances(language, is_valid) == []


@in_each_language
def test_expected_days_are_in_future_and_ordered(language: str) -> None:
    def is_valid(utterance: Utterance) -> bool:
        today = (utterance.at or utterances_moment(language)).astimezone(ZONE).date().isoformat()
        days = [utterance.expects[key] for key in ("from", "date", "to") if key in utterance.expects]
        return all(day >= today for day in days) and days == sorted(days)

    assert _invalid_utterances(language, is_valid) == []


@in_each_language
def test_ambiguous_services_expect_question_back(language: str) -> None:
    def is_valid(utterance: Utterance) -> bool:
        expects = utterance.expects
        return "services_any" not in expects or ("ask_back" in expects and "service" not in expects)

    assert _invalid_utterances(language, is_valid) == []


def test_languages_share_moment_and_kinds() -> None:
    assert len({utterances_moment(language) for language in LANGUAGES}) == 1
    kinds = [{utterance.kind for utterance in utterances_before_grammar(language)} for language in LANGUAGES]
    assert kinds[0] == kinds[1]


@in_each_language
def test_utterances_cover_every_service_and_intent(language: str) -> None:
    expected = [utterance.expects for utterance in utterances_before_grammar(language)]
    assert {expects.get("service") for expects in expected} >= SERVICE_SLUGS
    assert {expects.get("intent") for expects in expected} >= INTENTS
