"""Which service somebody means: by the words of its names and synonyms, with typing errors. Pure.

A word that nothing explains makes a match uncertain: a "certificado de empadronamiento" is no digital certificate.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

from ..domain.catalogue import CatalogueService, OfficeCatalogue
from .normalize import allowed_errors, has_same_initial_sound, normalise_text, spelling_distance

SURE_SHARE = 0.75  # how much of a phrase's weight must be there to believe it
LIKELY_SHARE = 0.35  # and to ask whether it is meant
MIN_WORDS_OF_PHRASE = 2  # words of one phrase that are no coincidence
CLOSE_TO_BEST = 0.8  # services that come so near to the best one are asked about with it
MISSPELT_WEIGHT = 0.9  # what a word with a typing error counts
SAME_STEM_WEIGHT = 0.8  # and one of the same stem: `registrar` for `registro`
MIN_STEM_LENGTH = 5  # letters that words of one stem share at least
JOINING_WORDS = frozenset({"y", "e", "and", "ademas", "tambien", "also", "plus", "mas"})  # between two wishes
MIN_WISH_LENGTH = 3  # letters of a word that can be a wish: `DNI`
MIN_CONTRARY_LENGTH = 4  # letters from which a word can speak against a service


@dataclass(frozen=True, slots=True)
class ServiceMatch:
    """The services that a sentence names. `sure`: believed and read back. `likely`: to be asked about.

    `several`: somebody comes for each of them. `unknown`: besides, for something that nobody has here.
    """

    sure: tuple[str, ...] = ()
    likely: tuple[str, ...] = ()
    several: bool = False
    has_unknown: bool = False


@dataclass(frozen=True, slots=True)
class _PhraseMatch:
    slug: str
    covered: float
    used: frozenset[str]
    matched_words: int = 0  # words of its best phrase
    is_qualified: bool = False  # a strange word stands beside them: a European health card is another one


def find_services(
    text: str, catalogue: OfficeCatalogue, general_words: Collection[str], neutral_words: Collection[str] = ()
) -> tuple[ServiceMatch, tuple[str, ...]]:
    """The services in a plain sentence, and its longer words that no service explains.

    `general`: words that say nothing of what somebody comes for. `manners`: words that do not speak against a
    service either, because something else explains them.
    """
    words = ["" if word in general_words or not word.isalpha() else word for word in text.split()]
    phrases = {offer.slug: _service_phrases(offer, general_words) for offer in catalogue.services()}
    weights = _word_weights(phrases)
    found = [match for slug, ways in phrases.items() if (match := _best_match(slug, ways, words, weights))]
    used = {word for match in found for word in match.used}
    against = [word for word in words if word and len(word) >= MIN_CONTRARY_LENGTH and word not in neutral_words]
    strange = tuple(word for word in against if word not in used)
    telling = frozenset(word for word in words if len(word) >= MIN_WISH_LENGTH and word not in neutral_words)
    return _separate_wishes(_rank_matches(found, against), found, text, telling), strange


def _split_at_words(text: str, between: Collection[str]) -> list[frozenset[str]]:
    """The words of each part of a sentence between some words."""
    parts: list[set[str]] = [set()]
    for word in text.split():
        if word in between:
            parts.append(set())
        else:
            parts[-1].add(word)
    return [frozenset(one) for one in parts if one]


def _separate_wishes(
    named: ServiceMatch, found: Sequence[_PhraseMatch], text: str, distinctive_words: frozenset[str]
) -> ServiceMatch:
    """Two services in two parts of a sentence are two wishes; so is one beside a part about something else."""
    used = {match.slug: match.used for match in found}
    slugs = named.sure or named.likely
    listed = [
        {at for at, part in enumerate(_split_at_words(text, JOINING_WORDS | {","})) if used[one] & part}
        for one in slugs
    ]
    if len(slugs) > 1 and all(one.isdisjoint(other) for one, other in combinations(listed, 2)):
        return ServiceMatch(named.sure, named.likely, several=True)
    if len(named.sure) == 1:
        own = used[named.sure[0]]
        others = [part for part in _split_at_words(text, JOINING_WORDS) if not part & own]
        return (
            ServiceMatch(likely=named.sure, has_unknown=True)
            if any(part & distinctive_words for part in others)
            else named
        )
    return named


def service_vocabulary(catalogue: OfficeCatalogue, general_words: Collection[str]) -> frozenset[str]:
    """All words of the services' names and synonyms."""
    offers = catalogue.services()
    return frozenset(
        word for offer in offers for phrase in _service_phrases(offer, general_words) for word in phrase
    )


