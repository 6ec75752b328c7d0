"""Services that a sentence names, by name or synonym, with typing errors. Pure.

An unexplained word makes a match uncertain: a "certificado de empadronamiento" is not a digital certificate.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, combinations, pairwise

from ..domain.catalogue import CatalogueService, OfficeCatalogue
from .normalize import allowed_errors, has_same_initial_sound, normalise_text, spelling_distance
from .second_opinion.requests_elsewhere import KINDS_OF_REQUEST
from .words.common_words import all_common_words

SURE_SHARE = 0.75  # share of a phrase's weight that makes a match sure
LIKELY_SHARE = 0.35  # share of the weight from which the dialogue asks whether the service is meant
MIN_WORDS_OF_PHRASE = 2  # words of a phrase; a single word may be a coincidence
CLOSE_TO_BEST = 0.8  # share of the best match's weight from which a service is offered beside it
MISSPELT_WEIGHT = 0.9  # similarity of a word with a typing error
SAME_STEM_WEIGHT = 0.8  # similarity of words with the same stem: `registrar` for `registro`
MIN_STEM_LENGTH = 5  # letters that words of a stem have in common at least
STEM_SHARE = 0.7  # share of the shorter word that the stem must be
MAX_LIKELY_SERVICES = 3  # services that the dialogue offers at once
JOINING_WORDS = frozenset({"y", "e", "and", "ademas", "tambien", "also", "plus", "mas"})  # between two services
MIN_WISH_LENGTH = 3  # letters of the shortest word that can name a service: `DNI`
MIN_CONTRARY_LENGTH = 4  # letters of the shortest word that can make a match uncertain
_UNKNOWN_KIND = re.compile(r"\b(?:an?|some|una?|algun|alguna) (?P<kind>\w+)\b")


@dataclass(frozen=True, slots=True)
class ServiceMatch:
    """The services that a sentence names.

    `sure`: the dialogue takes and repeats them. `likely`: the dialogue asks about them.

    `several`: the citizen wants all of them. `has_unknown`: the citizen also wants a service that does not exist.
    """

    sure: tuple[str, ...] = ()
    likely: tuple[str, ...] = ()
    several: bool = False
    has_unknown: bool = False


@dataclass(frozen=True, slots=True)
class _PhraseMatch:
    """A service's best phrase: the covered share of its weight, and the used words."""

    slug: str
    covered: float
    used: frozenset[str]
    matched_words: int = 0  # words of its best phrase
    is_qualified: bool = False  # an unexplained word is next to them: a European health card is another service


def find_services(
    text: str, catalogue: OfficeCatalogue, general_words: Collection[str], neutral_words: Collection[str] = ()
) -> tuple[ServiceMatch, tuple[str, ...]]:
    """Find services, and return the longer words that no service explains.

    `general_words` say nothing about a service. `neutral_words` do not make a match uncertain, because another
    grammar explains them.
    """
    words = ["" if word in general_words or not word.isalpha() else word for word in text.split()]
    phrases = {service.slug: _service_phrases(service, general_words) for service in catalogue.services()}
    weights = _word_weights(phrases)
    found = [match for slug, ways in phrases.items() if (match := _best_match(slug, ways, words, weights))]
    used = {word for match in found for word in match.used}
    contrary = [word for word in words if len(word) >= MIN_CONTRARY_LENGTH and word not in neutral_words]
    unexplained = tuple(word for word in contrary if word not in used)
    distinctive = frozenset(word for word in words if len(word) >= MIN_WISH_LENGTH and word not in neutral_words)
    return _separate_wishes(_rank_matches(found, contrary), found, text, distinctive), unexplained


def _split_at_words(text: str, between: Collection[str]) -> list[frozenset[str]]:
    """Split a sentence at some words into the word sets of its parts."""
    parts: list[set[str]] = [set()]
    for word in text.split():
        if word in between:
            parts.append(set())
        else:
            parts[-1].add(word)
    return [frozenset(part) for part in parts if part]


def _separate_wishes(
    named: ServiceMatch, found: Sequence[_PhraseMatch], text: str, distinctive_words: frozenset[str]
) -> ServiceMatch:
    """Detect several wishes: services in separate parts, or an unknown service in any part."""
    used = {match.slug: match.used for match in found}
    slugs = named.sure or named.likely
    parts = _split_at_words(text, JOINING_WORDS | {","})
    parts_by_service = [{index for index, part in enumerate(parts) if used[slug] & part} for slug in slugs]
    if len(slugs) > 1 and all(first.isdisjoint(second) for first, second in combinations(parts_by_service, 2)):
        ordered = _order_as_said(slugs, used, text)
        return ServiceMatch(ordered if named.sure else (), () if named.sure else ordered, several=True)
    if len(named.sure) == 1:
        own = used[named.sure[0]]
        if len(own) == 1 and (kind := _UNKNOWN_KIND.search(text)) and kind["kind"] in own & KINDS_OF_REQUEST:
            return ServiceMatch(likely=named.sure)  # `a certificate`, of which there are many
        others = [part for part in _split_at_words(text, JOINING_WORDS) if not part & own]
        if any(part & distinctive_words for part in others):
            return ServiceMatch(likely=named.sure, has_unknown=True)
    return named


