"""The files of utterances and conversations have valid keys and values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any

import pytest
from office360.chatbot.language.lexicon import word_set
from office360.offices.domain.words import NEED_NAMES
from office360.server.demo.offices import ZONE, demo_city

from ..support.citizens import Citizen, load_citizens
from ..support.utterances import LANGUAGES, SETS, Utterance, load_utterances, utterances_moment

QUESTIONS = word_set(
    """
    service mode office date time name email phone privacy confirm locator contact next visit task
    """
)
ACTS = word_set(
    """
    answer any back book bye cancel change earlier find greeting help insult no not_here other_language person
    question restart skip thanks unclear wait walk_in yes
    """
)
TOPICS = word_set(
    """
    access bring duration holidays hours modes other parking phone price privacy services transport where
    """
)
SERVICE_SLUGS = {slug for office in demo_city().values() for slug in office["services"]}
DAYS = ("from", "date", "to")
MIN_UTTERANCES = 300  # in each language, of the set that came before the grammar
MIN_CITIZENS = 15  # in each language


def _is_day(value: str) -> bool:
    return date.fromisoformat(value).isoformat() == value


def _is_time(value: str) -> bool:
    return time.fromisoformat(value).strftime("%H:%M") == value


KEYS: Mapping[str, Callable[[Any], bool]] = {
    "service": SERVICE_SLUGS.__contains__,
    "services": lambda slugs: bool(slugs) and set(slugs) <= SERVICE_SLUGS,
    "ask_among": lambda values: bool(values),
    "mode": {"video", "in_person", "phone"}.__contains__,
    "office": demo_city().__contains__,
    "needs": lambda needs: bool(needs) and set(needs) <= set(NEED_NAMES),
    **dict.fromkeys(DAYS, _is_day),
    **dict.fromkeys(("time", "after", "before"), _is_time),
    "not_dates": lambda days: all(map(_is_day, days)),
    "part": {"morning", "afternoon", "evening", "midday", "first_thing"}.__contains__,
    "ask": lambda value: value is True,
    "question": TOPICS.__contains__,
    "name": lambda name: name == name.strip() != "",
    "email": lambda email: re.fullmatch(r"[\w.+-]+@[\w-]+(?:\.\w+)+", email) is not None,
    "phone": lambda phone: re.fullmatch(r"\+?\d{9,12}", phone.replace(" ", "")) is not None,
    "locator": lambda locator: re.fullmatch(r"[A-Z0-9]{8}", locator) is not None,
}
GOAL_KEYS = {"booked", "cancelled", "moved", "answered", "told", "not_booked"}

in_each_language = pytest.mark.parametrize("language", LANGUAGES)
of_each_set = pytest.mark.parametrize("name", SETS)


def _invalid(language: str, name: str, is_valid: Callable[[Utterance], bool]) -> list[Utterance]:
    return [utterance for utterance in load_utterances(language, name) if not is_valid(utterance)]


@in_each_language
@of_each_set
def test_utterance_keys_and_values_are_valid(language: str, name: str) -> None:
    def is_valid(utterance: Utterance) -> bool:
        is_known = (
            utterance.asked in QUESTIONS | {None}
            and set(utterance.acts) <= ACTS
            and set(utterance.expects) <= set(KEYS)
        )
        return is_known and all(KEYS[key](value) for key, value in utterance.expects.items())

    assert _invalid(language, name, is_valid) == []


@in_each_language
@of_each_set
def test_expected_days_are_in_future_and_ordered(language: str, name: str) -> None:
    def is_valid(utterance: Utterance) -> bool:
        today = (utterance.at or utterances_moment(language)).astimezone(ZONE).date().isoformat()
        days = [utterance.expects[key] for key in DAYS if key in utterance.expects]
        return all(day >= today for day in days) and days == sorted(days)

    assert _invalid(language, name, is_valid) == []


@in_each_language
@of_each_set
def test_utterances_of_a_set_are_unique(language: str, name: str) -> None:
    counts = Counter((each.text, each.asked, each.at) for each in load_utterances(language, name))
    assert [repeated for repeated, count in counts.items() if count > 1] == []


@in_each_language
def test_first_set_is_large_and_names_every_service(language: str) -> None:
    found = load_utterances(language, "1_before")
    assert len(found) >= MIN_UTTERANCES
    assert {utterance.expects.get("service") for utterance in found} >= SERVICE_SLUGS


@in_each_language
def test_citizens_have_a_goal_and_words(language: str) -> None:
    citizens = load_citizens(language, "development")

    def is_valid(citizen: Citizen) -> bool:
        has_goal = bool(citizen.goal) and set(citizen.goal) <= GOAL_KEYS
        return has_goal and bool(citizen.opens) and set(citizen.answers) <= QUESTIONS

    assert [citizen.name for citizen in citizens if not is_valid(citizen)] == []
    assert len(citizens) >= MIN_CITIZENS