def _rank_matches(found: list[_PhraseMatch], words: Sequence[str]) -> ServiceMatch:
    """Believed is what explains every word, or what several words of one phrase say."""
    found.sort(key=lambda match: (-match.covered, -len(match.used)))
    sure = [match for match in found if match.covered >= SURE_SHARE]
    used = {word for match in sure for word in match.used}
    strange = [word for word in words if word not in used]
    sure = _drop_weaker_matches(sure)
    if sure and (
        not strange
        or (len(sure) == 1 and sure[0].matched_words >= MIN_WORDS_OF_PHRASE and not sure[0].is_qualified)
    ):
        return ServiceMatch(sure=tuple(match.slug for match in sure))
    best = found[0].covered if found else 0
    near = sure or [match for match in found if match.covered >= max(LIKELY_SHARE, CLOSE_TO_BEST * best)]
    return ServiceMatch(likely=tuple(match.slug for match in near[:3]))


def _drop_weaker_matches(matches: list[_PhraseMatch]) -> list[_PhraseMatch]:
    """Of two that live on the same words, the one that explains more of them."""
    return [
        match
        for match in matches
        if not any(match.used < other.used or _is_weaker_duplicate(match, other) for other in matches)
    ]


def _is_weaker_duplicate(match: _PhraseMatch, other: _PhraseMatch) -> bool:
    return match.used == other.used and match.covered < other.covered


def _service_phrases(offer: CatalogueService, general: Collection[str]) -> list[tuple[str, ...]]:
    """Names and synonyms in all languages as words that mean something; each phrase once."""
    texts: Iterable[str] = [*offer.names.values(), *(word for words in offer.words.values() for word in words)]
    phrases = [tuple(word for word in _phrase_words(text) if word not in general) for text in texts]
    return list(dict.fromkeys(phrase for phrase in phrases if phrase))


@lru_cache(maxsize=4_096)  # phrases of catalogues, which are read anew with every message
def _phrase_words(text: str) -> tuple[str, ...]:
    return tuple(word for word in normalise_text(text).split() if word != ",")


def _word_weights(phrases: Mapping[str, Sequence[tuple[str, ...]]]) -> dict[str, float]:
    """The rarer among the services, the more a word says."""
    services_of: dict[str, set[str]] = {}
    for slug, ways in phrases.items():
        for word in (one for way in ways for one in way):
            services_of.setdefault(word, set()).add(slug)
    return {word: math.log(1 + len(phrases) / len(slugs)) for word, slugs in services_of.items()}


def _best_match(
    slug: str, ways: Sequence[tuple[str, ...]], words: Sequence[str], weights: Mapping[str, float]
) -> _PhraseMatch | None:
    matches = [_match_phrase(slug, way, words, weights) for way in ways]
    best = max(matches, key=lambda match: (match.covered, len(match.used)), default=None)
    if best is None or best.covered < LIKELY_SHARE:
        return None
    # What any of its phrases explains is no word against it.
    used = frozenset(word for match in matches for word in match.used)
    return _PhraseMatch(slug, best.covered, used, len(best.used), _is_qualified(words, used))


def _is_qualified(words: Sequence[str], used: Collection[str]) -> bool:
    """Whether a word that is not explained stands directly beside one that is. `words` has "" for general ones."""
    return any((one in used) != (other in used) and one and other for one, other in pairwise(words))


def _match_phrase(
    slug: str, way: Sequence[str], words: Sequence[str], weights: Mapping[str, float]
) -> _PhraseMatch:
    whole = sum(weights[word] for word in way)
    covered, used = 0.0, set()
    for meant in way:
        likeness, word = max(((word_similarity(meant, one), one) for one in words if one), default=(0.0, ""))
        if likeness:
            covered += weights[meant] * likeness
            used.add(word)
    return _PhraseMatch(slug, covered / whole, frozenset(used))


def word_similarity(meant: str, word: str) -> float:
    """How much a word is another one: 1 the same or its plural, less when misspelt or only of its stem."""
    if meant == word or _singular_form(meant) == _singular_form(word):
        return 1.0
    shortest = min(len(meant), len(word))
    if (
        shortest >= 4
        and abs(len(meant) - len(word)) <= 2
        and has_same_initial_sound(meant, word)
        and spelling_distance(meant, word) <= allowed_errors(meant if len(meant) < len(word) else word)
    ):
        return MISSPELT_WEIGHT
    shared = next((at for at in range(shortest) if meant[at] != word[at]), shortest)
    return SAME_STEM_WEIGHT if shared >= MIN_STEM_LENGTH and shared >= 0.7 * shortest else 0.0


def _singular_form(word: str) -> str:
    for ending in ("es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