def _order_as_said(slugs: Sequence[str], used: Mapping[str, frozenset[str]], text: str) -> tuple[str, ...]:
    words = text.split()
    return tuple(sorted(slugs, key=lambda slug: min(map(words.index, used[slug]), default=0)))


def service_vocabulary(catalogue: OfficeCatalogue, general_words: Collection[str]) -> frozenset[str]:
    """Return all words of the services' names and synonyms."""
    return frozenset(
        word
        for service in catalogue.services()
        for phrase in _service_phrases(service, general_words)
        for word in phrase
    )


def _rank_matches(found: list[_PhraseMatch], words: Sequence[str]) -> ServiceMatch:
    """Return sure services if they explain all words, or if several words of a phrase match."""
    found.sort(key=lambda match: (-match.covered, -len(match.used)))
    sure = [match for match in found if match.covered >= SURE_SHARE]
    used = {word for match in sure for word in match.used}
    unexplained = [word for word in words if word not in used]
    sure = _drop_weaker_matches(sure)
    if sure and (
        not unexplained
        or (len(sure) == 1 and sure[0].matched_words >= MIN_WORDS_OF_PHRASE and not sure[0].is_qualified)
    ):
        return ServiceMatch(sure=tuple(match.slug for match in sure))
    best = found[0].covered if found else 0
    near = sure or [match for match in found if match.covered >= max(LIKELY_SHARE, CLOSE_TO_BEST * best)]
    return ServiceMatch(likely=tuple(match.slug for match in near[:MAX_LIKELY_SERVICES]))


def _drop_weaker_matches(matches: list[_PhraseMatch]) -> list[_PhraseMatch]:
    """Drop a match whose words are also explained by a better match."""
    return [
        match
        for match in matches
        if not any(match.used < other.used or _is_weaker_duplicate(match, other) for other in matches)
    ]


def _is_weaker_duplicate(match: _PhraseMatch, other: _PhraseMatch) -> bool:
    return match.used == other.used and match.covered < other.covered


def _service_phrases(service: CatalogueService, general_words: Collection[str]) -> list[tuple[str, ...]]:
    """Return names and synonyms in all languages without general words, each phrase once."""
    synonyms = (synonym for synonyms in service.words.values() for synonym in synonyms)
    texts = (*service.names.values(), *synonyms)
    phrases = [tuple(word for word in _phrase_words(text) if word not in general_words) for text in texts]
    return list(dict.fromkeys(phrase for phrase in phrases if phrase))


@lru_cache(maxsize=4_096)  # phrases of catalogues only, which every message loads again
def _phrase_words(text: str) -> tuple[str, ...]:
    return tuple(word for word in normalise_text(text).split() if word != ",")


def _word_weights(phrases: Mapping[str, Sequence[tuple[str, ...]]]) -> dict[str, float]:
    """Weigh each word by how few services have it (inverse document frequency)."""
    services_by_word: dict[str, set[str]] = {}
    for slug, service_phrases in phrases.items():
        for word in chain.from_iterable(service_phrases):
            services_by_word.setdefault(word, set()).add(slug)
    return {word: math.log(1 + len(phrases) / len(slugs)) for word, slugs in services_by_word.items()}


def _best_match(
    slug: str, phrases: Sequence[tuple[str, ...]], words: Sequence[str], weights: Mapping[str, float]
) -> _PhraseMatch | None:
    matches = [_match_phrase(slug, phrase, words, weights) for phrase in phrases]
    best = max(matches, key=lambda match: (match.covered, len(match.used)), default=None)
    if best is None or best.covered < LIKELY_SHARE:
        return None
    # A word that any phrase of the service explains does not make the match uncertain.
    used = frozenset(word for match in matches for word in match.used)
    return _PhraseMatch(slug, best.covered, used, len(best.used), _is_qualified(words, used))


def _is_qualified(words: Sequence[str], used: Collection[str]) -> bool:
    """Whether an unexplained word is next to a used word. General words are "" in `words`."""
    return any((word in used) != (following in used) and word and following for word, following in pairwise(words))


def _match_phrase(
    slug: str, phrase: Sequence[str], words: Sequence[str], weights: Mapping[str, float]
) -> _PhraseMatch:
    total_weight = sum(weights[word] for word in phrase)
    covered_weight, used = 0.0, set()
    for known in phrase:
        similarity, word = max(((word_similarity(known, word), word) for word in words if word), default=(0.0, ""))
        if similarity:
            covered_weight += weights[known] * similarity
            used.add(word)
    return _PhraseMatch(slug, covered_weight / total_weight, frozenset(used))


def word_similarity(known: str, word: str) -> float:
    """Compare two words: 1 if they are equal, less for a misspelling or an equal stem, else 0.

    A plural equals its singular.
    """
    if known == word or _singular_form(known) == _singular_form(word):
        return 1.0
    shortest = min(len(known), len(word))
    if (
        shortest >= 4
        and abs(len(known) - len(word)) <= 2
        and word not in all_common_words()
        and has_same_initial_sound(known, word)
        and spelling_distance(known, word) <= allowed_errors(known if len(known) < len(word) else word)
    ):
        return MISSPELT_WEIGHT
    common = next((index for index in range(shortest) if known[index] != word[index]), shortest)
    has_same_stem = common >= MIN_STEM_LENGTH and common >= STEM_SHARE * shortest
    return SAME_STEM_WEIGHT if has_same_stem else 0.0


def _singular_form(word: str) -> str:
    for ending in ("es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
