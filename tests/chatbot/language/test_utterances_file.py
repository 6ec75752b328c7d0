"""The files of utterances are well-formed, so that a wrong answer is the chatbot's and not the test's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

import pytest
from office360.server.demo.offices import OFFICES, SERVICES, ZONE

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
SERVICE_SLUGS = {one.slug for one in SERVICES}
DAYS = ("date", "from", "to")
MIN_UTTERANCES = 120  # of a language: fewer say little about a share of them understood
MIN_UTTERANCES_AFTER_GRAMMAR = 80
MIN_UTTERANCES_BY_KIND = {"services": 50, "dates": 50}  # what people say in the most ways


def _is_day(value: str) -> bool:
    return date.fromisoformat(value).isoformat() == value


def _is_time(value: str) -> bool:
    return time.fromisoformat(value).strftime("%H:%M") == value


KEYS: Mapping[str, Callable[[Any], bool]] = {
    "intent": INTENTS.__contains__,
    "service": SERVICE_SLUGS.__contains__,
    "services_any": lambda slugs: bool(slugs) and set(slugs) <= SERVICE_SLUGS,
    "mode": {"video", "in_person"}.__contains__,
    "office": {one.slug for one in OFFICES}.__contains__,
    **dict.fromkeys(DAYS, _is_day),
    **dict.fromkeys(("time", "after", "before"), _is_time),
    "part": PARTS.__contains__,
    "ask_back": lambda value: value is True,
    "name": lambda name: name == name.strip() != "",
    "email": lambda email: re.fullmatch(r"[\w.+-]+@example\.org", email) is not None,
    "phone": lambda phone: re.fullmatch(r"(\+34)?\d{9}", phone) is not None,
}

in_each_language = pytest.mark.parametrize("language", LANGUAGES)


def _invalid_utterances(language: str, is_right: Callable[[Utterance], bool]) -> list[Utterance]:
    return [
        one
        for one in (*utterances_before_grammar(language), *utterances_after_grammar(language))
        if not is_right(one)
    ]


@in_each_language
def test_each_language_has_enough_utterances(language: str) -> None:
    kinds = Counter(one.kind for one in utterances_before_grammar(language))
    assert kinds.total() >= MIN_UTTERANCES
    assert len(utterances_after_grammar(language)) >= MIN_UTTERANCES_AFTER_GRAMMAR
    assert {kind: kinds[kind] for kind, fewest in MIN_UTTERANCES_BY_KIND.items() if kinds[kind] < fewest} == {}


@in_each_language
def test_utterances_are_unique(language: str) -> None:
    times = Counter(
        (one.text, one.slot, one.at)
        for one in (*utterances_before_grammar(language), *utterances_after_grammar(language))
    )
    assert [one for one, count in times.items() if count > 1] == []


@in_each_language
def test_utterance_keys_and_values_are_valid(language: str) -> None:
    def is_right(one: Utterance) -> bool:
        known = one.slot in SLOTS | {None} and set(one.expects) <= set(KEYS)
        return known and bool(one.expects) and all(KEYS[key](value) for key, value in one.expects.items())

    assert _invalid_utterances(language, is_right) == []


@in_each_language
def test_expected_days_are_in_future_and_ordered(language: str) -> None:
    def is_right(one: Utterance) -> bool:
        today = (one.at or utterances_moment(language)).astimezone(ZONE).date().isoformat()
        days = [one.expects[key] for key in ("from", "date", "to") if key in one.expects]
        return all(day >= today for day in days) and days == sorted(days)

    assert _invalid_utterances(language, is_right) == []


@in_each_language
def test_ambiguous_services_expect_question_back(language: str) -> None:
    def is_right(one: Utterance) -> bool:
        several = "services_any" in one.expects
        return not several or ("ask_back" in one.expects and "service" not in one.expects)

    assert _invalid_utterances(language, is_right) == []


def test_languages_share_moment_and_kinds() -> None:
    assert len({utterances_moment(language) for language in LANGUAGES}) == 1
    assert len({frozenset(one.kind for one in utterances_before_grammar(language)) for language in LANGUAGES}) == 1


@in_each_language
def test_utterances_cover_every_service_and_intent(language: str) -> None:
    asked = utterances_before_grammar(language)
    assert {one.expects.get("service") for one in asked} >= SERVICE_SLUGS
    assert {one.expects.get("intent") for one in asked} >= INTENTS
