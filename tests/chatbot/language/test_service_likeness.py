"""Services of other cities are told apart from requests that their offices do not do."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from office360.chatbot.domain.catalogue import CatalogueOffice, CatalogueService, OfficeCatalogue
from office360.chatbot.language.en.lexicon import ENGLISH_LEXICON
from office360.chatbot.language.es.lexicon import SPANISH_LEXICON
from office360.chatbot.language.normalize import normalise_text
from office360.chatbot.language.second_opinion.service_likeness import (
    CLEAR_LIKENESS,
    ServiceLikeness,
    compare_services,
    rank_services,
)
from office360.chatbot.language.service_matching import ServiceMatch

CITIES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent.parent / "data" / "other_cities.toml").read_text(encoding="utf-8")
)["city"]
GENERAL_WORDS = SPANISH_LEXICON.general_words | ENGLISH_LEXICON.general_words
MIN_RIGHT_SHARE = 0.75  # of the wishes; the others name the service in words that the city has not written

in_each_city = pytest.mark.parametrize("city", CITIES, ids=[city["name"] for city in CITIES])


def _catalogue(city: dict[str, Any]) -> OfficeCatalogue:
    services = tuple(
        CatalogueService(
            slug=service["slug"],
            names=service["names"],
            modes=("in_person",),
            walk_in=True,
            minutes=15,
            line="general",
            words={language: tuple(words) for language, words in service["words"].items()},
        )
        for service in city["services"]
    )
    return OfficeCatalogue(
        (CatalogueOffice("main", "Main office", "1 High Street", "900", ZoneInfo("UTC"), services),)
    )


def _best(text: str, city: dict[str, Any]) -> ServiceLikeness | None:
    ranked = rank_services(normalise_text(text), _catalogue(city), GENERAL_WORDS)
    return ranked[0] if ranked and ranked[0].score >= CLEAR_LIKENESS else None


@in_each_city
def test_wish_is_most_similar_to_its_service(city: dict[str, Any]) -> None:
    found = [(slug, _best(text, city)) for slug, text in city["wishes"]]
    right = [slug for slug, best in found if best is not None and best.slug == slug]
    wrong = [(slug, best) for slug, best in found if best is not None and best.slug not in (None, slug)]
    assert wrong == []
    assert len(right) >= MIN_RIGHT_SHARE * len(found), found


@in_each_city
def test_request_elsewhere_is_similar_to_no_service(city: dict[str, Any]) -> None:
    found = [(text, _best(text, city)) for text in city["elsewhere"]]
    assert [(text, best) for text, best in found if best is not None and best.slug is not None] == []


@pytest.mark.parametrize(
    ("match", "ranked", "expected"),
    [
        (ServiceMatch(likely=("a",)), [("a", 0.95), ("b", 0.4)], ServiceMatch(sure=("a",))),
        (ServiceMatch(likely=("a",)), [("a", 0.95), ("b", 0.9)], ServiceMatch(likely=("a",))),
        (ServiceMatch(likely=("a",)), [(None, 0.9), ("a", 0.5)], ServiceMatch()),
        (ServiceMatch(sure=("a",)), [(None, 0.9), ("a", 0.5)], ServiceMatch(likely=("a",))),
        (ServiceMatch(sure=("a",)), [(None, 0.5), ("a", 0.2)], ServiceMatch()),
        (ServiceMatch(sure=("a", "b"), several=True), [(None, 0.9)], ServiceMatch(sure=("a", "b"), several=True)),
        (ServiceMatch(sure=("a",)), [], ServiceMatch(sure=("a",))),
    ],
)
def test_likeness_confirms_or_contradicts_the_grammar(
    match: ServiceMatch, ranked: list[tuple[str | None, float]], expected: ServiceMatch
) -> None:
    assert compare_services(match, [ServiceLikeness(slug, score, 2) for slug, score in ranked]) == expected
