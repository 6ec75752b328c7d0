"""The files of utterances are well-formed, so that a wrong answer is the chatbot's and not the test's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

import pytest
from office360.server.demo.offices import OFFICES, SERVICES, ZONE

from ..support.utterances import LANGUAGES, Utterance, later, now, utterances

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
FEWEST = 120  # of a language: fewer say little about a share of them understood
FEWEST_LATER = 80
FEWEST_OF = {"services": 50, "dates": 50}  # what people say in the most ways


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


def _wrong(language: str, is_right: Callable[[Utterance], bool]) -> list[Utterance]:
    return [one for one in (*utterances(language), *later(language)) if not is_right(one)]


@in_each_language
def test_there_are_enough_utterances(language: str) -> None:
    kinds = Counter(one.kind for one in utterances(language))
    assert kinds.total() >= FEWEST
    assert len(later(language)) >= FEWEST_LATER
    assert {kind: kinds[kind] for kind, fewest in FEWEST_OF.items() if kinds[kind] < fewest} == {}


@in_each_language
def test_no_utterance_is_written_twice(language: str) -> None:
    times = Counter((one.text, one.slot, one.at) for one in (*utterances(language), *later(language)))
    assert [one for one, count in times.items() if count > 1] == []


@in_each_language
def test_every_key_is_known_and_has_a_value_of_its_kind(language: str) -> None:
    def is_right(one: Utterance) -> bool:
        known = one.slot in SLOTS | {None} and set(one.expects) <= set(KEYS)
        return known and bool(one.expects) and all(KEYS[key](value) for key, value in one.expects.items())

    assert _wrong(language, is_right) == []


@in_each_language
def test_every_day_is_still_to_come_and_every_stretch_in_order(language: str) -> None:
    def is_right(one: Utterance) -> bool:
        today = (one.at or now(language)).astimezone(ZONE).date().isoformat()
        days = [one.expects[key] for key in ("from", "date", "to") if key in one.expects]
        return all(day >= today for day in days) and days == sorted(days)

    assert _wrong(language, is_right) == []


@in_each_language
def test_one_of_several_services_is_always_asked_back(language: str) -> None:
    def is_right(one: Utterance) -> bool:
        several = "services_any" in one.expects
        return not several or ("ask_back" in one.expects and "service" not in one.expects)

    assert _wrong(language, is_right) == []


def test_the_languages_are_spoken_at_the_same_moment_about_the_same_kinds() -> None:
    assert len({now(language) for language in LANGUAGES}) == 1
    assert len({frozenset(one.kind for one in utterances(language)) for language in LANGUAGES}) == 1


@in_each_language
def test_every_service_and_every_intent_is_asked_for(language: str) -> None:
    asked = utterances(language)
    assert {one.expects.get("service") for one in asked} >= SERVICE_SLUGS
    assert {one.expects.get("intent") for one in asked} >= INTENTS
